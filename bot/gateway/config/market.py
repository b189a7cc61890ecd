"""The tables about the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final

from bot.gateway.config.reading import (
    A_MOMENT,
    A_NUMBER,
    A_TEXT,
    A_WHOLE_NUMBER,
    BASIS_POINTS,
    GatewayConfigError,
    Reader,
    Table,
    nested_list,
    read_decimal,
)
from bot.gateway.exchange.calendars import NEW_YORK, SHIPPED, trading_calendar
from bot.gateway.exchange.phases import Halt
from bot.gateway.exchange.sessions import EXTENDED_CLOSES, EXTENDED_OPENS, Sessions


def _read_clock_time(value: object) -> str:
    """Accept a time of the day as a text, an empty one for none; or as TOML has it."""
    if not isinstance(value, (str, time)):
        raise TypeError
    moment = value if isinstance(value, time) else _clock_time(value)
    return "" if moment is None else moment.isoformat("minutes")


def _clock_time(text: str) -> time | None:
    """Return the time that a text means, or None for an empty one.

    Raises:
        ValueError: If it means none.
    """
    return time.fromisoformat(text) if text else None


_A_CLOCK_TIME: Final[Reader] = ('a time such as "04:00", or "" for none', _read_clock_time)


@dataclass(frozen=True, slots=True)
class HaltTable(Table):
    """A time in which an instrument does not trade.

    Attributes:
        symbol: Of the instrument; empty for all of them.
        since: First moment of it. Without a zone it is New York time, as all moments here.
        until: First moment after it; left out, the halt does not end by itself.
    """

    since: datetime
    symbol: str = ""
    until: datetime | None = None

    READERS: ClassVar = MappingProxyType(
        {"since": A_MOMENT, "symbol": A_TEXT, "until": A_MOMENT},
    )
    NAME: ClassVar = "exchange.halts"

    def __post_init__(self) -> None:
        """Give moments a zone, and refuse a halt that ends before it begins.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        for key in ("since", "until"):
            moment = getattr(self, key)
            if moment is not None and moment.tzinfo is None:
                object.__setattr__(self, key, moment.replace(tzinfo=NEW_YORK))
        is_right = self.until is None or self.until > self.since
        self.require(is_right, "until", self.until, f"a moment after since = {self.since}")

    def as_halt(self) -> Halt:
        """Return it with moments in UTC."""
        until = None if self.until is None else self.until.astimezone(UTC)
        return Halt(self.symbol, self.since.astimezone(UTC), until)


_SHARES_MAX: Final = Decimal(1_000_000_000)
_HOUR_S: Final = Decimal(3600)
_IMPACT_MAX_BPS: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class ExchangeTable(Table):
    """The calendar of the exchange, its sessions and halts.

    Attributes:
        calendar: What the exchange_calendars package calls it.
        extended_opens: When trading before the open begins, HH:MM at the exchange; empty for never.
        extended_closes: When trading after the close ends; empty if it ends with the close.
        halts: What does not trade, and when.
    """

    calendar: str = SHIPPED
    extended_opens: str = EXTENDED_OPENS.isoformat("minutes")
    extended_closes: str = EXTENDED_CLOSES.isoformat("minutes")
    halts: tuple[HaltTable, ...] = ()

    READERS: ClassVar = MappingProxyType(
        {
            "calendar": A_TEXT,
            "extended_opens": _A_CLOCK_TIME,
            "extended_closes": _A_CLOCK_TIME,
            "halts": ("a list of tables", nested_list(HaltTable)),
        }
    )
    NAME: ClassVar = "exchange"

    def __post_init__(self) -> None:
        """Refuse a calendar that does not exist, and times that are none.

        Raises:
            GatewayConfigError: With the name, and names that are near; or with the time.
        """
        for key in ("extended_opens", "extended_closes"):
            found = getattr(self, key)
            try:
                _clock_time(found)
            except ValueError:
                error = self.refuse(key, repr(found), _A_CLOCK_TIME[0])
                raise error from None
        try:
            trading_calendar(self.calendar)
        except LookupError as error:
            message = f"exchange.calendar: {error}"
            raise GatewayConfigError(message) from error

    def sessions(self) -> Sessions:
        """Return the trading days that are configured."""
        return Sessions(
            self.calendar,
            extended_opens=_clock_time(self.extended_opens),
            extended_closes=_clock_time(self.extended_closes),
        )

    def all_halts(self) -> tuple[Halt, ...]:
        """Return the halts that are configured."""
        return tuple(table.as_halt() for table in self.halts)


@dataclass(frozen=True, slots=True)
class BookTable(Table):
    """Depth, impact and pace of fills. With the defaults, the market is as deep as every order.

    Attributes:
        displayed_shares: Shares that trade at one price before the book has to refill; 0 is as
            many as wanted.
        refill_s: Seconds that it takes to refill.
        participation_max: Part of the pace of a day's volume at which orders trade at most, 0 to
            1; 0 is no limit.
        impact_bps: How much worse the price gets, in basis points of it, if an order takes the
            volume of a whole day at once; it grows with the square root of that participation.
        collar_fraction: How far through the market a limit may be, and a market order may trade,
            as a fraction of the price; 0 is no limit.
        moc_cutoff_s: Seconds before the close from which on orders for its auction are neither taken nor
            cancelled.
        working_max: Orders of one contract and side that an account can have at work; 0 is as many
            as wanted.
        cancel_delay_s: Seconds from the request of a cancel to the cancel; meanwhile the order can
            trade.
        inside_s: Seconds that MIDPRICE and Adaptive orders of normal priority wait inside the
            spread.
    """

    displayed_shares: int = 0
    refill_s: Decimal = Decimal(1)
    participation_max: Decimal = Decimal(0)
    impact_bps: Decimal = Decimal(0)
    collar_fraction: Decimal = Decimal(0)
    moc_cutoff_s: int = 600
    working_max: int = 0
    cancel_delay_s: Decimal = Decimal(0)
    inside_s: Decimal = Decimal(0)

    READERS: ClassVar = MappingProxyType(
        {
            "displayed_shares": A_WHOLE_NUMBER,
            "refill_s": A_NUMBER,
            "participation_max": ("a number from 0 to 1", read_decimal),
            "impact_bps": BASIS_POINTS,
            "collar_fraction": ("a number from 0 to 1", read_decimal),
            "moc_cutoff_s": A_WHOLE_NUMBER,
            "working_max": A_WHOLE_NUMBER,
            "cancel_delay_s": A_NUMBER,
            "inside_s": A_NUMBER,
        }
    )
    NAME: ClassVar = "book"

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        self.check_bounds(
            ("displayed_shares", Decimal(0), _SHARES_MAX),
            ("refill_s", Decimal("0.001"), _HOUR_S),
            ("participation_max", Decimal(0), Decimal(1)),
            ("impact_bps", Decimal(0), _IMPACT_MAX_BPS),
            ("collar_fraction", Decimal(0), Decimal(1)),
            ("moc_cutoff_s", Decimal(0), _HOUR_S),
            ("working_max", Decimal(0), _SHARES_MAX),
            ("cancel_delay_s", Decimal(0), _HOUR_S),
            ("inside_s", Decimal(0), _HOUR_S),
        )
