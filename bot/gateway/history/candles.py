"""Bars as TWS prints them: their moments and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

from bot.gateway.history.durations import is_intraday
from bot.gateway.wire.moments import ZONES_SINCE, moment_text, utc_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.history.bars import Candle
    from bot.gateway.wire.numbers import Scalar

#: First server version that counts the volume of US stocks in shares instead of round lots.
_SHARES_SINCE: Final = 175
_LOT_SHARES: Final = 100

#: Date formats, see `DATE_FORMATS` of a query.
_AS_SECONDS: Final = 2
_WITHOUT_YEAR: Final = 3
_YEAR_DIGITS: Final = 4


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


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints moments for one client.

    Attributes:
        version: Server version agreed on.
        zone: Of the instrument.
        zone_id: What TWS calls it.
    """

    version: int
    zone: ZoneInfo
    zone_id: str

    def moment(self, moment: datetime) -> str:
        """Return a moment with its zone, or with two blanks as before there was one."""
        return moment_text(moment.astimezone(self.zone), self.zone_id, self.version)

    def bar(self, moment: datetime, size: timedelta, date_format: int) -> str:
        """Return the time of a bar; bars of a day or more have a date, whatever the format."""
        if not is_intraday(size):
            return f"{moment.astimezone(self.zone):%Y%m%d}"
        if date_format == _AS_SECONDS:
            return str(int(moment.timestamp()))
        text = self.moment(moment)
        return text[_YEAR_DIGITS:] if date_format == _WITHOUT_YEAR else text

    def head(self, moment: datetime, date_format: int) -> str:
        """Return the first moment of an instrument, always in UTC."""
        if date_format == _AS_SECONDS:
            return str(int(moment.timestamp()))
        there = moment.astimezone(UTC)
        return utc_text(there) if self.version >= ZONES_SINCE else moment_text(there, "", 0)
