"""Bars as TWS prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.history.bars import Candle
    from bot.gateway.wire.numbers import Scalar

#: First server version that counts the volume of US stocks in shares instead of round lots.
_SHARES_SINCE: Final = 175
_LOT_SHARES: Final = 100


def candle_texts(candle: Candle, instrument: Instrument, version: int) -> dict[str, Scalar]:
    """Return the numbers of a bar by the names that layouts have for them, in their usual order."""
    is_in_lots = version < _SHARES_SINCE and not instrument.is_pair and candle.volume > 0
    return {
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume // _LOT_SHARES if is_in_lots else candle.volume,
        "average": candle.average,
        "trades": candle.trades,
    }
