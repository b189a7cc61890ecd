"""One line about a session that has closed: value, drift, trades, holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.alert import Alert, Level
from bot.core.domain.words import counted
from bot.engine import events

if TYPE_CHECKING:
    from bot.core.domain.session import Session
    from bot.engine.desk import Desk


def summary_of(desk: Desk, session: Session) -> Alert:
    """Return what a person hears of `session`, from the journal alone: what it does not know is said to be unknown.

    Raises:
        JournalWriteFailed: If the journal cannot be read.
    """
    recorder = desk.recorder
    worth = recorder.worth.newest
    is_of_session = worth is not None and worth.session == session.held_on
    value = (
        f"base {worth.base:,.2f} {desk.mandate.currency}"
        if worth is not None and is_of_session
        else "base unknown"
    )
    fills = [
        event
        for event in recorder.journal.events(kinds=[events.EXECUTION])
        if session.opens_at <= event.recorded_at
    ]
    orders = len({event.order_ref for event in fills})
    holds = recorder.holds.all()
    held = f"; {'; '.join(hold.statement for hold in holds)}" if holds else ""
    text = (
        f"{value}, {_drift(desk, session)}, {counted(orders, 'order')} filled,"
        f" {counted(len(holds), 'hold')}{held}"
    )
    key = f"summary:{session.held_on}"
    return Alert(Level.INFO, f"{session.held_on}: the session has closed", text, "", key)


def _drift(desk: Desk, session: Session) -> str:
    newest = desk.recorder.journal.events(kinds=[events.DECISION], newest=1)
    if not newest or newest[0].recorded_at < session.opens_at:
        return "drift unknown"
    body = newest[0].body
    pairs = zip(body["symbols"], body["weights"], body["targets"], strict=True)
    symbol, drift = max(((name, has - want) for name, has, want in pairs), key=lambda e: abs(e[1]))
    return f"largest drift {symbol} {drift * 100:+.2f} % of base"
