"""The ticks of a line: which ones there are, what they say, and how they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.gateway.quotes import generic_ticks
from bot.gateway.quotes.permissions import DELAYED, DELAYED_FROZEN
from bot.gateway.wire.numbers import scalar_text
from bot.gateway.wire.outgoing import TICK_GENERIC, TICK_PRICE, TICK_SIZE, TICK_STRING

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.gateway.client import Client
    from bot.gateway.exchange.quotes import Quote
    from bot.gateway.subscriptions import Ticker
    from bot.gateway.wire.answers import Answer


@dataclass(frozen=True, slots=True)
class _TickTypes:
    """The ids of the ticks of one family."""

    bid: int
    ask: int
    last: int
    bid_size: int
    ask_size: int
    last_size: int
    close: int
    volume: int
    timestamp: int


_LIVE: Final = _TickTypes(1, 2, 4, 0, 3, 5, 9, 8, 45)
_DELAYED: Final = _TickTypes(66, 67, 68, 69, 70, 71, 75, 74, 88)

#: Ticks without a delayed twin.
_AVERAGE_VOLUME: Final = 21
_MARK_PRICE: Final = 37
_SHORTABLE: Final = 46
_TRADES: Final = 48
_HALTED: Final = 49

#: More than 2.5 means that at least 1000 shares can be borrowed.
_EASY_TO_BORROW: Final = "3.0"

#: No quote, as TWS says it: a price of -1 and no size.
NO_PRICE: Final = "-1.0"

#: Flags of a tick: it may trade automatically.
_CAN_AUTO_EXECUTE: Final = 1

_LAST_SHARES: Final = 100

#: First server version that counts the sizes of US stocks in shares instead of round lots.
_SHARES_SINCE: Final = 159
_LOT_SHARES: Final = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """What there is to be shown of an instrument at a moment.

    Attributes:
        now: The moment, aware UTC.
        quote: Prices and sizes.
        has_sides: Whether bid and ask are to be had.
        has_rest: Whether anything else is.
        is_halted: Whether it is kept from trading.
    """

    now: datetime
    quote: Quote
    has_sides: bool = True
    has_rest: bool = True
    is_halted: bool = False


#: A tick: its message, its type, the type of its size alone (or None), and its texts.
_Tick: TypeAlias = "tuple[Answer, int, int | None, tuple[str, ...]]"
_Sizes: TypeAlias = Callable[[int], int]


def send_ticks(client: Client, ticker: Ticker, picture: Picture) -> bool:
    """Send what a client has not been shown yet; returns whether there was any."""
    is_first = not ticker.shown
    is_delayed = ticker.given_type in (DELAYED, DELAYED_FROZEN)
    types = _DELAYED if is_delayed else _LIVE
    changes = 0
    for answer, tick_type, size_type, texts in _ticks(client, ticker, picture, types):
        before = ticker.shown.get(tick_type)
        if texts == before:
            continue
        ticker.shown[tick_type] = texts
        changes += 1
        if size_type is not None and before is not None and texts[0] == before[0]:
            client.send(TICK_SIZE, request_id=ticker.request_id, tick_type=size_type, size=texts[1])
        else:
            _send(client, answer, ticker.request_id, tick_type, texts)
    if (is_first or changes) and picture.has_rest and _has_trades(ticker):
        seconds = str(int(picture.now.timestamp()))
        _send(client, TICK_STRING, ticker.request_id, types.timestamp, (seconds,))
    return changes > 0


def _has_trades(ticker: Ticker) -> bool:
    """Tell whether trades of an instrument are told: not of pairs."""
    return ticker.has_quotes and not ticker.instrument.is_pair


def _send(
    client: Client, answer: Answer, request_id: int, tick_type: int, texts: tuple[str, ...]
) -> None:
    """Send one tick."""
    if answer is TICK_PRICE:
        price, size = texts
        attributes = _CAN_AUTO_EXECUTE if size != "0" else 0
        client.send(
            answer,
            request_id=request_id,
            tick_type=tick_type,
            price=price,
            size=size,
            attributes=attributes,
        )
    elif answer is TICK_SIZE:
        client.send(answer, request_id=request_id, tick_type=tick_type, size=texts[0])
    else:
        client.send(answer, request_id=request_id, tick_type=tick_type, value=texts[0])


def _ticks(client: Client, ticker: Ticker, picture: Picture, types: _TickTypes) -> Iterator[_Tick]:
    """Give the ticks that a line has, in the order in which TWS sends them."""
    is_stock = not ticker.instrument.is_pair
    in_lots = is_stock and client.version < _SHARES_SINCE

    def sizes(shares: int) -> int:
        return shares // _LOT_SHARES if in_lots else shares

    if ticker.has_quotes:
        yield from _sides(picture, types, sizes, is_index=ticker.instrument.is_index)
        if picture.has_rest:
            yield from _rest(picture.quote, types, sizes, has_trades=is_stock)
    if picture.has_rest:
        yield from _generic(ticker, picture, sizes)
    if picture.is_halted or _HALTED in ticker.shown:
        yield (TICK_GENERIC, _HALTED, None, ("1.0" if picture.is_halted else "0.0",))


def _sides(
    picture: Picture, types: _TickTypes, sizes: _Sizes, *, is_index: bool
) -> Iterator[_Tick]:
    """Give bid and ask."""
    quote = picture.quote
    if picture.has_sides and not is_index:
        yield _price_tick(types.bid, types.bid_size, quote.bid, sizes(quote.bid_size))
        yield _price_tick(types.ask, types.ask_size, quote.ask, sizes(quote.ask_size))
    else:
        yield _price_tick(types.bid, types.bid_size, None, 0)
        yield _price_tick(types.ask, types.ask_size, None, 0)


def _rest(quote: Quote, types: _TickTypes, sizes: _Sizes, *, has_trades: bool) -> Iterator[_Tick]:
    """Give the last trade, the prior close and the volume."""
    if has_trades:
        yield _price_tick(types.last, types.last_size, quote.last, sizes(_LAST_SHARES))
    if quote.prior_close is not None:
        yield _price_tick(types.close, None, quote.prior_close, 0)
    if has_trades:
        yield (TICK_SIZE, types.volume, None, (scalar_text(sizes(quote.volume)),))


def _generic(ticker: Ticker, picture: Picture, sizes: _Sizes) -> Iterator[_Tick]:
    """Give the ticks that were asked for beside the usual ones."""
    quote, wanted = picture.quote, ticker.generic
    if generic_ticks.STATISTICS in wanted:
        average = scalar_text(sizes(ticker.instrument.daily_volume))
        yield (TICK_SIZE, _AVERAGE_VOLUME, None, (average,))
    if generic_ticks.MARK_PRICE in wanted or generic_ticks.MARK_PRICE_OF_ACCOUNT in wanted:
        yield _price_tick(_MARK_PRICE, None, quote.last, 0)
    if generic_ticks.SHORTABLE in wanted:
        yield (TICK_GENERIC, _SHORTABLE, None, (_EASY_TO_BORROW,))
    if generic_ticks.TRADES in wanted and not ticker.instrument.is_pair:
        milliseconds = int(picture.now.timestamp() * 1000)
        last, volume = scalar_text(quote.last), quote.volume
        if ticker.shown.get(_TRADES, ("",))[0].split(";")[::3] != [last, str(volume)]:
            text = f"{last};{_LAST_SHARES};{milliseconds};{volume};{last};true"
            yield (TICK_STRING, _TRADES, None, (text,))


def _price_tick(tick_type: int, size_type: int | None, price: Decimal | None, size: int) -> _Tick:
    """Return a price with its size."""
    text = NO_PRICE if price is None else scalar_text(price)
    return (TICK_PRICE, tick_type, size_type, (text, scalar_text(size)))
