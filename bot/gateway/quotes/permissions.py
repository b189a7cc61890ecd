"""Which market data a client gets: what it asks for against what there is for the account.

A live subscription always gives live data, whatever type was asked for; while the exchange is
closed, types 2 and 4 give the last quotes as frozen ones. Delayed data comes only to whoever asks
for it (types 3 and 4), with a notice. That is how IB documents `reqMarketDataType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.gateway.behaviour import QuoteKind
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.subscriptions import Ticker

LIVE: Final = 1
FROZEN: Final = 2
DELAYED: Final = 3
DELAYED_FROZEN: Final = 4

_FREEZES: Final = (FROZEN, DELAYED_FROZEN)
_DELAYED_WANTED: Final = (DELAYED, DELAYED_FROZEN)

_NOT_SUBSCRIBED: Final = "Requested market data is not subscribed."
_SHOWN_DELAYED: Final = (10167, f"{_NOT_SUBSCRIBED} Displaying delayed market data.")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a line gets.

    Attributes:
        given_type: Market data type, or None if no data comes.
        notice: Code and text that the client is told, or None.
        stands: Whether the line stays open; without data it waits for some.
    """

    given_type: int | None
    notice: tuple[int, str] | None = None
    stands: bool = True


def grant(kind: QuoteKind, ticker: Ticker, *, is_open: bool) -> Grant:
    """Return what a line gets.

    Args:
        kind: The quotes that there are.
        ticker: The line.
        is_open: Whether its exchange trades now.
    """
    if kind in ("live", "absent", "partial"):
        is_frozen = ticker.asked_type in _FREEZES and not is_open
        notice = _partial_notice(ticker.instrument) if kind == "partial" else None
        return Grant(FROZEN if is_frozen else LIVE, notice)
    if kind == "unsubscribed":
        return _without_subscription(ticker, is_open=is_open)
    return {
        "frozen": Grant(FROZEN),
        "delayed": Grant(DELAYED, _SHOWN_DELAYED),
        "silent": Grant(None),
        "competing": Grant(None, (10197, "No market data during competing live session")),
    }.get(
        kind,
        Grant(
            None, (354, f"{_NOT_SUBSCRIBED} Delayed market data is not available."), stands=False
        ),
    )


def _without_subscription(ticker: Ticker, *, is_open: bool) -> Grant:
    """Return what a line gets if there is delayed data only."""
    if ticker.asked_type in _DELAYED_WANTED:
        is_frozen = ticker.asked_type == DELAYED_FROZEN and not is_open
        return Grant(DELAYED_FROZEN if is_frozen else DELAYED, _SHOWN_DELAYED)
    if ticker.asked_type == FROZEN:
        text = f"{_NOT_SUBSCRIBED} Delayed market data is not enabled."
        return Grant(None, (10168, text), stands=False)
    text = (
        "Requested market data requires additional subscription for API. See link in 'Market Data"
        f" Connections' dialog for more details.Delayed market data is available.{_feed(ticker.instrument)}"
    )
    return Grant(None, (10089, text), stands=False)


def _partial_notice(instrument: Instrument) -> tuple[int, str]:
    """Return the notice that some ticks need a subscription that is missing."""
    text = (
        "Part of requested market data is not subscribed. Subscription-independent ticks are still"
        f" active.Delayed market data is available.{_feed(instrument)}"
    )
    return 10090, text


def _feed(instrument: Instrument) -> str:
    """Return what TWS calls the data of an instrument."""
    return f"{instrument.symbol} {instrument.primary_exchange}/TOP/ALL"
