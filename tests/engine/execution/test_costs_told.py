"""What the orders of a plan cost is in its end, in the look's result and in its words."""

from __future__ import annotations

import pytest

from bot.engine import events
from bot.engine.cycle import look
from bot.engine.report import Outcome


async def test_each_order_is_told_with_its_slippage_and_the_plan_with_all_of_it(world, desk):
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    (plan,) = desk.recorder.ledger.plans.values()
    (ended,) = desk.recorder.journal.events(kinds=[events.PLAN_ENDED])
    rows = {row["order_ref"]: row for row in ended.body["orders"]}
    assert rows.keys() == plan.orders.keys()
    for execution in world.gateway.executions:
        order, row = execution.order, rows[execution.order.ticket.order_ref]
        arrival = plan.plan.legs[plan.orders[order.ticket.order_ref].intent.leg].arrival_price
        worse = order.side.value * (float(order.average_price) - arrival)
        assert row["slippage_bps"] == pytest.approx(worse / arrival * 1e4, abs=1e-3)
        assert row["slippage_bps"] > 0, "half a spread is paid to trade at once"
    # Weighted by value at arrival.
    value = {ref: float(row["shares"]) * row["arrival_price"] for ref, row in rows.items()}
    expected = sum(abs(value[ref]) * rows[ref]["slippage_bps"] for ref in rows)
    assert ended.body["slippage_bps"] == pytest.approx(expected / sum(map(abs, value.values())))
    assert {each.order_ref: each.bps for each in report.slippages} == {
        ref: pytest.approx(row["slippage_bps"]) for ref, row in rows.items()
    }
    assert f"at {ended.body['slippage_bps']:+.1f} bps against the arrival mid" in report.statement


@pytest.mark.settings("settle_s = 0.3\norder_timeout_s = 0.3\nattempts_max = 1")
async def test_a_leg_that_is_given_up_is_told_once_and_with_its_reason(world, desk):
    world.behaviour.fill = "none"
    await look(desk, execute=True)
    (plan,) = desk.recorder.ledger.plans.values()
    told = desk.recorder.journal.events(kinds=[events.LEG_STOPPED])
    left = [leg.index for leg in plan.plan.legs if plan.remaining(leg)]
    assert sorted(event.body["leg"] for event in told) == left
    assert all("not filled in 1 attempts" in event.body["reason"] for event in told)
    (ended,) = desk.recorder.journal.events(kinds=[events.PLAN_ENDED])
    assert (ended.body["orders"], ended.body["slippage_bps"]) == ([], None)
