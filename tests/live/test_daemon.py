"""The daemon: it keeps its line, notices a halt, and ends as it is asked to."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.app import daemon_of
from bot.engine import events
from bot.errors import HaltRequired, Stopped, WrongAccount


@pytest.fixture
def memory(world):
    world.arm()
    return world.memory


@pytest.fixture
async def daemon(world, memory):
    journal = memory.journal()
    with memory.lease() as lease:
        made = daemon_of(world.settings, memory, journal, lease)
        yield made
        await made.desk.broker.disconnect()
    journal.close()


def kinds(world):
    return [event.kind for event in world.events()]


async def test_it_ends_cleanly_when_asked_to_and_says_so_in_the_journal(world, daemon, wait_until):
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    daemon.request_stop()
    await asyncio.wait_for(running, 10)
    assert kinds(world)[0] == events.DAEMON_STARTED
    assert kinds(world)[-1] == events.DAEMON_STOPPED


async def test_it_refuses_to_start_while_halted(memory, daemon):
    memory.switch().halt("test")
    with pytest.raises(Stopped, match="test"):
        await daemon.run()


async def test_a_halt_while_it_idles_ends_it(world, memory, daemon, wait_until):
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    memory.switch().halt("by hand")
    with pytest.raises(Stopped, match="by hand"):
        await asyncio.wait_for(running, 10)


async def test_it_starts_without_a_gateway_and_makes_no_look(world, daemon, wait_until):
    await world.gateway.stop()
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: events.DAEMON_STARTED in kinds(world))
    daemon.request_stop()
    await asyncio.wait_for(running, 10)


@pytest.mark.settings("settle_s = 0.3", DU1234567="DU7654321")
async def test_a_wrong_account_at_the_start_refuses_without_a_halt(memory, daemon):
    with pytest.raises(WrongAccount):
        await daemon.run()
    assert not memory.switch().is_halted()


async def test_a_look_that_takes_too_long_halts_and_cancels_what_works(
    world, memory, daemon, wait_until
):
    world.behaviour.fill = "none"
    daemon.look_timeout_s = 3.0
    with pytest.raises(HaltRequired, match="longer than 3 s"):
        await daemon.scheduled_look()
    assert memory.switch().is_halted()
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )


async def left_at_work(world, daemon, wait_until):
    """Break a look off while two sells work, and lose the line."""
    world.behaviour.fill = "none"
    look = asyncio.create_task(daemon.scheduled_look())
    await wait_until(lambda: len(world.gateway.orders) == 2)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    await daemon.desk.broker.disconnect()
    await wait_until(lambda: 17 not in world.gateway.client_ids)


async def test_a_halt_cancels_orders_that_an_earlier_connection_left_at_work(
    world, memory, daemon, wait_until
):
    """A look is broken off while two sells work, the line is made anew, a person halts: no order is left."""
    await left_at_work(world, daemon, wait_until)
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    memory.switch().halt("by hand")
    with pytest.raises(Stopped, match="by hand"):
        await asyncio.wait_for(running, 20)
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )


async def test_the_books_are_compared_at_the_start_and_what_the_broker_says_is_taken_between_looks(
    world, daemon, wait_until
):
    """No look is due; the journal and the broker agree at the start, and again after an outage."""

    def occasions():
        return [event.body["occasion"] for event in world.events(events.RECONCILED)]

    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: occasions() == ["the connection is new"], 20)
    world.gateway.strike("connectivity-restored", data="lost")
    await wait_until(lambda: occasions()[1:] == ["code 1101"], 20)
    daemon.request_stop()
    await asyncio.wait_for(running, 10)


async def test_a_liquidation_between_looks_ends_the_daemon_halted(
    world, memory, daemon, wait_until
):
    world.gateway.strike("liquidation", symbol="MSFT")
    with pytest.raises(HaltRequired, match="the broker liquidated: -1173 MSFT"):
        await asyncio.wait_for(daemon.run(), 20)
    assert memory.switch().is_halted()


async def test_halted_without_a_line_it_stays_until_it_has_cancelled(
    world, memory, daemon, wait_until
):
    """F80: halted twice while disconnected; the line comes back, and cancels are the first thing over it."""
    await left_at_work(world, daemon, wait_until)
    world.gateway.shut()
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: events.DAEMON_STARTED in kinds(world))
    memory.switch().halt("by hand")
    memory.switch().halt("pressed again")
    await asyncio.wait({running}, timeout=0.7)
    assert not running.done()
    count = len(world.gateway.messages)
    world.gateway.open()
    with pytest.raises(Stopped, match="by hand"):
        await asyncio.wait_for(running, 20)
    assert {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    # Start of the API, account and time apart, it asked what is open and cancelled it: nothing was planned.
    sent = [message.fields[0] for message in list(world.gateway.messages)[count:]]
    assert sent.count("4") == 2
    assert "3" not in sent


async def test_halted_without_a_line_a_request_to_end_ends_it(world, memory, daemon, wait_until):
    await left_at_work(world, daemon, wait_until)
    world.gateway.shut()
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: events.DAEMON_STARTED in kinds(world))
    memory.switch().halt("by hand")
    await asyncio.wait({running}, timeout=0.5)
    daemon.request_stop()
    with pytest.raises(Stopped, match="by hand"):
        await asyncio.wait_for(running, 20)


async def test_a_start_that_is_refused_while_halted_cancels_what_was_left_at_work(
    world, memory, daemon, wait_until
):
    await left_at_work(world, daemon, wait_until)
    memory.switch().halt("by hand")
    assert await daemon.cancel_left_behind() == []
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )


async def test_an_arming_that_runs_out_ends_it_and_becomes_a_halt(
    world, memory, daemon, wait_until
):
    """F79: also where the clock is set back afterwards, nothing trades before a person has resumed."""
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    (memory.folder / "armed").unlink()
    with pytest.raises(Stopped, match="not armed"):
        await asyncio.wait_for(running, 10)
    assert memory.switch().is_latched()


@pytest.mark.settings("settle_s = 0.3\n\n[switch]\nowner_silence_max_days = 14")
async def test_a_silent_owner_ends_it_and_becomes_a_halt(world, memory, daemon, wait_until):
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    os.utime(memory.folder / "owner-seen", (0, 0))
    with pytest.raises(Stopped, match="dead-man"):
        await asyncio.wait_for(running, 10)
    assert memory.switch().is_latched()
    assert "dead-man" in memory.switch().reason()


async def test_a_signal_halts_a_bot_at_work(world, wait_until):
    world.behaviour.fill = "none"
    process = await world.start("look", "--execute", "--config", str(world.config))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    process.send_signal(signal.SIGUSR1)
    _, err = await process.communicate()
    assert process.returncode == 77, err.decode()
    assert {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    assert world.memory.switch().reason() == "signal SIGUSR1"
    assert [event.body["by"] for event in world.events(events.HALTED)] == ["signal"]
