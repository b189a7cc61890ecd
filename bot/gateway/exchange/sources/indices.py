"""Levels of market indices, as declared: a rule that reads one can be tried without its history.

A level has no history: it is the same at every moment since 1990, on every weekday. No data, see the configuration.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.instruments import Instrument, fixed_rule, own_contract_id

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICK: Final = Decimal("0.01")


def index_levels(levels: Mapping[str, Decimal]) -> dict[Instrument, Decimal]:
    """Return the indices that follow from declared levels (> 0, by symbol), each with its level."""
    return {_index(symbol): level for symbol, level in levels.items()}


def _index(symbol: str) -> Instrument:
    """Return the index of a symbol, as the Chicago exchange lists its own."""
    return Instrument(
        contract_id=own_contract_id(f"IND.{symbol}"),
        symbol=symbol,
        name=f"{symbol} INDEX",
        primary_exchange="",
        trading_class=symbol,
        industry="Indices",
        daily_volume=0,
        security_type="IND",
        rule=fixed_rule(_TICK),
        exchange="CBOE",
        key=f"IND.{symbol}",
    )
