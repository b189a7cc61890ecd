"""Each guard at its limit, beyond it, and blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.core.domain.orders import OpenOrder
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import Known, Reading
from bot.core.guards.collar import collar
from bot.core.guards.foreign_order import foreign_order
from bot.core.guards.hold import hold
from bot.core.guards.mandate import mandate
from bot.core.guards.market_open import market_open
from bot.core.guards.nav_difference import nav_difference
from bot.core.guards.order_notional import order_notional
from bot.core.guards.plan_turnover import plan_turnover
from bot.core.guards.proposal import Market, Proposal, is_beyond
from bot.core.guards.quote_age import quote_age
from bot.core.guards.spread import spread
from tests.core.guards import given
from tests.core.guards.given import CLOSES_AT, LIMITS, NOW, OPENS_AT, QUOTE

UNREADABLE = given.UNREADABLE


def known(quote: Quote) -> Known[Quote]:
    return Known(value=quote, source="ib:quote", received_at=NOW)


def market(quote: Reading[Quote] | None = None) -> Market:
    return given.market(
        quotes={} if quote is None else {1: quote},
        mandate=frozenset({1}),
        nav_difference=0.0,
        own_prefix="a1b2c3-",
    )


def order(
    shares: int = 10,
    price: float = 100.0,
    con_id: int = 1,
    currency: str = "USD",
    arrival: float = 100.0,
) -> Proposal:
    line = given.line(
        con_id, shares, price, symbol="AAPL", currency=currency, arrival_price=arrival
    )
    return given.proposal(line)


# --- the comparison that all limits share


def test_at_the_limit_is_allowed_whatever_the_last_bit() -> None:
    # 7 x 14.3 is 100.10000000000001 in floats.
    assert not is_beyond(7 * 14.3, 100.1)
    assert not is_beyond(100.0, 100.0)
    assert is_beyond(100.1 + 1e-9, 100.1)


def test_what_is_no_number_is_beyond_every_limit() -> None:
    assert is_beyond(float("nan"), 100.0)
    assert is_beyond(float("inf"), 100.0)


# --- quote_age


@pytest.mark.parametrize(("age_s", "held"), [(0.0, False), (10.0, False), (10.001, True)])
def test_a_quote_may_be_as_old_as_the_limit(age_s: float, held: bool) -> None:  # noqa: FBT001
    old = replace(QUOTE, received_at=NOW - timedelta(seconds=age_s))
    breaches = quote_age(order(), market(known(old)), LIMITS)
    assert bool(breaches) == held
    if held:
        assert breaches[0].statement == "AAPL: the quote is 10.0 s old, at most 10 s allowed"
        assert (breaches[0].con_id, breaches[0].limit, breaches[0].unit) == (1, 10.0, "s")
        assert breaches[0].found == pytest.approx(10.001)


@pytest.mark.parametrize(("ahead_s", "held"), [(1.0, False), (1.001, True), (3600.0, True)])
def test_a_quote_from_the_future_is_refused_beyond_a_second(
    ahead_s: float,
    held: bool,  # noqa: FBT001
) -> None:
    future = replace(QUOTE, received_at=NOW + timedelta(seconds=ahead_s))
    breaches = quote_age(order(), market(known(future)), LIMITS)
    assert bool(breaches) == held
    assert all("ahead of the clock" in breach.statement for breach in breaches)


@pytest.mark.parametrize("kind", [None, *(set(QuoteKind) - {QuoteKind.LIVE})])
def test_a_quote_that_is_not_live_is_refused(kind: QuoteKind | None) -> None:
    (breach,) = quote_age(order(), market(known(replace(QUOTE, kind=kind))), LIMITS)
    assert (kind.value if kind else "of unknown kind") in breach.statement


def test_a_quote_without_a_mid_is_refused() -> None:
    (breach,) = quote_age(order(), market(known(replace(QUOTE, bid=None))), LIMITS)
    assert breach.statement == "AAPL: no mid price: bid None, ask 100.1 USD per share"


@pytest.mark.parametrize("reading", UNREADABLE)
def test_a_quote_that_cannot_be_read_holds_everywhere(reading: Reading[Quote] | None) -> None:
    blind = market(reading)
    for guard in (quote_age, spread, collar):
        (breach,) = guard(order(), blind, LIMITS)
        assert (breach.con_id, breach.found) == (1, None)


def test_an_unknown_quote_says_why() -> None:
    (breach,) = quote_age(order(), market(UNREADABLE[1]), LIMITS)
    assert breach.statement == "AAPL: the quote is unknown: no tick within 5 s"


# --- spread


def test_a_spread_at_the_limit_is_allowed_and_beyond_is_not() -> None:
    # 0.5 of 100 is 50 bps; 0.52 of 100 is 52 bps.
    at_limit = replace(QUOTE, bid=99.75, ask=100.25)
    wider = replace(QUOTE, bid=99.74, ask=100.26)
    assert spread(order(), market(known(at_limit)), LIMITS) == ()
    (breach,) = spread(order(), market(known(wider)), LIMITS)
    assert breach.statement == "AAPL: the spread is 52.0 bps, at most 50 bps allowed"
    assert breach.found == pytest.approx(52.0)


def test_a_crossed_quote_has_no_spread_and_holds() -> None:
    crossed = replace(QUOTE, bid=101.0, ask=100.0)
    (breach,) = spread(order(), market(known(crossed)), LIMITS)
    assert "unknown" in breach.statement


# --- collar


@pytest.mark.parametrize(
    ("shares", "price", "held"),
    [
        # The mid is 100.00, the collar 1 %.
        (10, 101.0, False),
        (10, 101.01, True),
        (-10, 99.0, False),
        (-10, 98.99, True),
        (1, 101.01, True),
        (-1, 98.99, True),
        # Far away on the passive side is only unlikely to fill.
        (10, 50.0, False),
        (-10, 200.0, False),
    ],
)
def test_a_limit_price_may_go_as_far_through_the_mid_as_the_collar(
    shares: int,
    price: float,
    held: bool,  # noqa: FBT001
) -> None:
    breaches = collar(order(shares, price), market(known(QUOTE)), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        # 1.01 of 100 is 101 bps.
        assert breach.found == pytest.approx(101.0)
        assert "101.0 bps beyond the mid of 100, at most 100 bps allowed" in breach.statement


@pytest.mark.parametrize(
    ("shares", "arrival"),
    [
        # A buy at 100.00 is 5 % above the 95.24 that it was planned at; the collar is 1 %.
        (10, 95.24),
        # A sell at 100.00 is 5 % below the 105.26 that it was planned at.
        (-10, 105.26),
    ],
)
def test_a_price_far_from_the_one_its_shares_were_planned_at_is_held(
    shares: int, arrival: float
) -> None:
    """One wrong read sizes a leg, the next one is right: what was planned is not what would be bought."""
    (breach,) = collar(order(shares, 100.0, arrival=arrival), market(known(QUOTE)), LIMITS)
    assert breach.con_id == 1
    assert "plan" in breach.statement


@pytest.mark.parametrize("now", [OPENS_AT, CLOSES_AT, OPENS_AT - timedelta(hours=5)])
def test_the_collar_has_no_exempt_hour(now: datetime) -> None:
    at_that_hour = replace(market(known(QUOTE)), now=now, session=None)
    assert len(collar(order(10, 102.0), at_that_hour, LIMITS)) == 1


# --- order_notional and plan_turnover


@pytest.mark.parametrize(
    ("shares", "held"), [(100, False), (-100, False), (101, True), (-101, True)]
)
def test_an_order_may_be_worth_the_limit(shares: int, held: bool) -> None:  # noqa: FBT001
    breaches = order_notional(order(shares, 100.0), market(), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert breach.statement == (
            "AAPL: an order for 101 shares is worth 10100.00 USD, at most 10000.00 USD allowed"
        )
        assert (breach.found, breach.limit, breach.unit) == (10_100.0, 10_000.0, "USD")


def test_turnover_counts_sells_buys_and_what_was_sent_before() -> None:
    # 25 % of 50,000 is 12,500: 5,000 bought, 4,000 sold, 3,500 sent before.
    buy, sell = order(50, 100.0).lines[0], order(-40, 100.0).lines[0]
    at_limit = Proposal(lines=(buy, sell), base=50_000.0, committed_notional=3_500.0)
    assert plan_turnover(at_limit, market(), LIMITS) == ()
    (breach,) = plan_turnover(replace(at_limit, committed_notional=3_600.0), market(), LIMITS)
    assert breach.con_id is None
    assert breach.found == pytest.approx(0.252)
    assert breach.statement == (
        "the plan trades 25.20 % of base (12600.00 of 50000.00 USD), at most 25.00 % allowed"
    )


# --- mandate


def test_what_has_no_target_is_not_traded() -> None:
    (breach,) = mandate(order(con_id=7), market(), LIMITS)
    assert breach.con_id == 7
    assert breach.statement == (
        "AAPL: conId 7 has no target, only holdings with a target are traded"
    )


def test_another_currency_than_the_account_s_is_not_traded() -> None:
    (breach,) = mandate(order(currency="EUR"), market(), LIMITS)
    assert breach.statement == "AAPL: the order is in EUR, expected the account's USD"


def test_a_holding_with_a_target_may_be_traded() -> None:
    assert mandate(order(), market(), LIMITS) == ()


# --- market_open


@pytest.mark.parametrize(
    ("now", "held"),
    [
        (OPENS_AT, False),
        (CLOSES_AT - timedelta(microseconds=1), False),
        (CLOSES_AT, True),
        (OPENS_AT - timedelta(microseconds=1), True),
    ],
)
def test_a_session_has_its_open_and_not_its_close(
    now: datetime,
    held: bool,  # noqa: FBT001
) -> None:
    breaches = market_open(order(), replace(market(), now=now), LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert breach.con_id is None
        assert breach.statement.startswith("XNYS is open from 2020-03-16T13:30:00+00:00 to")


def test_without_a_session_nothing_is_traded() -> None:
    (breach,) = market_open(order(), replace(market(), session=None), LIMITS)
    assert breach.statement == "the exchange is closed at 2020-03-16T15:00:00+00:00"


# --- nav_difference


@pytest.mark.parametrize(
    ("difference", "held"),
    [(0.01, False), (-0.01, False), (0.0101, True), (-0.0101, True), (float("nan"), True)],
)
def test_the_two_counts_may_differ_by_the_limit_either_way(
    difference: float,
    held: bool,  # noqa: FBT001
) -> None:
    breaches = nav_difference(order(), replace(market(), nav_difference=difference), LIMITS)
    assert bool(breaches) == held
    assert all(breach.con_id is None for breach in breaches)


def test_a_difference_is_told_with_its_sign_in_percent_and_money() -> None:
    (breach,) = nav_difference(order(), replace(market(), nav_difference=-0.0231), LIMITS)
    # 2.31 % of 50,000 is 1,155.
    assert breach.statement == (
        "the broker's net liquidation differs from our count by -2.310 % of base (-1155.00 USD), "
        "at most 1 % allowed"
    )
    assert breach.found == -0.0231


# --- foreign_order


def open_order(order_ref: str, con_id: int = 1) -> OpenOrder:
    return OpenOrder(
        order_ref=order_ref,
        perm_id=123,
        order_id=4,
        client_id=0,
        con_id=con_id,
        symbol="AAPL",
        shares=Decimal(100),
        limit_price=None,
        status="Submitted",
    )


@pytest.mark.parametrize("order_ref", ["", "by hand", "A1B2C3-P1-0-1", "xa1b2c3-P1-0-1"])
def test_an_order_that_is_not_ours_holds_its_instrument(order_ref: str) -> None:
    seen = replace(market(), open_orders=(open_order(order_ref),))
    (breach,) = foreign_order(order(), seen, LIMITS)
    assert breach.con_id == 1
    assert "that this bot did not place" in breach.statement
    assert (order_ref or "none") in breach.statement


def test_our_own_orders_hold_nothing() -> None:
    seen = replace(market(), open_orders=(open_order("a1b2c3-P1-0-1"),))
    assert foreign_order(order(), seen, LIMITS) == ()


def test_every_foreign_order_is_named() -> None:
    seen = replace(market(), open_orders=(open_order("one"), open_order("two")))
    assert len(foreign_order(order(), seen, LIMITS)) == 2


def test_a_foreign_order_holds_no_other_instrument() -> None:
    seen = replace(
        market(), mandate=frozenset({1, 2}), open_orders=(open_order("", 2), open_order("", 3))
    )
    assert foreign_order(order(con_id=1), seen, LIMITS) == ()
    # conId 3 is outside the mandate: the mandate guard speaks there.
    assert foreign_order(order(con_id=3), seen, LIMITS) == ()


# --- hold


def test_what_is_held_is_not_traded_and_the_others_are() -> None:
    seen = replace(market(), holds={1: "MSFT is held: 99 shares held"})
    (breach,) = hold(order(), seen, LIMITS)
    assert (breach.con_id, breach.statement) == (1, "MSFT is held: 99 shares held")
    assert hold(order(con_id=2), seen, LIMITS) == ()


def test_a_hold_of_everything_stops_the_whole_proposal() -> None:
    seen = replace(market(), holds={None: "every order is held", 3: "AAPL is held"})
    (breach,) = hold(order(), seen, LIMITS)
    assert (breach.con_id, breach.guard) == (None, "hold")
    assert hold(Proposal(lines=(), base=1.0), seen, LIMITS) == ()
