"""What is held, and since when: a fold over HELD and RELEASED, the same after a restart as before it.

Rule: a hold is a journaled fact. It begins with the first read that finds a difference, and ends when two reads in a
row do not find it any more, or when a person accepts it with a reason. Nothing else ends it: no time, no restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.engine import events

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.domain.event import Event


@dataclass(frozen=True, slots=True)
class Hold:
    """One difference that stops trading, of one symbol or of all.

    Attributes:
        key: What it is released by.
        con_id: The instrument, or None if it holds every order.
        since: When it was first found, aware UTC.
        body: The difference as the journal has it: kind, symbol, both numbers, statement, remedy.
    """

    key: str
    con_id: int | None
    since: datetime
    body: dict[str, Any]

    @property
    def statement(self) -> str:
        """What differs, one line."""
        return str(self.body["statement"])

    @property
    def is_of_all(self) -> bool:
        """Whether every order is held."""
        return bool(self.body["effect"] == "all")


class Holds:
    """The holds that are on. `apply` is the only way in."""

    def __init__(self) -> None:
        self._by_key: dict[str, Hold] = {}

    def apply(self, event: Event) -> None:
        """Take one journaled fact into account; kinds that are no holds change nothing."""
        if event.kind == events.HELD:
            key = event.body["key"]
            before = self._by_key.get(key)
            since = event.recorded_at if before is None else before.since
            self._by_key[key] = Hold(key, event.body["con_id"], since, event.body)
        elif event.kind == events.RELEASED:
            self._by_key.pop(event.body["key"], None)

    def get(self, key: str) -> Hold | None:
        """Return the hold of a difference, or None."""
        return self._by_key.get(key)

    def all(self) -> tuple[Hold, ...]:
        """Return every hold, oldest first."""
        return tuple(self._by_key.values())

    def reasons(self, con_ids: Iterable[int] = ()) -> dict[int | None, str]:
        """Return why orders are held, by conId, under None what holds every order; of `con_ids` alone if any."""
        wanted = set(con_ids)
        reasons: dict[int | None, str] = {}
        for hold in self._by_key.values():
            subject = None if hold.is_of_all else hold.con_id
            if not wanted or subject is None or subject in wanted:
                before = reasons.get(subject)
                reasons[subject] = (
                    hold.statement if before is None else f"{before}; {hold.statement}"
                )
        return reasons


#: The kinds that holds are folded from.
HOLD_KINDS = (events.HELD, events.RELEASED)
