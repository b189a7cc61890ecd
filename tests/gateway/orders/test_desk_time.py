"""The order desk and time: delays, expiry, the exchange's bells, and prices that move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Status

#: Wall time between a moment of the replay and the alarm for it.
SOON = timedelta(seconds=0.02)


async def test_fills_come_after_the_delay(bench: Any) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place()
    assert order is not None
    assert bench.told[-1] == "status Submitted 0/10"
    await bench.listener.until("account AAPL")
    assert order.status is Status.FILLED


async def test_an_order_that_is_cancelled_in_time_does_not_fill(bench: Any) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place()
    bench.desk.cancel(1, 1)
    bench.place(instrument=KNOWN_INSTRUMENTS["KO"])
    await bench.listener.until("account KO")
    assert order is not None
    assert (order.status, order.filled) == (Status.CANCELLED, 0)


async def test_a_switch_that_is_turned_during_the_delay_counts(bench: Any) -> None:
    bench.behaviour.fill_delay_s = 0.01
    order = bench.place(order_type="MKT", limit=None)
    bench.behaviour.fill = "none"
    await bench.listener.until("status Submitted")
    assert order is not None
    assert order.filled == 0


async def test_day_orders_end_at_the_close_and_others_do_not(bench: Any) -> None:
    bench.moment = datetime(2020, 6, 1, 20, tzinfo=UTC) - SOON
    bench.desk.start()
    day = bench.place(limit=Decimal(50))
    stays = bench.place(limit=Decimal(50), time_in_force="GTC")
    bench.moment += SOON
    await bench.listener.until("202: Order Canceled - reason:The time in force has expired")
    assert day is not None
    assert stays is not None
    assert (day.status, stays.status) == (Status.CANCELLED, Status.SUBMITTED)
    assert day.end_text == "Cancelled by System"


@pytest.mark.parametrize(
    "text", ["20200601 10:30:01", "20200601-14:30:01", "20200601 14:30:01 UTC"]
)
async def test_orders_end_at_the_moment_of_their_own(bench: Any, text: str) -> None:
    bench.moment += timedelta(seconds=1) - SOON
    bench.desk.start()
    order = bench.place(limit=Decimal(50), time_in_force="GTD", good_till_date=text)
    bench.moment += SOON
    await bench.listener.until("202: Order Canceled")
    assert order is not None
    assert order.status is Status.CANCELLED


async def test_before_the_open_orders_wait_and_say_so(bench_class: Any) -> None:
    bench = bench_class("2020-06-01T13:29:59.980000")
    bench.desk.start()
    order = bench.place(order_type="MKT", limit=None)
    late = bench.place(limit=Decimal(80), time_in_force="IOC")
    assert order is not None
    assert late is not None
    assert (order.status, late.status) == (Status.PRE_SUBMITTED, Status.CANCELLED)
    assert any("399: Order Message" in line for line in bench.told)
    assert any("until 2020-06-01 09:30:00 US/Eastern" in line for line in bench.told)
    bench.moment += SOON
    await bench.listener.until("account AAPL")
    assert order.status is Status.FILLED
    bench.turns.cancel_all()


async def test_a_resting_order_fills_once_the_quote_reaches_it(bench: Any) -> None:
    """AAPL closes at 78.998 on Monday and at 79.364 on Tuesday."""
    order = bench.place(action="SELL", limit=Decimal("79.30"), time_in_force="GTC")
    assert order is not None
    assert order.status is Status.SUBMITTED
    bench.moment = datetime(2020, 6, 2, 12, tzinfo=UTC)  # another price, but closed
    bench.desk.look_again()
    assert order.status is Status.SUBMITTED
    bench.moment = datetime(2020, 6, 2, 14, tzinfo=UTC)
    bench.desk.look_again()
    assert order.status is Status.FILLED
    assert order.average_price == Decimal("79.35")
    assert bench.desk.executions[0].was_resting
