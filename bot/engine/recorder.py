"""Journal first, memory second: the one way in which the engine says that something happened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.engine import events
from bot.engine.holds import HOLD_KINDS, Holds
from bot.engine.ledger import LEDGER_KINDS, Ledger
from bot.engine.worth import Worth

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.domain.event import Event
    from bot.ports import Journal


class Recorder:
    """Writes facts to the journal, folds them into ledger, holds and worth, and tells whoever watches.

    Args:
        journal: Where facts become durable.
        listener: Called with each fact after it is durable, e.g. to show progress; it must not wait.
    """

    def __init__(self, journal: Journal, listener: Callable[[Event], None] | None = None) -> None:
        self.journal = journal
        self.ledger = Ledger()
        self.worth = Worth(self.ledger)
        self.holds = Holds()
        #: The number of the newest fact of this process; 0 before its first.
        self.newest = 0
        self._listener = listener
        kinds = (*LEDGER_KINDS, *HOLD_KINDS, events.VALUED, events.FLOW_ACCEPTED)
        for event in journal.events(kinds=kinds):
            self._apply(event)

    def record(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Make a fact durable, then apply it.

        Raises:
            JournalWriteFailed: If it is not durable; nothing was applied then.
        """
        return self._take(self.journal.append(kind, body, **keys))

    async def record_remotely(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Make a fact durable while the event loop goes on, then apply it.

        Whoever cancels the waiting task gets the cancellation once the append has ended, and what became durable is
        applied first: memory must not know less than the disk. The journal's own time-outs bound that wait.

        Raises:
            JournalWriteFailed: If it is not durable; nothing was applied then.
        """
        appending = asyncio.ensure_future(self.journal.append_remotely(kind, body, **keys))
        cancelled: asyncio.CancelledError | None = None
        while not appending.done():
            try:
                await asyncio.wait([appending])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            if appending.exception() is None:
                self._take(appending.result())
            raise cancelled
        return self._take(appending.result())

    def _take(self, event: Event) -> Event:
        self._apply(event)
        self.newest = event.sequence
        if self._listener is not None:
            self._listener(event)
        return event

    def _apply(self, event: Event) -> None:
        self.ledger.apply(event)
        self.holds.apply(event)
        self.worth.apply(event)  # it counts on from what the ledger has made of the event
