"""What a person must hear of yet: a fold over the journal, the same after a restart as before it.

Rule: what must be told is an ALERT event before it is sent, and over once a channel took it (ALERT_SENT) or a person
said so (ALERT_ACKNOWLEDGED). A fact that must be told and has no ALERT yet, since the process died in between, gets
one when the outbox is opened again. So an alert can be sent twice, and none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.domain.alert import Alert, Level
from bot.engine import events
from bot.engine.telling import TOLD_KINDS

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.event import Event
    from bot.ports import Journal

#: How long a critical alert may wait for a channel before it blocks the next plan.
CRITICAL_WITHIN: Final = timedelta(seconds=60)
#: For how long the same text about the same thing is not told again.
REPEAT_AFTER: Final = timedelta(hours=20)
#: How much of a hash is told: enough to tell a journal that was changed.
TIP_SHOWN: Final = 16

_OUTBOX_KINDS: Final = (
    events.ALERT,
    events.ALERT_SENT,
    events.ALERT_FAILED,
    events.ALERT_ACKNOWLEDGED,
)


@dataclass(slots=True)
class Waiting:
    """An alert that no channel took yet.

    Attributes:
        number: Its event's sequence.
        at: When it was journaled, aware UTC.
        alert: What is told.
        tip: The journal's newest event then: number and the first of its hash.
        attempts: How often each channel was tried in vain.
    """

    number: int
    at: datetime
    alert: Alert
    tip: str
    attempts: int = 0

    def letter(self) -> Alert:
        """Return it as it is sent: with its level and time, its page, and where the journal was."""
        alert = self.alert
        page = f"what to do: runbooks/{alert.runbook}.md" if alert.runbook else ""
        when = f"{self.at:%Y-%m-%d %H:%M:%S} UTC, journal {self.tip}"
        text = "\n".join(filter(None, (alert.text, page, when)))
        return replace(alert, title=f"[{alert.level.value}] {alert.title}", text=text)


class Outbox:
    """The alerts that wait. `follow` is the only way in."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        #: Facts that may have to be told and have no ALERT yet.
        self._facts: dict[int, Event] = {}
        #: By key, the last text about it and when.
        self._told: dict[str, tuple[str, datetime]] = {}
        self._seen = 0

    def follow(self, journal: Journal) -> None:
        """Take into account what anybody wrote since the last time; cheap if nobody did.

        Raises:
            JournalWriteFailed: If the journal cannot be read.
        """
        newest = journal.tip.sequence
        if newest <= self._seen:
            return
        kinds = (*_OUTBOX_KINDS, *TOLD_KINDS, events.LOOK_STARTED)
        # Sequences have no gaps: the last n events hold everything after the one that was seen.
        rows = journal.events(kinds=kinds, newest=newest - self._seen)
        rows = tuple(event for event in rows if event.sequence > self._seen)
        is_first = self._seen == 0
        self._seen = max(newest, *(event.sequence for event in rows)) if rows else newest
        for event in rows:
            self._apply(event)
        if is_first:
            self._leave_history(rows)

    def _apply(self, event: Event) -> None:
        body = event.body
        if event.kind == events.ALERT:
            alert = Alert(
                Level(body["level"]), body["title"], body["text"], body["runbook"], body["key"]
            )
            tip = f"{body['tip']['sequence']} {body['tip']['hash'][:TIP_SHOWN]}"
            self._waiting[event.sequence] = Waiting(event.sequence, event.recorded_at, alert, tip)
            self._told[alert.key] = (alert.text, event.recorded_at)
            self._facts.pop(body["source"], None)
        elif event.kind == events.ALERT_SENT:
            self._waiting.pop(body["alert"], None)
        elif event.kind == events.ALERT_FAILED:
            if body["alert"] in self._waiting:
                self._waiting[body["alert"]].attempts = body["attempt"]
        elif event.kind == events.ALERT_ACKNOWLEDGED:
            for number in body["alerts"]:
                self._waiting.pop(number, None)
        elif event.kind in TOLD_KINDS:
            self._facts[event.sequence] = event

    def _leave_history(self, rows: tuple[Event, ...]) -> None:
        """Forget facts from before anybody was told of anything, and those that were judged already."""
        sources = [event.body["source"] for event in rows if event.kind == events.ALERT]
        begins = [
            event.sequence
            for event in rows
            if event.kind in {events.DAEMON_STARTED, events.LOOK_STARTED}
        ]
        since = max(sources) + 1 if any(sources) else max(begins, default=0)
        self._facts = {number: fact for number, fact in self._facts.items() if number >= since}

    def untold(self) -> tuple[Event, ...]:
        """Return facts that may have to be told, oldest first, and forget them: each is judged once."""
        facts = tuple(self._facts.values())
        self._facts.clear()
        return facts

    def is_repeated(self, alert: Alert, now: datetime) -> bool:
        """Return whether the same was told a short while ago; `now` is aware UTC."""
        told = self._told.get(alert.key)
        return told is not None and told[0] == alert.text and now - told[1] < REPEAT_AFTER

    def waiting(self) -> tuple[Waiting, ...]:
        """Return what no channel took yet, critical ones first, each oldest first."""
        return tuple(
            sorted(self._waiting.values(), key=lambda each: each.alert.level is not Level.CRITICAL)
        )

    def overdue(self, now: datetime) -> tuple[Waiting, ...]:
        """Return the critical alerts that nobody heard of within their time; `now` is aware UTC.

        One of the future says that a clock was set back: how long it waits is unknown, and counts as too long.
        """
        return tuple(
            each
            for each in self.waiting()
            if each.alert.level is Level.CRITICAL and abs(now - each.at) > CRITICAL_WITHIN
        )
