"""The layouts of the answers, one constant each; `order_reports.py` has those about orders.

A leading `version` is the message's own version number, which TWS sends for historical reasons.
"""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.answers import Answer, always, given, layout

#: The start of every tick message.
_TICK: Final = layout(always("6", "version"), given("request_id tick_type"))

TICK_PRICE: Final = Answer(1, "tickPrice", layout(_TICK, given("price size attributes")))
TICK_SIZE: Final = Answer(2, "tickSize", layout(_TICK, given("size")))
TICK_GENERIC: Final = Answer(45, "tickGeneric", layout(_TICK, given("value")))
TICK_STRING: Final = Answer(46, "tickString", layout(_TICK, given("value")))
TICK_SNAPSHOT_END: Final = Answer(
    57, "tickSnapshotEnd", layout(always("1", "version"), given("request_id"))
)
MARKET_DATA_TYPE: Final = Answer(
    58, "marketDataType", layout(always("1", "version"), given("request_id type"))
)
TICK_REQUEST_PARAMETERS: Final = Answer(
    81, "tickReqParams", given("request_id tick_size exchange_map snapshot_permissions")
)

ERROR: Final = Answer(
    4,
    "error",
    layout(
        always("2", "version"),
        given("request_id code text"),
        always("", "advanced_order_reject", since=166),
    ),
)

ACCOUNT_VALUE: Final = Answer(
    6, "updateAccountValue", layout(always("2", "version"), given("key value currency account"))
)
PORTFOLIO: Final = Answer(
    7,
    "updatePortfolio",
    layout(
        always("8", "version"),
        given("contract_id symbol security_type"),
        always("", "last_trade_date"),
        always("0", "strike right"),
        always("", "multiplier"),
        given("primary_exchange currency local_symbol trading_class"),
        given("position market_price market_value average_cost unrealized_pnl realized_pnl"),
        given("account"),
    ),
)
ACCOUNT_TIME: Final = Answer(8, "updateAccountTime", layout(always("1", "version"), given("time")))
ACCOUNT_DOWNLOAD_END: Final = Answer(
    54, "accountDownloadEnd", layout(always("1", "version"), given("account"))
)
POSITION: Final = Answer(
    61,
    "position",
    layout(
        always("3", "version"),
        given("account contract_id symbol security_type"),
        always("", "last_trade_date"),
        always("0.0", "strike"),
        always("", "right multiplier"),
        given("exchange currency local_symbol trading_class position average_cost"),
    ),
)
POSITION_END: Final = Answer(62, "positionEnd", always("1", "version"))
ACCOUNT_SUMMARY: Final = Answer(
    63,
    "accountSummary",
    layout(always("1", "version"), given("request_id account key value currency")),
)
ACCOUNT_SUMMARY_END: Final = Answer(
    64, "accountSummaryEnd", layout(always("1", "version"), given("request_id"))
)
ACCOUNT_UPDATE_MULTI: Final = Answer(
    73,
    "accountUpdateMulti",
    layout(always("1", "version"), given("request_id account model_code key value currency")),
)
ACCOUNT_UPDATE_MULTI_END: Final = Answer(
    74, "accountUpdateMultiEnd", layout(always("1", "version"), given("request_id"))
)
#: Neither has a version of its own.
PROFIT: Final = Answer(94, "pnl", given("request_id daily_pnl unrealized_pnl realized_pnl"))
SINGLE_PROFIT: Final = Answer(
    95, "pnlSingle", given("request_id position daily_pnl unrealized_pnl realized_pnl value")
)

NEXT_VALID_ID: Final = Answer(9, "nextValidId", layout(always("1", "version"), given("order_id")))
MANAGED_ACCOUNTS: Final = Answer(
    15, "managedAccounts", layout(always("1", "version"), given("accounts"))
)
CURRENT_TIME: Final = Answer(49, "currentTime", layout(always("1", "version"), given("time")))

CONTRACT_DETAILS: Final = Answer(
    10,
    "contractDetails",
    layout(
        always("8", "version", until=164),
        given("request_id symbol security_type"),
        always("", "last_trade_date"),
        always("0", "strike"),
        always("", "right"),
        given("exchange currency local_symbol market_name trading_class contract_id tick_size"),
        always("", "size_multiplier", until=164),
        always("", "multiplier"),
        given("order_types valid_exchanges"),
        always("1", "price_magnifier"),
        always("0", "underlying_id"),
        given("long_name primary_exchange"),
        always("", "contract_month"),
        given("industry"),
        always("", "category subcategory"),
        given("time_zone trading_hours liquid_hours"),
        always("", "economic_value_rule economic_value_multiplier"),
        given("security_ids"),
        always("1", "aggregate_group"),
        always("", "underlying_symbol underlying_security_type"),
        given("market_rule_ids"),
        always("", "real_expiration_date"),
        given("stock_type"),
        given("suggested_size_increment_only", since=163, until=164),
        given("minimum_size size_increment suggested_size_increment", since=164),
    ),
)
CONTRACT_DETAILS_END: Final = Answer(
    52, "contractDetailsEnd", layout(always("1", "version"), given("request_id"))
)
SYMBOL_SAMPLES: Final = Answer(79, "symbolSamples", given("request_id samples"))
MARKET_RULE: Final = Answer(93, "marketRule", given("rule_id bands"))

OPEN_ORDER_END: Final = Answer(53, "openOrderEnd", always("1", "version"))
EXECUTION_END: Final = Answer(
    55, "execDetailsEnd", layout(always("1", "version"), given("request_id"))
)
COMPLETED_ORDERS_END: Final = Answer(102, "completedOrdersEnd", ())
