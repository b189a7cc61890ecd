"""The account's unit value in worked numbers, and on the gateway's own deposits, dividends and transfers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.event import Event
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.signals.drawdowns import is_defensive
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.ledger import Ledger
from bot.engine.recorder import Recorder
from bot.engine.worth import SESSIONS_MAX, Worth
from bot.errors import InvariantBroken

MONDAY, TUESDAY, WEDNESDAY = (date(2020, 6, day) for day in (1, 2, 3))


def body_of(found):
    return {
        "session": found.session.isoformat(),
        "base": found.base,
        "cash": str(found.cash),
        "held": {str(con_id): str(shares) for con_id, shares in found.held.items()},
        "flow": str(found.flow),
        "unit": found.unit,
        "is_gap": found.is_gap,
    }


def valued(recorder, session, base, cash, held=None):
    """Journal what a look with these numbers found, and return it."""
    found = recorder.worth.now(session, base, Decimal(cash), held or {})
    recorder.record(events.VALUED, body_of(found))
    assert recorder.worth.newest == found
    return found


def flows(recorder):
    """Since the last plan that traded, at the newest look."""
    return recorder.worth.flows(recorder.worth.newest)


@pytest.fixture
def recorder(world):
    with world.memory.journal() as journal:
        yield Recorder(journal)


def test_the_first_look_is_worth_one(recorder):
    found = valued(recorder, MONDAY, 1000.0, "100")
    assert (found.unit, found.flow, found.is_gap) == (1.0, 0, False)
    assert recorder.worth.path(found, 5) == (1.0,)


def test_a_deposit_is_no_gain_and_a_withdrawal_no_fall(recorder):
    """1,000 with 100 in cash; 200 come in, and stocks gain 60 of 1,200 = 5 %; then 300 go, nothing moves."""
    valued(recorder, MONDAY, 1000.0, "100")
    richer = valued(recorder, TUESDAY, 1260.0, "300")
    assert richer.flow == 200
    assert richer.unit == pytest.approx(1.05, abs=1e-15)
    poorer = valued(recorder, WEDNESDAY, 960.0, "0")
    assert poorer.flow == -300
    assert poorer.unit == richer.unit
    assert recorder.worth.path(poorer, 9) == (1.0, richer.unit, richer.unit)
    assert flows(recorder) == -100
    now = recorder.worth.now(WEDNESDAY, 967.0, Decimal(7), {})
    assert recorder.worth.flows(now) == -93


def test_the_first_look_of_a_session_counts_in_every_later_one(recorder):
    """A latch that turned on at the session's first look must see the same at the next: no way back within minutes."""
    valued(recorder, MONDAY, 1000.0, "0")
    valued(recorder, MONDAY, 1100.0, "0")
    # Not journaled yet: this look is the first of Tuesday.
    now = recorder.worth.now(TUESDAY, 990.0, Decimal(0), {})
    assert recorder.worth.path(now, 9) == pytest.approx((1.0, 0.99), abs=1e-15)
    valued(recorder, TUESDAY, 990.0, "0")
    now = recorder.worth.now(TUESDAY, 880.0, Decimal(0), {})
    assert now.unit == pytest.approx(0.88, abs=1e-15)
    assert recorder.worth.path(now, 9) == pytest.approx((1.0, 0.99), abs=1e-15)
    assert recorder.worth.path(now, 0) == pytest.approx((0.99,), abs=1e-15)
    valued(recorder, TUESDAY, 880.0, "0")
    # What Tuesday's later look lost is not lost: Wednesday starts from it.
    later = recorder.worth.now(WEDNESDAY, 880.0, Decimal(0), {})
    assert recorder.worth.path(later, 1) == pytest.approx((0.99, 0.88), abs=1e-15)


def test_a_latch_does_not_flutter_between_the_looks_of_a_session(recorder):
    """100, then 85 at Tuesday's first look: 15 % down, on from 15 % and off from 8 %. Back at 86 it stays on, and
    on Wednesday too: Tuesday is remembered as it was when it turned on."""
    valued(recorder, MONDAY, 100.0, "0")
    latched = []
    for session, base in [(TUESDAY, 85.0), (TUESDAY, 86.0), (WEDNESDAY, 86.0), (WEDNESDAY, 93.0)]:
        now = valued(recorder, session, base, "0")
        path = np.array([recorder.worth.path(now, 9)])
        latched.append(bool(is_defensive(path, enter=0.15, leave=0.08)[0]))
    assert latched == [True, True, True, True]
    now = recorder.worth.now(date(2020, 6, 4), 93.0, Decimal(0), {})
    assert not is_defensive(np.array([recorder.worth.path(now, 9)]), enter=0.15, leave=0.08)[0]


