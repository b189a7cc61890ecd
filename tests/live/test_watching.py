"""A halt is answered within a second, whatever a look is waiting for."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.cycle import look
from bot.live.supervisor import supervised_look


@pytest.fixture
async def working(world, desk, wait_until):
    """Two sells at work that a look left behind when it was broken off."""
    world.behaviour.fill = "none"
    broken_off = asyncio.create_task(look(desk, execute=True))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    broken_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await broken_off
    return world.gateway.orders


def asked(world):
    return sum(message.fields[0] == "4" for message in world.gateway.messages)


@pytest.mark.parametrize(
    ("muted", "line"), [("52", "same"), ("53", "same"), ("62", "same"), ("102", "new")]
)
async def test_a_read_that_does_not_end_does_not_keep_cancels_waiting(
    world, desk, working, wait_until, muted, line
):
    """The end marker of contracts, of open orders, of positions or of completed orders never comes."""
    if line == "new":
        await desk.broker.disconnect()
        await wait_until(lambda: 17 not in world.gateway.client_ids)
        await desk.broker.connect()
        await desk.broker.read_orders()
    world.gateway.strike("mute", ids=muted)
    stuck = asyncio.create_task(supervised_look(desk, execute=True))
    count = len(world.gateway.messages)
    await wait_until(lambda: len(world.gateway.messages) > count)
    desk.switch.halt("test")
    await wait_until(lambda: asked(world) >= 2, 1.0)
    stuck.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stuck
    assert {order.status.value for order in working} == {"Cancelled"}


async def test_orders_of_an_earlier_connection_are_found_and_cancelled(
    world, desk, working, wait_until
):
    await desk.broker.disconnect()
    await wait_until(lambda: 17 not in world.gateway.client_ids)
    world.gateway.strike("mute", ids="52")
    stuck = asyncio.create_task(supervised_look(desk, execute=True))
    await wait_until(lambda: 17 in world.gateway.client_ids)
    desk.switch.halt("test")
    await wait_until(lambda: asked(world) >= 2, 1.5)
    stuck.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stuck


async def test_without_a_halt_nothing_is_cancelled(world, desk):
    report = await supervised_look(desk, execute=True)
    assert report.outcome.value == "traded"
    assert asked(world) == 0
