"""What every guard must satisfy, alone and all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import Known, Unknown
from bot.core.guards.limits import FLOORS, HARD_MAXIMA, MAY_BE_ZERO, Limits
from bot.core.guards.proposal import Market, Proposal
from bot.core.guards.registry import REGISTRY, beyond, check
from bot.core.guards.standing import Standing
from tests.core.guards import given
from tests.core.guards.given import LIMITS, NOW, line


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
    return given.market(quotes={1: quote(1), 2: quote(2)})


GOOD = given.proposal(line(1), line(2, -5, 99.8))


def test_a_good_proposal_passes_all_guards() -> None:
    assert check(GOOD, market(), LIMITS) == ()


def test_a_proposal_of_nothing_passes_where_nothing_is_wrong_with_the_market() -> None:
    nothing = replace(GOOD, lines=(), base=1.0)
    assert check(nothing, market(), LIMITS) == ()


def test_all_guards_speak_in_the_order_of_the_registry() -> None:
    # 20 orders of this moment, the last 5 of which failed.
    orders = Standing(
        tuple(given.own_order(n, 1, -1, made_at=NOW, was_refused=n >= 15) for n in range(20))
    )
    blind = replace(
        market(),
        session=None,
        quotes={1: quote(1, age_s=11.0, half_spread=1.0)},
        nav_difference=-0.02,
        holds={3: "S3 is held"},
        open_orders=(given.open_order(con_id=1), given.open_order("a1b2c3-lost", con_id=1)),
        instruments={},
        hours={},
        closes={},
        volumes={},
        restarts=None,
        index="SPX",
        day_loss=None,
        account=None,
        standing=orders,
    )
    # 200 shares at 110: 22,000 of 50,000 is 44 %; 110 is 10 % above the mid; S3 is not in the mandate.
    lines = (line(1, 200, 110.0), line(3, 1, 1.0), line(2, -1))
    proposal = Proposal(lines=lines, base=50_000.0)
    in_cash = replace(blind, account_type="cash")
    spoken = [
        breach.guard
        for breach in (*check(proposal, blind, LIMITS), *check(proposal, in_cash, LIMITS))
    ]
    assert set(spoken) == set(REGISTRY)
    first = [breach.guard for breach in check(proposal, blind, LIMITS)]
    assert list(dict.fromkeys(first)) == [name for name in REGISTRY if name in first]


def test_one_bad_order_holds_its_own_instrument_only() -> None:
    bad = given.proposal(line(1), line(2, -5, 90.0))
    assert {breach.con_id for breach in check(bad, market(), LIMITS)} == {2}


def test_a_market_of_which_nothing_is_known_lets_nothing_through() -> None:
    """What nobody filled in is unknown, and every guard that needs it speaks."""
    bare = Market(
        now=NOW,
        session=None,
        quotes={},
        mandate=frozenset({1, 2}),
        currency="USD",
        nav_difference=float("nan"),
        open_orders=(),
        own_prefix="a1b2c3-",
    )
    breaches = check(GOOD, bare, LIMITS)
    # Silent are those that count what there is: sizes in money, turnover, own and foreign orders; the mandate.
    silent = {
        "order_notional",
        "plan_turnover",
        "day_turnover",
        "order_count",
        "order_rate",
        "repeated_execution",
        "duplicate_order",
        "round_trip",
        "mandate",
        "market_fall",
        "hold",
        "foreign_order",
    }
    assert {breach.guard for breach in breaches} == set(REGISTRY) - silent
    for breach in breaches:
        assert breach.statement
        assert "\n" not in breach.statement
        assert breach.found is None or breach.guard == "nav_difference"


def test_a_stricter_tier_says_what_the_limits_let_through() -> None:
    # 10 and 5 shares at about 100: 3 % of base, within 25 %. 10 at 100.2 are worth 1,002.
    stricter = replace(LIMITS, plan_turnover_max=0.02, order_notional_max=1_000.0)
    said = beyond(GOOD, market(), LIMITS, stricter)
    assert [(each.guard, each.con_id) for each in said] == [
        ("order_notional", 1),
        ("plan_turnover", None),
    ]
    assert beyond(GOOD, market(), LIMITS, LIMITS) == ()
    assert beyond(GOOD, market(), LIMITS, None) == ()


def test_what_the_limits_hold_no_tier_says_again() -> None:
    large = replace(GOOD, lines=(line(1, 110, 100.2), line(2, -5, 99.8)))
    stricter = replace(LIMITS, order_notional_max=400.0)
    held = {(each.guard, each.con_id) for each in check(large, market(), LIMITS)}
    assert ("order_notional", 1) in held
    said = {(each.guard, each.con_id) for each in beyond(large, market(), LIMITS, stricter)}
    assert said == {("order_notional", 2)}


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    """Return limits anywhere from a fiftieth to twice the usual ones."""
    usual = {name: getattr(LIMITS, name) for name in Limits.__slots__}
    drawn = {
        name: type(value)(min(draw(st.floats(0.02, 2.0)) * value, HARD_MAXIMA[name]) or value)
        for name, value in usual.items()
    }
    return Limits(**{name: value or usual[name] or 0 for name, value in drawn.items()})


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
    orders = tuple(
        given.own_order(number, draw(st.integers(1, 3)), draw(st.sampled_from([-10, 10])))
        for number in range(draw(st.integers(0, 3)))
    )
    seen = given.with_orders(
        replace(market(), quotes=quotes, nav_difference=draw(st.floats(-0.05, 0.05))), *orders
    )
    committed = draw(st.sampled_from([0.0, 5_000.0]))
    return Proposal(lines=lines, base=50_000.0, committed_notional=committed), seen


@hypothesis.given(case=proposals(), one=limits(), other=limits())
def test_a_tighter_limit_never_lets_more_through(
    case: tuple[Proposal, Market], one: Limits, other: Limits
) -> None:
    tight = Limits(
        **{
            name: (max if name in FLOORS else min)(getattr(one, name), getattr(other, name))
            for name in Limits.__slots__
        }
    )
    proposal, seen = case
    for name, guard in REGISTRY.items():
        loose_found = {breach.con_id for breach in guard(proposal, seen, one)}
        tight_found = {breach.con_id for breach in guard(proposal, seen, tight)}
        assert loose_found <= tight_found, name


@hypothesis.given(case=proposals(), limit=limits())
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
@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused_by_name(name: str, limit: float) -> None:
    least = "of at least 0" if name in MAY_BE_ZERO else "above 0"
    with pytest.raises(ValueError, match=f"^{name} must be a number {least}, found"):
        replace(LIMITS, **{name: limit})


@pytest.mark.parametrize("name", list(Limits.__slots__))
def test_only_a_limit_that_means_something_at_0_may_be_0(name: str) -> None:
    if name in MAY_BE_ZERO:
        assert getattr(replace(LIMITS, **{name: 0}), name) == 0
        return
    with pytest.raises(ValueError, match=f"^{name} must be a number above 0, found 0"):
        replace(LIMITS, **{name: 0})


@pytest.mark.parametrize("name", list(Limits.__slots__))
def test_no_limit_is_above_its_compiled_maximum(name: str) -> None:
    most = HARD_MAXIMA[name]
    assert getattr(replace(LIMITS, **{name: most}), name) == most
    with pytest.raises(
        ValueError, match=f"^{name} must be at most .* which no configuration lifts"
    ):
        replace(LIMITS, **{name: most * (1 + 1e-9)})


def test_every_limit_has_a_compiled_maximum() -> None:
    assert set(HARD_MAXIMA) == set(Limits.__slots__)


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
