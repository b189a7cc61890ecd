"""The room on a real gateway: what holds, what halts, what ends a hold, and what it costs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.machines.order import OrderState
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.execution.proposals import intent_for
from bot.engine.recovery.acknowledging import acknowledge
from bot.engine.recovery.reconcile import reconcile, reconcile_all
from bot.engine.replay import decide_again
from bot.errors import ConfigError
from tests.engine.test_recovery import journal_intent

MSFT = {"symbol": "MSFT"}


class Counting:
    """A broker's port, and how often each read was asked for."""

    def __init__(self, broker):
        self._broker = broker
        self.asked = []

    def __getattr__(self, name):
        if name.startswith(("read_", "resolve")):
            self.asked.append(name)
        return getattr(self._broker, name)


def test_a_quiet_broker_is_asked_for_its_lists_once(play):
    async def story(stage):
        await stage.look()
        desk = replace(stage.desk, broker=Counting(stage.desk.broker))
        result = await reconcile(desk, "test")
        assert result.differences == ()
        assert desk.broker.asked == ["read_positions", "read_orders"]
        # A look needs no further read for it than those of its snapshot.
        desk.broker.asked.clear()
        await look(desk, execute=True)
        assert desk.broker.asked.count("read_positions") == 1
        assert desk.broker.asked.count("read_orders") == 1

    play(story)


def test_a_hold_survives_a_restart_and_ends_when_two_reads_do_not_find_it(play):
    async def story(stage):
        await stage.look()
        stage.gateway.strike("foreign-position", **MSFT, shares=100)
        assert "MSFT is held: 799 shares held, 699 explained" in (await stage.look()).statement
        await stage.restart()
        assert stage.held() == {"MSFT": "shares"}
        await stage.look()
        assert len(stage.events(events.HELD)) == 1, "the same difference is held once"
        stage.gateway.strike("foreign-position", **MSFT, shares=-100)
        well = await stage.look()
        assert (well.outcome, well.code) == ("nothing_to_do", 0)
        (released,) = stage.events(events.RELEASED)
        assert (released["by"], released["reason"]) == ("bot", "two reads did not find it")

    play(story)


def test_one_read_without_it_does_not_end_a_hold(play):
    """The second read finds the shares again: a list that was short once."""

    async def story(stage):
        await stage.look()
        stage.gateway.strike("foreign-position", **MSFT, shares=100)
        await stage.look()
        stage.gateway.strike("foreign-position", **MSFT, shares=-100)

        class Flickering(Counting):
            async def read_account(self):
                # The last list that a look reads before it compares.
                stage.gateway.strike("foreign-position", **MSFT, shares=100)
                return await self._broker.read_account()

        desk = replace(stage.desk, broker=Flickering(stage.desk.broker))
        report = await look(desk, execute=True)
        assert "MSFT is held" in report.statement
        assert stage.held() == {"MSFT": "shares"}
        assert stage.events(events.RELEASED) == []

    play(story)


def test_a_look_without_the_lease_tells_and_journals_no_hold(play):
    async def story(stage):
        await stage.look()
        stage.gateway.strike("foreign-position", **MSFT, shares=100)
        report = await look(replace(stage.desk, lease=None), execute=False)
        assert "MSFT is held" in report.statement
        assert report.exit_code == 1
        assert stage.events(events.HELD) == []

    play(story)


def test_what_is_held_leaves_the_occurrence_due_and_the_decision_replayable(play):
    async def story(stage):
        stage.gateway.strike("foreign-order", **MSFT, shares=-10, limit="400")
        first = await look(stage.desk, execute=True)
        assert first.verdict is not None
        assert first.verdict.is_cut_short
        assert "MSFT" not in {each.instrument.symbol for each in stage.our_orders()}
        (snapshot,) = stage.events(events.SNAPSHOT)
        con_ids = {row["symbol"]: row["con_id"] for row in snapshot["instruments"]}
        (decision,) = stage.events(events.DECISION)
        assert decision["knowledge"]["held"] == [con_ids["MSFT"]]
        again = decide_again(stage.desk.mandate, stage.desk.recorder.journal, first.look_id)
        assert again.legs == first.verdict.legs
        assert again.left_out == first.verdict.left_out

    play(story)


def test_a_difference_that_comes_while_a_plan_is_worked_stops_its_leg_and_no_other(play):
    """XOM comes by hand while the sells are at work: no XOM is bought, and the other buys are."""

    async def story(stage):
        stage.gateway.behaviour.fill = "none"
        working = asyncio.create_task(stage.look())
        await stage.until(lambda: len(stage.our_orders()) == 2)
        stage.gateway.strike("foreign-position", symbol="XOM", shares=100)
        stage.gateway.behaviour.fill = "full"
        look = await working
        assert stage.held() == {"XOM": "shares"}
        bought = {each.instrument.symbol for each in stage.our_orders()[2:]}
        assert "XOM" not in bought
        assert len(bought) == 6
        assert (look.outcome, look.code) == ("plan_open", 1)
        assert "XOM is held: " in look.statement

    play(story)


