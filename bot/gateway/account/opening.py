"""What the account holds when the gateway starts."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from bot.gateway.account.ledger import CENT, Ledger, Position
from bot.gateway.exchange.sessions import local

if TYPE_CHECKING:
    from datetime import date

    from bot.gateway.config import GatewayConfig
    from bot.prices import PriceHistory


def open_ledger(config: GatewayConfig, history: PriceHistory) -> Ledger:
    """Return the books at the replayed start.

    Shares that were bought at the start have the close of that day as their cost. The purchase is
    free of commission: it happened elsewhere, and before the story begins.
    """
    if config.positions is not None and config.cash is not None:
        bought_on, cash = local(config.at).date(), config.cash
        wanted = dict(config.positions)
    else:
        bought_on, cash = config.invested_on, config.initial_cash
        wanted = _equal_parts(config, history)
    closes = {symbol: _close(history, symbol, bought_on) for symbol in wanted}
    positions = {
        symbol: Position(shares, closes[symbol]) for symbol, shares in wanted.items() if shares
    }
    if config.positions is None:
        cash -= sum(shares * closes[symbol] for symbol, shares in wanted.items())
    # The closes have three decimals; an account has cents.
    cash = cash.quantize(CENT, ROUND_HALF_EVEN)
    return Ledger(cash, positions, commission_bps=config.commission_bps)


def _equal_parts(config: GatewayConfig, history: PriceHistory) -> dict[str, int]:
    """Return the whole shares that equal parts of the invested cash buy."""
    if not config.holdings:
        return {}
    part = config.initial_cash * config.invested_fraction / len(config.holdings)
    return {
        symbol: int(part // _close(history, symbol, config.invested_on))
        for symbol in config.holdings
    }


def _close(history: PriceHistory, symbol: str, day: date) -> Decimal:
    """Return the close of a symbol on or before a date, with the decimals of the source."""
    row = history.row_on_or_before(day)
    return Decimal(repr(float(history.closes[row, history.column(symbol)])))
