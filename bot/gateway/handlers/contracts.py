"""Requests about instruments: details, search, price rules."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.instruments import MARKET_RULES, Instrument
from bot.gateway.exchange.sessions import CLOSES, OPENS, local
from bot.gateway.reporting import contract_values
from bot.gateway.wire.outgoing import (
    CONTRACT_DETAILS,
    CONTRACT_DETAILS_END,
    MARKET_RULE,
    SYMBOL_SAMPLES,
)

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.numbers import Rows, Scalar
    from bot.gateway.wire.requests import Request

#: Calendar days of which the trading hours are told, today included.
_HOURS_DAYS: Final = 6

_ORDER_TYPES: Final = "ACTIVETIM,DAY,GTC,GTD,IOC,LMT,MKT,WHATIF"

#: The size rules that real stocks have. The API refuses fractions of a share all the same.
_SIZE_INCREMENT: Final = "0.0001"
_SUGGESTED_SIZE: Final = "100"

_UNKNOWN: Final = "No security definition has been found for the request"

#: First server version that adds a description to a found symbol.
_DESCRIPTION_SINCE: Final = 176


def find_instrument(venue: Venue, request: Request) -> Instrument | None:
    """Return the instrument that a request's contract names, or None."""
    if request.text("security_type") not in ("", "STK"):
        return None
    return venue.market.universe.find(
        contract_id=request.integer("contract_id"),
        symbol=request.text("symbol"),
        exchange=request.text("exchange"),
        currency=request.text("currency"),
    )


def send_contract_details(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the one contract that fits, or with error 200."""
    request_id = request.integer("request_id")
    instrument = find_instrument(venue, request)
    if instrument is None:
        client.refuse(request_id, 200, _UNKNOWN)
        return
    exchanges = instrument.valid_exchanges
    hours = trading_hours(venue)
    increment = instrument.rule.increment_at(venue.market.last_price(instrument.symbol))
    client.send(
        CONTRACT_DETAILS,
        **contract_values(instrument),
        request_id=request_id,
        exchange=request.text("exchange") or exchanges[0],
        market_name=instrument.trading_class,
        tick_size=increment,
        order_types=_ORDER_TYPES,
        valid_exchanges=",".join(exchanges),
        long_name=instrument.name,
        primary_exchange=instrument.primary_exchange,
        industry=instrument.industry,
        time_zone="US/Eastern",
        trading_hours=hours,
        liquid_hours=hours,
        security_ids=(),
        market_rule_ids=",".join(str(instrument.rule.number) for _ in exchanges),
        suggested_size_increment_only="1",
        minimum_size=_SIZE_INCREMENT,
        size_increment=_SIZE_INCREMENT,
        suggested_size_increment=_SUGGESTED_SIZE,
    )
    client.send(CONTRACT_DETAILS_END, request_id=request_id)


def trading_hours(venue: Venue) -> str:
    """Return the hours of the next days as TWS prints them, in New York time."""
    today = local(venue.turns.now()).date()
    parts = []
    for offset in range(_HOURS_DAYS):
        day = today + timedelta(days=offset)
        text = day.strftime("%Y%m%d")
        if venue.market.sessions.on(day) is None:
            parts.append(f"{text}:CLOSED")
        else:
            parts.append(f"{text}:{OPENS:%H%M}-{text}:{CLOSES:%H%M}")
    return ";".join(parts)


def send_matching_symbols(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the instruments whose symbol or name begins with a text."""
    samples: list[list[Scalar]] = []
    for item in venue.market.universe.matching(request.text("pattern")):
        row: list[Scalar] = [item.contract_id, item.symbol, item.security_type]
        row += [item.primary_exchange, item.currency, 0]  # 0 derivatives
        if client.version >= _DESCRIPTION_SINCE:
            row += [item.name, ""]
        samples.append(row)
    client.send(SYMBOL_SAMPLES, request_id=request.integer("request_id"), samples=samples)


def send_market_rule(_venue: Venue, client: Client, request: Request) -> None:
    """Answer with the tick bands of a rule."""
    rule = MARKET_RULES.get(request.integer("rule_id"))
    if rule is None:
        client.refuse(-1, 321, f"Unknown market rule {request.text('rule_id')}")
        return
    bands: Rows = [(band.low_edge, band.increment) for band in rule.bands]
    client.send(MARKET_RULE, rule_id=rule.number, bands=bands)
