"""Faults of what becomes of orders: what the client sees, and the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError
from bot.gateway.orders.order import Status


def statuses(rig: Any) -> list[Status]:
    return [order.status for order in rig.gateway.orders]


async def test_lost_order_leaves_no_trace(rig: Any) -> None:
    rig.strike("lost-order")
    assert await rig.placed() == []
    assert rig.gateway.orders == ()
    rig.raw.send(16, 1)
    rig.raw.send(99, 1)
    assert [message[0] for message in await rig.raw.answers()] == ["53", "102"]
    # Only the next one is lost.
    assert (await rig.placed(order_id=2))[0] == "5"


async def test_lost_order_of_another_client_waits_for_it(rig: Any) -> None:
    rig.strike("lost-order", client=5)
    assert (await rig.placed())[0] == "5"
    assert len(rig.gateway.faults.active()) == 1


async def test_rejected_order_gets_its_code(rig: Any) -> None:
    rig.strike(
        "rejected-order", code=201, text="Order rejected - reason:No shares to borrow", count=2
    )
    for order_id in (1, 2):
        rig.place(order_id)
        (told,) = await rig.raw.answers()
        assert told[2:5] == [str(order_id), "201", "Order rejected - reason:No shares to borrow"]
    assert rig.gateway.orders == ()
    assert rig.gateway.faults.active() == ()


async def test_stuck_order_is_pending_submit_until_it_is_freed(rig: Any) -> None:
    rig.strike("stuck-order", for_s=60)
    rig.place()
    told = await rig.raw.answers()
    assert [(message[0], message[2]) for message in told if message[0] == "3"] == [
        ("3", "PendingSubmit")
    ]
    rig.raw.send(16, 1)
    assert (await rig.raw.answers())[1][2] == "PendingSubmit"
    assert rig.gateway.executions == ()
    assert "3" in await rig.placed(order_id=2)
    assert len(rig.gateway.executions) == 1
    rig.pass_s(60)
    assert "11" in [message[0] for message in await rig.raw.answers()]
    assert statuses(rig) == [Status.FILLED, Status.FILLED]


async def test_stuck_order_may_look_inactive_and_live_on(rig: Any) -> None:
    rig.strike("stuck-order", state="Inactive")
    rig.place()
    told = await rig.raw.answers()
    assert [message[2] for message in told if message[0] == "3"] == ["Inactive"]
    rig.end("stuck-order")
    await rig.raw.answers()
    assert statuses(rig) == [Status.FILLED]


async def test_cancel_rejected_says_so_and_the_order_lives(rig: Any) -> None:
    await rig.placed(limit=1000)
    rig.strike("cancel-rejected")
    rig.cancel()
    (told,) = await rig.raw.answers()
    assert told[2:4] == ["1", "10148"]
    assert statuses(rig) == [Status.SUBMITTED]
    rig.cancel()
    assert [message[0] for message in await rig.raw.answers()] == ["3", "3", "4"]
    assert statuses(rig) == [Status.CANCELLED]


async def test_cancel_race_is_won_by_the_fill(rig: Any) -> None:
    await rig.placed(limit=1000)
    rig.strike("cancel-race")
    rig.cancel()
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["11", "5", "3", "5", "59", "4"]
    assert told[-1][3:5] == [
        "10148",
        "OrderId 1 that needs to be cancelled cannot be cancelled, state: Filled.",
    ]
    (execution,) = rig.gateway.executions
    assert (execution.shares, execution.price) == (10, Decimal(1000))


async def test_fill_after_cancel_trades_what_was_confirmed_as_cancelled(rig: Any) -> None:
    await rig.placed(limit=1000)
    held = rig.gateway.positions["KO"].shares
    rig.strike("fill-after-cancel", late_s=2)
    rig.cancel()
    told = await rig.raw.answers()
    assert [message[2] for message in told if message[0] == "3"] == ["PendingCancel", "Cancelled"]
    assert rig.codes(told) == [("1", "202")]
    assert statuses(rig) == [Status.SUBMITTED]
    rig.pass_s(2)
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["11", "5", "3", "5", "59"]
    assert statuses(rig) == [Status.FILLED]
    assert rig.gateway.positions["KO"].shares == held - 10


async def test_slow_cancel_leaves_time_for_a_fill(rig: Any) -> None:
    rig.behaviour.fill = "none"
    rig.strike("slow-cancel", late_s=2)
    for order_id in (1, 2):
        await rig.placed(order_id=order_id)
        rig.cancel(order_id)
        assert [message[2] for message in await rig.raw.answers()] == ["PendingCancel"]
        if order_id == 1:
            rig.pass_s(2)
            assert [message[0] for message in await rig.raw.answers()] == ["3", "4"]
    rig.behaviour.fill = "full"
    assert "11" in [message[0] for message in await rig.raw.answers()]
    rig.pass_s(2)
    assert rig.codes(await rig.raw.answers()) == [("2", "10148")]
    assert statuses(rig) == [Status.CANCELLED, Status.FILLED]


async def test_system_cancel_ends_orders_unasked(rig: Any) -> None:
    await rig.placed(order_id=1, limit=1000)
    await rig.placed(order_id=2, limit=1000)
    assert rig.strike("system-cancel", order=2) == "system-cancel: 1 orders cancelled"
    told = await rig.raw.answers()
    assert [message[:3] for message in told if message[0] == "3"] == [["3", "2", "Cancelled"]]
    assert rig.codes(told) == [("2", "202")]
    assert statuses(rig) == [Status.SUBMITTED, Status.CANCELLED]


async def test_foreign_order_is_seen_only_by_who_asks_for_all(rig: Any) -> None:
    rig.strike("foreign-order", symbol="KO", shares=-5, limit=1000)
    assert await rig.raw.answers() == []
    rig.raw.send(5, 1)
    assert [message[0] for message in await rig.raw.answers()] == ["53"]
    rig.raw.send(16, 1)
    opened, state, _ = await rig.raw.answers()
    assert int(opened[1]) < 0
    assert state[2] == "Submitted"
    rig.strike("foreign-order", symbol="KO", shares=5)
    assert [execution.shares for execution in rig.gateway.executions] == [5]
    with pytest.raises(FaultError, match="there is no symbol 'KOO'; did you mean 'KO'"):
        rig.strike("foreign-order", symbol="KOO")


async def test_liquidation_sells_and_says_so(rig: Any) -> None:
    held = rig.gateway.positions["KO"].shares
    await rig.placed(limit=1000)
    rig.strike("liquidation", symbol="KO")
    assert rig.codes(await rig.raw.answers()) == [("1", "202")]
    assert "KO" not in rig.gateway.positions
    rig.raw.send(7, 3, 5, 0, "", "", "", "", "", "")
    (told, *_) = await rig.raw.answers()
    # 11|5|orderId|...|shares 20th|price|permId|clientId|liquidation
    assert (int(told[19]), told[23]) == (held, "1")
    with pytest.raises(FaultError, match="no KO is held"):
        rig.strike("liquidation", symbol="KO")


async def test_corrected_execution_replaces_price_or_shares(rig: Any) -> None:
    with pytest.raises(FaultError, match="nothing has traded yet"):
        rig.strike("corrected-execution")
    await rig.placed()
    (before,) = rig.gateway.executions
    cash = rig.gateway.cash
    rig.strike("corrected-execution", factor="0.5")
    told = await rig.raw.answers()
    (told_fill,) = [message for message in told if message[0] == "11"]
    assert told_fill[14] == before.execution_id[:-1] + "2"
    (after,) = rig.gateway.executions
    assert after.price == (before.price / 2).quantize(Decimal("0.01"))
    # Ten shares were sold for half of what was told.
    assert rig.gateway.cash == cash - 10 * (before.price - after.price)
    held = rig.gateway.positions["KO"].shares
    rig.strike("corrected-execution", what="shares")
    (last,) = rig.gateway.executions
    assert (last.execution_id[-3:], last.shares) == (".03", 9)
    assert rig.gateway.positions["KO"].shares == held + 1
