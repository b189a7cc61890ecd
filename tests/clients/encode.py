"""What a client's encoder makes of requests: `python encode.py`, in the client's environment.

Prints one line of JSON for each request and server version: the fields of the frame, and what our
layout must find in them, by name. Nothing is connected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import order_fields as known
from kits import installed
from other_requests import sendings
from steps import VERSION_MAX, VERSION_MIN, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The number under which every order is sent.
ORDER_ID = 4711


@dataclass
class Case:
    """An order, and what must be found of it.

    Attributes:
        name: What it shows.
        contract: Attributes of the contract.
        order: Attributes of the order with their fields.
        texts: Further fields that must be found.
        rows: Repeated groups that must be found.
        since: First server version that knows what it shows.
    """

    name: str
    contract: dict[str, Any] = field(default_factory=dict)
    order: dict[str, tuple[Any, str]] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    since: int = VERSION_MIN


#: Order conditions: the kind, the client's attributes, and the columns of our layout.
CONDITIONS: tuple[tuple[int, dict[str, Any], dict[str, Any]], ...] = (
    (
        1,
        {"isMore": True, "price": 8001.25, "conId": 8002, "exch": "X1", "triggerMethod": 4},
        {"is_more": True, "price": 8001.25, "contract_id": 8002, "exchange": "X1"}
        | {"trigger_method": 4},
    ),
    (3, {"isMore": False, "time": "T3"}, {"is_more": False, "time": "T3"}),
    (4, {"isMore": True, "percent": 41}, {"is_more": True, "percent": 41}),
    (
        5,
        {"secType": "S5", "exch": "X5", "symbol": "Y5"},
        {"security_type": "S5", "exchange": "X5", "symbol": "Y5"},
    ),
    (
        6,
        {"isMore": False, "volume": 8006, "conId": 8007, "exch": "X6"},
        {"is_more": False, "volume": 8006, "contract_id": 8007, "exchange": "X6"},
    ),
    (
        7,
        {"isMore": True, "changePercent": 8.25, "conId": 8008, "exch": "X7"},
        {"is_more": True, "change_percent": 8.25, "contract_id": 8008, "exchange": "X7"},
    ),
)


def _conditions(kit: Any) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return one condition of each kind, and the rows that must be found; the second one is an or."""
    made, rows = [], []
    for kind, attributes, columns in CONDITIONS:
        condition = kit.make_condition(kind)
        for name, value in attributes.items():
            # The official client spells the exchange out in some of them.
            other = "exchange" if name == "exch" and not hasattr(condition, name) else name
            setattr(condition, other, value)
        if kind == 3:
            condition.Or()
        made.append(condition)
        rows.append({"kind": kind, "conjunction": "o" if kind == 3 else "a", **columns})
    return made, rows


#: Both legs of a combination: the client's attributes and our columns.
LEG = {
    "conId": "contract_id",
    "ratio": "ratio",
    "action": "action",
    "exchange": "exchange",
    "openClose": "open_close",
    "shortSaleSlot": "short_sale_slot",
    "designatedLocation": "designated_location",
    "exemptCode": "exempt_code",
}
LEGS = (
    dict(zip(LEG, (8101, 8102, "BUY", "L1", 1, 2, "D1", 8103), strict=True)),
    dict(zip(LEG, (8111, 8112, "SELL", "L2", 2, 1, "D2", 8113), strict=True)),
)
LEG_ROWS = [{LEG[name]: value for name, value in leg.items()} for leg in LEGS]


def _cases(kit: Any, version: int) -> Iterator[Case]:
    """Yield the orders to encode."""
    tag = kit.make("TagValue", tag="T1", value="V1")
    tag_row = [{"tag": "T1", "value": "V1"}]
    yield Case("plain")
    extra = {
        "orderType": ("VOL", "order_type"),
        "algoParams": ([tag], ""),
        "orderMiscOptions": ([tag], ""),
        "softDollarTier": (kit.make("SoftDollarTier", name="N1", val="W1"), ""),
    }
    contract = {name: f"text-{name}" for name in known.CONTRACT if name != "conId"}
    contract |= {"conId": 8201, "strike": 8202.25, "secIdType": "ISIN", "secId": "text-secId"}
    underlying = kit.make("DeltaNeutralContract", conId=8203, delta=8204.25, price=8205.25)
    texts = {name: contract[key] for key, name in known.CONTRACT.items()}
    yield Case(
        "everything",
        {**contract, "deltaNeutralContract": underlying},
        {**known.distinct(), **known.gated(version), **extra},
        {
            **texts,
            "security_id_type": "ISIN",
            "security_id": "text-secId",
            "has_delta_neutral": True,
            "delta_neutral_id": 8203,
            "delta_neutral_delta": 8204.25,
            "delta_neutral_price": 8205.25,
            "soft_dollar_name": "N1",
            "soft_dollar_value": "W1",
            "shares_allocation": "",
            "misc_options": "T1=V1;",
        },
        {"algorithm_parameters": tag_row},
    )
    wide = {name: known.distinct()[name] for name in ("scalePriceIncrement",)}
    wide["deltaNeutralOrderType"] = ("MKT", "delta_neutral_order_type")
    for number in range(known.PATTERNS):
        yield Case(f"flags {number}", {}, {**wide, **known.pattern(number)})
    yield from _special(kit, tag, tag_row)


