"""Which facts of the journal a person must hear of, and in which words: one row a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.core.domain.alert import Alert, Level
from bot.engine import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.domain.event import Event

#: The one reason of a daemon's end that nobody need hear of at once.
ASKED_TO_STOP: Final = "asked to stop"
#: What a look's end is told as, by its outcome; of the others nobody hears.
_LOOKS: Final = {
    "unknown": ("A look could not read what it needs", "read-unknown"),
    "blocked": ("A look was blocked", "look-skipped"),
    "abandoned": ("A plan was given up", "look-skipped"),
}


def alert_of(event: Event) -> Alert | None:
    """Return what a person must hear of a journaled fact, or None."""
    row = _ROWS.get(event.kind)
    return None if row is None else row(event)


def _halted(event: Event) -> Alert:
    return Alert(Level.CRITICAL, "Trading is halted", event.body["reason"], "halted", "halted")


def _held(event: Event) -> Alert:
    body = event.body
    is_of_all = body["effect"] == "all"
    title = "Every order is held" if is_of_all else f"{body['symbol']} is held"
    text = f"{body['statement']}: {body['remedy']}"
    level = Level.CRITICAL if is_of_all else Level.WARNING
    return Alert(level, title, text, "held-symbol", f"held:{body['key']}")


def _altered(event: Event) -> Alert:
    title = "The broker altered an order"
    return Alert(Level.CRITICAL, title, event.body["reason"], "order-unknown", event.kind)


def _liquidated(event: Event) -> Alert:
    body = event.body
    text = f"{body['shares']} {body['symbol']} at {body['price']}, execution {body['execution_id']}"
    return Alert(Level.CRITICAL, "The broker liquidated", text, "halted", event.kind)


def _leg_stopped(event: Event) -> Alert:
    text = event.body["reason"]
    return Alert(Level.WARNING, "A trade is given up", text, "look-skipped", event.kind)


def _look_ended(event: Event) -> Alert | None:
    told = _LOOKS.get(event.body["outcome"])
    if told is None:
        return None
    title, runbook = told
    # Its number is left out: a look that finds the same again says nothing new.
    return Alert(
        Level.WARNING, title, event.body["statement"], runbook, f"look:{event.body['outcome']}"
    )


def _notices(event: Event) -> Alert:
    text = _statements(event.body)
    return Alert(Level.INFO, "Beyond a limit that only tells", text, "", event.kind)


def _questions(event: Event) -> Alert:
    text = f"{_statements(event.body)}; `bot status` names the plan, `bot approve PLAN` lets it go"
    key = f"{event.kind}:{event.look_id}"
    return Alert(Level.WARNING, "A plan waits for you", text, "plan-waits", key)


def _statements(body: dict[str, Any]) -> str:
    return "; ".join(str(breach["statement"]) for breach in body["breaches"])


def _paused(event: Event) -> Alert:
    return Alert(Level.INFO, "Trading is paused", event.body["reason"], "paused", event.kind)


def _resumed(event: Event) -> Alert:
    text = str(event.body["reason"])
    return Alert(Level.INFO, "Trading was resumed", text, "", f"{event.kind}:{event.sequence}")


def _started(event: Event) -> Alert:
    return Alert(Level.INFO, "The bot started", "", "", f"{event.kind}:{event.sequence}")


def _stopped(event: Event) -> Alert:
    reason, key = event.body["reason"], f"{event.kind}:{event.sequence}"
    if reason == ASKED_TO_STOP:
        return Alert(Level.INFO, "The bot stopped", reason, "", key)
    return Alert(Level.CRITICAL, "The bot ended", reason, "halted", key)


_ROWS: Final[dict[str, Callable[[Event], Alert | None]]] = {
    events.HALTED: _halted,
    events.HELD: _held,
    events.ORDER_ALTERED: _altered,
    events.LIQUIDATED: _liquidated,
    events.LEG_STOPPED: _leg_stopped,
    events.LOOK_ENDED: _look_ended,
    events.NOTICES: _notices,
    events.QUESTIONS: _questions,
    events.PAUSED: _paused,
    events.RESUMED: _resumed,
    events.DAEMON_STARTED: _started,
    events.DAEMON_STOPPED: _stopped,
}
#: The kinds that a person may have to hear of.
TOLD_KINDS: Final = tuple(_ROWS)
