"""Silence taken for an answer: time-outs read as empty lists, fills that nobody asked for again, refusals swallowed."""

from __future__ import annotations

import asyncio

from bot.core.machines.order import OrderState
from bot.engine import events
from bot.engine.recovery.watch import keep_books

#: Outgoing messages: orderStatus, openOrder, execDetails, commissionReport.
REPORTS = "3 5 11 59"
OPEN_ORDERS_END = "53"


def test_nautilus_pr_4230_a_list_that_does_not_end_is_not_an_empty_one(play):
    """A timed-out request for open orders was read as "no orders", and the orders were sent again."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        working = asyncio.create_task(stage.look())
        await stage.until(lambda: len(stage.our_orders()) == 2)
        stage.gateway.strike("mute", ids=OPEN_ORDERS_END)
        stage.gateway.strike("drop-connection")
        assert (await working).outcome == "unknown"
        await stage.restart()
        blind = await stage.look()
        assert (blind.outcome, blind.code) == ("unknown", 69)
        assert {each.state for each in stage.records} == {OrderState.UNKNOWN}
        assert len(stage.our_orders()) == 2
        stage.gateway.faults.end_all()
        stage.gateway.behaviour.fill = "full"
        assert (await stage.look()).outcome == "traded"
        assert len(stage.our_orders()) == 9

    play(story)


def test_lean_ib_249_fills_of_an_outage_that_nobody_told_of_are_asked_for(play):
    """Fills inside a 1100 window were dropped, and reqExecutions was never asked again."""

    async def story(stage):
        await stage.break_off_while_sells_rest()
        stage.gateway.strike("mute", ids=REPORTS)
        stage.gateway.behaviour.fill = "full"
        await stage.until(lambda: len(stage.gateway.executions) == 2)
        await stage.pass_s(1)
        stage.gateway.faults.end_all()
        await keep_books(stage.desk)
        assert [int(each.filled) for each in stage.records] == [0, 0], "nobody said a word"
        stage.gateway.strike("connectivity-restored")
        await stage.pass_s(0.5)
        result = await keep_books(stage.desk)
        assert result is not None
        assert (result.occasion, result.differences) == ("code 1102", ())
        assert [each.filled for each in stage.records] == [
            each.intent.shares for each in stage.records
        ]

    play(story)


def test_nautilus_pr_3723_an_inactive_order_is_told_and_neither_forgotten_nor_sent_again(play):
    """`Inactive` was swallowed: the order stood for ever, and nobody was told."""

    async def story(stage):
        stage.gateway.strike("stuck-order", state="Inactive")
        told = await stage.look()
        (stuck,) = [each for each in stage.records if each.state is OrderState.UNKNOWN]
        assert told.outcome == "unknown"
        assert stuck.intent.order_ref in told.statement
        assert (await stage.look()).outcome == "unknown"
        legs = [each.intent.leg for each in stage.records]
        assert legs.count(stuck.intent.leg) == 1
        stage.gateway.faults.end_all()
        assert (await stage.look()).outcome == "traded"

    play(story)


def test_lean_ib_a_dialog_that_swallows_orders_gets_no_second_one(play):
    """A dialog of the gateway dropped orders in silence: what left no trace is not sent again by itself."""

    async def story(stage):
        stage.gateway.strike("lost-order")
        await stage.look()
        (lost,) = [each for each in stage.records if each.state is OrderState.NEVER_ARRIVED]
        for _ in range(2):
            await stage.look()
        attempts = [each for each in stage.records if each.intent.leg == lost.intent.leg]
        assert len(attempts) == 1
        assert stage.events(events.LEG_STOPPED)

    play(story)


def test_ibx_113_a_line_that_dies_without_a_word_is_noticed(play):
    """The disconnect event never fired: the bot looked connected, and waited."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        working = asyncio.create_task(stage.look())
        await stage.until(lambda: len(stage.our_orders()) == 2)
        began_s = stage.desk.clock.monotonic()
        stage.gateway.strike("half-open")
        ended = await working
        assert ended.outcome == "unknown"
        # The orders' own time, the cancel's, and the reads' time-outs: minutes, not hours.
        assert stage.desk.clock.monotonic() - began_s < 180
        stage.gateway.faults.end_all()
        stage.gateway.behaviour.fill = "full"
        assert (await stage.look()).outcome == "traded"

    play(story)
