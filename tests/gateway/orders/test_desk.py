"""The order desk by itself: what it takes, what it refuses, and what it says about both."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Status


@pytest.mark.parametrize("order_type", ["MKT", "LMT"])
async def test_an_order_that_trades_at_once_is_never_seen_as_submitted(
    bench: Any, order_type: str
) -> None:
    bench.place(order_type=order_type)
    assert bench.told == [
        "open PreSubmitted",
        "status PreSubmitted 0/10",
        "execution 10 at 79.01",
        "open Filled",
        "status Filled 10/10",
        "open Filled charged",
        "commission 0.08",
        "account AAPL",
    ]


async def test_a_resting_order_is_submitted_and_its_cancel_is_confirmed(bench: Any) -> None:
    bench.place(limit=Decimal(50))
    bench.desk.cancel(1, 1)
    assert bench.told == [
        "open PreSubmitted",
        "status PreSubmitted 0/10",
        "open Submitted",
        "status Submitted 0/10",
        "status PendingCancel 0/10",
        "status Cancelled 0/10",
        "notice 1/1 202: Order Canceled - reason:",
    ]


async def test_an_immediate_order_that_cannot_trade_is_cancelled(bench: Any) -> None:
    bench.place(limit=Decimal(50), time_in_force="IOC")
    assert bench.told[2:] == ["status PendingCancel 0/10", "status Cancelled 0/10"]


async def test_the_rest_of_an_immediate_order_is_cancelled(bench: Any) -> None:
    bench.behaviour.fill = "partial"
    order = bench.place(time_in_force="IOC")
    assert order is not None
    assert (order.status, order.filled) == (Status.CANCELLED, 5)


async def test_half_of_a_partially_filled_order_keeps_working(bench: Any) -> None:
    bench.behaviour.fill = "partial"
    order = bench.place()
    assert order is not None
    assert (order.status, order.filled, order.remaining) == (Status.SUBMITTED, 5, 5)
    assert "status Submitted 5/10" in bench.told
    bench.behaviour.fill = "full"
    bench.desk.look_again()
    assert (order.status, order.filled) == (Status.FILLED, 10)
    assert [fill.cumulative for fill in bench.desk.executions] == [5, 10]
    assert len({fill.execution_id for fill in bench.desk.executions}) == 2


async def test_global_cancel_confirms_each_order_once(bench: Any) -> None:
    for limit in (50, 51):
        bench.place(limit=Decimal(limit))
    told = len(bench.told)
    bench.desk.cancel_all()
    assert bench.told[told:] == ["status Cancelled 0/10"] * 2


async def test_cancels_of_unknown_foreign_and_final_orders_are_refused(bench: Any) -> None:
    bench.place()
    bench.desk.cancel(1, 99)
    bench.desk.cancel(2, 1)
    bench.desk.cancel(1, 1)
    codes = [line.partition(":")[0] for line in bench.told[-3:]]
    assert codes == ["notice 1/99 10147", "notice 2/1 10147", "notice 1/1 10148"]
    assert bench.told[-1].endswith("state: Filled.")


async def test_order_ids_are_used_once_and_belong_to_their_client(bench: Any) -> None:
    bench.place(order_id=5, limit=Decimal(50))
    bench.place(order_id=4, limit=Decimal(50))
    assert bench.told[-1] == "notice 1/4 103: Duplicate order id"
    assert bench.place(order_id=4, client_id=2, limit=Decimal(50)) is not None
    assert bench.desk.numbering.next_order_id(1) == 6
    permanent = [order.permanent_id for order in bench.desk.orders.values()]
    assert len(set(permanent)) == len(permanent) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "SELL"}, 105),
        ({"instrument": KNOWN_INSTRUMENTS["KO"]}, 105),
        ({"limit": Decimal("80.001")}, 110),
        ({"order_type": "MKT", "limit": None}, 329),
        ({"algorithm": "Adaptive"}, 440),
        ({"oca_group": "other"}, 10326),
        ({"quantity": Decimal(0)}, 105),
        ({"time_in_force": "FOK"}, 321),
    ],
)
async def test_a_change_that_does_not_fit_leaves_the_order_alone(
    bench: Any, change: dict[str, Any], code: int
) -> None:
    order = bench.place(order_id=1, limit=Decimal(50))
    bench.place(order_id=1, **{"limit": Decimal(51), **change})
    assert bench.told[-1].startswith(f"notice 1/1 {code}")
    assert order is not None
    assert (order.status, order.ticket.limit) == (Status.SUBMITTED, Decimal(50))


async def test_final_orders_cannot_be_changed(bench: Any) -> None:
    bench.place(order_id=1)
    bench.place(order_id=1, limit=Decimal(81))
    assert bench.told[-1] == "notice 1/1 104: Cannot modify a filled order."


async def test_an_order_cannot_shrink_below_what_has_traded(bench: Any) -> None:
    bench.behaviour.fill = "partial"
    bench.place(order_id=1)
    bench.place(order_id=1, quantity=Decimal(5))
    assert bench.told[-1].startswith("notice 1/1 105")


async def test_rejection_switch_keeps_the_order_as_inactive(bench: Any) -> None:
    bench.behaviour.reject_code = 201
    order = bench.place()
    assert order is not None
    assert order.status is Status.INACTIVE
    assert len(bench.told) == 1
    assert bench.told[0].startswith("notice 1/1 201: Order rejected - reason:")


async def test_the_limit_of_open_purchases_is_the_margin(bench: Any) -> None:
    """Available funds of 754,118.40 carry four times as much, that is 3,016,473 at 50 each."""
    assert bench.place(limit=Decimal(50), quantity=Decimal(60_000)) is not None
    bench.place(limit=Decimal(50), quantity=Decimal(330))
    assert "201: Order rejected" in bench.told[-1]
    bench.place(limit=Decimal(50), quantity=Decimal(329))
    assert bench.told[-1] == "status Submitted 0/329"


async def test_outside_regular_hours_is_said_to_be_ignored(bench: Any) -> None:
    bench.place(outside_hours=True, order_type="MKT", limit=None)
    assert any("notice 1/1 2109" in line for line in bench.told)
