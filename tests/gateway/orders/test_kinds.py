"""Order types and times in force: when each trades, at which price, and what does not go together.

AAPL closes at 78.998 on 2020-06-01, a Monday, and at 79.364 on Tuesday. So it is quoted 78.99 to
79.01, middle 79.00, on Monday, and 79.35 to 79.38 on Tuesday; both auctions of Monday are at 79.00.
The exchange is open from 13:30 to 20:00 UTC, its extended hours are from 08:00 to 24:00.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.config.market import BookTable
from bot.gateway.orders.order import Status

BEFORE_EXTENDED = "2020-06-01T07:00:00"
PRE_OPEN = "2020-06-01T12:00:00"
OPEN = "2020-06-01T13:30:00"
NOON = "2020-06-01T16:00:00"
CLOSE = "2020-06-01T20:00:00"
AFTER_HOURS = "2020-06-01T21:00:00"
TUESDAY = "2020-06-02T14:00:00"


@pytest.mark.parametrize(
    ("action", "order_type", "limit", "price"),
    [
        ("BUY", "MKT", None, "79.01"),
        ("SELL", "MKT", None, "78.99"),
        ("BUY", "LMT", "79.01", "79.01"),
        ("SELL", "LMT", "78.99", "78.99"),
        ("BUY", "MIDPRICE", None, "79.00"),
        ("SELL", "MIDPRICE", None, "79.00"),
        ("BUY", "MIDPRICE", "79.00", "79.00"),
        ("SELL", "MIDPRICE", "79.00", "79.00"),
    ],
)
async def test_orders_trade_at_once_at_the_price_of_their_type(
    bench: Any, action: str, order_type: str, limit: str | None, price: str
) -> None:
    given = None if limit is None else Decimal(limit)
    order = bench.place(action=action, order_type=order_type, limit=given)
    assert (order.status, order.average_price) == (Status.FILLED, Decimal(price))


@pytest.mark.parametrize(
    ("action", "order_type", "limit"),
    [
        ("BUY", "LMT", "79.00"),
        ("SELL", "LMT", "79.00"),
        ("BUY", "MIDPRICE", "78.99"),
        ("SELL", "MIDPRICE", "79.01"),
    ],
)
async def test_orders_rest_whose_limit_is_not_reached(
    bench: Any, action: str, order_type: str, limit: str
) -> None:
    order = bench.place(action=action, order_type=order_type, limit=Decimal(limit))
    assert (order.status, order.filled) == (Status.SUBMITTED, 0)
    assert bench.told[-2:] == ["open Submitted", "status Submitted 0/10"]


@pytest.mark.parametrize(
    ("action", "order_type", "limit", "status"),
    [
        ("BUY", "MOC", None, Status.FILLED),
        ("SELL", "MOC", None, Status.FILLED),
        ("BUY", "LOC", "79.00", Status.FILLED),
        ("BUY", "LOC", "78.99", Status.CANCELLED),
        ("SELL", "LOC", "79.00", Status.FILLED),
        ("SELL", "LOC", "79.01", Status.CANCELLED),
    ],
)
async def test_closing_orders_trade_in_the_closing_auction_or_never(
    bench: Any, action: str, order_type: str, limit: str | None, status: Status
) -> None:
    bench.desk.start()
    given = None if limit is None else Decimal(limit)
    order = bench.place(action=action, order_type=order_type, limit=given)
    bench.go("2020-06-01T19:59:59")
    assert (order.status, order.filled) == (Status.SUBMITTED, 0)
    bench.go(CLOSE)
    assert order.status is status
    assert order.average_price == (79 if status is Status.FILLED else 0)


@pytest.mark.parametrize(
    ("action", "order_type", "limit", "status"),
    [
        ("BUY", "MKT", None, Status.FILLED),
        ("SELL", "LMT", "79.00", Status.FILLED),
        ("BUY", "LMT", "78.99", Status.CANCELLED),
    ],
)
async def test_opening_orders_trade_in_the_opening_auction_or_never(
    bench_class: Any, action: str, order_type: str, limit: str | None, status: Status
) -> None:
    bench = bench_class(PRE_OPEN)
    bench.desk.start()
    given = None if limit is None else Decimal(limit)
    order = bench.place(action=action, order_type=order_type, limit=given, time_in_force="OPG")
    assert order.status is Status.PRE_SUBMITTED
    bench.go(OPEN)
    assert order.status is status
    assert order.average_price == (79 if status is Status.FILLED else 0)
    bench.turns.cancel_all()


async def test_an_opening_order_of_the_day_waits_for_the_next_one(bench: Any) -> None:
    """The close of Tuesday is 79.364, which is at 79.36 on a tick."""
    bench.desk.start()
    order = bench.place(order_type="MKT", limit=None, time_in_force="OPG")
    bench.go(CLOSE)
    assert order.status is Status.PRE_SUBMITTED
    bench.go("2020-06-02T13:30:00")
    assert (order.status, order.average_price) == (Status.FILLED, Decimal("79.36"))


async def test_closing_orders_come_in_time_or_are_rejected(bench: Any) -> None:
    """The cut-off is ten minutes before the close."""
    bench.go("2020-06-01T19:49:59")
    assert bench.place(order_type="MOC", limit=None).status is Status.SUBMITTED
    bench.go("2020-06-01T19:50:00")
    assert bench.place(order_type="LOC").status is Status.INACTIVE
    assert "201: Order rejected - reason:It is too late" in bench.told[-1]


async def test_after_the_close_a_closing_order_is_for_the_next_session(bench_class: Any) -> None:
    bench = bench_class(AFTER_HOURS)
    bench.desk.start()
    order = bench.place(order_type="MOC", limit=None)
    assert order.status is Status.PRE_SUBMITTED
    assert any("399: Order Message" in line for line in bench.told)
    bench.go("2020-06-02T20:00:00")
    assert (order.status, order.average_price) == (Status.FILLED, Decimal("79.36"))
    bench.turns.cancel_all()


@pytest.mark.parametrize("at", [PRE_OPEN, AFTER_HOURS])
async def test_limits_that_ask_for_it_trade_outside_regular_hours(
    bench_class: Any, at: str
) -> None:
    bench = bench_class(at)
    asks = bench.place(outside_hours=True)
    waits = bench.place()
    assert (asks.status, waits.status) == (Status.FILLED, Status.PRE_SUBMITTED)
    assert asks.average_price == Decimal("79.01")
    bench.turns.cancel_all()


async def test_a_day_order_for_all_hours_ends_with_the_last_of_them(bench: Any) -> None:
    bench.desk.start()
    short = bench.place(limit=Decimal(50))
    long = bench.place(limit=Decimal(50), outside_hours=True)
    bench.go(AFTER_HOURS)
    assert (short.status, long.status) == (Status.CANCELLED, Status.SUBMITTED)
    late = bench.place(limit=Decimal(50), outside_hours=True)
    bench.go("2020-06-02T00:00:00")
    assert (long.status, late.status) == (Status.CANCELLED, Status.CANCELLED)


async def test_before_the_extended_hours_orders_say_when_they_will_be_placed(
    bench_class: Any,
) -> None:
    bench = bench_class(BEFORE_EXTENDED)
    bench.place(outside_hours=True)
    bench.place()
    held = [line for line in bench.told if "399" in line]
    assert "until 2020-06-01 04:00:00 US/Eastern" in held[0]
    assert "until 2020-06-01 09:30:00 US/Eastern" in held[1]
    bench.turns.cancel_all()


@pytest.mark.parametrize("order_type", ["MKT", "MOC", "LOC", "MIDPRICE"])
async def test_other_types_are_told_that_outside_hours_are_ignored(
    bench: Any, order_type: str
) -> None:
    bench.place(order_type=order_type, outside_hours=True)
    assert any("2109: Attribute 'Outside Regular" in line for line in bench.told)


async def test_good_after_orders_wait_for_their_moment(bench: Any) -> None:
    bench.desk.start()
    order = bench.place(good_after_time="20200601 12:00:00")
    bench.go("2020-06-01T15:59:59")
    assert order.status is Status.PRE_SUBMITTED
    assert not any("399" in line for line in bench.told)
    bench.go(NOON)
    assert order.status is Status.FILLED


async def test_a_halted_symbol_takes_orders_and_does_not_trade_them(bench: Any) -> None:
    bench.desk.start()
    bench.market.halt("AAPL")
    market = bench.place(order_type="MKT", limit=None)
    at_once = bench.place(time_in_force="IOC")
    assert (market.status, at_once.status) == (Status.PRE_SUBMITTED, Status.CANCELLED)
    bench.go(seconds=60)
    assert market.status is Status.PRE_SUBMITTED
    bench.market.resume("AAPL")
    assert market.status is Status.FILLED


async def test_a_halt_that_is_over_lets_orders_trade(bench: Any) -> None:
    bench.desk.start()
    bench.go(NOON)
    bench.market.halt("AAPL", bench.moment.replace(minute=5))
    order = bench.place()
    bench.go("2020-06-01T16:04:59")
    assert order.status is Status.PRE_SUBMITTED
    bench.go("2020-06-01T16:05:00")
    assert order.status is Status.FILLED


@pytest.mark.parametrize(
    ("priority", "wait_s"), [("Urgent", 2), ("Normal", 10), ("Patient", 50), (None, 10)]
)
async def test_adaptive_orders_wait_inside_the_spread_by_priority(
    bench_class: Any, priority: str | None, wait_s: int
) -> None:
    """Configured are 10 seconds; urgent is a fifth of it, patient five times."""
    bench = bench_class(book=BookTable(inside_s=Decimal(10)))
    parameters = () if priority is None else (("adaptivePriority", priority),)
    order = bench.place(algorithm="Adaptive", algorithm_parameters=parameters)
    assert order.status is Status.SUBMITTED
    bench.go(seconds=wait_s - 0.5)
    assert order.status is Status.SUBMITTED
    bench.go(seconds=0.5)
    assert order.status is Status.FILLED
    assert order.average_price in (Decimal("79.00"), Decimal("79.01"))
    bench.turns.cancel_all()


async def test_patient_orders_trade_inside_the_spread_more_often(bench: Any) -> None:
    """Of 200, a quarter, a half and three quarters are expected, give or take 20."""
    inside = {}
    for priority in ("Urgent", "Normal", "Patient"):
        parameters = (("adaptivePriority", priority),)
        orders = [
            bench.place(
                quantity=Decimal(1),
                order_type="MKT",
                limit=None,
                algorithm="Adaptive",
                algorithm_parameters=parameters,
            )
            for _ in range(200)
        ]
        assert all(order.status is Status.FILLED for order in orders)
        inside[priority] = sum(order.average_price == 79 for order in orders)
    for priority, expected in (("Urgent", 50), ("Normal", 100), ("Patient", 150)):
        assert abs(inside[priority] - expected) <= 20


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"order_type": "MOC", "time_in_force": "GTC"}, 113),
        ({"order_type": "LOC", "time_in_force": "IOC"}, 113),
        ({"order_type": "MOC", "time_in_force": "OPG"}, 113),
        ({"order_type": "MIDPRICE", "time_in_force": "IOC"}, 111),
        ({"order_type": "MIDPRICE", "time_in_force": "OPG"}, 111),
        ({"order_type": "MIDPRICE", "limit": Decimal("79.001")}, 110),
        ({"order_type": "LOC", "limit": None}, 110),
        ({"order_type": "STP"}, 321),
        ({"oca_type": 4, "oca_group": "group"}, 321),
        ({"good_after_time": "tomorrow"}, 321),
        ({"algorithm": "Vwap"}, 321),
        ({"algorithm": "Adaptive", "order_type": "MOC", "limit": None}, 442),
        ({"algorithm": "Adaptive", "time_in_force": "IOC"}, 442),
        ({"algorithm": "Adaptive", "algorithm_parameters": (("speed", "1"),)}, 441),
        (
            {"algorithm": "Adaptive", "algorithm_parameters": (("adaptivePriority", "Lazy"),)},
            441,
        ),
        ({"unserved": ("parent orders",)}, 321),
        ({"refused_attributes": ((10268, "EtradeOnly"),)}, 10268),
    ],
    ids=str,
)
async def test_what_does_not_go_together_is_refused(
    bench: Any, terms: dict[str, Any], code: int
) -> None:
    assert bench.place(**terms) is None
    assert bench.told[-1].startswith(f"notice 1/1 {code}: ")


async def test_orders_of_the_day_do_not_wait_for_another_one(bench: Any) -> None:
    bench.desk.start()
    order = bench.place(limit=Decimal(50), time_in_force="GTC")
    bench.go(TUESDAY)
    assert order.status is Status.SUBMITTED
