"""What changes the books beside a plain trade, with numbers worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.account.ledger import Position, SymbolDay, together
from bot.gateway.config import GatewayConfigError
from bot.gateway.config.accounts import AccountRules

TUESDAY = date(2024, 6, 4)
WEDNESDAY = date(2024, 6, 5)


def settling(ledger: Any, on: date) -> Any:
    ledger.trade_under(ledger.currencies, lambda: on)
    return ledger


# -- Shorts


def test_a_short_position_costs_what_it_brought_less_commission(books: Any) -> None:
    """10 at 20.00 bring 200.00 less 1 bp, which is 0.02: 19.998 a share."""
    ledger = books(shorting=True, commission_bps="1")
    charge = ledger.trade("ONE", -10, Decimal(20))
    assert (charge.commission, charge.realized_pnl) == (Decimal("0.02"), None)
    assert ledger.positions == {"ONE": Position(-10, Decimal("19.998"))}
    assert ledger.cash == Decimal("1199.98")


def test_buying_back_realizes_the_difference(books: Any) -> None:
    """Brought 199.98, costs 150.00 and 0.02 (0.015 to even)."""
    ledger = books(shorting=True, commission_bps="1")
    ledger.trade("ONE", -10, Decimal(20))
    charge = ledger.trade("ONE", 10, Decimal(15))
    assert charge.realized_pnl == Decimal("49.96")
    assert ledger.positions == {}
    assert ledger.cash == Decimal("1049.96")


def test_a_trade_through_zero_closes_and_opens(books: Any) -> None:
    """5 cost 10.00 each. Of 8 sold at 20.00, 5 earn 50.00, and 3 are owed at 20.00.

    1 bp of 160.00 is 0.02 (0.016): 5/8 of it, 0.0125, belong to what is closed, and 0.0075 to what is
    opened: 20.00 - 0.0025.
    """
    ledger = books(shorting=True, commission_bps="1", ONE=5)
    charge = ledger.trade("ONE", -8, Decimal(20))
    assert charge.realized_pnl == Decimal("49.9875")
    assert ledger.positions == {"ONE": Position(-3, Decimal("19.9975"))}


def test_a_cash_account_takes_no_shorts() -> None:
    with pytest.raises(GatewayConfigError, match=r"account_rules\.shorting = true: expected false"):
        AccountRules(kind="cash", shorting=True)


# -- Currencies


def test_a_conversion_moves_both_currencies_and_makes_no_position(books: Any) -> None:
    """1000 EUR at 1.10 cost 1100 USD, and 2 USD of commission."""
    ledger = books("5000")
    ledger.convert("EUR", Decimal(1000), "USD", Decimal(1100), Decimal(2))
    assert ledger.balances == {"USD": Decimal(3898), "EUR": Decimal(1000)}
    assert ledger.positions == {}


def test_a_stock_in_another_currency_moves_that_currency(books: Any) -> None:
    ledger = books()
    ledger.trade("SAP", 2, Decimal(100))
    assert ledger.balances == {"USD": Decimal(1000), "EUR": Decimal(-200)}


def test_a_currency_without_a_rate_is_refused(books: Any) -> None:
    ledger = books()
    for attempt in (
        lambda: ledger.deposit("JPY", Decimal(1)),
        lambda: ledger.convert("JPY", Decimal(1), "USD", Decimal(1)),
    ):
        with pytest.raises(ValueError, match="there is no rate from JPY to USD"):
            attempt()
    assert ledger.balances == {"USD": Decimal(1000)}


def test_a_corrected_price_moves_cash_and_the_day_and_leaves_the_cost(books: Any) -> None:
    """2 bought at 12.00 were really bought at 11.50: 1.00 comes back."""
    ledger = books()
    ledger.trade("ONE", 2, Decimal(12))
    ledger.correct("ONE", 0, Decimal("11.5"), Decimal(1))
    assert ledger.cash == 977
    assert ledger.positions["ONE"] == Position(2, Decimal(12))
    assert ledger.today["ONE"] == SymbolDay(Decimal(2), Decimal(23), Decimal(0))


def test_corrected_shares_come_at_the_corrected_price(books: Any) -> None:
    """2 bought at 12.00 were really 3 at 12.00."""
    ledger = books()
    ledger.trade("ONE", 2, Decimal(12))
    ledger.correct("ONE", 1, Decimal(12), Decimal(-12))
    assert (ledger.cash, ledger.positions["ONE"]) == (964, Position(3, Decimal(12)))
    assert ledger.today["ONE"].received == 3


# -- What comes and goes


def test_deposits_and_withdrawals_are_settled_cash(books: Any) -> None:
    ledger = settling(books(), TUESDAY)
    ledger.deposit("USD", Decimal(500))
    ledger.deposit("USD", Decimal(-200))
    ledger.deposit("EUR", Decimal(7))
    assert ledger.balances == {"USD": Decimal(1300), "EUR": Decimal(7)}
    assert ledger.pending == {}


def test_shares_that_come_have_their_cost_and_move_no_cash(books: Any) -> None:
    """(5 x 10 + 5 x 30) / 10."""
    ledger = books(ONE=5)
    ledger.transfer("ONE", 5, Decimal(30))
    assert ledger.positions["ONE"] == Position(10, Decimal(20))
    ledger.transfer("ONE", -10, Decimal(40))
    assert ledger.positions == {}
    assert ledger.cash == 1000
    assert ledger.today["ONE"].realized == 0


def test_a_split_multiplies_shares_and_divides_their_cost(books: Any) -> None:
    ledger = books(ONE=5)
    ledger.split("ONE", Decimal(4), Decimal("2.5"))
    assert ledger.positions["ONE"] == Position(20, Decimal("2.5"))
    assert ledger.cash == 1000


def test_a_fraction_of_a_share_is_paid_out(books: Any) -> None:
    """7 shares 3 for 2 are 10.5; half a share at 8.00 is 4.00, and cost half of 10 / 1.5."""
    ledger = books(ONE=7)
    ledger.split("ONE", Decimal("1.5"), Decimal(8))
    assert ledger.positions["ONE"] == Position(10, Decimal("6.66666667"))
    assert ledger.cash == 1004
    assert ledger.today["ONE"].realized == Decimal("0.66666666")  # 4 - 3.333333335, to even


def test_a_reverse_split_can_leave_nothing_but_cash(books: Any) -> None:
    """3 shares 1 for 10 are 0.3 of one at 90.00."""
    ledger = books(ONE=3)
    ledger.split("ONE", Decimal("0.1"), Decimal(90))
    assert ledger.positions == {}
    assert ledger.cash == 1027


def test_owed_shares_split_too_and_their_fraction_is_paid_in(books: Any) -> None:
    ledger = books(shorting=True)
    ledger.trade("ONE", -3, Decimal(10))
    ledger.split("ONE", Decimal("0.5"), Decimal(20))
    assert ledger.positions["ONE"] == Position(-1, Decimal(20))
    assert ledger.cash == 1020  # 1000 + 30 - half of 20


def test_a_split_of_what_is_not_held_is_nothing(books: Any) -> None:
    ledger = books()
    ledger.split("ONE", Decimal(2), Decimal(8))
    assert (ledger.positions, ledger.today) == ({}, {})


def test_a_dividend_is_paid_on_what_is_held_to_the_cent(books: Any) -> None:
    """7 x 0.205 is 1.435, half to even 1.44."""
    ledger = books(ONE=7)
    assert ledger.dividend("ONE", Decimal("0.205")) == Decimal("1.44")
    assert ledger.cash == Decimal("1001.44")
    assert ledger.dividend("TWO", Decimal(1)) == 0


def test_who_owes_shares_pays_the_dividend_in_their_currency(books: Any) -> None:
    ledger = books(shorting=True)
    ledger.trade("SAP", -4, Decimal(100))
    assert ledger.dividend("SAP", Decimal(2)) == -8
    assert ledger.balances["EUR"] == 392


# -- Settlement and the day


def test_proceeds_settle_on_their_date_and_purchases_at_once(books: Any) -> None:
    """Sold for 40.00 and then for 60.00, bought for 30.00: 100.00 wait."""
    ledger = settling(books(ONE=10), TUESDAY)
    ledger.trade("ONE", -2, Decimal(20))
    ledger.trade("ONE", -3, Decimal(20))
    ledger.trade("TWO", 3, Decimal(10))
    assert ledger.cash == 1070
    assert ledger.pending == {(TUESDAY, "USD"): Decimal(100)}
    settling(ledger, WEDNESDAY).trade("ONE", -1, Decimal(20))
    ledger.begin_day(TUESDAY)
    assert ledger.pending == {(WEDNESDAY, "USD"): Decimal(20)}
    ledger.begin_day(WEDNESDAY)
    assert ledger.pending == {}
    assert ledger.cash == 1090


def test_bought_currency_settles_later_too(books: Any) -> None:
    ledger = settling(books("5000"), TUESDAY)
    ledger.convert("EUR", Decimal(1000), "USD", Decimal(1100), Decimal(2))
    assert ledger.pending == {(TUESDAY, "EUR"): Decimal(1000)}


def test_the_day_counts_shares_cash_and_profit_and_ends(books: Any) -> None:
    """Sold 4 at 15.00, which cost 10.00; bought 1 at 12.00; a dividend of 0.50 on 2."""
    ledger = books(ONE=5)
    ledger.trade("ONE", -4, Decimal(15))
    ledger.trade("ONE", 1, Decimal(12))
    ledger.dividend("ONE", Decimal("0.5"))
    assert ledger.today == {"ONE": SymbolDay(Decimal(-3), Decimal(-49), Decimal(20))}
    ledger.begin_day(TUESDAY)
    assert ledger.today == {}


def test_accounts_together_hold_what_each_holds(books: Any) -> None:
    """3 at 10.00 and 1 at 30.00 cost 15.00 on average; what one owes and one holds is nothing."""
    first, second = books("100", ONE=3, TWO=2), books("50", TWO=-2, shorting=True)
    second.trade("ONE", 1, Decimal(30))
    first.deposit("EUR", Decimal(5))
    both = together([first, second])
    assert both.balances == {"USD": Decimal(120), "EUR": Decimal(5)}
    assert both.positions == {"ONE": Position(4, Decimal(15))}
    assert both.today["ONE"].paid == 30
    assert first.positions["ONE"].shares == 3
