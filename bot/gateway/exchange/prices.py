"""What a price source is: what things are worth, and the bars of what they were worth.

There is one interface and several sources behind it, see `sources`. Sources know instruments by
their key, which is the symbol of a stock and the local symbol of a currency pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from zoneinfo import ZoneInfo

#: For what bars are adjusted: nothing, splits, or splits and dividends.
Adjusted = Literal["nothing", "splits", "all"]

ONE_DAY: Final = timedelta(days=1)
ONE_WEEK: Final = timedelta(weeks=1)

#: Stands for a calendar month, which has no fixed length.
ONE_MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Prices:
    """What an instrument is worth at a moment, in its currency.

    Attributes:
        middle: Fair price, between bid and ask; also taken as the last trade.
        prior_close: Close of the session before, or None before the first one. In the shares of
            the moment: a split since then is worked in.
        volume: Shares traded so far on the day; None if the source does not follow it.
    """

    middle: Decimal
    prior_close: Decimal | None
    volume: int | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices over a stretch of time, in the instrument's currency.

    Attributes:
        at: Its first moment, aware UTC. Of a week or a month: the open of its last session.
        open: First price.
        high: Highest price.
        low: Lowest price.
        close: Last price.
        volume: Shares traded.
    """

    at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


class OpenHours(Protocol):
    """When an exchange is open on one day."""

    @property
    def opens_at(self) -> datetime:
        """First moment, aware UTC."""
        ...

    @property
    def closes_at(self) -> datetime:
        """First moment that is no longer in it, aware UTC."""
        ...


class TradingDays(Protocol):
    """The days of an exchange."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the exchange."""
        ...

    def on(self, day: date) -> OpenHours | None:
        """Return the hours of a date, or None if the exchange stays closed."""
        ...


class PriceSource(Protocol):
    """Anything that can say what an instrument is worth at a moment."""

    def prices_at(self, key: str, now: datetime) -> Prices:
        """Return the prices of an instrument at an aware moment.

        Raises:
            LookupError: If there are none yet at that moment.
        """
        ...

    def next_change_after(self, now: datetime) -> datetime:
        """Return the first later moment, aware UTC, at which any price may be another one."""
        ...

    def bars(
        self,
        key: str,
        span: tuple[datetime, datetime],
        size: timedelta,
        *,
        adjusted: Adjusted = "splits",
        as_of: datetime | None = None,
    ) -> list[Bar]:
        """Return the bars of an instrument, the oldest first.

        Nothing after the span shows in them: the last bar goes on to its end and no further. Only
        regular hours make bars.

        Args:
            key: Of the instrument.
            span: First and last moment, aware.
            size: One second to below a day: bars that begin at multiples of it in the exchange's
                local time, the first one of a day at the open. `ONE_DAY`: one a session.
                `ONE_WEEK` and `ONE_MONTH`: one a calendar week or month.
            adjusted: What is worked into prices from before it happened.
            as_of: The moment from which one looks back, at or after the end of the span: later
                splits and dividends are not known yet. That end if None.
        """
        ...

    def first_at(self, key: str) -> datetime:
        """Return the moment of the first price of an instrument, aware UTC."""
        ...

    def close_on(self, key: str, day: date, as_of: date) -> Decimal:
        """Return the last close on or before a date, in the shares of a later date.

        Raises:
            LookupError: If there is none yet on that date.
        """
        ...
