"""The order types and times in force: which go together, and when an order of them trades."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Empty is DAY. OPG is the auction at the open.
TIMES_IN_FORCE: Final = frozenset({"", "DAY", "GTC", "GTD", "IOC", "OPG"})

_NOT_AUCTION: Final = frozenset({"", "DAY", "GTC", "GTD"})
_DAY: Final = frozenset({"", "DAY"})


@dataclass(frozen=True, slots=True)
class Kind:
    """An order type.

    Attributes:
        times_in_force: Those that go with it.
        wrong_time_code: Error code for another one.
        wrong_time_text: In the words of TWS.
        needs_limit: Whether it must have a limit.
        is_at_close: Whether it trades in the auction at the close only.
        is_inside: Whether it trades at the middle of the quote.
    """

    times_in_force: frozenset[str]
    wrong_time_code: int = 111
    wrong_time_text: str = "The TIF (Tif type) and the order type are incompatible."
    needs_limit: bool = False
    is_at_close: bool = False
    is_inside: bool = False


_AT_CLOSE: Final = "The Tif option should be set to DAY for MOC and LOC orders."

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "MKT": Kind(TIMES_IN_FORCE),
        "LMT": Kind(TIMES_IN_FORCE, needs_limit=True),
        "MOC": Kind(_DAY, 113, _AT_CLOSE, is_at_close=True),
        "LOC": Kind(_DAY, 113, _AT_CLOSE, needs_limit=True, is_at_close=True),
        "MIDPRICE": Kind(_NOT_AUCTION, is_inside=True),
    }
)


@dataclass(frozen=True, slots=True)
class Priority:
    """How an Adaptive order is worked: it waits inside the spread, and may trade there.

    Attributes:
        patience: How long it waits, in multiples of the configured time.
        inside_chance: How likely it trades at the middle and not at the far side, 0 to 1.
    """

    patience: float
    inside_chance: float


ADAPTIVE: Final = "Adaptive"
PRIORITY_TAG: Final = "adaptivePriority"

#: The figures are assumptions: what the real algorithm does is not published.
PRIORITIES: Final[Mapping[str, Priority]] = MappingProxyType(
    {
        "Urgent": Priority(0.2, 0.25),
        "Normal": Priority(1.0, 0.5),
        "Patient": Priority(5.0, 0.75),
    }
)


def priority_of(parameters: tuple[tuple[str, str], ...]) -> Priority | None:
    """Return the priority that the parameters of an Adaptive order name, or None if it is none."""
    if any(tag != PRIORITY_TAG for tag, _ in parameters):
        return None
    return PRIORITIES.get(dict(parameters).get(PRIORITY_TAG, "Normal"))
