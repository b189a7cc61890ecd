"""Tiers below a limit: one tells, one asks, and what a person is asked about waits, or ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Known
from bot.core.planner.base import value
from bot.engine import events
from bot.engine.approval import FIRST_INVESTMENT, WAIT, is_too_old, lapse_of
from bot.engine.cycle import look
from bot.engine.draft import Guarded, draft_plan, guard_plan
from bot.engine.execution.judging import limits_of
from bot.engine.execution.send import send
from bot.engine.knowledge import read_outside
from bot.engine.market import market_of
from bot.engine.monitor.snapshot import take_snapshot
from bot.engine.report import Outcome
from bot.engine.sight import Sight
from bot.errors import Stopped
from tests.core.guards import given


def with_tier(desk, name, **limits):
    tier = replace(desk.mandate.limits, **limits)
    return replace(desk, mandate=replace(desk.mandate, **{name: tier}))


def approve(desk, plan):
    desk.recorder.record(events.PLAN_APPROVED, {"by": "test"}, plan_id=plan.plan_id)


def kinds(desk, kind):
    return desk.recorder.journal.events(kinds=[kind])


async def test_beyond_a_limit_that_tells_a_plan_goes_out_and_the_look_tells(world, desk):
    # The demo's plan trades 31 % of base.
    report = await look(with_tier(desk, "notices", plan_turnover_max=0.3), execute=True)
    assert report.outcome is Outcome.TRADED
    (notice,) = report.notices
    assert (notice.guard, notice.limit) == ("plan_turnover", 0.3)
    assert len(kinds(desk, events.NOTICES)) == 1


async def test_within_a_limit_that_tells_nothing_is_told(world, desk):
    report = await look(with_tier(desk, "notices", plan_turnover_max=0.4), execute=False)
    assert report.notices == ()
    assert kinds(desk, events.NOTICES) == ()


async def test_beyond_a_limit_that_asks_a_plan_waits_for_its_approval(world, desk):
    asking = with_tier(desk, "confirmations", plan_turnover_max=0.3)
    for _ in range(2):
        report = await look(asking, execute=True)
        assert report.outcome is Outcome.PLAN_OPEN
        assert f"bot approve {report.plan.plan_id}" in report.statement
        assert "at most 30.00 % allowed" in report.statement
        assert world.gateway.orders == ()
    assert len(kinds(desk, events.QUESTIONS)) == 1
    approve(desk, report.plan)
    done = await look(asking, execute=True)
    assert done.outcome is Outcome.TRADED
    assert done.plan.plan_id == report.plan.plan_id


async def test_a_question_survives_a_restart(world, desk):
    asking = with_tier(desk, "confirmations", plan_turnover_max=0.3)
    await look(asking, execute=True)
    plan = desk.recorder.ledger.open_plan()
    again = type(desk.recorder)(desk.recorder.journal).ledger.open_plan()
    assert again.questions == plan.questions != ()


async def test_the_send_path_sends_nothing_of_a_plan_that_waits(world, desk, opened, first_intent):
    opened.questions = ("it is large",)
    with pytest.raises(Stopped, match="bot approve"):
        await send(desk, opened, first_intent, given.market())
    assert kinds(desk, events.ORDER_INTENT) == ()
    # The approval of another plan is none of this one.
    desk.recorder.record(events.PLAN_APPROVED, {"by": "test"}, plan_id="P000000.1")
    with pytest.raises(Stopped, match="bot approve"):
        await send(desk, opened, first_intent, given.market())
    assert world.gateway.orders == ()


def prices(plan, factor, now):
    quotes = {
        leg.instrument.con_id: Known(
            Quote(
                con_id=leg.instrument.con_id,
                bid=leg.arrival_price * factor,
                ask=leg.arrival_price * factor,
                last=None,
                close=None,
                kind=QuoteKind.LIVE,
                received_at=now,
            ),
            "test",
            now,
        )
        for leg in plan.plan.legs
    }
    return given.market(now=now, quotes=quotes)


@pytest.mark.parametrize(
    ("factor", "is_over"), [(1.00999, False), (1.01001, True), (0.99001, False), (0.98999, True)]
)
async def test_prices_that_moved_by_more_than_a_hundredth_end_the_plan(
    desk, opened, factor, is_over
):
    opened.questions = ("it is large",)
    approve(desk, opened.plan)
    market = prices(opened, factor, opened.plan.created_at)
    lapse = lapse_of(desk.recorder.journal, opened, market)
    assert (lapse is not None) == is_over
    assert lapse is None or "since it was asked about, at most 1 %" in lapse


async def test_without_a_price_an_approved_plan_ends(desk, opened):
    opened.questions = ("it is large",)
    blind = given.market(now=opened.plan.created_at, quotes={})
    assert lapse_of(desk.recorder.journal, opened, blind).endswith("compare with the plan's")


async def test_nobody_s_answer_ends_the_plan_after_ten_minutes(desk, opened):
    opened.questions = ("it is large",)
    at_last = prices(opened, 1.0, opened.plan.created_at + WAIT)
    later = prices(opened, 1.0, opened.plan.created_at + WAIT + timedelta(seconds=1))
    journal = desk.recorder.journal
    assert lapse_of(journal, opened, at_last) is None
    assert lapse_of(journal, opened, later) == "nobody approved it within 10 minutes"
    assert (is_too_old(opened, at_last.now), is_too_old(opened, later.now)) == (False, True)
    # Who answered in time is not too late when the next look comes.
    approve(desk, opened.plan)
    assert lapse_of(journal, opened, later) is None


async def test_a_plan_that_nobody_is_asked_about_lapses_never(desk, opened):
    later = prices(opened, 2.0, opened.plan.created_at + timedelta(hours=1))
    assert lapse_of(desk.recorder.journal, opened, later) is None


async def test_a_look_ends_a_plan_that_waited_too_long(world, desk):
    asking = with_tier(desk, "confirmations", plan_turnover_max=0.3)
    report = await look(asking, execute=True)
    body = kinds(desk, events.PLAN_OPENED)[0].body
    plan = desk.recorder.ledger.plans[report.plan.plan_id]
    # As if it had been made 11 minutes ago.
    plan.plan = replace(plan.plan, created_at=plan.plan.created_at - timedelta(minutes=11))
    assert body["questions"] == list(plan.questions)
    ended = await look(asking, execute=True)
    assert ended.outcome is Outcome.ABANDONED
    assert (ended.statement, plan.end) == ("nobody approved it within 10 minutes", "expired")
    assert world.gateway.orders == ()


# --- the first investment


@pytest.fixture
async def empty(desk, opened):
    """What a look sees of an account that holds nothing of the mandate yet."""
    session = desk.calendar.session_at(desk.clock.now())
    instruments = tuple(leg.instrument for leg in opened.plan.legs)
    outside = await read_outside(desk, "L1", instruments, session.held_on)
    snapshot = await take_snapshot(desk.broker, desk.clock, desk.calendar, instruments)
    valuation = value(snapshot, desk.mandate.reserved_cash)
    market = replace(
        market_of(desk, snapshot, valuation, outside), day_loss=0.0, nav_difference=0.0
    )
    nothing = replace(snapshot, positions=ConfirmedEmpty("test", desk.clock.now()))
    return Sight("L1", nothing, valuation, session, market)


def buys_of(record):
    buys = [leg for leg in record.plan.legs if leg.shares > 0]
    return tuple(replace(leg, index=index) for index, leg in enumerate(buys))


def first(desk, turnover_max):
    return replace(desk, mandate=replace(desk.mandate, first_investment_turnover_max=turnover_max))


async def test_a_first_investment_has_a_cap_of_its_own_and_is_asked_about(desk, opened, empty):
    buys = buys_of(opened)
    buying = first(desk, 1.5)
    draft = draft_plan(buying, empty, buys, ())
    assert (draft.questions, draft.turnover_max) == ((FIRST_INVESTMENT,), 1.5)
    limits = limits_of(buying, draft)
    assert (limits.plan_turnover_max, limits.day_turnover_max) == (1.5, 1.5)
    guarded = guard_plan(buying, draft, empty.market)
    assert isinstance(guarded, Guarded)
    assert guarded.record.questions == (FIRST_INVESTMENT,)


async def test_a_first_investment_beyond_its_cap_is_blocked(desk, opened, empty):
    buys = buys_of(opened)
    tight = first(desk, 0.001)
    guarded = guard_plan(tight, draft_plan(tight, empty, buys, ()), empty.market)
    assert "plan_turnover" in {breach.guard for breach in guarded.breaches}
    assert guarded.record.plan.legs == ()


async def test_without_the_cap_or_with_a_holding_it_is_a_plan_as_every_other(desk, opened, empty):
    buys = buys_of(opened)
    plain = draft_plan(desk, empty, buys, ())
    assert (plain.questions, plain.turnover_max) == ((), None)
    positions = await desk.broker.read_positions()
    held = replace(empty, snapshot=replace(empty.snapshot, positions=positions))
    owner = draft_plan(first(desk, 1.5), held, buys, ())
    assert (owner.questions, owner.turnover_max) == ((), None)
    assert limits_of(desk, owner) == desk.mandate.limits
