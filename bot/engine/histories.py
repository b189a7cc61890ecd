"""Price history: asked for once a session, journaled once, and found again by its digest.

The journal is the only cache: a look reads the newest HISTORY event, and asks the broker if it is not of this session,
of other instruments or too short. So a restart asks nobody, and a decision names the closes that it was made on.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.core.domain.history import History
from bot.core.domain.reading import Known, Unknown
from bot.engine import events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.domain.instrument import Instrument
    from bot.core.domain.reading import Reading
    from bot.engine.desk import Desk

#: Sessions that the average daily volume is taken of: about a month.
VOLUME_SESSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Measures:
    """What guards measure an order by, of each instrument by conId.

    Attributes:
        closes: Close of the last finished session, per share.
        volumes: Average daily volume, shares.
        unknown: Why an instrument has no volume, for a person.
    """

    closes: Mapping[int, float]
    volumes: Mapping[int, float]
    unknown: Mapping[int, str]


def history_body(instruments: Sequence[Instrument], history: History) -> dict[str, Any]:
    """Return a history (one row for all portfolios) as the body of a HISTORY event, with its digest (sha256)."""
    volumes = None if history.volumes is None else history.volumes[0].tolist()
    body = {
        "con_ids": [instrument.con_id for instrument in instruments],
        "sessions": [day.isoformat() for day in history.sessions],
        "closes": history.closes[0].tolist(),
        "volumes": volumes,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


def history_from(body: dict[str, Any]) -> History:
    """Return the history that `history_body` wrote."""
    volumes = body["volumes"]
    return History(
        sessions=tuple(date.fromisoformat(day) for day in body["sessions"]),
        closes=np.array(body["closes"], dtype=np.float64)[np.newaxis],
        volumes=None if volumes is None else np.array(volumes, dtype=np.float64)[np.newaxis],
    )


async def find_history(
    desk: Desk,
    look_id: str,
    instruments: Sequence[Instrument],
    sessions: Sequence[date],
) -> tuple[Reading[History], str]:
    """Return closes and volumes of `sessions` (ascending, all finished), and the digest of the event that has them.

    The digest is empty where the history is unknown.
    """
    newest = desk.recorder.journal.events(kinds=[events.HISTORY], newest=1)
    # An older version of this program journaled volumes only where a rule wanted them.
    is_enough = bool(newest) and newest[-1].body["volumes"] is not None
    if is_enough and _fits(newest[-1].body, instruments, sessions):
        event = newest[-1]
        history = history_from(event.body).last(len(sessions))
        return Known(history, "journal:history", event.recorded_at), str(event.body["digest"])
    reading = await desk.broker.read_history(instruments, sessions)
    if not isinstance(reading, Known):
        return reading, ""
    body = history_body(instruments, reading.value)
    desk.recorder.record(events.HISTORY, body, look_id=look_id)
    return reading, body["digest"]


async def measures_of(
    desk: Desk, instruments: Sequence[Instrument], sessions: Sequence[date], past: Reading[History]
) -> Measures:
    """Return what orders are measured by; one instrument without a past leaves the others theirs.

    A history is known as a whole or not at all. Where it is not, each instrument is asked for by itself: a new listing
    must not stop the others.
    """
    if isinstance(past, Known) and past.value.volumes is not None:
        readings: list[tuple[Sequence[Instrument], Reading[History]]] = [(instruments, past)]
    else:
        alone = [[instrument] for instrument in instruments]
        answers = await asyncio.gather(
            *(desk.broker.read_history(each, sessions) for each in alone)
        )
        readings = list(zip(alone, answers, strict=True))
    closes: dict[int, float] = {}
    volumes: dict[int, float] = {}
    unknown: dict[int, str] = {}
    for columns, reading in readings:
        con_ids = [instrument.con_id for instrument in columns]
        if not isinstance(reading, Known):
            reason = reading.reason if isinstance(reading, Unknown) else "the answer was empty"
            unknown.update(dict.fromkeys(con_ids, reason))
            continue
        closes.update(zip(con_ids, reading.value.closes[0, -1].tolist(), strict=True))
        means = reading.value.mean_volumes(VOLUME_SESSIONS)
        if means is None:
            unknown.update(dict.fromkeys(con_ids, "IB leaves its volume out"))
        else:
            volumes.update(zip(con_ids, means[0].tolist(), strict=True))
    return Measures(closes, volumes, unknown)


def _fits(
    body: dict[str, Any], instruments: Sequence[Instrument], sessions: Sequence[date]
) -> bool:
    wanted = [day.isoformat() for day in sessions]
    there: list[str] = body["sessions"]
    con_ids: list[int] = body["con_ids"]
    is_same = con_ids == [instrument.con_id for instrument in instruments]
    return is_same and there[-len(wanted) :] == wanted
