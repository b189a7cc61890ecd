"""The data farms: servers of the broker that a gateway is connected to, each by itself.

Every state of a farm has its notice. A broken farm gives no data until it is up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

FarmKind = Literal["quotes", "history", "definitions"]
FarmState = Literal["ok", "broken", "inactive", "connecting"]


@dataclass(frozen=True, slots=True)
class _Farm:
    """A farm.

    Attributes:
        name: What TWS calls it.
        title: What it serves, in the words of TWS.
        codes: Of its notices; a state without one is not told.
    """

    name: str
    title: str
    codes: MappingProxyType[FarmState, int]


_FARMS: Final = MappingProxyType(
    {
        "quotes": _Farm(
            "usfarm",
            "Market data farm",
            MappingProxyType({"ok": 2104, "broken": 2103, "inactive": 2108, "connecting": 2119}),
        ),
        "history": _Farm(
            "ushmds",
            "HMDS data farm",
            MappingProxyType({"ok": 2106, "broken": 2105, "inactive": 2107}),
        ),
        "definitions": _Farm(
            "secdefnj", "Sec-def data farm", MappingProxyType({"ok": 2158, "broken": 2157})
        ),
    }
)

_WORDS: Final = MappingProxyType(
    {
        "ok": "{title} connection is OK:{name}",
        "broken": "{title} connection is broken:{name}",
        "inactive": ("{title} connection is inactive but should be available upon demand.{name}"),
        "connecting": "{title} is connecting:{name}",
    }
)


class Farms:
    """The state of all farms. As a rule each of them is up."""

    def __init__(self) -> None:
        self._states: dict[str, FarmState] = dict.fromkeys(_FARMS, "ok")

    @property
    def has_quotes(self) -> bool:
        """Whether quotes come in."""
        return self._states["quotes"] == "ok"

    @property
    def has_history(self) -> bool:
        """Whether bars can be asked for; a farm that is inactive wakes up on demand."""
        return self._states["history"] in ("ok", "inactive")

    def set(self, kind: FarmKind, state: FarmState) -> tuple[int, str]:
        """Change the state of a farm.

        Returns:
            Code and text of the notice about it.

        Raises:
            ValueError: If there is no such farm, or it has no such state.
        """
        if kind not in _FARMS or state not in _FARMS[kind].codes:
            message = f"farm {kind!r}, state {state!r}: expected one of {', '.join(_FARMS)},"
            message += f" and one of {', '.join(get_args(FarmState))}"
            raise ValueError(message)
        self._states[kind] = state
        return self._notice(kind)

    def notices(self) -> Iterator[tuple[int, str]]:
        """Give code and text of what a client is told about each farm as it connects."""
        for kind in _FARMS:
            yield self._notice(kind)

    def _notice(self, kind: str) -> tuple[int, str]:
        """Return the notice about one farm."""
        farm, state = _FARMS[kind], self._states[kind]
        return farm.codes[state], _WORDS[state].format(title=farm.title, name=farm.name)
