"""Orders known by the wrong name: ids that roll back, two orders under one name, orders with no name at all."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from bot.adapters.ib.broker import IbBroker
from bot.adapters.ib.settings import IbSettings
from bot.engine.cycle import look
from bot.errors import HaltRequired
from bot.live.supervisor import stop_trading, supervised_look
from tests.conftest import LIBRARY

MSFT = {"symbol": "MSFT"}


def test_lean_ib_242_order_ids_that_roll_back_with_a_restart_are_not_used_again(play):
    """IB Gateway's nightly restart set nextValidId back, and ids of working orders were given out a second time."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        broken = asyncio.create_task(stage.look())
        await stage.until(lambda: len(stage.our_orders()) == 2)
        stage.gateway.strike("nightly-restart", ids_back=100, for_s=20.0)
        assert (await broken).outcome == "unknown"
        await stage.pass_s(30)
        await stage.restart()
        stage.gateway.behaviour.fill = "full"
        assert (await stage.look()).outcome == "traded"
        ids = Counter(each.ticket.order_id for each in stage.our_orders())
        assert max(ids.values()) == 1
        refs = Counter(each.ticket.order_ref for each in stage.our_orders())
        assert max(refs.values()) == 1

    play(story)


def test_nautilus_4564_two_orders_for_one_leg_halt_and_ours_is_cancelled(play):
    """A change during an outage left two live orders with two permIds; the survivor filled six hours later."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        working = asyncio.create_task(supervised_look(stage.desk, execute=True))
        await stage.until(lambda: len(stage.our_orders()) == 2)
        intent = stage.records[0].intent
        settings = IbSettings(
            host="127.0.0.1",
            port=stage.port,
            client_id=99,
            library=LIBRARY,
            account=intent.account,
            mode="paper",
            own_prefix=stage.desk.own_prefix,
        )
        twin = IbBroker(settings, stage.desk.clock)
        await twin.connect()
        await twin.ready_to_send()
        twin.place_order(intent)
        with pytest.raises(HaltRequired, match="two orders work for one leg"):
            await working
        assert stage.desk.switch.is_halted()
        await stage.pass_s(1)
        states = {each.ticket.client_id: each.status.value for each in stage.our_orders()}
        assert states[17] == "Cancelled"
        assert len(stage.our_orders()) == 3, "nothing was sent on top of it"
        await twin.disconnect()

    play(story, **{"settle_s = 30": "settle_s = 30\norder_timeout_s = 200"})


def test_nautilus_pr_3464_an_order_without_id_and_reference_is_seen_and_never_touched(play):
    """Orders by hand come with order id 0 and no reference, and were dropped or taken for our own."""

    async def story(stage):
        stage.gateway.strike("foreign-order", **MSFT, shares=-10, limit="400")
        traded = await stage.look()
        assert "MSFT is held: an order for -10 shares works" in traded.statement
        assert stage.held() == {"MSFT": "foreign_order"}
        await stop_trading(stage.desk, "test")
        await stage.pass_s(1)
        (foreign,) = [each for each in stage.gateway.orders if not each.ticket.order_ref]
        assert foreign.status.value in {"PreSubmitted", "Submitted"}

    play(story)


def test_a_client_id_that_is_in_use_is_waited_for_and_no_other_one_taken(play):
    """Nautilus PR 4210: another id loses the orders of the first, which then nobody can cancel."""

    async def story(stage):
        stage.gateway.strike("client-id-in-use")
        first = await stage.look()
        assert (first.outcome, first.code) == ("unknown", 69)
        assert "client id 17 is in use" in first.statement
        assert stage.gateway.client_ids == ()
        stage.gateway.faults.end_all()
        assert (await stage.look()).outcome == "traded"
        assert stage.gateway.client_ids == (17,)

    play(story)


def test_dead_bots_leave_nothing_at_work_overnight(play):
    """An unset time in force was filled in by a preset, and orders lived on: each says when it dies, that day."""

    async def story(stage):
        report = await look(replace(stage.desk), execute=True)
        assert report.exit_code == 0
        assert {each.ticket.time_in_force for each in stage.our_orders()} <= {"DAY", "GTD"}
        for record in stage.records:
            plan = stage.desk.recorder.ledger.plans[record.intent.plan_id]
            dies_at = record.intent.good_till or plan.plan.expires_at
            assert dies_at <= plan.plan.expires_at

    play(story)
