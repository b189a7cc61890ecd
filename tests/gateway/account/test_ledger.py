"""Cash and positions: nothing appears, and nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.account.ledger import Ledger, Position

PRICES = st.decimals("0.01", 5000, places=2)
TRADES = st.lists(
    st.tuples(
        st.sampled_from(["ONE", "TWO"]),
        st.integers(-500, 500).filter(bool),
        PRICES,
    ),
    max_size=20,
)


def ledger(cash: str = "1000", commission_bps: str = "1", **shares: int) -> Ledger:
    positions = {symbol: Position(count, Decimal(10)) for symbol, count in shares.items()}
    return Ledger(Decimal(cash), positions, commission_bps=Decimal(commission_bps))


def test_purchase_costs_its_notional_and_a_commission() -> None:
    """10 at 20.00 and 1 bp of 200.00, which is 0.02."""
    books = ledger()
    charge = books.trade("ONE", 10, Decimal(20))
    assert charge.commission == Decimal("0.02")
    assert charge.realized_pnl is None
    assert books.cash == Decimal("799.98")
    assert books.positions == {"ONE": Position(10, Decimal("20.002"))}


def test_average_cost_mixes_old_and_new() -> None:
    """(5 x 10 + 15 x 20 + 0.03) / 20."""
    books = ledger(ONE=5)
    books.trade("ONE", 15, Decimal(20))
    assert books.positions["ONE"] == Position(20, Decimal("17.5015"))


def test_sale_keeps_the_average_cost_and_reports_the_profit() -> None:
    """Sold 4 at 15.00: 60.00, less 0.01 (0.006 rounded), less a cost of 40.00."""
    books = ledger(ONE=5)
    charge = books.trade("ONE", -4, Decimal(15))
    assert charge.realized_pnl == Decimal("19.99")
    assert books.positions["ONE"] == Position(1, Decimal(10))
    assert books.cash == Decimal("1059.99")


def test_position_that_is_sold_out_is_gone() -> None:
    books = ledger(ONE=5)
    books.trade("ONE", -5, Decimal(15))
    assert books.positions == {}
    assert books.shares("ONE") == 0


def test_more_than_is_held_cannot_be_sold() -> None:
    books = ledger(ONE=5)
    with pytest.raises(ValueError, match="cannot sell 6 ONE: only 5 are held"):
        books.trade("ONE", -6, Decimal(15))
    assert books.cash == 1000


def test_commission_is_rounded_to_the_cent_half_to_even() -> None:
    books = ledger()
    assert books.commission_on(Decimal(150)) == Decimal("0.02")  # 0.015
    assert books.commission_on(Decimal(250)) == Decimal("0.02")  # 0.025


@given(TRADES)
def test_cash_and_shares_are_conserved(trades: list[tuple[str, int, Decimal]]) -> None:
    books = ledger("1000000", ONE=300, TWO=300)
    cash, shares = books.cash, {"ONE": 300, "TWO": 300}
    for symbol, count, price in trades:
        if shares[symbol] + count < 0:
            continue
        charge = books.trade(symbol, count, price)
        cash -= count * price + charge.commission
        shares[symbol] += count
    assert books.cash == cash
    assert {symbol: books.shares(symbol) for symbol in shares} == shares
    assert all(position.shares > 0 for position in books.positions.values())
