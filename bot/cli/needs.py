"""What the rules of a mandate need beyond prices of today, asked for once: `bot check` says whether it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.domain.reading import Known, Unknown
from bot.engine.histories import VOLUME_SESSIONS
from bot.engine.knowledge import Knowledge, needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.core.domain.instrument import Instrument
    from bot.core.domain.reading import Reading
    from bot.engine.mandate import Mandate
    from bot.ports import Broker, Calendar


@dataclass(frozen=True, slots=True)
class Needed:
    """What was found of what the rules need.

    Attributes:
        knowledge: What is there; the account's own past is the journal's to know.
        findings: What is needed and cannot be had, one line each.
        notes: What is needed and there.
    """

    knowledge: Knowledge
    findings: tuple[str, ...]
    notes: tuple[str, ...]


async def read_needs(
    broker: Broker,
    calendar: Calendar,
    mandate: Mandate,
    instruments: Sequence[Instrument],
    session: date,
) -> Needed:
    """Ask for the price history before `session` (the exchange's zone) and the indices that the mandate needs."""
    needs = needs_of(mandate)
    findings, notes, history, levels = [], [], None, {}
    if instruments:
        count = max(needs.history_sessions, VOLUME_SESSIONS)
        sessions = calendar.sessions_before(session, count)
        reading = await broker.read_history(instruments, sessions)
        if isinstance(reading, Known):
            # No rule is told of what only guards need.
            history = reading.value.last(needs.history_sessions) if needs.history_sessions else None
            notes.append(
                f"price history: {len(sessions)} sessions from {sessions[0]} to {sessions[-1]} of"
                f" {len(instruments)} instruments, as rules and guards need"
            )
        else:
            findings.append(f"price history: {len(sessions)} sessions are needed; {_why(reading)}")
    for name, level in (await broker.read_levels(needs.levels)).items():
        if isinstance(level, Known):
            levels[name] = level.value
            notes.append(f"index {name} is at {level.value:g}")
        else:
            findings.append(f"index {name}: {_why(level)}")
    if mandate.market_index is not None:
        fall = await broker.read_fall(mandate.market_index)
        told = notes if isinstance(fall, Known) else findings
        told.append(_fall(mandate.market_index, fall))
    if needs.values_sessions:
        notes.append(
            "the rules look at the account's own value of the past, which is known from the first look of"
            " `bot run` on"
        )
    return Needed(Knowledge(history=history, levels=levels), tuple(findings), tuple(notes))


def _fall(index: str, fall: Reading[float]) -> str:
    if isinstance(fall, Known):
        return f"{index} is {fall.value * 100:.2f} % below its prior close"
    return f"market_index {index}: {_why(fall)}"


def _why(reading: Reading[object]) -> str:
    return reading.reason if isinstance(reading, Unknown) else "the answer was empty"
