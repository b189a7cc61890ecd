"""Trading needs a person's word, and the account must be what the journal says before it is taken."""

from __future__ import annotations

import shlex

import pytest

from bot.cli.resume import check_suffix
from bot.engine import events
from bot.errors import ConfigError


async def test_the_first_start_says_the_one_command_that_arms_and_it_does(world):
    world.arms = False
    config = str(world.config)
    refused = await world.bot("look", "--execute", "--config", config)
    assert refused.code == 77
    assert world.events() == []
    command = refused.err.partition("`")[2].partition("`")[0]
    assert command == f'bot resume --config {config} --reason "first start"'
    armed = await world.bot(*shlex.split(command)[1:], "--json")
    assert (armed.code, armed.facts["halted"], armed.facts["was_halted"]) == (0, False, False)
    (event,) = world.events(events.ARMED)
    assert (event.body["reason"], event.body["digest_before"]) == ("first start", None)
    traded = await world.bot("look", "--execute", "--config", config, "--json")
    assert (traded.code, traded.facts["outcome"]) == (0, "traded"), traded.err


async def test_a_broker_that_cannot_be_reached_leaves_it_halted(world):
    """F81: without a reconciliation there is no resume."""
    world.arm()
    world.memory.halt("test", "command")
    await world.gateway.stop()
    answer = await world.bot("resume", "--reason", "sure", "--config", str(world.config))
    assert answer.code == 69
    assert world.memory.switch().is_latched()
    assert not world.events(events.RESUMED, events.ARMED)


async def test_a_bot_that_is_halted_and_still_at_work_is_not_resumed_under_its_hands(world):
    world.arm()
    world.memory.halt("test", "command")
    with world.memory.lease():
        answer = await world.bot("resume", "--reason", "sure", "--config", str(world.config))
    assert answer.code == 75
    assert "still at work" in answer.err
    assert world.memory.switch().is_latched()


async def test_a_pause_is_lifted_and_an_arming_renewed_beside_a_bot_that_trades(world):
    world.arm()
    paused = await world.bot(
        "pause", "--reason", "holiday", "--config", str(world.config), "--json"
    )
    assert (paused.code, paused.facts["reason"]) == (0, "holiday")
    assert world.memory.switch().is_paused()
    with world.memory.lease():
        answer = await world.bot(
            "resume", "--reason", "back", "--config", str(world.config), "--json"
        )
    assert (answer.code, answer.facts["was_paused"]) == (0, True), answer.err
    assert not world.memory.switch().is_paused()
    assert [event.body["was"] for event in world.events(events.RESUMED)] == ["holiday"]


def test_a_changed_limit_needs_another_word_and_a_changed_look_time_does_not(world):
    world.arm()
    world.replacements = {"[limits]": '[schedule]\nlooks = ["open+30m"]\n\n[limits]'}
    assert not world.memory.switch().is_halted()
    world.replacements = {"order_notional_max = 150000": "order_notional_max = 150001"}
    assert "a limit" in world.memory.switch().reason()


@pytest.mark.parametrize("typed", ["", "567", "DU1234567", "4568"])
def test_real_money_needs_the_end_of_the_accounts_id(typed):
    with pytest.raises(ConfigError, match="last 4"):
        check_suffix("live", "U1234567", typed)
    check_suffix("live", "U1234567", "4567")
    check_suffix("paper", "DU1234567", typed)
