"""placeOrder, as the real client library sends it: every field is consumed, none is left over."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from bot.gateway.wire.place_order import PLACE_ORDER
from bot.gateway.wire.requests import MalformedRequestError, Request

VERSIONS = range(157, 179)


class Wiretap:
    """A client of the library whose messages go nowhere but here."""

    def __init__(self, library: Any, version: int) -> None:
        self.client = library.client.Client(None)
        self.client.serverVersion = lambda: version
        self.client.isConnected = lambda: True
        self.sent: list[str] = []
        self.client.sendMsg = self.sent.append
        self.version = version

    def place(self, contract: Any, order: Any) -> list[str]:
        self.client.placeOrder(7, contract, order)
        return self.sent[-1].split("\0")[:-1]

    def decode(self, contract: Any, order: Any) -> Request:
        return PLACE_ORDER.decode(self.version, self.place(contract, order))


def versions_of(library: Any) -> list[int]:
    """The versions that the library itself would agree on."""
    return [version for version in VERSIONS if version <= library.client.Client.MaxClientVersion]


def stock(library: Any) -> Any:
    return library.Stock("AAPL", "SMART", "USD", conId=265598)


def test_plain_orders_are_consumed_at_every_version(library: Any) -> None:
    for version in versions_of(library):
        order = library.LimitOrder("BUY", 10, 79.01, tif="DAY", orderRef="ref", account="DU1")
        request = Wiretap(library, version).decode(stock(library), order)
        assert request.integer("order_id") == 7
        assert request.text("order_ref") == "ref"
        assert str(request.decimal("limit_price")) == "79.01"
        assert request.flag("transmit")


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("scale", {"scaleInitLevelSize": 5, "scalePriceIncrement": 0.5}),
        ("hedge", {"hedgeType": "D", "hedgeParam": "1"}),
        ("delta neutral", {"deltaNeutralOrderType": "MKT", "deltaNeutralConId": 5}),
        ("pegged to benchmark", {"orderType": "PEG BENCH", "referenceContractId": 5}),
        ("pegged to best", {"orderType": "PEG BEST", "minCompeteSize": 5}),
        (
            "pegged to best, up to mid",
            {"orderType": "PEG BEST", "competeAgainstBestOffset": float("inf")},
        ),
        ("pegged to mid", {"orderType": "PEG MID", "midOffsetAtWhole": 0.1}),
        ("unset numbers", {"cashQty": sys.float_info.max, "minQty": 2**31 - 1}),
    ],
)
def test_orders_with_more_fields_are_consumed(
    library: Any, kind: str, terms: dict[str, object]
) -> None:
    assert kind
    for version in versions_of(library):
        order = library.Order(action="BUY", totalQuantity=1, **{"orderType": "LMT", **terms})
        request = Wiretap(library, version).decode(stock(library), order)
        assert request.text("use_price_management") is not None


def test_algorithms_and_conditions_are_consumed(library: Any) -> None:
    for version in versions_of(library):
        order = library.MarketOrder("SELL", 3)
        order.algoStrategy = "Adaptive"
        order.algoParams = [library.TagValue("adaptivePriority", "Normal")]
        order.conditions = [
            library.PriceCondition(price=5.0, conId=265598, exch="SMART"),
            library.TimeCondition(time="20200601 12:00:00"),
            library.MarginCondition(percent=10),
            library.ExecutionCondition(symbol="AAPL"),
            library.VolumeCondition(volume=5, conId=265598),
            library.PercentChangeCondition(changePercent=2.0, conId=265598),
        ]
        request = Wiretap(library, version).decode(stock(library), order)
        assert request.rows["algorithm_parameters"] == [
            {"tag": "adaptivePriority", "value": "Normal"}
        ]
        assert [row["kind"] for row in request.rows["conditions"]] == list("134567")


def test_combinations_and_their_underlying_are_consumed(library: Any) -> None:
    leg = library.ComboLeg(conId=265598, ratio=1, action="BUY", exchange="SMART")
    contract = library.Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = [leg, leg]
    contract.deltaNeutralContract = library.DeltaNeutralContract(5, 0.5, 1.0)
    order = library.LimitOrder("BUY", 1, 1.0)
    order.smartComboRoutingParams = [library.TagValue("NonGuaranteed", "1")]
    for version in versions_of(library):
        request = Wiretap(library, version).decode(contract, order)
        assert len(request.rows["legs"]) == 2
        assert request.text("delta_neutral_id") == "5"


@pytest.mark.parametrize("change", ["drop", "add"])
def test_one_field_too_few_or_too_many_is_refused(library: Any, change: str) -> None:
    tap = Wiretap(library, 176)
    fields = tap.place(stock(library), library.MarketOrder("BUY", 1))
    fields = fields[:-1] if change == "drop" else [*fields, ""]
    with pytest.raises(MalformedRequestError, match="too few" if change == "drop" else "left over"):
        PLACE_ORDER.decode(176, fields)


def test_a_plain_order_has_115_fields_at_version_176(library: Any) -> None:
    fields = Wiretap(library, 176).place(stock(library), library.MarketOrder("BUY", 1))
    assert len(fields) == 115
