"""What a dead bot left at work is cancelled under its own client id, and nothing of anybody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.clock import WallClock
from bot.adapters.ib.settings import IbSettings
from bot.adapters.ib.takeover import take_over
from bot.engine.cycle import look

OTHERS = 18


def statuses(world):
    return [order.status.value for order in world.gateway.orders]


@pytest.fixture
async def left_behind(world, desk, wait_until) -> IbSettings:
    """Two sells of a bot that is gone, and how to take its place."""
    world.behaviour.fill = "none"
    working = asyncio.create_task(look(desk, execute=True))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await desk.broker.disconnect()
    await wait_until(lambda: 17 not in world.gateway.client_ids)
    return IbSettings(
        host="127.0.0.1",
        port=world.port,
        client_id=17,
        library=world.settings.broker.library,
        account="DU1234567",
        mode="paper",
        own_prefix=desk.own_prefix,
    )


async def test_its_orders_are_cancelled_one_by_one_and_those_of_others_are_not(world, left_behind):
    world.gateway.strike("foreign-order", symbol="KO", shares=-3)
    done = await take_over(left_behind, WallClock(), tool_client_id=OTHERS)
    assert done.is_verified
    assert (len(done.asked), done.others, done.connected) == (2, 1, 17)
    assert statuses(world) == ["Cancelled", "Cancelled", "Submitted"]
    # Cancel (4) is what left, twice; the account-wide cancel (58) did not.
    sent = [message.fields[0] for message in world.gateway.messages]
    assert (sent.count("4"), sent.count("58")) == (2, 0)


async def test_an_order_under_its_id_that_is_not_of_its_journal_is_somebody_elses(
    world, left_behind
):
    done = await take_over(
        replace(left_behind, own_prefix="000000-"), WallClock(), tool_client_id=OTHERS
    )
    assert (done.is_verified, done.asked, done.others) == (True, [], 2)
    assert statuses(world) == ["Submitted", "Submitted"]


async def test_a_gateway_that_gives_the_id_back_late_is_waited_for(world, left_behind):
    world.gateway.strike("client-id-in-use", client=17, for_s=0.5)
    done = await take_over(left_behind, WallClock(), tool_client_id=OTHERS)
    assert done.is_verified
    assert statuses(world) == ["Cancelled", "Cancelled"]


async def test_a_list_that_lags_behind_the_last_order_is_looked_at_until_it_has_caught_up(
    world, desk, left_behind
):
    """Its last order left in the moment of its death, and the broker shows it half a second late."""
    await take_over(left_behind, WallClock(), tool_client_id=OTHERS)
    record = next(iter(desk.recorder.ledger.open_plan().orders.values()))
    world.gateway.strike("view-lag", lag_s=0.5)
    await desk.broker.connect()
    await desk.broker.ready_to_send()
    desk.broker.place_order(replace(record.intent, order_ref=f"{desk.own_prefix}last"))
    await desk.broker.disconnect()
    done = await take_over(left_behind, WallClock(), tool_client_id=OTHERS)
    assert done.is_verified
    assert len(done.asked) == 1
    assert statuses(world) == ["Cancelled"] * 3


async def test_a_cancel_that_is_refused_is_asked_for_again(world, left_behind):
    world.gateway.strike("cancel-rejected")
    done = await take_over(left_behind, WallClock(), tool_client_id=OTHERS)
    assert done.is_verified
    assert statuses(world) == ["Cancelled", "Cancelled"]


async def test_an_id_that_is_not_given_back_cancels_nothing_unless_everything_is_asked_for(
    world, left_behind
):
    world.gateway.strike("client-id-in-use", client=17, for_s=600.0)
    clock = WallClock()
    refused = await take_over(left_behind, clock, tool_client_id=OTHERS, connect_within_s=0.3)
    assert (refused.connected, refused.left, refused.is_verified) == (None, None, False)
    assert "in use" in str(refused.trouble)
    assert statuses(world) == ["Submitted", "Submitted"]
    last = await take_over(
        left_behind, clock, tool_client_id=OTHERS, everything=True, connect_within_s=0.3
    )
    assert (last.connected, last.is_verified) == (OTHERS, True)
    assert statuses(world) == ["Cancelled", "Cancelled"]


async def test_a_list_that_cannot_be_read_verifies_nothing(world, left_behind):
    world.gateway.strike("mute", ids="53")
    done = await take_over(
        replace(left_behind, request_timeout_s=0.3), WallClock(), tool_client_id=OTHERS
    )
    assert (done.left, done.is_verified) == (None, False)
