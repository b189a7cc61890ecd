"""The one place where IB's words become ours.

Rule: IB says "no value" in six ways - NaN, -1, 0 for a price, an empty string, 1.7976931348623157E308 and
2147483647 - and not one of them gets past this file: they become None here, and nowhere else. A value that must be
there and is not raises `Untranslatable`; raised inside a receiver it makes the connection doubtful, so a number that
makes no sense can never pass as a number.

Quantities lose their side (IB: BUY/SELL/BOT/SLD and unsigned; ours: signed), times get their zone (aware UTC),
floats become Decimals by their shortest spelling (10.1 is 10.1, 10.0 is 10).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from bot.core.domain.account import AccountState, Position
from bot.core.domain.instrument import PriceBand
from bot.core.domain.orders import (
    Commission,
    CompletedOrder,
    Execution,
    OpenOrder,
)
from bot.core.domain.quote import QuoteKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.adapters.ib.client import (
        LibraryBar,
        LibraryCommission,
        LibraryContract,
        LibraryDetails,
        LibraryExecution,
        LibraryIncrement,
        LibraryOrder,
        LibraryOrderState,
    )

#: IB's "unset" for floats is the largest double; anything near it is no number of this world.
_UNSET_FROM: Final = 1e300
#: IB's "unset" for integers.
_UNSET_INTEGER: Final = 2**31 - 1

_SIDES: Final = {"BUY": 1, "BOT": 1, "SELL": -1, "SLD": -1, "SSHORT": -1}

#: IB's market-data types (message 58).
_KINDS: Final = {
    1: QuoteKind.LIVE,
    2: QuoteKind.FROZEN,
    3: QuoteKind.DELAYED,
    4: QuoteKind.DELAYED_FROZEN,
}

#: Newer gateways write account keys of currency ledgers with this in front.
_LEDGER_PREFIX: Final = "$LEDGER-"
#: The "currency" of rows that sum up all currencies in the base one.
_BASE: Final = "BASE"


class Untranslatable(ValueError):
    """Raised for a value that has no meaning here, or is missing where one must be."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account value as it came (message 6)."""

    key: str
    value: str
    currency: str


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """The market value of one position (message 7), in its own currency."""

    con_id: int
    market_value: Decimal | None


@dataclass(frozen=True, slots=True)
class BarRow:
    """One daily bar as it came (message 17).

    Attributes:
        day: Its date as IB writes it, e.g. ``20221201``.
        close: Price per share, > 0, or None where IB has none.
        volume: Shares, or None where IB did not say.
    """

    day: str
    close: float | None
    volume: float | None


@dataclass(frozen=True, slots=True)
class ContractMatch:
    """One contract that fits a question for contract details (message 10).

    Attributes:
        con_id: IB's id.
        symbol: IB's symbol.
        security_type: IB's name for what it is, e.g. ``STK``.
        currency: ISO code that prices are in.
        primary_exchange: Where it is listed.
        valid_exchanges: Comma list of the exchanges that it can be routed to.
        market_rule_ids: Comma list beside it: the price grid on each.
        time_zone: Zone of its hours, as IB names it.
        liquid_hours: IB's words for the session.
    """

    con_id: int
    symbol: str
    security_type: str
    currency: str
    primary_exchange: str
    valid_exchanges: str
    market_rule_ids: str
    time_zone: str
    liquid_hours: str


def number(value: float | str | Decimal | None) -> Decimal | None:
    """Return a finite number exactly as it is spelt, or None for every way of saying that there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < _UNSET_FROM:
        value = int(value)  # 10.0 shares are 10, also in the journal
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation as error:
        message = f"expected a number, found {value!r}"
        raise Untranslatable(message) from error
    if not exact.is_finite() or abs(exact) >= Decimal(str(_UNSET_FROM)) or exact == _UNSET_INTEGER:
        return None
    return exact


def required(value: float | str | Decimal | None, what: str) -> Decimal:
    """Return a number that must be there.

    Raises:
        Untranslatable: If it is not.
    """
    exact = number(value)
    if exact is None:
        message = f"{what} is missing (found {value!r})"
        raise Untranslatable(message)
    return exact


def positive(value: float | str | None) -> Decimal | None:
    """Return a number above 0, else None: IB's prices and costs say "none" by 0 and by -1."""
    exact = number(value)
    return exact if exact is not None and exact > 0 else None


