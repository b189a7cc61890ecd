"""Faults of quotes: what is shown on lines of market data. Orders trade at the true prices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.faults.fault import Condition
from bot.gateway.faults.parameters import FaultError, nearest, number, symbol
from bot.gateway.handlers.contracts import find_instrument
from bot.gateway.wire.incoming import REQUEST_MARKET_DATA
from bot.gateway.wire.outgoing import (
    ERROR,
    MARKET_DATA_TYPE,
    TICK_GENERIC,
    TICK_PRICE,
    TICK_REQUEST_PARAMETERS,
    TICK_SIZE,
    TICK_SNAPSHOT_END,
    TICK_STRING,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.client import Call, Message
    from bot.gateway.exchange.quotes import Quote
    from bot.gateway.wire.answers import Answer

#: Tick types, live and delayed, by what they tell.
_BID: Final = frozenset({1, 66})
_ASK: Final = frozenset({2, 67})
_LAST: Final = frozenset({4, 68})
_TIMESTAMP: Final = frozenset({45, 88})
_QUOTED: Final = _BID | _ASK | _LAST

_TICKS: Final[tuple[Answer, ...]] = (TICK_PRICE, TICK_SIZE, TICK_STRING, TICK_GENERIC)


def tick_type(message: Message) -> int:
    """Return the type of a tick."""
    return int(str(message.values["tick_type"]))


@dataclass(kw_only=True, eq=False)
class _Quotes(Condition):
    """A fault of the quotes of one symbol or of all."""

    symbol: str = symbol()
    _asked: tuple[int, str] = field(default=(-1, ""), init=False)

    @override
    def begin(self) -> str:
        """Show it on all lines.

        Raises:
            FaultError: If there is no such symbol.
        """
        known = self.venue.market.universe.by_symbol
        if self.symbol and self.symbol not in known:
            message = (
                f"{self.NAME}: there is no symbol {self.symbol!r}{nearest(self.symbol, known)}"
            )
            raise FaultError(message)
        self.venue.publisher.repeat_quotes()
        return f"quotes of {self.symbol or 'every symbol'}"

    @override
    def finish(self) -> None:
        """Show true quotes again."""
        self.venue.publisher.repeat_quotes()

    @override
    def on_request(self, call: Call) -> bool:
        """Note whose quotes are asked for: they come before the line is open."""
        if call.number == REQUEST_MARKET_DATA.number:
            instrument = find_instrument(self.venue, call.request)
            name = "" if instrument is None else instrument.symbol
            self._asked = (call.request.integer("request_id"), name)
        return True

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Change the ticks that are meant."""
        if message.answer not in _TICKS or not self.is_meant(message):
            return (message,)
        if message.answer is TICK_PRICE and tick_type(message) in _QUOTED:
            return self.bend(message)
        return self.bend_rest(message)

    def is_meant(self, message: Message) -> bool:
        """Tell whether a message about quotes is about the symbol of the fault."""
        return self.symbol in ("", self.symbol_of(message))

    def symbol_of(self, message: Message) -> str:
        """Return the symbol that a message about quotes is about."""
        request_id = int(str(message.values["request_id"]))
        ticker = message.client.subscriptions.tickers.get(request_id)
        if ticker is not None:
            return ticker.instrument.symbol
        return self._asked[1] if self._asked[0] == request_id else ""

    def bend(self, message: Message) -> Iterable[Message]:
        """Return what is sent instead of a bid, an ask or a last price."""
        return (message,)

    def bend_rest(self, message: Message) -> Iterable[Message]:
        """Return what is sent instead of another tick."""
        return (message,)

    @staticmethod
    def priced(message: Message, price: str, **others: int) -> Message:
        """Return a tick with another price."""
        return replace(message, values={**message.values, "price": price, **others})


def times(message: Message, factor: Decimal) -> str:
    """Return the price of a tick times a factor, with as many decimals as before.

    What is no price stays as it is: -1 for none, or what another fault has put there.
    """
    price = Decimal(str(message.values["price"]))
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or price <= 0:
        return str(price)
    return f"{price * factor:.{max(-exponent, 0)}f}"


@dataclass(kw_only=True, eq=False)
class QuotesScaled(_Quotes):
    """Prices are shown ten times too high, or off by another factor: a slipped decimal point."""

    NAME: ClassVar = "quotes-scaled"
    factor: float = number("by which prices are multiplied", 10.0, low=0.0001, high=10_000.0)

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Move the decimal point."""
        return (self.priced(message, times(message, Decimal(str(self.factor)))),)


@dataclass(kw_only=True, eq=False)
class _Moved(_Quotes):
    """A fault that moves bid and ask against each other."""

    DIRECTION: ClassVar[int]
    by_fraction: float = number("by which each side moves, of its price", 0.01, high=0.9)

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Move the bid one way and the ask the other."""
        kind = tick_type(message)
        if kind in _LAST:
            return (message,)
        sign = self.DIRECTION if kind in _BID else -self.DIRECTION
        return (self.priced(message, times(message, 1 + sign * Decimal(str(self.by_fraction)))),)


@dataclass(kw_only=True, eq=False)
class QuotesCrossed(_Moved):
    """The bid is above the ask."""

    NAME: ClassVar = "quotes-crossed"
    DIRECTION: ClassVar = 1


