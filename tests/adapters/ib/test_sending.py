"""An order leaves in the moment at which it is called, or nothing of it does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.ib.limiter import CAPACITY, RESERVE, WINDOW_S, Lane
from bot.core.domain.reading import Known
from bot.errors import BrokerUnavailable, InvariantBroken

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from bot.core.domain.instrument import Instrument
    from tests.adapters.ib.conftest import Rig, Tools

FAR_BELOW = "1.00"


async def test_more_orders_than_a_second_holds_wait_for_us_and_never_in_the_librarys_queue(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    """The library's throttle is the judge: it counts what left, and one message held back makes doubtful."""
    rig.behaviour.fill = "none"
    before_s = rig.clock.monotonic()
    for count in range(60):
        await broker.ready_to_send()
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, f"T-{count}"))
        if count == 30:
            assert isinstance(await broker.read_time(), Known)
    assert rig.clock.monotonic() - before_s >= WINDOW_S
    await tools.until(lambda: len(rig.gateway.orders) == 60)
    assert broker.is_connected


async def test_an_order_without_a_place_is_refused_and_not_queued(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    limiter = broker._connection.limiter
    while limiter.take_now(Lane.NORMAL) is not None:
        pass
    with pytest.raises(BrokerUnavailable, match="no place is free"):
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-1"))
    assert broker.order_id_of("T-1") is None
    await asyncio.wait_for(
        broker.cancel_order("T-9", 99), timeout=0.5
    )  # the reserve is for cancels
    assert "3" not in rig.asked
    assert limiter.in_window <= CAPACITY - RESERVE + 1


async def test_an_order_whose_place_lapsed_is_refused_and_forgotten(
    rig: Rig, broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    await broker.ready_to_send()
    limiter = broker._connection.limiter
    limiter._taken.clear()  # as if more than a second had passed
    while limiter.take_now(Lane.NORMAL) is not None:
        pass
    with pytest.raises(BrokerUnavailable, match="lapsed"):
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-1"))
    assert broker.order_id_of("T-1") is None
    assert isinstance(await broker.read_time(), Known)
    assert "3" not in rig.asked


async def test_an_order_behind_a_full_throttle_of_the_library_is_a_bug(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    client = broker._connection._client
    assert client is not None
    for _ in range(CAPACITY + 5):  # past our limiter, straight into the library
        client.reqCurrentTime()
    with pytest.raises(InvariantBroken, match="throttle"):
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-1"))


async def test_an_order_that_the_library_holds_back_all_the_same_makes_doubtful(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    client: Any = broker._connection._client
    while (
        len(client._timeQ) < CAPACITY
    ):  # past our limiter: the next message will be the first to wait
        client.reqCurrentTime()
    broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-1"))
    assert "T-1 waited in the client library's throttle" in (broker.doubt or "")


async def test_nothing_is_written_to_a_line_that_is_closing(
    broker: IbBroker, tools: Tools, apple: Instrument
) -> None:
    client = broker._connection._client
    assert client is not None
    assert client.conn.transport is not None
    client.conn.transport.abort()
    with pytest.raises(BrokerUnavailable, match="opening or closing"):
        broker.place_order(tools.intent(apple, 1, FAR_BELOW, "T-1"))
    assert not broker.is_connected
