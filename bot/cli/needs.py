"""What the rules of a mandate need beyond prices of today, asked for once: `bot check` says whether it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.domain.reading import Known, Unknown
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
    if needs.history_sessions and instruments:
        sessions = calendar.sessions_before(session, needs.history_sessions)
        reading = await broker.read_history(instruments, sessions)
        if isinstance(reading, Known):
            history = reading.value
            notes.append(
                f"price history: {len(sessions)} sessions from {sessions[0]} to {sessions[-1]} of"
                f" {len(instruments)} instruments, as the rules need"
            )
        else:
            findings.append(f"price history: {len(sessions)} sessions are needed; {_why(reading)}")
    for name, level in (await broker.read_levels(needs.levels)).items():
        if isinstance(level, Known):
            levels[name] = level.value
            notes.append(f"index {name} is at {level.value:g}")
        else:
            findings.append(f"index {name}: {_why(level)}")
    if needs.values_sessions:
        notes.append(
            "the rules look at the account's own value of the past, which is known from the first look of"
            " `bot run` on"
        )
    return Needed(Knowledge(history=history, levels=levels), tuple(findings), tuple(notes))


def _why(reading: Reading[object]) -> str:
    return reading.reason if isinstance(reading, Unknown) else "the answer was empty"
