"""Every style: its terms in worked numbers, and that none goes beyond the marketable limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.instrument import PriceBand
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.execution.echo import PRICED
from bot.core.execution.style import Asked, Terms
from bot.core.execution.styles.registry import STYLES
from bot.errors import InvariantBroken

#: Bid 99.90, ask 100.10: mid 100.00.
QUOTE = Quote(1, 99.90, 100.10, 100.0, 100.0, QuoteKind.LIVE, datetime(2026, 1, 5, 15, tzinfo=UTC))
CENTS = (PriceBand(0, 0.01),)
BUY = Asked(shares=10, quote=QUOTE, bands=CENTS, number=0, numbers=3, offset_bps=10)
SELL = replace(BUY, shares=-10)


def test_limit_goes_through_the_far_side() -> None:
    """10 bps through 100.10 is 100.2001, cut to 100.20; through 99.90 it is 99.8001, raised to 99.81."""
    assert STYLES["limit"](BUY) == Terms("LMT", Decimal("100.20"), may_expire=True)
    assert STYLES["limit"](SELL) == Terms("LMT", Decimal("99.81"), may_expire=True)


@pytest.mark.parametrize(
    ("number", "buy", "sell"),
    [(0, "100.00", "100.00"), (1, "100.05", "99.95"), (2, "100.10", "99.90")],
)
def test_mid_goes_from_the_mid_to_the_far_side(number: int, buy: str, sell: str) -> None:
    """Of three orders the second goes half of the 0.10 to the far side, the third all of it."""
    assert STYLES["mid"](replace(BUY, number=number)).limit_price == Decimal(buy)
    assert STYLES["mid"](replace(SELL, number=number)).limit_price == Decimal(sell)


def test_a_single_order_at_the_mid_stays_there() -> None:
    assert STYLES["mid"](replace(BUY, numbers=1)).limit_price == Decimal("100.00")


def test_midprice_has_a_cap() -> None:
    assert STYLES["midprice"](BUY) == Terms("MIDPRICE", Decimal("100.20"))


def test_adaptive_is_a_limit_order_with_its_priority() -> None:
    terms = STYLES["adaptive"](replace(SELL, priority="Patient"))
    assert terms == Terms("LMT", Decimal("99.81"), "Adaptive", (("adaptivePriority", "Patient"),))


def test_limit_on_close_works_until_the_close() -> None:
    assert STYLES["limit_on_close"](BUY) == Terms("LOC", Decimal("100.20"))


def test_after_a_refused_tick_the_price_is_on_a_grid_ten_times_as_wide() -> None:
    """100.2001 on tenths, never more aggressive: a buy 100.20, and 99.8001 for a sale 99.90."""
    assert STYLES["limit"](replace(BUY, is_coarse=True)).limit_price == Decimal("100.2")
    assert STYLES["limit"](replace(SELL, is_coarse=True)).limit_price == Decimal("99.9")


def test_without_both_sides_there_is_no_price() -> None:
    with pytest.raises(InvariantBroken, match="both sides"):
        STYLES["mid"](replace(BUY, quote=replace(QUOTE, bid=None)))


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Draw what a style may be asked for: any side, price, spread up to 2 %, offset and place on its rung."""
    bid, numbers = draw(st.floats(1.0, 5000.0)), draw(st.integers(1, 10))
    return Asked(
        shares=draw(st.sampled_from([1, -1])),
        quote=replace(QUOTE, bid=bid, ask=bid * (1 + draw(st.floats(0.0, 0.02)))),
        bands=CENTS,
        number=draw(st.integers(0, numbers - 1)),
        numbers=numbers,
        offset_bps=draw(st.floats(0, 500)),
        is_coarse=draw(st.booleans()),
    )


@given(st.sampled_from(sorted(STYLES)), questions())
def test_no_style_is_without_a_price_or_beyond_the_marketable_limit(
    name: str, asked: Asked
) -> None:
    terms = STYLES[name](asked)
    side = asked.shares
    far = (asked.quote.bid if side < 0 else asked.quote.ask) or 0.0
    assert terms.order_type in PRICED
    assert terms.limit_price > 0
    assert (
        side * float(terms.limit_price) <= side * far * (1 + side * asked.offset_bps / 1e4) + 1e-9
    )
    assert terms.limit_price % (Decimal("0.1") if asked.is_coarse else Decimal("0.01")) == 0