def quote_price(value: float) -> float | None:
    """Return a quoted price (per share, finite, > 0), or None where there is no quote."""
    return value if math.isfinite(value) and 0 < value < _UNSET_FROM else None


def signed(side: str, quantity: float | str) -> Decimal:
    """Return signed shares of an unsigned quantity and IB's word for the side.

    Raises:
        Untranslatable: If the side is unknown, or the quantity is missing or negative.
    """
    sign = _SIDES.get(side.upper())
    shares = required(quantity, "quantity")
    if sign is None or shares < 0:
        message = f"expected BUY or SELL of a quantity >= 0, found {side!r} of {quantity!r}"
        raise Untranslatable(message)
    return sign * shares


def utc_from_epoch(seconds: int) -> datetime:
    """Return the aware UTC time of whole seconds since 1970.

    Raises:
        Untranslatable: If there is no such time.
    """
    if seconds <= 0 or seconds == _UNSET_INTEGER:
        message = f"expected seconds since 1970, found {seconds}"
        raise Untranslatable(message)
    return datetime.fromtimestamp(seconds, UTC)


def aware_utc(value: object) -> datetime:
    """Return an aware time in UTC.

    Raises:
        Untranslatable: If it is no time, or has no zone: a guess could be hours off.
    """
    if not isinstance(value, datetime) or value.tzinfo is None:
        message = f"expected a time with its zone, found {value!r}"
        raise Untranslatable(message)
    return value.astimezone(UTC)


def bar(row: LibraryBar) -> BarRow:
    """Return a row of past bars."""
    has_volume = math.isfinite(row.volume) and 0 <= row.volume < _UNSET_FROM
    return BarRow(row.date, quote_price(row.close), row.volume if has_volume else None)


def quote_kind(market_data_type: int) -> QuoteKind | None:
    """Return the kind of quotes that message 58 announces, or None for a type that IB does not document."""
    return _KINDS.get(market_data_type)


def position(contract: LibraryContract, quantity: float, average_cost: float) -> Position:
    """Return a row of the positions list; the average cost is None where IB sent 0."""
    return Position(
        con_id=contract.conId,
        symbol=contract.symbol,
        security_type=contract.secType,
        currency=contract.currency,
        quantity=required(quantity, f"quantity of {contract.symbol}"),
        average_cost=positive(average_cost),
    )


def open_order(
    contract: LibraryContract, order: LibraryOrder, state: LibraryOrderState
) -> OpenOrder:
    """Return a row of the open orders; a market order has no limit price."""
    return OpenOrder(
        order_ref=order.orderRef,
        perm_id=order.permId,
        order_id=order.orderId,
        client_id=order.clientId,
        con_id=contract.conId,
        symbol=contract.symbol,
        shares=signed(order.action, order.totalQuantity),
        limit_price=positive(order.lmtPrice),
        status=state.status,
        order_type=order.orderType,
        time_in_force=order.tif,
        account=order.account,
        algorithm=order.algoStrategy,
        algorithm_parameters=tuple((each.tag, each.value) for each in order.algoParams or ()),
    )


def completed_order(
    contract: LibraryContract, order: LibraryOrder, state: LibraryOrderState
) -> CompletedOrder:
    """Return a row of the completed orders; filled (unsigned) is None where IB did not say."""
    return CompletedOrder(
        order_ref=order.orderRef,
        perm_id=order.permId,
        con_id=contract.conId,
        shares=signed(order.action, order.totalQuantity),
        filled=number(order.filledQuantity),
        status=state.status,
        completed_status=state.completedStatus,
    )


def execution(contract: LibraryContract, fill: LibraryExecution) -> Execution:
    """Return one fill, signed."""
    return Execution(
        execution_id=fill.execId,
        order_ref=fill.orderRef,
        perm_id=fill.permId,
        order_id=fill.orderId,
        client_id=fill.clientId,
        con_id=contract.conId,
        symbol=contract.symbol,
        shares=signed(fill.side, fill.shares),
        price=required(fill.price, "execution price"),
        executed_at=aware_utc(fill.time),
        is_liquidation=bool(fill.liquidation),
    )


