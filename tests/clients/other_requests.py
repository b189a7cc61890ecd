"""Requests beside placeOrder, as clients encode them, with what our layouts must find in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from order_fields import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A request: its name, the fields that must be found, the rows of groups, and what sends it.
Sending = tuple[str, dict[str, Any], dict[str, list[dict[str, Any]]], "Callable[[], Any]"]

ISSUER_SINCE = 176

LEG = {"conId": "contract_id", "ratio": "ratio", "action": "action", "exchange": "exchange"}
LEGS = (
    dict(zip(LEG, (8501, 8502, "BUY", "L1"), strict=True)),
    dict(zip(LEG, (8511, 8512, "SELL", "L2"), strict=True)),
)
LEG_ROWS = {"legs": [{LEG[name]: value for name, value in leg.items()} for leg in LEGS]}


def _contract() -> dict[str, Any]:
    """Return a value of its own for each attribute of a contract."""
    return {name: f"text-{name}" for name in CONTRACT} | {"conId": 8401, "strike": 8402.25}


def _texts(contract: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a contract becomes."""
    return {field: contract[name] for name, field in CONTRACT.items()}


def sendings(kit: Any, version: int) -> Iterator[Sending]:
    """Yield what is sent."""
    yield from _of_contracts(kit, version)
    yield from _of_bars(kit)
    yield from _of_accounts(kit)


def _of_contracts(kit: Any, version: int) -> Iterator[Sending]:
    """Yield requests for market data and details."""
    filled = _contract()
    plain, texts = kit.make("Contract", **filled), _texts(filled)
    facts = {"request_id": 81, "generic_ticks": "233", "snapshot": True}
    for is_regulatory in (False, True):
        yield (
            f"market data, regulatory {is_regulatory}",
            {**texts, **facts, "regulatory_snapshot": is_regulatory, "has_delta_neutral": False},
            {},
            lambda also=is_regulatory: kit.api.reqMktData(81, plain, "233", True, also, []),  # noqa: FBT003
        )
    legs = [kit.make("ComboLeg", **leg) for leg in LEGS]
    underlying = kit.make("DeltaNeutralContract", conId=8203, delta=8204.25, price=8205.25)
    wide = kit.make(
        "Contract",
        **{**filled, "secType": "BAG", "comboLegs": legs, "deltaNeutralContract": underlying},
    )
    yield (
        "market data of a combination",
        {**facts, "snapshot": False, "has_delta_neutral": True, "delta_neutral_id": 8203}
        | {"delta_neutral_delta": 8204.25, "delta_neutral_price": 8205.25},
        LEG_ROWS,
        lambda: kit.api.reqMktData(81, wide, "233", False, False, []),  # noqa: FBT003
    )
    more = {"secIdType": "ISIN", "secId": "I1", "includeExpired": True}
    found = {"request_id": 82, "security_id_type": "ISIN", "security_id": "I1"}
    found["include_expired"] = True
    if version >= ISSUER_SINCE:
        more["issuerId"] = found["issuer_id"] = "J1"
    identified = kit.make("Contract", **{**filled, **more})
    yield (
        "contract details",
        {**texts, **found},
        {},
        lambda: kit.api.reqContractDetails(82, identified),
    )


def _of_bars(kit: Any) -> Iterator[Sending]:
    """Yield requests for bars."""
    filled = _contract() | {"includeExpired": True}
    texts = {**_texts(filled), "include_expired": True}
    plain = kit.make("Contract", **filled)
    legs = [kit.make("ComboLeg", **leg) for leg in LEGS]
    wide = kit.make("Contract", **{**filled, "secType": "BAG", "comboLegs": legs})
    facts = {"request_id": 84, "end_time": "E1", "duration": "D1", "bar_size": "S1"}
    facts |= {"what_to_show": "W1", "use_rth": 1, "date_format": 2, "keep_up_to_date": True}
    arguments = ("E1", "D1", "S1", "W1", 1, 2, True, [])
    yield (
        "bars",
        {**texts, **facts},
        {},
        lambda: kit.api.reqHistoricalData(84, plain, *arguments),
    )
    yield (
        "bars of a combination",
        facts,
        LEG_ROWS,
        lambda: kit.api.reqHistoricalData(84, wide, *arguments),
    )
    yield (
        "head timestamp",
        {**texts, "request_id": 85, "what_to_show": "W1", "use_rth": 1, "date_format": 2},
        {},
        lambda: kit.api.reqHeadTimeStamp(85, plain, "W1", 1, 2),
    )
    yield (
        "five second bars",
        {**_texts(filled), "request_id": 86, "bar_size": 5, "what_to_show": "W1", "use_rth": True},
        {},
        lambda: kit.api.reqRealTimeBars(86, plain, 5, "W1", True, []),  # noqa: FBT003
    )


def _of_accounts(kit: Any) -> Iterator[Sending]:
    """Yield requests about the account and its fills."""
    wanted = {"clientId": 8403, "acctCode": "A1", "time": "T1", "symbol": "S1", "secType": "K1"}
    wanted |= {"exchange": "E1", "side": "D1"}
    executions = kit.make("ExecutionFilter", **wanted)
    names = ("client_id", "account", "time", "symbol", "security_type", "exchange", "side")
    yield (
        "executions",
        {"request_id": 83, **dict(zip(names, wanted.values(), strict=True))},
        {},
        lambda: kit.api.reqExecutions(83, executions),
    )
    account = {"account": "A1", "model_code": "M1"}
    yield (
        "account updates multi",
        {"request_id": 87, **account, "ledger_and_nlv": True},
        {},
        lambda: kit.api.reqAccountUpdatesMulti(87, "A1", "M1", True),  # noqa: FBT003
    )
    yield (
        "account summary",
        {"request_id": 88, "group": "G1", "tags": "T1,T2"},
        {},
        lambda: kit.api.reqAccountSummary(88, "G1", "T1,T2"),
    )
    yield (
        "profit",
        {"request_id": 89, **account},
        {},
        lambda: kit.api.reqPnL(89, "A1", "M1"),
    )
    yield (
        "profit of one",
        {"request_id": 90, **account, "contract_id": 8601},
        {},
        lambda: kit.api.reqPnLSingle(90, "A1", "M1", 8601),
    )
