"""Profits of the day and of what is held, with numbers worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bot.gateway.account.profit import Profit, by_currency, profits, symbol_profit
from bot.gateway.exchange.quotes import Quote


def quote(last: str, close: str | None = "38") -> Quote:
    price = Decimal(last)
    before = None if close is None else Decimal(close)
    return Quote(price, price, price, before, bid_size=1, ask_size=1, volume=1)


def test_what_is_held_earns_what_the_price_moved(books: Any) -> None:
    """5 shares from 38 to 40; they cost 10."""
    assert symbol_profit(books(ONE=5), "ONE", quote("40")) == Profit(
        Decimal(10), Decimal(150), Decimal(0)
    )


def test_what_was_bought_today_earns_from_its_price_on(books: Any) -> None:
    """5 from 38 to 40 are 10; 10 bought at 39.00 earn 10 less 0.04 (0.039) of commission.

    The average cost is (50 + 390.04) / 15.
    """
    ledger = books(commission_bps="1", ONE=5)
    ledger.trade("ONE", 10, Decimal(39))
    profit = symbol_profit(ledger, "ONE", quote("40"))
    assert profit.daily == Decimal("19.96")
    assert round(profit.unrealized, 4) == Decimal("159.96")
    assert profit.realized == 0


def test_what_was_sold_today_earned_up_to_its_price(books: Any) -> None:
    """5 sold at 41.00, which were 38 yesterday and cost 10: 15 today, 155 in all."""
    ledger = books(ONE=5)
    ledger.trade("ONE", -5, Decimal(41))
    assert profits(ledger, lambda _symbol: quote("40")) == {
        "ONE": Profit(Decimal(15), Decimal(0), Decimal(155))
    }
    ledger.begin_day(date(2020, 6, 2))
    assert profits(ledger, lambda _symbol: quote("40")) == {}


def test_a_short_position_earns_when_the_price_falls(books: Any) -> None:
    """3 sold at 41.00 cost 40 to buy back."""
    ledger = books(shorting=True)
    ledger.trade("ONE", -3, Decimal(41))
    assert symbol_profit(ledger, "ONE", quote("40")) == Profit(Decimal(3), Decimal(3), Decimal(0))


def test_a_dividend_makes_up_for_the_price_that_falls_by_it(books: Any) -> None:
    ledger = books(ONE=5)
    ledger.dividend("ONE", Decimal(2))
    assert symbol_profit(ledger, "ONE", quote("36")).daily == 0


def test_a_split_is_no_profit(books: Any) -> None:
    """5 at 38 become 7 at 25.33 and half a share in cash; the close is told in new shares."""
    ledger = books(ONE=5)
    ledger.split("ONE", Decimal("1.5"), Decimal("25.33"))
    profit = symbol_profit(ledger, "ONE", quote("25.33", "25.33"))
    assert abs(profit.daily) < Decimal("0.01")


def test_without_a_close_before_only_trades_of_today_earn(books: Any) -> None:
    ledger = books(ONE=5)
    ledger.trade("ONE", 1, Decimal(39))
    assert symbol_profit(ledger, "ONE", quote("40", None)).daily == 1


def test_profits_are_told_by_currency(books: Any) -> None:
    ledger = books(ONE=5, SAP=2)
    found = by_currency(ledger, profits(ledger, lambda _symbol: quote("40")))
    assert found["USD"].daily == 10
    assert found["EUR"] == Profit(Decimal(4), Decimal(60), Decimal(0))