@dataclass(kw_only=True, eq=False)
class QuotesWide(_Moved):
    """Bid and ask are far from each other."""

    NAME: ClassVar = "quotes-wide"
    DIRECTION: ClassVar = -1
    by_fraction: float = number("by which each side moves, of its price", 0.05, high=0.9)


@dataclass(kw_only=True, eq=False)
class QuotesNan(_Quotes):
    """Bid, ask and last price are not a number."""

    NAME: ClassVar = "quotes-nan"

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Send no number."""
        return (self.priced(message, "nan"),)


@dataclass(kw_only=True, eq=False)
class QuotesZero(_Quotes):
    """Bid, ask and last price are zero."""

    NAME: ClassVar = "quotes-zero"

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Send zero."""
        return (self.priced(message, "0.0"),)


@dataclass(kw_only=True, eq=False)
class QuotesAbsent(_Quotes):
    """There is neither bid nor ask nor last price: they are -1, without a size."""

    NAME: ClassVar = "quotes-absent"

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Send what TWS sends for no price."""
        return (self.priced(message, "-1.0", size=0, attributes=0),)


@dataclass(kw_only=True, eq=False)
class QuotesSilent(_Quotes):
    """Nothing comes on lines of market data, not even the end of a snapshot."""

    NAME: ClassVar = "quotes-silent"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Swallow it."""
        answers = (*_TICKS, TICK_SNAPSHOT_END, MARKET_DATA_TYPE, TICK_REQUEST_PARAMETERS)
        return () if message.answer in answers and self.is_meant(message) else (message,)


@dataclass(kw_only=True, eq=False)
class QuotesStale(_Quotes):
    """Quotes stand still: open lines get nothing more, new ones old prices with an old time."""

    NAME: ClassVar = "quotes-stale"
    age_s: float = number("how old the quotes are when this begins, in seconds", 600.0)
    _quotes: dict[str, Quote] = field(default_factory=dict, init=False)
    _open: list[tuple[int, int]] = field(default_factory=list, init=False)
    _time: str = field(default="", init=False)

    @override
    def begin(self) -> str:
        """Remember what there is."""
        market = self.venue.market
        self._quotes = {name: market.quote(name) for name in market.universe.by_symbol}
        self._time = str(int(market.now().timestamp() - self.age_s))
        for client in self.clients():
            self._open += [(client.owner_id, each) for each in client.subscriptions.tickers]
        return super().begin()

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Send nothing new on open lines."""
        if message.answer in _TICKS and self.is_meant(message):
            line = (message.client.owner_id, int(str(message.values["request_id"])))
            if line in self._open:
                return ()
        return super().on_message(message)

    @override
    def on_request(self, call: Call) -> bool:
        """A line that is opened again is a new one."""
        if call.number == REQUEST_MARKET_DATA.number:
            line = (call.client.owner_id, call.request.integer("request_id"))
            if line in self._open and line[1] not in call.client.subscriptions.tickers:
                self._open.remove(line)
        return super().on_request(call)

    @override
    def bend(self, message: Message) -> Iterable[Message]:
        """Send the price that there was."""
        quote = self._quotes.get(self.symbol_of(message))
        if quote is None:
            return (message,)
        kind = tick_type(message)
        price = quote.bid if kind in _BID else quote.ask if kind in _ASK else quote.last
        return (self.priced(message, str(price)),)

    @override
    def bend_rest(self, message: Message) -> Iterable[Message]:
        """Send the time that it was."""
        if message.answer is not TICK_STRING or tick_type(message) not in _TIMESTAMP:
            return (message,)
        return (replace(message, values={**message.values, "value": self._time}),)


@dataclass(kw_only=True, eq=False)
class QuotesDelayed(Condition):
    """Quotes are delayed ones and nobody says so: no notice, no market data type."""

    NAME: ClassVar = "quotes-delayed"

    @override
    def begin(self) -> str:
        """Delay quotes."""
        self.turn("quotes", "delayed")
        return "quotes are delayed without notice"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Say nothing about it."""
        is_notice = message.answer is ERROR and message.values["code"] == 10167  # noqa: PLR2004
        return () if is_notice or message.answer is MARKET_DATA_TYPE else (message,)


@dataclass(kw_only=True, eq=False)
class Halt(Condition):
    """Trading of a symbol, or of all, is halted: orders wait, quotes stand, a tick says so."""

    NAME: ClassVar = "halt"
    symbol: str = symbol()

    @override
    def begin(self) -> str:
        """Halt."""
        now = self.venue.turns.now()
        # With its end: it outlives the program, and this fault does not.
        until = now + timedelta(seconds=self.for_s) if self.for_s else None
        self.venue.market.halt(self.symbol, until)
        return f"{self.symbol or 'every symbol'} is halted"

    @override
    def finish(self) -> None:
        """Resume."""
        self.venue.market.resume(self.symbol)


FAULTS: Final = (
    QuotesStale,
    QuotesAbsent,
    QuotesNan,
    QuotesZero,
    QuotesCrossed,
    QuotesWide,
    QuotesScaled,
    QuotesSilent,
    QuotesDelayed,
    Halt,
)
