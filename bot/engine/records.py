"""Domain values to journal bodies and back. What recovery needs must come back exactly as it went in."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.core.domain.decision import Decision, Finding
from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import Commission, Execution, OrderIntent
from bot.core.domain.plan import Leg, Plan


def body_of(value: object) -> dict[str, Any]:
    """Return a frozen dataclass as a JSON-able tree; the journal writes its Decimals and datetimes as strings."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        message = f"only a domain value can be journaled, found {type(value).__name__}"
        raise TypeError(message)
    return {field.name: _tree(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _tree(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__, **body_of(value)}
    if isinstance(value, dict):
        return {str(key): _tree(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_tree(item) for item in value]
    return value


def instrument_from(body: dict[str, Any]) -> Instrument:
    """Return the instrument that `body_of` wrote."""
    bands = tuple(
        PriceBand(low_edge=band["low_edge"], increment=band["increment"])
        for band in body["price_bands"]
    )
    return Instrument(
        con_id=body["con_id"],
        symbol=body["symbol"],
        currency=body["currency"],
        exchange=body["exchange"],
        primary_exchange=body["primary_exchange"],
        price_bands=bands,
        time_zone=body["time_zone"],
        liquid_hours=body["liquid_hours"],
        security_type=body.get("security_type", ""),  # older journals do not have it
    )


def plan_from(body: dict[str, Any]) -> Plan:
    """Return the plan that `body_of` wrote."""
    legs = tuple(
        Leg(
            index=leg["index"],
            instrument=instrument_from(leg["instrument"]),
            shares=leg["shares"],
            arrival_price=leg["arrival_price"],
            reason=leg["reason"],
        )
        for leg in body["legs"]
    )
    return Plan(
        plan_id=body["plan_id"],
        look_id=body["look_id"],
        account=body["account"],
        currency=body["currency"],
        base=body["base"],
        legs=legs,
        occurrences=tuple(body["occurrences"]),
        created_at=datetime.fromisoformat(body["created_at"]),
        expires_at=datetime.fromisoformat(body["expires_at"]),
    )


def intent_from(body: dict[str, Any]) -> OrderIntent:
    """Return the order intent that `body_of` wrote."""
    return OrderIntent(
        order_ref=body["order_ref"],
        plan_id=body["plan_id"],
        leg=body["leg"],
        attempt=body["attempt"],
        instrument=instrument_from(body["instrument"]),
        shares=body["shares"],
        limit_price=Decimal(body["limit_price"]),
        account=body["account"],
        time_in_force=body["time_in_force"],
        # The journals of older versions have limit orders only, and do not name these.
        order_type=body.get("order_type", "LMT"),
        algorithm=body.get("algorithm", ""),
        algorithm_parameters=tuple(
            (tag, value) for tag, value in body.get("algorithm_parameters", ())
        ),
        good_till=_moment(body.get("good_till")),
        style=body.get("style", "limit"),
        rung=body.get("rung", 0),
        slice_number=body.get("slice_number", 0),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def execution_from(body: dict[str, Any]) -> Execution:
    """Return the execution that `body_of` wrote."""
    return Execution(
        execution_id=body["execution_id"],
        order_ref=body["order_ref"],
        perm_id=body["perm_id"],
        order_id=body["order_id"],
        client_id=body["client_id"],
        con_id=body["con_id"],
        symbol=body["symbol"],
        shares=Decimal(body["shares"]),
        price=Decimal(body["price"]),
        executed_at=datetime.fromisoformat(body["executed_at"]),
    )


def commission_from(body: dict[str, Any]) -> Commission:
    """Return the commission that `body_of` wrote."""
    amount = body["amount"]
    return Commission(
        execution_id=body["execution_id"],
        amount=None if amount is None else Decimal(amount),
        currency=body["currency"],
    )


def finding_from(body: dict[str, Any]) -> Finding:
    """Return the finding that `body_of` wrote."""
    return Finding(
        rule=body["rule"],
        fired=body["fired"],
        statement=body["statement"],
        numbers=body["numbers"],
        parts=tuple(finding_from(part) for part in body["parts"]),
        occurrence=body["occurrence"],
        asks=body["asks"],
    )


def decision_from(body: dict[str, Any]) -> Decision:
    """Return the decision that `body_of` wrote."""
    return Decision(
        rebalance=body["rebalance"],
        finding=finding_from(body["finding"]),
        symbols=tuple(body["symbols"]),
        weights=tuple(body["weights"]),
        targets=tuple(body["targets"]),
        below=tuple(body["below"]),
        above=tuple(body["above"]),
        desired=tuple(body["desired"]),
    )
