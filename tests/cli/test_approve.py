"""`bot approve`: a plan that waits goes once, by its own name."""

from __future__ import annotations

import pytest

CONFIRM = {
    "nav_difference_max = 0.01": "nav_difference_max = 0.01\nconfirm = { plan_turnover_max = 0.3 }"
}


async def test_a_plan_waits_for_its_approval_and_then_goes(world):
    world.replacements = CONFIRM
    config = str(world.config)
    asked = await world.bot("look", "--execute", "--config", config, "--json")
    plan_id = asked.facts["plan"]["plan_id"]
    assert (asked.code, asked.facts["outcome"]) == (0, "plan_open"), asked.err
    assert world.gateway.orders == ()
    wrong = await world.bot("approve", "P000000.1", "--config", config, "--json")
    assert (wrong.code, wrong.facts["approved"]) == (1, False)
    assert plan_id in wrong.facts["objection"]
    good = await world.bot("approve", plan_id, "--config", config, "--json")
    assert (good.code, good.facts["approved"]) == (0, True), good.err
    twice = await world.bot("approve", plan_id, "--config", config)
    assert (twice.code, twice.out.strip()) == (
        1,
        f"Nothing was approved: plan {plan_id} needs no approval.",
    )
    done = await world.bot("look", "--execute", "--config", config, "--json")
    assert done.facts["outcome"] == "traded", done.out
    assert len(world.gateway.orders) == len(done.facts["plan"]["legs"])


@pytest.mark.parametrize("plan_id", ["P1"])
async def test_without_a_journal_there_is_nothing_to_approve(world, plan_id):
    answer = await world.bot("approve", plan_id, "--config", str(world.config), "--json")
    assert (answer.code, answer.facts["objection"]) == (1, "there is no journal yet")
    assert not (world.folder / "state" / "journal.sqlite").exists()
