"""Price history: every close of every session that was asked for, or the reason why not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.adapters.calendar import ExchangeCalendar
from bot.adapters.ib.history import AT_A_TIME, duration_of
from bot.core.domain.reading import Known, Unknown, known
from bot.gateway import GatewayConfig

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from bot.core.domain.instrument import Instrument
    from tests.adapters.ib.conftest import Rig, Tools

TODAY = GatewayConfig().at.date()  # 2020-06-01, a Monday, at 10:30 in New York
HISTORY, BARS = "20", "17"


def sessions(count: int) -> tuple[date, ...]:
    return ExchangeCalendar("XNYS").sessions_before(TODAY, count)


async def why_not(broker: IbBroker, instruments: list[Instrument], days: tuple[date, ...]) -> str:
    reading = await broker.read_history(instruments, days)
    assert isinstance(reading, Unknown), reading
    assert "\n" not in reading.reason
    return reading.reason


@pytest.mark.parametrize(
    ("count", "duration"),
    # One more than the finished sessions, since today's comes along; from 365 on IB wants years, and
    # 1,235 = 5 x 247 sessions may take more than five of them.
    [(1, "2 D"), (364, "365 D"), (365, "2 Y"), (493, "2 Y"), (494, "3 Y"), (1235, "6 Y")],
)
def test_a_request_reaches_far_enough_back(count: int, duration: str) -> None:
    assert duration_of(count) == duration


async def test_closes_are_those_of_finished_sessions_in_the_order_of_the_instruments(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    instruments = await tools.resolved(broker, "XOM", "AAPL")
    days = sessions(3)
    assert days == (date(2020, 5, 27), date(2020, 5, 28), date(2020, 5, 29))
    history = known(await broker.read_history(instruments, days))
    assert history.sessions == days
    assert history.closes.shape == (1, 3, 2)
    # The shipped file's closes of 29 May 2020, adjusted: Exxon 38.81, Apple 78.04.
    assert history.closes[0, -1].tolist() == [38.81, 78.04]
    assert history.volumes is not None
    assert history.volumes.shape == (1, 3, 2)
    assert (history.volumes > 0).all()
    asked = [fields for fields in rig.tap.sent if fields[0] == HISTORY]
    assert len(asked) == 2
    for fields in asked:
        assert {"1 day", "4 D", "ADJUSTED_LAST"} <= set(fields)


async def test_three_years_of_ten_instruments_come_whole(broker: IbBroker, tools: Tools) -> None:
    instruments = await tools.resolved(broker, "AAPL", "BAC", "XOM")
    days = sessions(756)
    history = known(await broker.read_history(instruments, days))
    assert history.closes.shape == (1, 756, 3)
    assert np.isfinite(history.closes).all()


async def test_a_session_that_one_instrument_lacks_is_named(broker: IbBroker, tools: Tools) -> None:
    """A Saturday is no session: nobody has a close for it."""
    instruments = await tools.resolved(broker, "AAPL", "XOM")
    days = (date(2020, 5, 28), date(2020, 5, 29), date(2020, 5, 30))
    reason = await why_not(broker, instruments, days)
    assert reason == "AAPL: 1 of 3 sessions have no close, the first is 2020-05-30"


async def test_the_running_session_is_no_part_of_it(broker: IbBroker, tools: Tools) -> None:
    """Its bar comes along and has a price of this moment: asked for, it would be there."""
    [apple] = await tools.resolved(broker, "AAPL")
    history = known(await broker.read_history([apple], sessions(2)))
    assert TODAY not in history.sessions
    assert history.sessions[-1] == TODAY - timedelta(days=3)


async def test_without_a_data_farm_it_is_unknown_in_the_brokers_words(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    instruments = await tools.resolved(broker, "AAPL")
    rig.gateway.strike("farms-down", farm="history")
    reason = await why_not(broker, instruments, sessions(5))
    assert reason.startswith("AAPL: 162 ")


async def test_an_answer_that_does_not_end_is_unknown_and_a_later_one_is_not(
    rig: Rig, tools: Tools
) -> None:
    broker = await rig.connected(request_timeout_s=0.2)
    instruments = await tools.resolved(broker, "AAPL")
    rig.tap.hold()
    reason = await why_not(broker, instruments, sessions(5))
    assert reason == "AAPL: the end of the answer (past bars) did not come within 0.2 s"
    rig.tap.release()
    assert isinstance(await broker.read_history(instruments, sessions(5)), Known)


@pytest.mark.parametrize("close", ["0", "-1", "nan", "inf", "1.7976931348623157E308"])
async def test_a_close_that_is_none_is_missing(rig: Rig, tools: Tools, close: str) -> None:
    broker = await rig.connected(request_timeout_s=5.0)
    [apple] = await tools.resolved(broker, "AAPL")
    rig.tap.hold()

    def answer() -> None:
        request_id = rig.tap.sent[-1][1]
        bar = ("20200529", "1", "1", "1", close, "100", "1", "1")
        rig.tap.say(BARS, request_id, "", "", "1", *bar)

    rig.tap.after[HISTORY] = answer
    reason = await why_not(broker, [apple], (date(2020, 5, 29),))
    assert reason == "AAPL: 1 of 1 sessions have no close, the first is 2020-05-29"
    rig.tap.release()


@pytest.mark.parametrize("volume", ["-1", "nan", "1.7976931348623157E308"])
async def test_volumes_that_nobody_said_are_none(
    rig: Rig, broker: IbBroker, tools: Tools, volume: str
) -> None:
    [apple] = await tools.resolved(broker, "AAPL")
    rig.tap.hold()

    def answer() -> None:
        bar = ("20200529", "1", "1", "1", "2.5", volume, "1", "1")
        rig.tap.say(BARS, rig.tap.sent[-1][1], "", "", "1", *bar)

    rig.tap.after[HISTORY] = answer
    history = known(await broker.read_history([apple], (date(2020, 5, 29),)))
    assert history.closes.tolist() == [[[2.5]]]
    assert history.volumes is None
    rig.tap.release()


async def test_not_more_than_a_bounded_number_is_asked_at_a_time(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    [apple] = await tools.resolved(broker, "AAPL")
    most = 0

    def count() -> None:
        nonlocal most
        ended = sum(fields[0] == BARS for fields in rig.tap.answered)
        most = max(most, rig.tap.count(20) - ended)

    rig.tap.after[HISTORY] = count
    await broker.read_history([apple] * (AT_A_TIME + 10), sessions(2))
    assert rig.tap.count(20) == AT_A_TIME + 10
    assert most <= AT_A_TIME


async def test_no_line_is_unknown(broker: IbBroker, tools: Tools) -> None:
    instruments = await tools.resolved(broker, "AAPL")
    await broker.disconnect()
    assert (await why_not(broker, instruments, sessions(2))).startswith("AAPL: ")
