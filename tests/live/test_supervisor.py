"""What must stop trading does, durably, and cancels what works of ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.ib.broker import IbBroker
from bot.adapters.ib.settings import IbSettings
from bot.engine import events
from bot.errors import HaltRequired, InvariantBroken, JournalWriteFailed, WrongAccount
from bot.live.stopping import StoppableSwitch
from bot.live.supervisor import stop_trading, supervised_look


class BrokenBroker(IbBroker):
    """A broker with a bug in it."""

    async def read_positions(self):
        return 1 / 0


class FullJournal:
    """A journal whose disk is full from the n-th event on."""

    def __init__(self, inner, room):
        self._inner = inner
        self._room = room

    @property
    def name(self):
        return self._inner.name

    @property
    def is_remote(self):
        return self._inner.is_remote

    @property
    def tip(self):
        return self._inner.tip

    async def append_remotely(self, kind, body, **keys):
        return self.append(kind, body, **keys)

    def append(self, kind, body, **keys):
        self._room -= 1
        if self._room < 0:
            message = "no space left on device"
            raise JournalWriteFailed(message)
        return self._inner.append(kind, body, **keys)

    def events(self, **wanted):
        return self._inner.events(**wanted)

    def close(self):
        self._inner.close()


async def test_a_failure_that_nobody_foresaw_halts(world, desk):
    settings = IbSettings(
        host="127.0.0.1",
        port=world.port,
        client_id=17,
        library=world.settings.broker.library,
        account="DU1234567",
        mode="paper",
        follow_gateway_time=True,
        own_prefix=desk.own_prefix,
    )
    broken = BrokenBroker(settings, desk.clock)
    with pytest.raises(InvariantBroken, match="ZeroDivisionError"):
        await supervised_look(replace(desk, broker=broken), execute=True)
    await broken.disconnect()
    assert desk.switch.is_halted()
    assert "ZeroDivisionError" in desk.switch.reason()
    halted = desk.recorder.journal.events(kinds=[events.HALTED])
    assert [event.body["by"] for event in halted] == ["bot"]
    assert world.gateway.orders == ()


@pytest.mark.parametrize("room", range(1, 12))
async def test_a_journal_that_cannot_be_written_halts_wherever_it_fails(world, desk, room):
    """The disk fills at each of the first events of a look: no order is out whose intent is not on the disk."""
    journal = desk.recorder.journal
    desk.recorder.journal = FullJournal(journal, room)
    with pytest.raises(JournalWriteFailed, match="no space"):
        await supervised_look(desk, execute=True)
    assert desk.switch.is_halted()
    intents = {event.order_ref for event in journal.events(kinds=[events.ORDER_INTENT])}
    assert {order.ticket.order_ref for order in world.gateway.orders} <= intents


async def test_a_halt_of_our_own_cancels_our_working_orders(world, desk, wait_until):
    """A look that hangs with two sells at work is broken off, as its time-out would."""
    world.behaviour.fill = "none"
    look = asyncio.create_task(supervised_look(desk, execute=True))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    await stop_trading(desk, "test")
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )
    ended = desk.recorder.journal.events(kinds=[events.LOOK_ENDED])
    assert ended[-1].body["statement"] == "the look was broken off from outside"


@pytest.mark.settings("settle_s = 0.3", DU1234567="DU7654321")
async def test_a_wrong_account_is_refused_and_does_not_halt(world, desk):
    """It is a configuration that was never right: nothing was sent, there is nothing to stop."""
    with pytest.raises(WrongAccount, match="DU1234567"):
        await supervised_look(desk, execute=True)
    assert not desk.switch.is_halted()


async def test_a_stop_request_stops_sending_but_is_not_a_halt(world, desk):
    switch = StoppableSwitch(desk.switch)
    assert not switch.is_halted()
    assert switch.reason() == ""
    switch.request_stop()
    assert switch.is_halted()
    assert "stopping" in switch.reason()
    report = await supervised_look(replace(desk, switch=switch), execute=True)
    assert report.outcome.value == "halted"
    assert world.gateway.orders == ()
    assert not desk.switch.is_halted()


async def test_a_halt_beneath_a_stop_request_is_told_first(desk):
    switch = StoppableSwitch(desk.switch)
    switch.halt("by hand")
    switch.request_stop()
    assert switch.reason() == "by hand"
    assert issubclass(JournalWriteFailed, HaltRequired)
