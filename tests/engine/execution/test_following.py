"""What comes next for a leg: sizes within the daily volume, and why nothing does."""

from __future__ import annotations

from dataclasses import replace

from bot.core.execution.ladder import Step
from bot.engine.execution.following import Next


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


async def test_without_the_limit_nobody_asks_for_the_volume(desk, opened):
    assert not desk.mandate.needs_volumes
    assert limited(desk, order_volume_max=0.01).mandate.needs_volumes
    assert Next(desk, opened).stuck() == {}
