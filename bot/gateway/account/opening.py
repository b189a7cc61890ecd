"""What the accounts hold when the gateway starts."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from bot.gateway.account.currencies import Currencies
from bot.gateway.account.ledger import CENT, Ledger, Position
from bot.gateway.exchange.sessions import local

if TYPE_CHECKING:
    from datetime import date

    from bot.gateway.config import GatewayConfig
    from bot.gateway.config.accounts import AccountTable
    from bot.gateway.exchange.prices import PriceSource


def open_ledger(config: GatewayConfig, source: PriceSource) -> Ledger:
    """Return the books at the replayed start.

    Shares that were bought at the start have the close of that day as their cost. The purchase is
    free of commission: it happened elsewhere, and before the story begins.
    """
    if config.positions is not None and config.cash is not None:
        bought_on, cash = local(config.at).date(), config.cash
        wanted = dict(config.positions)
    else:
        bought_on, cash = config.invested_on, config.initial_cash
        wanted = _equal_parts(config, source)
    closes = {symbol: _close(config, source, symbol, bought_on) for symbol in wanted}
    positions = {
        symbol: Position(shares, closes[symbol]) for symbol, shares in wanted.items() if shares
    }
    if config.positions is None:
        cash -= sum(shares * closes[symbol] for symbol, shares in wanted.items())
    # The closes have more decimals; an account has cents.
    cash = cash.quantize(CENT, ROUND_HALF_EVEN)
    return _open(config, cash, positions, config.currency)


def open_further_ledger(config: GatewayConfig, table: AccountTable, source: PriceSource) -> Ledger:
    """Return the books of a further account at the replayed start.

    Its shares cost the close of that day.
    """
    bought_on = local(config.at).date()
    positions = {
        symbol: Position(shares, _close(config, source, symbol, bought_on))
        for symbol, shares in table.positions.items()
        if shares
    }
    return _open(config, table.cash, positions, table.currency or config.currency)


def _open(
    config: GatewayConfig, cash: Decimal, positions: dict[str, Position], currency: str
) -> Ledger:
    """Return the books of one account; the market lends its rates and its days later."""
    return Ledger(
        cash,
        positions,
        commission_bps=config.commission_bps,
        currencies=Currencies(currency),
        rules=config.account_rules,
    )


def _equal_parts(config: GatewayConfig, source: PriceSource) -> dict[str, int]:
    """Return the whole shares that equal parts of the invested cash buy."""
    if not config.holdings:
        return {}
    part = config.initial_cash * config.invested_fraction / len(config.holdings)
    return {
        symbol: int(part // _close(config, source, symbol, config.invested_on))
        for symbol in config.holdings
    }


def _close(config: GatewayConfig, source: PriceSource, symbol: str, day: date) -> Decimal:
    """Return the close of a symbol on or before a date, in the shares of the replayed start."""
    return source.close_on(symbol, day, local(config.at).date())
