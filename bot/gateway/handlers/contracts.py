"""Requests about instruments: details, search, price rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.hours import zone_id
from bot.gateway.reporting import contract_values
from bot.gateway.wire.outgoing import (
    CONTRACT_DETAILS,
    CONTRACT_DETAILS_END,
    MARKET_RULE,
    SYMBOL_SAMPLES,
)
from bot.gateway.wire.refusals import NO_DEFINITION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.gateway.client import Client
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.venue import Venue
    from bot.gateway.wire.numbers import Rows, Scalar, WireValue
    from bot.gateway.wire.requests import Request

#: What orders can be, in the words of TWS; currencies have no auctions and no midpoint.
_ORDER_TYPES: Final = "ACTIVETIM,ALGO,DAY,GTC,GTD,IOC,LMT,LOC,MIDPX,MKT,MOC,OCA,OPG,WHATIF"
_PAIR_ORDER_TYPES: Final = "ACTIVETIM,DAY,GTC,GTD,IOC,LMT,MKT,OCA,WHATIF"

#: The size rules that real stocks have. The API refuses fractions of a share all the same.
_SIZE_INCREMENT: Final = "0.0001"
_SUGGESTED_SIZE: Final = "100"

#: Of currencies, whole units.
_PAIR_SIZE: Final = "1"

#: First server version that adds a description to a found symbol.
_DESCRIPTION_SINCE: Final = 176


def find_instruments(venue: Venue, request: Request) -> list[Instrument]:
    """Return every instrument that a request's contract fits, stocks if it names no type."""
    has_names = request.text("contract_id") not in ("", "0")
    found = venue.market.universe.find_all(
        contract_id=request.integer("contract_id"),
        symbol=request.text("symbol") or request.text("local_symbol"),
        exchange=request.text("exchange"),
        currency=request.text("currency"),
        security_type=request.text("security_type") or ("" if has_names else "STK"),
    )
    return [item for item in found if _fits(item, request.texts)]


def _fits(instrument: Instrument, texts: Mapping[str, str]) -> bool:
    """Tell whether an instrument has the further names that a contract gives."""
    return (
        texts["security_type"] in ("", instrument.security_type)
        and texts["local_symbol"] in ("", instrument.local_symbol)
        and texts.get("primary_exchange", "") in ("", instrument.primary_exchange)
        # Nothing here has an ISIN or any other number of the sort.
        and not texts.get("security_id")
    )


def find_instrument(venue: Venue, request: Request) -> Instrument | None:
    """Return the one instrument that a request's contract fits; None if there is none, or several."""
    found = find_instruments(venue, request)
    return found[0] if len(found) == 1 else None


def resolve(venue: Venue, client: Client, request: Request, request_id: int) -> Instrument | None:
    """Return the one instrument that a request means; else refuse it and return None."""
    found = find_instruments(venue, request)
    if len(found) == 1:
        return found[0]
    text = ambiguous(found) if found else NO_DEFINITION
    client.refuse(request_id, 200, text)
    return None


def ambiguous(found: Sequence[Instrument]) -> str:
    """Return the words of TWS about a contract that several instruments fit."""
    missing = "currency" if len({item.currency for item in found}) > 1 else "exchange"
    subject = f"The contract description specified for {found[0].symbol} is ambiguous"
    return f"{subject}; you must specify the {missing}."


def send_contract_details(venue: Venue, client: Client, request: Request) -> None:
    """Answer with every contract that fits, or with error 200."""
    request_id = request.integer("request_id")
    found = find_instruments(venue, request)
    if not found:
        client.refuse(request_id, 200, NO_DEFINITION)
        return
    for instrument in found:
        client.send(
            CONTRACT_DETAILS,
            **contract_values(instrument),
            **_details(venue, instrument),
            request_id=request_id,
            exchange=request.text("exchange") or instrument.exchange,
        )
    client.send(CONTRACT_DETAILS_END, request_id=request_id)


def _details(venue: Venue, instrument: Instrument) -> dict[str, WireValue]:
    """Return what the answer about a contract says beside its names."""
    exchanges, is_pair = instrument.valid_exchanges, instrument.is_pair
    increment = instrument.rule.increment_at(venue.market.last_price(instrument.key))
    is_index = instrument.is_index
    size = _PAIR_SIZE if is_pair or is_index else _SIZE_INCREMENT
    return {
        "market_name": instrument.trading_class,
        "tick_size": increment,
        "order_types": "" if is_index else _PAIR_ORDER_TYPES if is_pair else _ORDER_TYPES,
        "valid_exchanges": ",".join(exchanges),
        "long_name": instrument.name,
        "primary_exchange": instrument.primary_exchange,
        "industry": instrument.industry,
        "time_zone": zone_id(venue.market.zone(instrument)),
        "trading_hours": venue.market.hours_text(instrument, extended=True),
        "liquid_hours": venue.market.hours_text(instrument, extended=False),
        "security_ids": (),
        # One rule for each exchange, in the same order.
        "market_rule_ids": ",".join(str(instrument.rule.number) for _ in exchanges),
        "stock_type": "" if is_pair or is_index else "COMMON",
        "suggested_size_increment_only": "1",
        "minimum_size": size,
        "size_increment": size,
        "suggested_size_increment": _PAIR_SIZE if is_pair else _SUGGESTED_SIZE,
    }


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


def send_market_rule(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the tick bands of a rule."""
    rule = venue.market.universe.rules.get(request.integer("rule_id"))
    if rule is None:
        client.refuse(-1, 321, f"Unknown market rule {request.text('rule_id')}")
        return
    bands: Rows = [(band.low_edge, band.increment) for band in rule.bands]
    client.send(MARKET_RULE, rule_id=rule.number, bands=bands)