def test_asking_again_after_it_was_journaled_gives_the_same(recorder):
    valued(recorder, MONDAY, 1000.0, "0")
    found = valued(recorder, TUESDAY, 1234.5, "100")
    again = recorder.worth.now(TUESDAY, 1234.5, Decimal(100), {})
    assert again == replace(found, flow=Decimal(0))
    assert recorder.worth.flows(again) == 100


@pytest.mark.parametrize("held", [{}, {1: Decimal(5)}, {1: Decimal(10), 2: Decimal(1)}])
def test_shares_that_nobody_bought_leave_the_unit_as_it_was(recorder, held):
    """A transfer or a split, accepted by a person: what it is worth is neither gain nor loss."""
    valued(recorder, MONDAY, 1000.0, "0", {1: Decimal(10)})
    found = valued(recorder, TUESDAY, 3000.0, "0", held)
    assert (found.unit, found.is_gap) == (1.0, True)
    after = valued(recorder, WEDNESDAY, 3300.0, "0", held)
    assert after.unit == pytest.approx(1.1, abs=1e-15)
    assert not after.is_gap


@pytest.mark.parametrize(
    ("base", "cash", "unit"),
    [
        # 1,000 fell by 10 % to 900, of which 800 went: (100 + 800) / 1,000. Had they gone first, 100 / 200 were half.
        (100.0, "200", 0.9),
        # It rose by 10 % to 1,100, of which 990 went: (110 + 990) / 1,000, and not 110 / 10.
        (110.0, "10", 1.1),
        # All 1,000 went, and what is left had been gained: (50 + 1,000) / 1,000, and not 50 / 0.
        (50.0, "0", 1.05),
    ],
)
def test_a_withdrawal_of_nearly_all_is_no_fall_and_no_gain(recorder, base, cash, unit):
    valued(recorder, MONDAY, 1000.0, "1000")
    found = valued(recorder, TUESDAY, base, cash)
    assert found.unit == pytest.approx(unit, abs=1e-15)
    assert not found.is_gap


def test_a_deposit_of_many_times_the_account_is_no_gain(recorder):
    """100 become 10,100 by a deposit, and gain 1 %: 10,201 / (100 + 10,000). Had it come last: 201 / 100."""
    valued(recorder, MONDAY, 100.0, "0")
    found = valued(recorder, TUESDAY, 10_201.0, "10000")
    assert found.unit == pytest.approx(1.01, abs=1e-15)


def test_only_the_sessions_of_ten_years_are_remembered():
    assert SESSIONS_MAX == 2520
    worth = walk([(1.0, Decimal(0))] * SESSIONS_MAX)
    assert min(worth.units) == MONDAY
    worth = walk([(1.0, Decimal(0))] * (SESSIONS_MAX + 2))
    assert len(worth.units) == SESSIONS_MAX
    assert min(worth.units) == MONDAY + timedelta(days=2)


def test_a_restart_knows_the_same(recorder):
    valued(recorder, MONDAY, 1000.0, "100", {1: Decimal("10.5")})
    now = valued(recorder, TUESDAY, 1260.0, "300", {1: Decimal("10.5")})
    again = Recorder(recorder.journal).worth
    assert isinstance(again, Worth)
    assert again.newest == recorder.worth.newest == now
    assert again.units == recorder.worth.units
    assert again.flows(again.newest) == flows(recorder) == 200


def test_a_fill_of_an_order_that_nobody_meant_is_refused():
    event = Event(1, datetime(2020, 6, 1, tzinfo=UTC), events.COMMISSION, {}, order_ref="x-1")
    with pytest.raises(InvariantBroken, match="the ledger has no order x-1"):
        Worth(Ledger()).apply(event)


# -- with the gateway


def values_in(desk):
    return [event.body for event in desk.recorder.journal.events(kinds=[events.VALUED])]


def with_rule(desk, rule):
    return replace(desk, mandate=replace(desk.mandate, policy=rule))


async def test_a_deposit_at_the_broker_is_a_flow_and_no_gain(world, desk):
    desk = with_rule(desk, AbsoluteBand(width=0.9))
    await look(desk, execute=True)
    world.gateway.strike("cash-flow", amount="100000")
    await look(desk, execute=True)
    world.gateway.strike("cash-flow", amount="-90000")
    await look(desk, execute=True)
    first, second, third = values_in(desk)
    assert Decimal(second["flow"]) == 100000
    assert Decimal(third["flow"]) == -90000
    # The quotes hardly move within a second: within a tenth of a percent, where the deposit is ten.
    assert second["unit"] == pytest.approx(first["unit"], rel=1e-3)
    assert third["unit"] == pytest.approx(first["unit"], rel=1e-3)
    assert second["base"] == pytest.approx(first["base"] + 100_000, rel=1e-3)


