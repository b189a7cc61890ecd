"""What every guard must satisfy, alone and all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.orders import OpenOrder
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import Known, Unknown
from bot.core.domain.session import Session
from bot.core.guards.proposal import Limits, Line, Market, Proposal
from bot.core.guards.registry import REGISTRY, check

NOW = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)
SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)
LIMITS = Limits(
    quote_age_max_s=10.0,
    spread_max_bps=50.0,
    collar_max_bps=100.0,
    order_notional_max=10_000.0,
    plan_turnover_max=0.25,
    nav_difference_max=0.01,
)


def quote(con_id: int = 1, age_s: float = 1.0, half_spread: float = 0.1) -> Known[Quote]:
    """Return a live quote around 100.00."""
    made = Quote(
        con_id=con_id,
        bid=100.0 - half_spread,
        ask=100.0 + half_spread,
        last=100.0,
        close=100.0,
        kind=QuoteKind.LIVE,
        received_at=NOW - timedelta(seconds=age_s),
    )
    return Known(value=made, source="ib:quote", received_at=NOW)


def market() -> Market:
    return Market(
        now=NOW,
        session=SESSION,
        quotes={1: quote(1), 2: quote(2)},
        mandate=frozenset({1, 2}),
        currency="USD",
        nav_difference=0.001,
        open_orders=(),
        own_prefix="a1b2c3-",
    )


def line(con_id: int = 1, shares: int = 10, price: float = 100.2) -> Line:
    return Line(
        con_id=con_id,
        symbol=f"S{con_id}",
        currency="USD",
        shares=shares,
        price=price,
        arrival_price=price,
    )


GOOD = Proposal(lines=(line(1), line(2, -5, 99.8)), base=50_000.0, committed_notional=0.0)


def test_a_good_proposal_passes_all_guards() -> None:
    assert check(GOOD, market(), LIMITS) == ()


def test_a_proposal_of_nothing_passes_where_nothing_is_wrong_with_the_market() -> None:
    assert check(Proposal(lines=(), base=1.0), market(), LIMITS) == ()


def test_all_guards_speak_in_the_order_of_the_registry() -> None:
    order = OpenOrder(
        order_ref="",
        perm_id=1,
        order_id=0,
        client_id=0,
        con_id=1,
        symbol="S1",
        shares=Decimal(100),
        limit_price=None,
        status="Submitted",
    )
    bad = replace(
        market(),
        session=None,
        quotes={1: quote(1, age_s=11.0, half_spread=1.0)},
        nav_difference=-0.02,
        open_orders=(order,),
        holds={3: "S3 is held"},
    )
    # 200 shares at 110: 22,000 of 50,000 is 44 %; 110 is 10 % above the mid; S3 is not in the mandate.
    proposal = Proposal(lines=(line(1, 200, 110.0), line(3, 1, 1.0)), base=50_000.0)
    spoken = [breach.guard for breach in check(proposal, bad, LIMITS)]
    assert list(dict.fromkeys(spoken)) == list(REGISTRY)


def test_one_bad_order_holds_its_own_instrument_only() -> None:
    bad = Proposal(lines=(line(1), line(2, -5, 90.0)), base=50_000.0)
    assert {breach.con_id for breach in check(bad, market(), LIMITS)} == {2}


def test_every_breach_says_what_was_found_in_one_line() -> None:
    unknown = replace(market(), quotes={}, session=None, nav_difference=float("nan"))
    breaches = check(GOOD, unknown, LIMITS)
    assert {breach.guard for breach in breaches} == {
        "quote_age",
        "spread",
        "collar",
        "market_open",
        "nav_difference",
    }
    for breach in breaches:
        assert breach.statement
        assert "\n" not in breach.statement
        assert breach.guard in REGISTRY


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    return Limits(
        quote_age_max_s=draw(st.floats(0.1, 60)),
        spread_max_bps=draw(st.floats(1, 300)),
        collar_max_bps=draw(st.floats(1, 300)),
        order_notional_max=draw(st.floats(10, 50_000)),
        plan_turnover_max=draw(st.floats(0.001, 1)),
        nav_difference_max=draw(st.floats(0.0001, 0.1)),
    )


@st.composite
def proposals(draw: st.DrawFn) -> tuple[Proposal, Market]:
    lines = tuple(
        line(
            con_id,
            draw(st.sampled_from([-200, -10, 10, 200])),
            draw(st.sampled_from([97.0, 99.0, 99.9, 100.1, 101.0, 103.0])),
        )
        for con_id in draw(st.lists(st.integers(1, 3), unique=True))
    )
    quotes = {
        con_id: quote(
            con_id, draw(st.floats(-2, 30)), draw(st.sampled_from([0.0, 0.05, 0.25, 1.0]))
        )
        for con_id in draw(st.lists(st.integers(1, 3), unique=True))
    }
    seen = replace(market(), quotes=quotes, nav_difference=draw(st.floats(-0.05, 0.05)))
    committed = draw(st.sampled_from([0.0, 5_000.0]))
    return Proposal(lines=lines, base=50_000.0, committed_notional=committed), seen


@given(case=proposals(), one=limits(), other=limits())
def test_a_tighter_limit_never_lets_more_through(
    case: tuple[Proposal, Market], one: Limits, other: Limits
) -> None:
    names = list(Limits.__slots__)
    tight = Limits(**{name: min(getattr(one, name), getattr(other, name)) for name in names})
    proposal, seen = case
    for name, guard in REGISTRY.items():
        loose_found = {breach.con_id for breach in guard(proposal, seen, one)}
        tight_found = {breach.con_id for breach in guard(proposal, seen, tight)}
        assert loose_found <= tight_found, name


@given(case=proposals(), limit=limits())
def test_an_order_alone_is_judged_at_least_as_in_its_plan(
    case: tuple[Proposal, Market], limit: Limits
) -> None:
    # What holds an instrument in the plan holds its single order, and nothing new comes up.
    plan, seen = case
    in_plan = [breach for breach in check(plan, seen, limit) if breach.con_id is not None]
    alone = [
        breach
        for each in plan.lines
        for breach in check(replace(plan, lines=(each,)), seen, limit)
        if breach.con_id is not None
    ]
    assert sorted(map(repr, alone)) == sorted(map(repr, in_plan))


# --- the values that guards are asked with


def test_a_line_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="S1: a proposed order needs at least one share, found 0"):
        line(shares=0)


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_a_line_without_a_price_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="S1: a limit price must be a number above 0, found"):
        line(price=price)


@pytest.mark.parametrize("base", [0.0, -1.0, float("nan"), float("inf")])
def test_a_proposal_without_a_base_is_refused(base: float) -> None:
    with pytest.raises(ValueError, match="the base must be a number above 0, found"):
        Proposal(lines=(), base=base)


@pytest.mark.parametrize("committed", [-1.0, float("nan"), float("inf")])
def test_a_committed_notional_that_is_no_amount_is_refused(committed: float) -> None:
    with pytest.raises(ValueError, match="committed notional must be at least 0, found"):
        Proposal(lines=(), base=1.0, committed_notional=committed)


@pytest.mark.parametrize("name", list(Limits.__slots__))
@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused_by_name(name: str, limit: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a number above 0, found"):
        replace(LIMITS, **{name: limit})


def test_without_a_prefix_every_order_would_be_ours() -> None:
    with pytest.raises(ValueError, match="prefix of own orders must not be empty"):
        replace(market(), own_prefix="")


def test_a_quote_that_is_not_known_has_neither_quote_nor_mid() -> None:
    unknown = Unknown(source="ib:quote", received_at=NOW, reason="no tick")
    seen = replace(market(), quotes={1: unknown, 2: quote(2)})
    assert seen.quote(1) is None
    assert seen.mid(1) is None
    assert seen.mid(2) == 100.0
    assert seen.mid(99) is None
