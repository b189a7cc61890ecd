"""Daily closes of finished sessions, all instruments of one look side by side.

Rule: a history is known only if every answer ended and every instrument has a close for every session that was asked
for. A short answer is unknown, with the instrument and the first missing date: to a rule that looks back, a gap would
look like a quiet market.

Closes are ADJUSTED_LAST: adjusted for splits and dividends, so that an ex-date is no fall. IB gives those up to now
only, so the running session's bar comes along and is dropped. Its limit of 60 requests in ten minutes is for bars of 30
seconds and less; longer ones are only slowed down, so a bounded number is under way at a time.

Source: IBKR, TWS API documentation, "Historical Bar Data" and "Historical Data Limitations" (2026).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.adapters.ib import keys
from bot.adapters.ib.contracts import contract_fields
from bot.adapters.ib.pending import Failed
from bot.core.domain.history import History
from bot.core.domain.reading import Known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from bot.adapters.ib.asking import Asking
    from bot.adapters.ib.translate import BarRow
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.reading import Reading

SOURCE: Final = "ib:history"
#: Requests under way at a time; IB takes up to 50.
AT_A_TIME: Final = 20
#: IB counts up to so many days; what is longer is asked for in years.
_DAYS_MAX: Final = 365
#: Fewer sessions than any year has, since 1990.
_SESSIONS_A_YEAR: Final = 247


def duration_of(sessions: int) -> str:
    """Return, as IB spells it, how far back a request must reach for so many finished sessions and the running one."""
    if sessions < _DAYS_MAX:
        return f"{sessions + 1} D"
    return f"{sessions // _SESSIONS_A_YEAR + 1} Y"


async def read_history(
    asking: Asking, instruments: Sequence[Instrument], sessions: Sequence[date]
) -> Reading[History]:
    """Read the close and the volume of each instrument on each of `sessions` (ascending, all finished)."""
    turns = asyncio.Semaphore(AT_A_TIME)
    answers = await asyncio.gather(
        *(_ask(asking, instrument, len(sessions), turns) for instrument in instruments)
    )
    columns = []
    for instrument, answer in zip(instruments, answers, strict=True):
        found = answer if isinstance(answer, Failed) else _column(answer, sessions)
        if isinstance(found, Failed):
            return asking.unknown(SOURCE, f"{instrument.symbol}: {found.reason}")
        columns.append(found)
    return Known(_history(columns, sessions), SOURCE, asking.connection.clock.now())


async def _ask(
    asking: Asking, instrument: Instrument, count: int, turns: asyncio.Semaphore
) -> tuple[BarRow, ...] | Failed:
    async with turns:
        trouble = asking.connection.trouble
        if trouble is not None:
            return Failed(trouble)
        request_id = asking.connection.next_id()
        contract = asking.connection.library.new_contract(**contract_fields(instrument))
        answer = await asking.ask(
            keys.bars(request_id),
            lambda client: client.reqHistoricalData(
                request_id,
                contract,
                "",
                duration_of(count),
                "1 day",
                "ADJUSTED_LAST",
                True,  # noqa: FBT003 - theirs: regular hours only
                1,
                False,  # noqa: FBT003 - theirs: no updates
                [],
            ),
            request_id=request_id,
        )
    return answer if isinstance(answer, Failed) else answer.rows


@dataclass(frozen=True, slots=True)
class _Column:
    """One instrument's closes and volumes (T,); volumes are None where IB left one out."""

    closes: tuple[float, ...]
    volumes: tuple[float, ...] | None


def _column(bars: Sequence[BarRow], sessions: Sequence[date]) -> _Column | Failed:
    """Return the bars of `sessions`, or which close is not there."""
    by_day = {bar.day: bar for bar in bars}
    found = [by_day.get(f"{day:%Y%m%d}") for day in sessions]
    closes = [None if bar is None else bar.close for bar in found]
    missing = [day for day, close in zip(sessions, closes, strict=True) if close is None]
    if missing:
        return Failed(
            f"{len(missing)} of {len(sessions)} sessions have no close, the first is {missing[0]}"
        )
    volumes = [bar.volume for bar in found if bar is not None and bar.volume is not None]
    return _Column(
        closes=tuple(close for close in closes if close is not None),
        volumes=tuple(volumes) if len(volumes) == len(sessions) else None,
    )


def _history(columns: Sequence[_Column], sessions: Sequence[date]) -> History:
    volumes = [column.volumes for column in columns if column.volumes is not None]
    return History(
        sessions=tuple(sessions),
        closes=_one_row([column.closes for column in columns]),
        volumes=_one_row(volumes) if len(volumes) == len(columns) else None,
    )


def _one_row(columns: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return N columns of T numbers as one row for all portfolios (1, T, N)."""
    return np.ascontiguousarray(np.array(columns, dtype=np.float64).T)[np.newaxis]