def test_cash_above_the_limit_holds_everything_until_it_is_accepted(play):
    """150,000 of about 1,003,000 come: 15 %."""

    async def story(stage):
        await stage.look()
        stage.gateway.strike("cash-flow", amount="150000")
        held = await stage.look()
        assert (held.outcome, held.code) == ("blocked", 1)
        assert "every order is held: +150,000.00 USD of cash" in held.statement
        assert stage.desk.recorder.holds.reasons().keys() == {None}
        await stage.restart()
        assert (await stage.look()).outcome == "blocked"
        accepted = await acknowledge(stage.desk, "cash", "paid in")
        assert accepted == ("cash: +150,000.00 USD, by paid in",)
        after = await stage.look()
        assert after.outcome != "blocked", after.statement
        flows = [Decimal(body["flow"]) for body in stage.events(events.VALUED)]
        assert flows[-1] == 150_000
        assert sum(flows) == 150_000, "counted once"

    play(story)


def test_cash_between_the_limits_is_told_and_holds_nothing(play):
    """30,000 of about 1,003,000 come: 3 %."""

    async def story(stage):
        await stage.look()
        stage.gateway.strike("cash-flow", amount="30000")
        report = await stage.look()
        assert report.outcome != "blocked"
        assert "+30,000.00 USD of cash that own fills do not explain, 3.0 % of" in report.statement
        (told,) = stage.events(events.RECONCILED)[-1]["differences"]
        assert (told["kind"], told["effect"]) == ("cash", "told")
        assert stage.held() == {}

    play(story)


def test_an_account_without_net_liquidation_halts_at_the_third_look(play):
    async def story(stage):
        stage.gateway.strike("account-value", key="NetLiquidation")
        outcomes = [(await stage.look()).outcome for _ in range(3)]
        assert outcomes == ["unknown", "unknown", "HaltRequired"]
        assert stage.desk.switch.is_halted()

    play(story)


def test_an_order_of_yesterday_without_a_fate_holds_its_symbol_until_a_person_speaks(play):
    """An intent of MSFT is on the disk and the machine is down until the next day: no list tells of it any more."""

    async def story(stage):
        shown = await look(replace(stage.desk, lease=None), execute=False)
        assert shown.plan is not None
        leg, plan_id = shown.plan.legs[0], shown.plan.plan_id
        body = {"plan": records.body_of(shown.plan), "cash": "0", "positions": {}}
        body["settings"] = stage.desk.mandate.digest
        stage.desk.recorder.record(events.PLAN_OPENED, body, plan_id=plan_id)
        plan = stage.desk.recorder.ledger.plans[plan_id]
        limit = Decimal(str(round(leg.arrival_price, 2)))
        ref = intent_for(stage.desk, plan, leg, leg.shares, limit).order_ref
        journal_intent(stage.desk, intent_for(stage.desk, plan, leg, leg.shares, limit))
        await stage.pass_s(24 * 3600)
        await stage.restart()
        ledger = stage.desk.recorder.ledger
        began_s = stage.desk.clock.monotonic()
        after = await stage.look()
        assert ledger.order(ref).state is OrderState.UNKNOWN
        assert ledger.plans[plan_id].end == "expired"
        assert stage.held() == {"MSFT": "lost_order"}
        assert (
            f"MSFT is held: what became of {ref} (-474 shares, sent 2020-06-01" in after.statement
        )
        symbols = {each.instrument.symbol for each in stage.our_orders()}
        assert "MSFT" not in symbols
        assert symbols, "the others go on"
        # No settle window is waited out for what it cannot settle.
        assert stage.desk.clock.monotonic() - began_s < 30
        (said,) = await acknowledge(stage.desk, "MSFT", "TWS: never there")
        assert said == f"{ref}: over with 0 shares filled, by TWS: never there"
        assert stage.held() == {}

    play(story)


def test_somebody_s_order_is_not_acknowledged_away(play):
    async def story(stage):
        await stage.look()
        stage.gateway.strike("foreign-order", **MSFT, shares=-10, limit="400")
        with pytest.raises(ConfigError, match="cancel it where it was placed"):
            await acknowledge(stage.desk, "MSFT", "mine")
        assert not (await reconcile_all(stage.desk, "test")).is_clean

    play(story)


def test_a_split_is_told_as_one_and_stays_told_so(play):
    """At the next look the price before the split is not the newest any more: the hold keeps its words."""

    async def story(stage):
        await stage.look()
        stage.gateway.strike("split", **MSFT, ratio="10")
        for _ in range(2):
            told = (await stage.look()).statement
            assert "6990 shares held, 699 explained by our fills (a split:" in told
        (line,) = await acknowledge(stage.desk, "MSFT", "10 for 1, targets checked")
        assert line.startswith("MSFT: 6990 shares")
        assert (await stage.look()).code == 0

    play(story)


def test_a_holding_that_an_own_order_may_still_change_is_not_accepted(play):
    """Two sells rest, the look is broken off, and 2,000 MSFT come by hand."""

    async def story(stage):
        await stage.break_off_while_sells_rest()
        stage.gateway.strike("foreign-position", **MSFT, shares=2000)
        with pytest.raises(ConfigError, match="may still fill"):
            await acknowledge(stage.desk, "MSFT", "bought by hand")
        assert stage.events(events.POSITION_ACCEPTED) == []

    play(story)
