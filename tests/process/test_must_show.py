"""What a person is promised to see, with the bot as a process of its own and a real gateway beside it."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from bot.engine import events

PROTECTED = {"AAPL", "MSFT"}


def sent_twice(world):
    """Return the references that the broker has seen more than once: an order sent twice."""
    counts = Counter(order.ticket.order_ref for order in world.gateway.orders)
    return [ref for ref, count in counts.items() if count > 1]


def planned_by_symbol(world):
    """Return the shares that plans approved, by symbol."""
    planned = Counter()
    for event in world.events(events.PLAN_OPENED):
        for leg in event.body["plan"]["legs"]:
            planned[leg["instrument"]["symbol"]] += leg["shares"]
    return planned


async def test_demo_ends_with_every_weight_inside_its_band(world):
    answer = await world.bot("demo", "--json")
    assert answer.code == 0, answer.err
    assert answer.facts["every_weight_in_band"] is True
    assert answer.facts["first"]["outcome"] == "traded"
    assert answer.facts["second"]["outcome"] == "nothing_to_do"


async def test_look_without_execute_shows_a_plan_and_sends_nothing(world):
    answer = await world.bot("look", "--config", str(world.config), "--json")
    assert answer.code == 0, answer.err
    assert answer.facts["outcome"] == "would_trade"
    assert {leg["symbol"] for leg in answer.facts["plan"]["legs"] if leg["shares"] < 0} == PROTECTED
    assert world.gateway.orders == ()


async def test_look_trades_and_the_next_one_finds_nothing_to_do_and_says_why(world):
    first = await world.bot("look", "--execute", "--config", str(world.config), "--json")
    assert (first.code, first.facts["outcome"]) == (0, "traded"), first.err
    second = await world.bot("look", "--execute", "--config", str(world.config), "--json")
    assert (second.code, second.facts["outcome"]) == (0, "nothing_to_do"), second.err
    assert "inside" in second.facts["statement"]
    assert world.filled() == planned_by_symbol(world)


@pytest.mark.parametrize("moment", ["intent", "acknowledged", "execution", "buys"])
async def test_killed_in_the_middle_and_started_again_nothing_is_sent_twice(
    world, wait_until, moment
):
    """Kill -9 at four moments; the second run settles what became of the orders and completes the plan."""
    world.behaviour.fill_delay_s = 0.3
    config = str(world.config)

    def reached():
        kinds = {event.kind for event in world.events()}
        if moment == "intent":
            return events.ORDER_INTENT in kinds
        if moment == "acknowledged":
            return any(
                event.body["event"] == "acknowledged" for event in world.events(events.ORDER_STATE)
            )
        if moment == "execution":
            return events.EXECUTION in kinds
        return any(event.body["shares"] > 0 for event in world.events(events.ORDER_INTENT))

    process = await world.start("look", "--execute", "--config", config)
    await wait_until(lambda: reached() or process.returncode is not None)
    assert process.returncode is None, "it ended by itself: " + str(await process.communicate())
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    again = await world.bot("look", "--execute", "--config", config, "--json")
    assert again.code == 0, again.err + again.out
    assert again.facts["outcome"] == "traded", again.facts
    assert sent_twice(world) == []
    assert world.filled() == planned_by_symbol(world)
    last = await world.bot("look", "--config", config, "--json")
    assert last.facts["outcome"] == "nothing_to_do"


async def test_halt_during_a_run_lets_no_further_order_out_and_needs_a_person(world, wait_until):
    world.behaviour.fill = "none"
    config = str(world.config)
    process = await world.start("look", "--execute", "--config", config, "--json")
    await wait_until(lambda: len(world.gateway.orders) == len(PROTECTED))
    halted = await world.bot("halt", "--reason", "test", "--config", config, "--json")
    assert halted.facts["halted"] is True
    world.behaviour.fill = "full"
    _, err = await process.communicate()
    assert process.returncode == 77, err.decode()
    # Only the sells had been sent; the buys that they would have paid for never left.
    assert {order.ticket.action for order in world.gateway.orders} == {"SELL"}
    assert len(world.gateway.orders) == len(PROTECTED)

    run = await world.bot("run", "--config", config)
    assert run.code == 77
    assert "test" in run.err
    unreasoned = await world.bot("resume", "--config", config)
    assert unreasoned.code == 64
    resumed = await world.bot("resume", "--reason", "looked at it", "--config", config, "--json")
    assert resumed.facts["halted"] is False
    again = await world.bot("look", "--execute", "--config", config, "--json")
    assert (again.code, again.facts["outcome"]) == (0, "traded"), again.out + again.err
    assert world.filled() == planned_by_symbol(world)


async def test_ctrl_c_in_the_middle_of_a_plan_cancels_what_works(world, wait_until):
    """It is a stop and no halt: the next look goes on with the plan."""
    world.behaviour.fill = "none"
    config = str(world.config)
    process = await world.start("look", "--execute", "--config", config, "--json")
    await wait_until(lambda: len(world.gateway.orders) == len(PROTECTED))
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 77, err.decode()
    assert {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    world.behaviour.fill = "full"
    again = await world.bot("look", "--execute", "--config", config, "--json")
    assert again.facts["outcome"] == "traded", again.out
    assert world.filled() == planned_by_symbol(world)


async def test_a_second_trader_beside_a_running_one_is_refused(world, wait_until):
    world.behaviour.fill = "none"
    config = str(world.config)
    process = await world.start("look", "--execute", "--config", config)
    await wait_until(lambda: world.gateway.orders)
    second = await world.bot("look", "--execute", "--config", config)
    assert second.code == 75
    status = await world.bot("status", "--config", config, "--json")
    assert status.facts["trader_pid"] == process.pid
    process.kill()
    await process.wait()


async def test_a_gateway_that_is_not_there_is_said_so(world):
    config = str(world.config)
    await world.gateway.stop()
    answer = await world.bot("look", "--execute", "--config", config, "--json")
    assert answer.code == 69
    assert str(world.port) in answer.facts["statement"]


@pytest.mark.at("2020-06-01T13:59:50")
async def test_the_daemon_looks_when_the_calendar_says_and_sigterm_ends_it(world, wait_until):
    """09:59:50 New York, so the look at open+30m is ten seconds away."""
    world.replacements = {"[limits]": '[schedule]\nlooks = ["open+30m"]\n\n[limits]'}
    process = await world.start("run", "--config", str(world.config), "--json")
    await wait_until(lambda: world.events(events.LOOK_ENDED))
    os.kill(process.pid, signal.SIGTERM)
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert world.events(events.LOOK_ENDED)[0].body["outcome"] == "traded"
    assert world.events(events.DAEMON_STOPPED)
    assert world.filled() == planned_by_symbol(world)


async def test_check_finds_nothing_in_a_good_configuration_and_connects_read_only(world):
    answer = await world.bot("check", "--config", str(world.config), "--json")
    assert answer.code == 0, answer.out + answer.err
    assert [row["market_data"] for row in answer.facts["symbols"]] == ["live"] * 10
    assert world.gateway.orders == ()


async def test_init_writes_a_configuration_that_holds_what_is_held(world):
    path = world.folder / "mine.toml"
    where = ("--account", "DU1234567", "--port", str(world.port), "--library", LIBRARY)
    words = (*where, "--output", str(path))
    answer = await world.bot("init", *words)
    assert answer.code == 0, answer.err
    assert (await world.bot("check", "--offline", str(path))).code == 0
    again = await world.bot("init", *words)
    assert again.code == 78
    look = await world.bot(
        "look", "--config", str(path), "--json", environment={"BOT_BROKER__LIBRARY": LIBRARY}
    )
    assert look.facts["outcome"] == "nothing_to_do", look.out + look.err


async def test_explain_and_status_tell_the_last_look_without_a_gateway(world):
    config = str(world.config)
    before = await world.bot("status", "--config", config, "--json")
    assert before.facts["last_look"] is None
    look = await world.bot("look", "--execute", "--config", config, "--json")
    await world.gateway.stop()
    status = await world.bot("status", "--config", config, "--json")
    assert status.facts["last_look"]["look_id"] == look.facts["look_id"]
    explained = await world.bot("explain", "--config", config)
    assert "MSFT is 10.90 points over its target" in " ".join(explained.out.split())
    assert "plan P200601.1 done" in explained.out
    facts = (await world.bot("explain", "--config", config, "--json")).facts
    assert {"decision", "plan_opened", "order_intent", "execution", "plan_ended"} <= {
        event["kind"] for event in facts["events"]
    }


LIBRARY = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")