async def test_a_dividend_is_a_flow_since_the_broker_does_not_tell_it_apart(world, desk):
    desk = with_rule(desk, AbsoluteBand(width=0.9))
    await look(desk, execute=True)
    shares = world.gateway.positions["AAPL"].shares
    world.gateway.strike("dividend", symbol="AAPL", amount="0.5")
    await look(desk, execute=True)
    assert Decimal(values_in(desk)[1]["flow"]) == Decimal("0.5") * shares


async def test_own_trades_and_their_costs_are_no_flows(world, desk):
    await look(desk, execute=True)
    assert desk.recorder.worth.traded_on == date(2020, 6, 1)
    await look(desk, execute=True)
    before, after = values_in(desk)
    assert after["cash"] != before["cash"]
    assert Decimal(after["flow"]) == 0
    assert not after["is_gap"]
    # Spread and commissions are a loss, of a few basis points of what was traded.
    assert 0.999 < after["unit"] < 1.0


async def test_what_came_in_before_a_plan_that_traded_is_dealt_with_by_it(world, desk):
    quiet = with_rule(desk, AbsoluteBand(width=0.9))
    await look(quiet, execute=False)
    world.gateway.strike("cash-flow", amount="1000")
    await look(desk, execute=True)
    assert desk.recorder.worth.newest.flow == 1000
    world.gateway.strike("cash-flow", amount="-30")
    await look(desk, execute=True)
    assert flows(desk.recorder) == -30
    again = Recorder(desk.recorder.journal)
    assert flows(again) == -30
    assert again.worth.traded_on == date(2020, 6, 1)
    # Every number that the fold keeps: a process that crashed here goes on as this one does.
    kept, folded = dict(vars(desk.recorder.worth)), dict(vars(again.worth))
    assert kept.pop("_ledger") is not folded.pop("_ledger")
    assert folded == kept


async def test_a_tools_look_beside_the_daemon_counts_on_and_writes_nothing(world, desk):
    await look(replace(desk, lease=None), execute=False)
    assert values_in(desk) == []
    await look(desk, execute=False)
    await look(replace(desk, lease=None), execute=False)
    assert len(values_in(desk)) == 1


async def test_a_daemon_that_observes_builds_the_path(world, desk):
    """The lease says that it is the daemon; that nothing may be sent changes nothing."""
    observing = replace(desk, mandate=replace(desk.mandate, mode="observe"))
    await look(observing, execute=True)
    assert len(values_in(desk)) == 1
    assert world.gateway.orders == ()


async def test_a_value_that_is_in_doubt_is_no_step_of_the_path(world, desk):
    limits = replace(desk.mandate.limits, nav_difference_max=1e-9)
    doubting = replace(desk, mandate=replace(desk.mandate, limits=limits))
    world.gateway.strike("account-value", key="NetLiquidation", value="900000")
    await look(doubting, execute=True)
    assert values_in(desk) == []


# -- properties


def told(sequence, found):
    body = json.loads(json.dumps(body_of(found)))
    return Event(sequence, datetime(2020, 6, 1, tzinfo=UTC), events.VALUED, body)


def walk(steps):
    """Fold looks of (gain, deposit): the account earns the gain, then the deposit comes in and lies as cash."""
    worth, stocks, cash = Worth(Ledger()), 1000.0, Decimal(0)
    for index, (gain, deposit) in enumerate(steps):
        stocks *= gain
        cash += deposit
        found = worth.now(MONDAY + timedelta(days=index), stocks + float(cash), cash, {})
        worth.apply(told(index, found))
    return worth


GAINS = st.floats(0.5, 2.0)
DEPOSITS = st.integers(0, 10_000).map(Decimal)


@given(st.lists(DEPOSITS, min_size=1, max_size=12))
def test_deposits_alone_are_worth_nothing(deposits):
    """The unit is a quotient of equal sums; a few last bits are all that may move."""
    worth = walk([(1.0, deposit) for deposit in deposits])
    assert worth.newest.unit == pytest.approx(1.0, abs=1e-12)
    assert flows_of(worth) == sum(deposits[1:])


@given(st.lists(GAINS, min_size=1, max_size=12))
def test_without_flows_the_unit_is_the_base_over_the_first_one(gains):
    worth = walk([(gain, Decimal(0)) for gain in gains])
    first = 1000.0 * gains[0]
    assert worth.newest.unit == pytest.approx(worth.newest.base / first, rel=1e-12)


@given(st.lists(st.tuples(GAINS, DEPOSITS), min_size=1, max_size=12), st.integers(1, 12))
def test_a_fold_that_begins_again_in_the_middle_is_the_same(steps, cut):
    """What a restart folds is what was journaled, so it cannot depend on where the process began."""
    worth = walk(steps)
    part = walk(steps[:cut])
    assert list(part.units.values()) == list(worth.units.values())[:cut]


def flows_of(worth):
    return worth.flows(worth.newest)
