"""How much: the guards of sizes, holdings and cash, at their limits, beyond them, and blind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.domain.reading import Unknown
from bot.core.guards.concentration import concentration
from bot.core.guards.day_loss import day_loss
from bot.core.guards.day_turnover import day_turnover
from bot.core.guards.margin_excess import margin_excess
from bot.core.guards.no_short import no_short
from bot.core.guards.order_nav import order_nav
from bot.core.guards.order_volume import order_volume
from bot.core.guards.position import position
from bot.core.guards.settled_cash import settled_cash
from bot.core.guards.standing import Holding, Standing
from tests.core.guards.given import (
    ACCOUNT,
    LIMITS,
    NOW,
    known,
    line,
    market,
    own_order,
    proposal,
    with_orders,
)

UNKNOWN = Unknown("ib:account", NOW, "no answer")


def account(**changes):
    return known(replace(ACCOUNT, **changes))


def holding(shares, start, approved):
    return Standing(holdings={1: Holding(shares, start, approved)})


# --- order_nav


@pytest.mark.parametrize(("shares", "held"), [(60, False), (-60, False), (61, True), (-61, True)])
def test_an_order_may_be_worth_its_part_of_net_liquidation(shares, held):
    # A tenth of 60,000 is 6,000: 60 shares at 100.
    breaches = order_nav(proposal(line(shares=shares, price=100.0)), market(), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert breach.found == pytest.approx(6_100 / 60_000)
        assert (
            "is 10.17 % of the net liquidation of 60000.00 USD, at most 10 % allowed"
            in breach.statement
        )


@pytest.mark.parametrize(
    "state", [None, UNKNOWN, account(net_liquidation=None), account(net_liquidation=Decimal(0))]
)
def test_without_net_liquidation_no_order_has_a_size(state):
    (breach,) = order_nav(proposal(line(shares=1)), market(account=state), LIMITS)
    assert breach.statement == "S1: net liquidation is unknown"


# --- order_volume


@pytest.mark.parametrize(
    ("shares", "held"), [(100, False), (-100, False), (101, True), (-101, True)]
)
def test_an_order_may_be_its_part_of_the_daily_volume(shares, held):
    # A hundredth of 10,000 shares is 100.
    breaches = order_volume(proposal(line(shares=shares)), market(volumes={1: 10_000.0}), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert (
            "is 1.010 % of the average daily volume of 10000, at most 1 % allowed"
            in breach.statement
        )


@pytest.mark.parametrize("volumes", [{}, {2: 1e6}, {1: 0.0}, {1: -1.0}, {1: float("nan")}])
def test_without_a_volume_no_order_leaves(volumes):
    (breach,) = order_volume(proposal(line(shares=1)), market(volumes=volumes), LIMITS)
    assert breach.statement == "S1: the daily volume is unknown"


def test_an_unknown_volume_says_why_the_past_was_not_read():
    blind = market(volumes={}, past_unknown={1: "no answer within 10 s"})
    (breach,) = order_volume(proposal(), blind, LIMITS)
    assert breach.statement == "S1: the daily volume is unknown: no answer within 10 s"


# --- concentration


@pytest.mark.parametrize(("shares", "held"), [(150, False), (151, True)])
def test_a_buy_may_make_an_instrument_its_part_of_the_base(shares, held):
    # Half of 50,000 is 25,000: 100 shares are held, 150 more at 100 make it.
    breaches = concentration(proposal(line(shares=shares, price=100.0)), market(), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert (
            breach.statement
            == "S1: with this order it would be 50.20 % of base, at most 50 % allowed"
        )


def test_working_buys_count_as_bought_and_working_sells_not_as_sold():
    # 100 held, 40 of 50 still to be bought: 110 more make 250 shares, half of the base; a working sell frees nothing.
    working = own_order(shares=50, filled=10.0, is_open=True)
    selling = own_order(2, shares=-30, filled=0.0, is_open=True)
    seen = with_orders(market(), working, selling)
    assert concentration(proposal(line(shares=110, price=100.0)), seen, LIMITS) == ()
    assert len(concentration(proposal(line(shares=111, price=100.0)), seen, LIMITS)) == 1


def test_a_sell_never_concentrates():
    assert concentration(proposal(line(shares=-1, price=100.0)), market(held=1e6), LIMITS) == ()


# --- position


@pytest.mark.parametrize(
    ("shares", "held"), [(1, False), (6, False), (7, True), (-4, False), (-5, True)]
)
def test_a_holding_stays_on_the_way_from_start_to_target(shares, held):
    # From 100 to 110, 104 are held: 6 more are the target, 4 fewer the start.
    seen = market(standing=holding(104.0, 100.0, 10))
    breaches = position(proposal(line(shares=shares)), seen, LIMITS)
    assert bool(breaches) == held


@pytest.mark.parametrize(("shares", "held"), [(-6, False), (-7, True)])
def test_working_orders_and_intents_count_as_if_they_filled(shares, held):
    # From 100 down to 90: 1 of 4 was sold, 3 are working; 6 more are the target.
    seen = market(standing=holding(99.0, 100.0, -10))
    working = own_order(shares=-4, filled=-1.0, is_open=True)
    breaches = position(proposal(line(shares=shares)), with_orders(seen, working), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert breach.statement == (
            "S1: 99 shares held, -3 working and this order for -7 make 89, approved is the way from 100 to 90"
        )


def test_an_order_that_ended_works_no_more():
    seen = market(standing=holding(99.0, 100.0, -10))
    ended = own_order(shares=-4, filled=-1.0)
    assert position(proposal(line(shares=-9)), with_orders(seen, ended), LIMITS) == ()


# --- no_short


@pytest.mark.parametrize(("shares", "held"), [(-100, False), (-101, True), (101, False)])
def test_no_more_is_sold_than_is_held(shares, held):
    breaches = no_short(proposal(line(shares=shares)), market(held=100.0), LIMITS)
    assert bool(breaches) == held


def test_working_sells_count_as_sold_and_working_buys_not_as_bought():
    # 100 held, 30 of 40 being sold: 70 are left to sell, whatever is being bought.
    selling = own_order(shares=-40, filled=-10.0, is_open=True)
    buying = own_order(2, shares=500, filled=0.0, is_open=True)
    seen = with_orders(market(held=100.0), selling, buying)
    assert no_short(proposal(line(shares=-70)), seen, LIMITS) == ()
    (breach,) = no_short(proposal(line(shares=-71)), seen, LIMITS)
    assert breach.statement == "S1: 100 shares held, 30 being sold: 71 more would leave -1"


@pytest.mark.parametrize("guard", [position, no_short, concentration])
def test_an_unknown_holding_holds(guard):
    lines = (line(shares=-1),) if guard is no_short else (line(shares=1),)
    (breach,) = guard(proposal(*lines), market(standing=Standing()), LIMITS)
    assert breach.statement == "S1: the holding is unknown"


# --- day_turnover


def test_a_session_may_trade_its_part_of_the_base_over_all_its_plans():
    # 30 % of 50,000 is 15,000: 4,000 filled, 1,000 of another cancelled, 6,000 that may fill, and these 4,000.
    filled = own_order(1, shares=-40)
    cancelled = own_order(2, shares=90, filled=10.0)
    working = own_order(3, 2, shares=60, filled=0.0, is_open=True)
    seen = with_orders(market(), filled, cancelled, working)
    assert day_turnover(proposal(line(shares=40, price=100.0)), seen, LIMITS) == ()
    (breach,) = day_turnover(proposal(line(shares=41, price=100.0)), seen, LIMITS)
    assert (breach.con_id, breach.unit) == (None, "fraction of base")
    assert breach.found == pytest.approx(15_100 / 50_000)


# --- day_loss


@pytest.mark.parametrize(
    ("loss", "held"),
    [(0.05, False), (0.0501, True), (-0.2, False), (float("nan"), True), (None, True)],
)
def test_a_session_may_lose_up_to_the_limit(loss, held):
    breaches = day_loss(proposal(), market(day_loss=loss), LIMITS)
    assert bool(breaches) == held
    assert all(breach.con_id is None for breach in breaches)


# --- settled_cash


def in_cash(settled, **changes):
    state = account(settled_cash=None if settled is None else Decimal(settled))
    return market(account_type="cash", account=state, **changes)


@pytest.mark.parametrize(("settled", "held"), [("1000", False), ("999.99", True), (None, True)])
def test_a_cash_account_buys_from_settled_cash_alone(settled, held):
    breaches = settled_cash(proposal(line(shares=10, price=100.0)), in_cash(settled), LIMITS)
    assert bool(breaches) == held


@pytest.mark.parametrize("state", [None, UNKNOWN])
def test_without_the_account_nothing_has_settled(state):
    seen = market(account_type="cash", account=state)
    (breach,) = settled_cash(proposal(line(shares=1)), seen, LIMITS)
    assert breach.statement == "S1: settled cash is unknown"


def test_the_reserve_and_buys_since_the_read_are_not_free():
    # 5,000 settled, 1,000 reserved. Since the read 20 were bought (2,000), and of 10 of before it 3 (300); 2 of those
    # are still working (200). What was filled before the read is in its figure.
    since = own_order(1, shares=20, filled_since=20.0)
    before = own_order(2, shares=10, filled=8.0, filled_since=3.0, is_open=True)
    sold = own_order(3, shares=-50, filled_since=-50.0)
    seen = with_orders(in_cash("5000", reserved_cash=1_000.0), since, before, sold)
    assert settled_cash(proposal(line(shares=15, price=100.0)), seen, LIMITS) == ()
    (breach,) = settled_cash(proposal(line(shares=16, price=100.0)), seen, LIMITS)
    assert breach.statement == "S1: it may cost 1600.00 USD, settled and free are 1500.00 USD"


def test_sells_and_margin_accounts_need_no_settled_cash():
    assert settled_cash(proposal(line(shares=-10)), in_cash(None), LIMITS) == ()
    assert settled_cash(proposal(line(shares=10)), market(account=None), LIMITS) == ()


# --- margin_excess


@pytest.mark.parametrize(
    ("excess", "held"),
    [(Decimal(6_000), False), (Decimal("5999.99"), True), (Decimal(-1), True), (None, True)],
)
def test_a_margin_account_buys_with_its_excess_at_the_limit(excess, held):
    # A tenth of 60,000 is 6,000.
    seen = market(account=account(excess_liquidity=excess))
    assert bool(margin_excess(proposal(line(shares=1)), seen, LIMITS)) == held
    assert margin_excess(proposal(line(shares=-1)), seen, LIMITS) == ()


def test_an_unknown_account_has_no_excess_and_a_cash_account_needs_none():
    assert len(margin_excess(proposal(line(shares=1)), market(account=UNKNOWN), LIMITS)) == 1
    cash = market(account_type="cash", account=UNKNOWN)
    assert margin_excess(proposal(line(shares=1)), cash, LIMITS) == ()
