"""What goes into the outbox, and what waits there for too long."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from bot.core.domain.alert import Alert, discreet
from bot.core.domain.words import counted
from bot.engine import events
from bot.engine.outbox import CRITICAL_WITHIN
from bot.engine.telling import alert_of

if TYPE_CHECKING:
    from bot.core.domain.event import Event
    from bot.engine.desk import Desk

#: How many characters of a text are told: channels cut, and nobody reads more.
TEXT_MAX: Final = 700


def tell(desk: Desk, alert: Alert, source: Event | None = None) -> None:
    """Put an alert into the outbox, unless nobody is to be told or the same was told a short while ago.

    Args:
        desk: With the lease: it writes.
        alert: What to tell; account ids in it are hidden here.
        source: The fact that it tells of, or None.

    Raises:
        JournalWriteFailed: If it is not durable.
    """
    if desk.alerts is None or not desk.alerts.channels:
        return
    account = desk.mandate.account
    title, text = (discreet(words, account)[:TEXT_MAX] for words in (alert.title, alert.text))
    alert = Alert(alert.level, title, text, alert.runbook, discreet(alert.key, account))
    if desk.outbox.is_repeated(alert, desk.clock.now()):
        return
    tip = desk.recorder.journal.tip
    body: dict[str, Any] = {
        **asdict(alert),
        "level": alert.level.value,
        "source": 0 if source is None else source.sequence,
        "tip": asdict(tip),
    }
    desk.recorder.record(events.ALERT, body)
    desk.outbox.follow(desk.recorder.journal)


def collect(desk: Desk) -> None:
    """Give every fact that must be told its ALERT.

    Raises:
        JournalWriteFailed: If the journal can be neither read nor written.
    """
    if desk.alerts is None or not desk.alerts.channels:
        return
    desk.outbox.follow(desk.recorder.journal)
    for fact in desk.outbox.untold():
        alert = alert_of(fact)
        if alert is not None:
            tell(desk, alert, fact)


def blocked_by_silence(desk: Desk) -> str | None:
    """Return why no plan is opened while nobody has heard of something critical, or None.

    Raises:
        JournalWriteFailed: As `collect`.
    """
    if desk.alerts is None or not desk.alerts.channels:
        return None
    collect(desk)
    overdue = desk.outbox.overdue(desk.clock.now())
    if not overdue:
        return None
    first = overdue[0]
    return (
        f"{counted(len(overdue), 'critical alert')} reached nobody within {CRITICAL_WITHIN.seconds} s, the first:"
        f" {first.alert.title}: {first.alert.text}; mend the channel (`bot alerts test`), or `bot alerts acknowledge"
        " --reason TEXT` (runbooks/alert-undelivered.md)"
    )
