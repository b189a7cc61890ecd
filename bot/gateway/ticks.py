"""What a subscriber of quotes is sent, by the kind of quotes that the gateway gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.gateway.wire.outgoing import (
    MARKET_DATA_TYPE,
    TICK_PRICE,
    TICK_REQUEST_PARAMETERS,
    TICK_SIZE,
    TICK_STRING,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.behaviour import QuoteKind
    from bot.gateway.client import Client
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.exchange.market import Market
    from bot.gateway.exchange.quotes import Quote


@dataclass(frozen=True, slots=True)
class _TickTypes:
    """The ids of the ticks of one family."""

    bid: int
    ask: int
    last: int
    close: int
    volume: int
    timestamp: int


_LIVE: Final = _TickTypes(bid=1, ask=2, last=4, close=9, volume=8, timestamp=45)
_DELAYED: Final = _TickTypes(bid=66, ask=67, last=68, close=75, volume=74, timestamp=88)

#: Market data types of TWS.
_DATA_TYPES: Final[dict[QuoteKind, int]] = {"live": 1, "absent": 1, "frozen": 2, "delayed": 3}

#: No quote, as TWS says it: a price of -1 and no size.
_NO_PRICE: Final = "-1.0"

#: Flags of a tick: it may trade automatically.
_CAN_AUTO_EXECUTE: Final = 1

_LAST_SHARES: Final = 100
_ALL_PERMISSIONS: Final = 3

_NOT_SUBSCRIBED: Final = "Requested market data is not subscribed."


def start_ticks(
    client: Client, request_id: int, instrument: Instrument, market: Market, kind: QuoteKind
) -> bool:
    """Answer a new subscription, its first quote included.

    Returns:
        Whether the subscription stands.
    """
    if kind == "noperm":
        client.refuse(request_id, 354, f"{_NOT_SUBSCRIBED} Delayed market data is not available.")
        return False
    if kind == "silent":
        return True
    if kind == "delayed":
        client.refuse(request_id, 10167, f"{_NOT_SUBSCRIBED} Displaying delayed market data.")
    increment = instrument.rule.increment_at(market.last_price(instrument.symbol))
    client.send(MARKET_DATA_TYPE, request_id=request_id, type=_DATA_TYPES[kind])
    client.send(
        TICK_REQUEST_PARAMETERS,
        request_id=request_id,
        tick_size=increment,
        exchange_map="9c0001",
        snapshot_permissions=_ALL_PERMISSIONS,
    )
    send_ticks(client, request_id, instrument, market, kind)
    return True


def send_ticks(
    client: Client, request_id: int, instrument: Instrument, market: Market, kind: QuoteKind
) -> None:
    """Send the whole quote of an instrument to one subscription."""
    if kind in ("silent", "noperm"):
        return
    types = _DELAYED if kind == "delayed" else _LIVE
    if kind == "absent":
        for tick_type in (types.bid, types.ask):
            _send_price(client, request_id, tick_type, _NO_PRICE, 0)
        return
    quote = market.quote(instrument.symbol)
    _send_price(client, request_id, types.bid, quote.bid, quote.bid_size)
    _send_price(client, request_id, types.ask, quote.ask, quote.ask_size)
    _send_price(client, request_id, types.last, quote.last, _LAST_SHARES)
    _send_rest(client, request_id, types, quote)
    seconds = str(int(market.now().timestamp()))
    client.send(TICK_STRING, request_id=request_id, tick_type=types.timestamp, value=seconds)


def _send_rest(client: Client, request_id: int, types: _TickTypes, quote: Quote) -> None:
    """Send what changes once a day."""
    if quote.prior_close is not None:
        _send_price(client, request_id, types.close, quote.prior_close, 0)
    client.send(TICK_SIZE, request_id=request_id, tick_type=types.volume, size=quote.volume)


def _send_price(
    client: Client, request_id: int, tick_type: int, price: Decimal | str, size: int
) -> None:
    """Send one price with its size."""
    client.send(
        TICK_PRICE,
        request_id=request_id,
        tick_type=tick_type,
        price=price,
        size=size,
        attributes=_CAN_AUTO_EXECUTE if size else 0,
    )
