"""The layouts of the requests, one constant each; `place_order.py` has the long one."""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.requests import Part, Repeat, RequestLayout, When, plain, run

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
CANCEL_MARKET_DATA: Final = plain(2, "cancelMktData", "version request_id")
CANCEL_ORDER: Final = RequestLayout(
    4, "cancelOrder", (run("version order_id"), run("manual_cancel_time", since=169))
)
REQUEST_OPEN_ORDERS: Final = plain(5, "reqOpenOrders", "version")
REQUEST_ACCOUNT_UPDATES: Final = plain(6, "reqAccountUpdates", "version subscribe account")
REQUEST_EXECUTIONS: Final = plain(
    7,
    "reqExecutions",
    "version request_id client_id account time symbol security_type exchange side",
)
REQUEST_IDS: Final = plain(8, "reqIds", "version count")
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
SET_LOG_LEVEL: Final = plain(14, "setServerLogLevel", "version level")
REQUEST_AUTO_OPEN_ORDERS: Final = plain(15, "reqAutoOpenOrders", "version bind")
REQUEST_ALL_OPEN_ORDERS: Final = plain(16, "reqAllOpenOrders", "version")
REQUEST_MANAGED_ACCOUNTS: Final = plain(17, "reqManagedAccts", "version")
REQUEST_CURRENT_TIME: Final = plain(49, "reqCurrentTime", "version")
GLOBAL_CANCEL: Final = plain(58, "reqGlobalCancel", "version")
REQUEST_MARKET_DATA_TYPE: Final = plain(59, "reqMarketDataType", "version type")
REQUEST_POSITIONS: Final = plain(61, "reqPositions", "version")
REQUEST_ACCOUNT_SUMMARY: Final = plain(62, "reqAccountSummary", "version request_id group tags")
CANCEL_ACCOUNT_SUMMARY: Final = plain(63, "cancelAccountSummary", "version request_id")
CANCEL_POSITIONS: Final = plain(64, "cancelPositions", "version")
START_API: Final = plain(71, "startApi", "version client_id optional_capabilities")
REQUEST_ACCOUNT_UPDATES_MULTI: Final = plain(
    76, "reqAccountUpdatesMulti", "version request_id account model_code ledger_and_nlv"
)
CANCEL_ACCOUNT_UPDATES_MULTI: Final = plain(77, "cancelAccountUpdatesMulti", "version request_id")
REQUEST_MATCHING_SYMBOLS: Final = plain(81, "reqMatchingSymbols", "request_id pattern")
REQUEST_MARKET_RULE: Final = plain(91, "reqMarketRule", "rule_id")
REQUEST_COMPLETED_ORDERS: Final = plain(99, "reqCompletedOrders", "api_only")
REQUEST_PROFIT: Final = plain(92, "reqPnL", "request_id account model_code")
CANCEL_PROFIT: Final = plain(93, "cancelPnL", "request_id")
REQUEST_SINGLE_PROFIT: Final = plain(
    94, "reqPnLSingle", "request_id account model_code contract_id"
)
CANCEL_SINGLE_PROFIT: Final = plain(95, "cancelPnLSingle", "request_id")
