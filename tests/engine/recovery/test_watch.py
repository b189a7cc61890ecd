"""When journal and broker are compared: every occasion of ADR 0016, and none besides."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine import events
from bot.engine.cycle import reconnect
from bot.engine.recovery.watch import EVERY_S, RETRY_S, keep_books, why_due
from bot.errors import HaltRequired

MSFT = {"symbol": "MSFT"}


def test_a_new_connection_is_compared_before_the_first_look_and_after_it(play):
    async def story(stage):
        for _ in range(2):
            await reconnect(stage.desk)
            result = await keep_books(stage.desk)
            assert result is not None
            assert result.occasion == "the connection is new"
            assert await keep_books(stage.desk) is None, "once is enough"
            await stage.desk.broker.disconnect()
            assert why_due(stage.desk) is None
            await stage.look()
            # The look made a connection, too, and compared by itself.
            assert why_due(stage.desk) is None
            await stage.desk.broker.disconnect()
            await stage.pass_s(1)

    play(story)


def test_codes_that_end_an_outage_are_an_occasion_and_the_outage_is_none(play):
    async def story(stage):
        await stage.look()
        for name, data, code in [
            ("connectivity-lost", "kept", 1102),
            ("connectivity-lost", "lost", 1101),
            ("server-connection-broken", "kept", 1102),
        ]:
            stage.gateway.strike(name)
            await stage.pass_s(5)
            assert await keep_books(stage.desk) is None
            assert not stage.desk.tracker.link_is_up
            stage.gateway.strike("connectivity-restored", data=data)
            await stage.pass_s(5)
            result = await keep_books(stage.desk)
            assert result is not None
            assert result.occasion == f"code {code}"

    play(story)


def test_while_orders_work_every_minute_and_when_they_ended_once_more(play):
    """A look is broken off while two sells rest; the daemon goes on comparing until they are over."""

    async def story(stage):
        await stage.break_off_while_sells_rest()
        for _ in range(4):
            assert await keep_books(stage.desk) is None
            await stage.pass_s(EVERY_S / 2 + 0.01)
            assert await keep_books(stage.desk) is None
            await stage.pass_s(EVERY_S / 2 + 0.01)
            result = await keep_books(stage.desk)
            assert result is not None
            assert result.occasion == "orders work"
        stage.gateway.behaviour.fill = "full"
        await stage.pass_s(2)
        result = await keep_books(stage.desk)
        assert result is not None
        assert (result.occasion, result.differences) == ("an order ended", ())
        await stage.pass_s(EVERY_S)
        assert await keep_books(stage.desk) is None

    # They would die by themselves soon after their own time-out.
    play(story, **{"settle_s = 30": "settle_s = 30\norder_timeout_s = 600"})


def test_a_list_that_cannot_be_read_is_said_to_be_unknown_and_asked_for_again(play):
    async def story(stage):
        await stage.look()
        stage.gateway.strike("mute", ids="53")
        stage.gateway.strike("connectivity-restored")
        await stage.pass_s(1)
        assert await keep_books(stage.desk) is None
        told = stage.events(events.RECONCILED)[-1]
        assert "ib:orders is unknown" in told["unknown"]
        assert await keep_books(stage.desk) is None
        assert stage.events(events.RECONCILED)[-2]["occasion"] != "code 1102", "not again at once"
        stage.gateway.faults.end_all()
        await stage.pass_s(RETRY_S)
        # An answer that never ended is owed in that connection: only a new one is believed.
        await reconnect(stage.desk)
        result = await keep_books(stage.desk)
        assert result is not None
        assert result.is_clean

    play(story)


def test_between_looks_what_the_broker_says_is_taken_and_a_liquidation_halts(play):
    """The broker sells MSFT for want of margin while nobody looks; the line blinks, and the lists tell."""

    async def story(stage):
        await stage.look()
        stage.gateway.strike("liquidation", **MSFT)
        stage.gateway.strike("connectivity-restored")
        await stage.pass_s(1)
        with pytest.raises(HaltRequired, match="the broker liquidated: -699 MSFT"):
            await keep_books(stage.desk)
        # Once for each execution: after a resume the shares are a difference like any other.
        await stage.pass_s(RETRY_S)
        stage.gateway.strike("connectivity-restored")
        await stage.pass_s(1)
        await keep_books(stage.desk)
        assert stage.held() == {"MSFT": "shares"}

    play(story)


def test_a_halt_does_not_wait_for_a_list_that_does_not_end(play):
    """Two sells rest, the list of positions hangs for its time-out of 10 s: own orders are cancelled within 1 s."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        working = asyncio.create_task(stage.look())
        await stage.until(lambda: len(stage.our_orders()) == 2)
        stage.gateway.strike("mute", ids="62")
        stage.gateway.strike("connectivity-restored")
        await stage.pass_s(1)
        stage.desk.switch.halt("by hand")
        await stage.until(
            lambda: {each.status.value for each in stage.our_orders()} == {"Cancelled"}, 1.0
        )
        stage.gateway.faults.end_all()
        assert (await working).outcome == "halted"

    play(story)
