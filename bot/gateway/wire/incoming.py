"""The layouts of the requests, one constant each; `place_order.py` has the long one."""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.requests import Part, Repeat, RequestLayout, When, run

#: A contract as the Python libraries and the official client spell it in most requests.
CONTRACT: Final = run(
    "contract_id symbol security_type last_trade_date strike right multiplier exchange"
    " primary_exchange currency local_symbol trading_class"
)

#: The legs of a combination, in requests for market data and bars.
LEGS: Final = When(
    lambda texts: texts["security_type"] == "BAG",
    (Repeat("legs", ("contract_id", "ratio", "action", "exchange")),),
)

#: The underlying of a delta-neutral combination.
DELTA_NEUTRAL: Final[tuple[Part, ...]] = (
    run("has_delta_neutral"),
    When(
        lambda texts: texts["has_delta_neutral"] in ("1", "true"),
        (run("delta_neutral_id delta_neutral_delta delta_neutral_price"),),
    ),
)


def _plain(number: int, name: str, names: str = "version") -> RequestLayout:
    """Return the layout of a request whose fields depend on nothing."""
    return RequestLayout(number, name, (run(names),) if names else ())


REQUEST_MARKET_DATA: Final = RequestLayout(
    1,
    "reqMktData",
    (
        run("version request_id"),
        CONTRACT,
        LEGS,
        *DELTA_NEUTRAL,
        run("generic_ticks snapshot regulatory_snapshot options"),
    ),
)
CANCEL_MARKET_DATA: Final = _plain(2, "cancelMktData", "version request_id")
CANCEL_ORDER: Final = RequestLayout(
    4, "cancelOrder", (run("version order_id"), run("manual_cancel_time", since=169))
)
REQUEST_OPEN_ORDERS: Final = _plain(5, "reqOpenOrders")
REQUEST_ACCOUNT_UPDATES: Final = _plain(6, "reqAccountUpdates", "version subscribe account")
REQUEST_EXECUTIONS: Final = _plain(
    7,
    "reqExecutions",
    "version request_id client_id account time symbol security_type exchange side",
)
REQUEST_IDS: Final = _plain(8, "reqIds", "version count")
REQUEST_CONTRACT_DETAILS: Final = RequestLayout(
    9,
    "reqContractDetails",
    (
        run("version request_id"),
        CONTRACT,
        run("include_expired security_id_type security_id"),
        run("issuer_id", since=176),
    ),
)
SET_LOG_LEVEL: Final = _plain(14, "setServerLogLevel", "version level")
REQUEST_AUTO_OPEN_ORDERS: Final = _plain(15, "reqAutoOpenOrders", "version bind")
REQUEST_ALL_OPEN_ORDERS: Final = _plain(16, "reqAllOpenOrders")
REQUEST_MANAGED_ACCOUNTS: Final = _plain(17, "reqManagedAccts")
REQUEST_CURRENT_TIME: Final = _plain(49, "reqCurrentTime")
GLOBAL_CANCEL: Final = _plain(58, "reqGlobalCancel")
REQUEST_MARKET_DATA_TYPE: Final = _plain(59, "reqMarketDataType", "version type")
REQUEST_POSITIONS: Final = _plain(61, "reqPositions")
REQUEST_ACCOUNT_SUMMARY: Final = _plain(62, "reqAccountSummary", "version request_id group tags")
CANCEL_ACCOUNT_SUMMARY: Final = _plain(63, "cancelAccountSummary", "version request_id")
CANCEL_POSITIONS: Final = _plain(64, "cancelPositions")
START_API: Final = _plain(71, "startApi", "version client_id optional_capabilities")
REQUEST_ACCOUNT_UPDATES_MULTI: Final = _plain(
    76, "reqAccountUpdatesMulti", "version request_id account model_code ledger_and_nlv"
)
CANCEL_ACCOUNT_UPDATES_MULTI: Final = _plain(77, "cancelAccountUpdatesMulti", "version request_id")
REQUEST_MATCHING_SYMBOLS: Final = _plain(81, "reqMatchingSymbols", "request_id pattern")
REQUEST_MARKET_RULE: Final = _plain(91, "reqMarketRule", "rule_id")
REQUEST_COMPLETED_ORDERS: Final = _plain(99, "reqCompletedOrders", "api_only")
