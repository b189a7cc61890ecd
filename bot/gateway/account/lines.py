"""The lines of an account: its values under the names by which TWS reports them.

There are two kinds. Those of the account are in its base currency. Those of the ledger, of which
there is a set for each currency and one for their sum, called BASE, share some names with the
former; newer gateways put `$LEDGER-` before them, so that they can be told apart.
Names, currencies and digits are those of a recorded paper account.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.gateway.account.ledger import CENT
from bot.gateway.account.profit import Profit, by_currency, total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.account.valuation import Valuation

#: What stands before the names of ledger values in newer gateways.
LEDGER_PREFIX: Final = "$LEDGER-"

#: The currency of a ledger value that is the sum of all currencies.
BASE: Final = "BASE"

#: What the margins are called that are those of now once more: there is no intraday margin here.
REPEATED: Final = ("Full", "LookAhead")

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_NO_PROFIT: Final = Profit()
_CUSHION_DIGITS: Final = Decimal("0.000001")
_CASH_DIGITS: Final = Decimal("0.0001")
_RATE_DIGITS: Final = Decimal("0.0000001")

#: Ledger values of what cannot be held here.
_NEVER_HELD: Final = (
    "CorporateBondValue",
    "Cryptocurrency",
    "FundValue",
    "FutureOptionValue",
    "FuturesPNL",
    "FxCashBalance",
    "IssuerOptionValue",
    "MoneyMarketFundValue",
    "MutualFundValue",
    "NetDividend",
    "OptionMarketValue",
    "TBillValue",
    "TBondValue",
    "WarrantValue",
)
#: Account values that are always zero here; all but the first have a line for stocks, too.
_ALWAYS_ZERO: Final = (
    "NetLiquidationUncertainty",
    "AccruedDividend",
    "Billable",
    "Guarantee",
    "IncentiveCoupons",
    "IndianStockHaircut",
    "PASharesValue",
    "PhysicalCertificateValue",
    "PostExpirationExcess",
    "PostExpirationMargin",
    "TotalDebitCardPendingCharges",
)
#: Account values without a line for stocks.
_WITHOUT_SEGMENT: Final = frozenset({"BuyingPower", "NetLiquidationUncertainty"})


class AccountValue(NamedTuple):
    """One line of the account.

    Attributes:
        key: What TWS calls it.
        value: As text, amounts with two decimals or more.
        currency: Of the amount; empty for what is no amount, BASE for the sum of all currencies.
        is_ledger: Whether it is about one currency, or their sum.
    """

    key: str
    value: str
    currency: str
    is_ledger: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """An account at one moment, and all that its lines are made of.

    Attributes:
        account: Its id.
        ledger: Its books.
        valuation: What it is worth.
        profits: With everything that is held or was traded today, by symbol.
        price_of: What gives the price of a symbol, or of a currency pair.
        day_changes_at: When its day ends, aware UTC.
    """

    account: str
    ledger: Ledger
    valuation: Valuation
    profits: Mapping[str, Profit]
    price_of: Callable[[str], Decimal]
    day_changes_at: datetime

    def rate(self, currency: str) -> Decimal:
        """Return what one unit of a currency is worth, in the base currency."""
        return self.ledger.currencies.rate(currency, self.price_of)

    def profit(self) -> Profit:
        """Return the profit of the whole account, in its base currency."""
        of_currencies = by_currency(self.ledger, self.profits)
        return total((profit, self.rate(currency)) for currency, profit in of_currencies.items())


def account_lines(statement: Statement) -> list[AccountValue]:
    """Return all lines of an account, plainly spelled."""
    every = statement.ledger.rules.account_values == "all"
    parts = _parts(statement)
    lines = _facts(statement, is_every=every)
    lines += _amounts(statement, parts[-1].profit.daily, is_every=every)
    for part in parts:
        lines += _ledger_lines(statement.account, part, is_every=every)
    return lines


def spelled(line: AccountValue, ledger_keys: str) -> tuple[AccountValue, ...]:
    """Return a line as it is sent: as it is, with a prefix, or both.

    Args:
        line: Any line.
        ledger_keys: The key of that name in the configuration.
    """
    if not line.is_ledger or ledger_keys == "plain":
        return (line,)
    prefixed = line._replace(key=LEDGER_PREFIX + line.key)
    return (prefixed,) if ledger_keys == "prefixed" else (line, prefixed)


def is_asked_for(line: AccountValue, tags: frozenset[str], base: str) -> bool:
    """Tell whether a summary of some tags has a line.

    The tag `$LEDGER` asks for the ledger of the base currency, `$LEDGER:EUR` for that of one, and
    `$LEDGER:ALL` for those of all and for their sum. `All` asks for every value of the account.
    """
    if not line.is_ledger:
        return line.key in tags or "All" in tags
    return (
        "$LEDGER:ALL" in tags
        or f"$LEDGER:{line.currency}" in tags
        or ("$LEDGER" in tags and line.currency == base)
    )


def _facts(statement: Statement, *, is_every: bool) -> list[AccountValue]:
    """Return the lines that are no amounts."""
    valuation = statement.valuation
    net, gross = valuation.net_liquidation, valuation.gross_positions
    cushion = valuation.excess_liquidity / net if net > 0 else _ZERO
    leverage = gross / net if net > 0 else _ZERO
    facts = [
        ("AccountCode", statement.account),
        ("AccountReady", "true"),
        ("AccountType", "INDIVIDUAL"),
        ("Cushion", _digits(cushion, _CUSHION_DIGITS)),
        ("DayTradesRemaining", "-1"),
        ("Leverage", _digits(leverage, CENT)),
        ("LookAheadNextChange", str(int(statement.day_changes_at.timestamp()))),
    ]
    if is_every:
        facts += [(f"DayTradesRemainingT+{days}", "-1") for days in range(1, 5)]
        facts += [
            ("HighestSeverity", ""),
            ("ColumnPrio-S", "1"),
            ("DayTradingStatus-S", f"::false:{_amount(net)}::false"),
            ("Leverage-S", _digits(leverage, CENT)),
            ("NLVAndMarginInReview", "false"),
            ("SegmentTitle-S", "US Securities"),
            ("TradingType-S", "STKNOPT"),
            ("WhatIfPMEnabled", "true"),
        ]
    return [AccountValue(key, text, "") for key, text in facts]


def _amounts(statement: Statement, earned_today: Decimal, *, is_every: bool) -> list[AccountValue]:
    """Return the amounts of the whole account, in its base currency."""
    it = statement.valuation
    base = statement.ledger.currencies.base
    net = it.net_liquidation
    amounts = [
        ("NetLiquidation", net),
        ("TotalCashValue", it.cash),
        ("SettledCash", it.settled_cash),
        ("AccruedCash", _ZERO),
        ("GrossPositionValue", it.gross_positions),
        ("EquityWithLoanValue", net),
        ("PreviousDayEquityWithLoanValue", net - earned_today),
        ("RegTEquity", net),
        ("RegTMargin", it.gross_positions / 2),
        # What Regulation T would still lend: the equity beyond half of the positions.
        ("SMA", net - it.gross_positions / 2),
        ("BuyingPower", max(it.purchasable, _ZERO)),
    ]
    texts = [(key, _amount(amount)) for key, amount in amounts]
    margins = (
        ("InitMarginReq", _amount(it.margin)),
        ("MaintMarginReq", _amount(it.maintenance_margin)),
        ("AvailableFunds", _amount(it.available_funds)),
        ("ExcessLiquidity", _amount(it.excess_liquidity)),
    )
    texts += [(when + key, text) for when in ("", *REPEATED) for key, text in margins]
    if is_every:
        texts += [(key, "0.00") for key in _ALWAYS_ZERO]
        texts += [(f"{key}-S", text) for key, text in texts if key not in _WITHOUT_SEGMENT]
    return [AccountValue(key, text, base) for key, text in texts]


@dataclass(frozen=True, slots=True)
class _Part:
    """What the ledger says about one currency, or about all of them together.

    Attributes:
        currency: It, or BASE.
        cash: In it.
        stocks: Value of the positions, in it.
        profit: In it.
        rate: What one unit of it is worth, in the base currency.
    """

    currency: str
    cash: Decimal
    stocks: Decimal
    profit: Profit
    rate: Decimal


def _parts(statement: Statement) -> list[_Part]:
    """Return what the ledger is about: every currency that there is, and their sum."""
    ledger, price_of = statement.ledger, statement.price_of
    of = ledger.currencies.of
    stocks = dict.fromkeys(ledger.balances, _ZERO)
    for symbol, held in ledger.positions.items():
        stocks[of(symbol)] = stocks.get(of(symbol), _ZERO) + held.shares * price_of(symbol)
    profits = by_currency(ledger, statement.profits)
    parts = [
        _Part(
            currency,
            ledger.balances.get(currency, _ZERO),
            value,
            profits.get(currency, _NO_PROFIT),
            statement.rate(currency),
        )
        for currency, value in stocks.items()
    ]
    profit = total((part.profit, part.rate) for part in parts)
    it = statement.valuation
    return [*parts, _Part(BASE, it.cash, it.positions, profit, _ONE)]


def _ledger_lines(account: str, part: _Part, *, is_every: bool) -> list[AccountValue]:
    """Return the lines of one part of the ledger."""
    cash = _precise(part.cash, _CASH_DIGITS)
    texts = [
        ("AccountOrGroup", account),
        ("Currency", part.currency),
        ("RealCurrency", part.currency),
        ("CashBalance", cash),
        ("TotalCashBalance", cash),
        ("AccruedCash", "0.00"),
        ("StockMarketValue", _amount(part.stocks)),
        ("NetLiquidationByCurrency", _precise(part.cash + part.stocks, _CASH_DIGITS)),
        ("UnrealizedPnL", _amount(part.profit.unrealized)),
        ("RealizedPnL", _amount(part.profit.realized)),
        ("ExchangeRate", _precise(part.rate, _RATE_DIGITS)),
    ]
    if is_every:
        texts += [(key, "0.00") for key in _NEVER_HELD]
    return [AccountValue(key, text, part.currency, is_ledger=True) for key, text in texts]


def _digits(number: Decimal, digits: Decimal) -> str:
    """Return a number with so many digits."""
    return str(number.quantize(digits, ROUND_HALF_EVEN))


def _amount(amount: Decimal) -> str:
    """Return an amount with two decimals, as TWS prints most of them."""
    return _digits(amount, CENT)


def _precise(number: Decimal, digits: Decimal) -> str:
    """Return a number with two decimals, or with as many as it has, up to some."""
    whole, _, decimals = _digits(number, digits).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
