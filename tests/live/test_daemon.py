"""The daemon: it keeps its line, notices a halt, and ends as it is asked to."""

from __future__ import annotations

import asyncio

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


async def test_a_halt_cancels_orders_that_an_earlier_connection_left_at_work(
    world, memory, daemon, wait_until
):
    """A look is broken off while two sells work, the line is made anew, a person halts: no order is left."""
    world.behaviour.fill = "none"
    look = asyncio.create_task(daemon.scheduled_look())
    await wait_until(lambda: len(world.gateway.orders) == 2)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    await daemon.desk.broker.disconnect()
    await wait_until(lambda: 17 not in world.gateway.client_ids)
    running = asyncio.create_task(daemon.run())
    await wait_until(lambda: 17 in world.gateway.client_ids)
    memory.switch().halt("by hand")
    with pytest.raises(Stopped, match="by hand"):
        await asyncio.wait_for(running, 20)
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )
