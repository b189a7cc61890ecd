"""What comes next for a leg: sizes within the daily volume, and why nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.execution.ladder import Step
from bot.core.machines.order import OrderState
from bot.engine.execution.following import Next
from bot.engine.order_record import OrderRecord


def limited(desk, **rules):
    changed = replace(desk.mandate.execution, **rules)
    return replace(desk, mandate=replace(desk.mandate, execution=changed))


async def test_a_slice_is_at_most_its_part_of_the_daily_volume(desk, opened):
    """2 % of 10,000 shares a day are 200: of a leg of -474 the first order sells 200."""
    leg = opened.plan.legs[0]
    assert leg.shares == -474
    opened.volumes[leg.instrument.con_id] = 10_000.0
    desk = limited(desk, order_volume_max=0.02)
    assert Next(desk, opened).shares(leg, Step()) == -200
    # What is left of a slice is not cut anew.
    assert Next(desk, opened).shares(leg, Step(rest=-150, number=1)) == -150


async def test_a_volume_that_nobody_knows_or_that_is_too_small_lets_no_order_through(desk, opened):
    """0.1 % of 900 shares a day is less than one share."""
    desk = limited(desk, order_volume_max=0.001)
    first, second = opened.plan.legs[:2]
    opened.volumes[second.instrument.con_id] = 900.0
    stuck = Next(desk, opened).stuck()
    assert stuck.keys() == {leg.index for leg in opened.plan.legs}
    assert stuck[first.index].endswith("its volume is unknown")
    assert stuck[second.index].endswith("its volume is 900 shares a day")


async def test_a_style_that_is_too_late_for_the_auction_is_passed_over(desk, opened):
    """5.5 hours before the close with a cutoff of 4 hours, and one second after it."""
    leg = opened.plan.legs[0]
    desk = limited(desk, ladder=("limit_on_close", "limit"), close_cutoff_s=4 * 3600)
    assert Next(desk, opened).step(leg) == Step(rung=0)
    closes_at = desk.clock.now() + timedelta(seconds=4 * 3600 - 1)
    opened.plan = replace(opened.plan, expires_at=closes_at)
    assert Next(desk, opened).step(leg) == Step(rung=1)


async def test_a_leg_or_a_plan_that_has_had_all_its_orders_is_given_up(desk, opened, first_intent):
    record = OrderRecord(first_intent, OrderState.CANCELLED, desk.clock.now())
    opened.orders[first_intent.order_ref] = record
    assert Next(desk, opened).stuck() == {}
    of_leg = Next(limited(desk, orders_per_leg_max=1), opened).stuck()
    assert list(of_leg) == [first_intent.leg]
    of_plan = Next(limited(desk, orders_per_plan_max=1), opened).stuck()
    assert of_plan.keys() == {leg.index for leg in opened.plan.legs}


async def test_the_next_slice_waits_from_the_first_order_of_the_one_before(
    desk, opened, first_intent
):
    """Slices of 158: the first was ordered at a moment, filled in two orders; the next may begin 60 s after it."""
    leg, began_at = opened.plan.legs[0], desk.clock.now()
    first = OrderRecord(replace(first_intent, shares=-158), OrderState.CANCELLED, began_at)
    later = began_at + timedelta(seconds=30)
    second = OrderRecord(replace(first_intent, shares=-158), OrderState.CANCELLED, later)
    opened.orders.update({"1": first, "2": second})
    sliced = Next(limited(desk, slices=3, slice_interval_s=60), opened)
    assert sliced.due_at(leg, Step(slice_number=1)) == began_at + timedelta(seconds=60)
    assert sliced.due_at(leg, Step(slice_number=0, number=1, rest=-158)) is None
    assert Next(desk, opened).due_at(leg, Step(slice_number=1)) is None


@pytest.mark.parametrize(("size", "sold"), [(100.0, -150), (1000.0, -474), (0.5, 0), (None, 0)])
async def test_an_order_is_at_most_its_multiple_of_the_size_that_is_shown(desk, opened, size, sold):
    """1.5 x 100 shares at the bid: 150 of a sale of 474. What nobody said is no size."""
    leg = opened.plan.legs[0]
    quote = (await desk.broker.read_quotes([leg.instrument]))[leg.instrument.con_id].value
    seen = replace(quote, bid_size=size, ask_size=7.0)
    limit = Next(limited(desk, order_displayed_max=1.5), opened)
    assert limit.shown(leg, -474, seen) == sold
    assert Next(desk, opened).shown(leg, -474, seen) == -474


async def test_without_the_limit_nobody_asks_for_the_volume(desk, opened):
    assert not desk.mandate.needs_volumes
    assert limited(desk, order_volume_max=0.01).mandate.needs_volumes
    assert Next(desk, opened).stuck() == {}