def _special(kit: Any, tag: Any, tag_row: list[dict[str, Any]]) -> Iterator[Case]:
    """Yield the orders of special types."""
    legs = [kit.make("ComboLeg", **leg) for leg in LEGS]
    prices = [kit.make("OrderComboLeg", price=price) for price in (8301.25, 8302.25)]
    yield Case(
        "combination",
        {"secType": "BAG", "comboLegs": legs},
        {"orderComboLegs": (prices, ""), "smartComboRoutingParams": ([tag], "")},
        {},
        {
            "legs": LEG_ROWS,
            "leg_prices": [{"price": 8301.25}, {"price": 8302.25}],
            "routing": tag_row,
        },
    )
    conditions, rows = _conditions(kit)
    order: dict[str, tuple[Any, str]] = {
        "conditions": (conditions, ""),
        "conditionsIgnoreRth": (True, "conditions_ignore_hours"),
        "conditionsCancelOrder": (False, "conditions_cancel_order"),
    }
    yield Case("conditions", {}, order, {}, {"conditions": rows})
    swapped = {"conditionsIgnoreRth": (False, order["conditionsIgnoreRth"][1])}
    swapped["conditionsCancelOrder"] = (True, order["conditionsCancelOrder"][1])
    yield Case("conditions again", {}, {**order, **swapped}, {}, {"conditions": rows})
    for order_type, attributes, since in (
        ("PEG BENCH", known.PEG_BENCH, 0),
        ("PEG BEST", known.PEG_BEST, 170),
        ("PEG BEST", known.PEG_UP_TO_MID, 170),
        ("PEG MID", known.PEG_MID, 170),
    ):
        kind = {"orderType": (order_type, "order_type")}
        yield Case(order_type, {}, {**kind, **attributes}, since=since)
    yield Case("ATS", {"exchange": "IBKRATS"}, known.ATS, since=170)


def _encode_order(kit: Any, case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send an order; returns the texts and rows that must be found."""
    plain = {"symbol": "KO", "secType": "STK", "exchange": "SMART", "currency": "USD"}
    contract = kit.make("Contract", **{**plain, **case.contract})
    order = kit.make("Order", action="BUY", totalQuantity=10, orderType="MKT")
    texts: dict[str, Any] = {"order_id": ORDER_ID}
    for attribute, (value, name) in case.order.items():
        if hasattr(order, attribute):  # newer clients have dropped some
            setattr(order, attribute, value)
            if name:
                texts[name] = value
    kit.api.placeOrder(ORDER_ID, contract, order)
    return {**texts, **case.texts}, case.rows


def _encoded(kit: Any, name: str, send: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """Send something; returns its frame or what the client said instead."""
    kit.sent.clear()
    kit.errors.clear()
    found = send()
    fields = b"".join(kit.sent).decode().split("\0")[:-1]
    return {"case": name, "fields": fields, "refused": list(kit.errors)}, found


def main() -> None:
    """Encode everything at every server version."""
    kit = installed()
    for version in range(VERSION_MIN, min(VERSION_MAX, kit.highest) + 1):
        kit.set_version(version)
        for case in _cases(kit, version):
            if version >= case.since:
                send = partial(_encode_order, kit, case)
                facts, (texts, rows) = _encoded(kit, case.name, send)
                say(version=version, texts=texts, rows=rows, **facts)
        for name, texts, rows, send in sendings(kit, version):
            facts, _ = _encoded(kit, name, send)
            say(version=version, texts=texts, rows=rows, **facts)


if __name__ == "__main__":
    main()