def commission(report: LibraryCommission) -> Commission:
    """Return what a fill cost; None for IB's -1 and its unset. A rebate is negative and stays."""
    amount = number(report.commission)
    return Commission(
        execution_id=report.execId,
        amount=None if amount == -1 else amount,
        currency=report.currency,
    )


def portfolio_row(contract: LibraryContract, market_value: float) -> PortfolioRow:
    """Return a position's market value."""
    return PortfolioRow(contract.conId, number(market_value))


def contract_match(details: LibraryDetails) -> ContractMatch:
    """Return a row of contract details."""
    contract = details.contract
    return ContractMatch(
        con_id=contract.conId,
        symbol=contract.symbol,
        security_type=contract.secType,
        currency=contract.currency,
        primary_exchange=contract.primaryExchange,
        valid_exchanges=details.validExchanges,
        market_rule_ids=details.marketRuleIds,
        time_zone=details.timeZoneId,
        liquid_hours=details.liquidHours,
    )


def price_bands(increments: Iterable[LibraryIncrement]) -> tuple[PriceBand, ...]:
    """Return a market rule as price bands, ascending.

    Raises:
        Untranslatable: If a band is not a finite price >= 0 with a step above 0.
    """
    bands = tuple(
        sorted(
            (PriceBand(item.lowEdge, item.increment) for item in increments),
            key=lambda band: band.low_edge,
        )
    )
    for band in bands:
        if not (
            math.isfinite(band.low_edge) and band.low_edge >= 0 and quote_price(band.increment)
        ):
            message = f"expected a price band with a positive step, found {band}"
            raise Untranslatable(message)
    return bands


def rule_id_for(exchange: str, valid_exchanges: str, market_rule_ids: str) -> int | None:
    """Return the market rule of one exchange: IB sends two comma lists side by side."""
    for name, rule in zip(valid_exchanges.split(","), market_rule_ids.split(","), strict=False):
        if name.strip() == exchange and rule.strip().isdigit():
            return int(rule)
    return None


def account_state(
    account: str, values: Sequence[AccountRow], portfolio: Sequence[PortfolioRow]
) -> AccountState:
    """Return the account of a download that ended.

    Raises:
        Untranslatable: If the account is not ready, or its base currency cannot be told.
    """
    table: dict[str, dict[str, str]] = {}
    for row in values:
        table.setdefault(row.key.removeprefix(_LEDGER_PREFIX), {})[row.currency] = row.value
    if "false" in {ready.lower() for ready in table.get("AccountReady", {}).values()}:
        message = f"IB says that account {account} is not ready yet (AccountReady is false)"
        raise Untranslatable(message)
    currency = _base_currency(table.get("NetLiquidation", {}))
    cash = table.get("CashBalance", {})
    return AccountState(
        account=account,
        account_type=_only(table.get("AccountType", {})),
        currency=currency,
        net_liquidation=_amount(table, "NetLiquidation", currency),
        cash=_amount(table, "TotalCashValue", currency),
        settled_cash=_amount(table, "SettledCash", currency),
        market_values={
            row.con_id: row.market_value for row in portfolio if row.market_value is not None
        },
        foreign_cash={
            name: amount
            for name, text in cash.items()
            if name not in {currency, _BASE, ""} and (amount := number(text))
        },
        excess_liquidity=_amount(table, "ExcessLiquidity", currency),
    )


def _base_currency(net_liquidation: Mapping[str, str]) -> str:
    named = [name for name in net_liquidation if name not in {_BASE, ""}]
    if len(named) != 1:
        found = ", ".join(sorted(net_liquidation)) or "no row"
        message = f"expected NetLiquidation in one named currency, the base; found {found}"
        raise Untranslatable(message)
    return named[0]


def _amount(table: Mapping[str, Mapping[str, str]], key: str, currency: str) -> Decimal | None:
    return number(table.get(key, {}).get(currency))


def _only(values: Mapping[str, str]) -> str | None:
    return next((value for value in values.values() if value), None)
