"""Which request has which layout and which handler: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.gateway.client import Client
from bot.gateway.handlers import account, contracts, orders, quotes, session
from bot.gateway.venue import Venue
from bot.gateway.wire import incoming
from bot.gateway.wire.place_order import PLACE_ORDER
from bot.gateway.wire.requests import Request, RequestLayout

Handler: TypeAlias = Callable[[Venue, Client, Request], None]

_SERVED: Final[tuple[tuple[RequestLayout, Handler], ...]] = (
    (incoming.REQUEST_MARKET_DATA, quotes.send_market_data),
    (incoming.CANCEL_MARKET_DATA, quotes.cancel_market_data),
    (PLACE_ORDER, orders.place_order),
    (incoming.CANCEL_ORDER, orders.cancel_order),
    (incoming.REQUEST_OPEN_ORDERS, orders.send_open_orders),
    (incoming.REQUEST_ACCOUNT_UPDATES, account.send_account_updates),
    (incoming.REQUEST_EXECUTIONS, orders.send_executions),
    (incoming.REQUEST_IDS, session.send_ids),
    (incoming.REQUEST_CONTRACT_DETAILS, contracts.send_contract_details),
    (incoming.SET_LOG_LEVEL, session.ignore),
    # Binding is about orders typed into TWS by hand, of which there are none here.
    (incoming.REQUEST_AUTO_OPEN_ORDERS, session.ignore),
    (incoming.REQUEST_ALL_OPEN_ORDERS, orders.send_all_open_orders),
    (incoming.REQUEST_MANAGED_ACCOUNTS, session.send_accounts),
    (incoming.REQUEST_CURRENT_TIME, session.send_time),
    (incoming.GLOBAL_CANCEL, orders.cancel_all_orders),
    # The data type asked for matters only without a subscription; the behaviour decides that.
    (incoming.REQUEST_MARKET_DATA_TYPE, session.ignore),
    (incoming.REQUEST_POSITIONS, account.send_positions),
    (incoming.REQUEST_ACCOUNT_SUMMARY, account.send_account_summary),
    (incoming.CANCEL_ACCOUNT_SUMMARY, account.cancel_account_summary),
    (incoming.CANCEL_POSITIONS, account.cancel_positions),
    (incoming.START_API, session.start_api),
    (incoming.REQUEST_ACCOUNT_UPDATES_MULTI, account.send_account_updates_multi),
    (incoming.CANCEL_ACCOUNT_UPDATES_MULTI, account.cancel_account_updates_multi),
    (incoming.REQUEST_MATCHING_SYMBOLS, contracts.send_matching_symbols),
    (incoming.REQUEST_MARKET_RULE, contracts.send_market_rule),
    (incoming.REQUEST_COMPLETED_ORDERS, orders.send_completed_orders),
)

#: Layout and handler by message id, as the id stands in the message.
HANDLERS: Final[Mapping[str, tuple[RequestLayout, Handler]]] = MappingProxyType(
    {str(layout.number): (layout, handler) for layout, handler in _SERVED}
)

#: Requests of TWS that are not served, with the position of their request id, so that whoever
#: waits for the answer gets one: depth, history, scanner, bars, fundamentals, options, profit,
#: ticks and the like.
UNSERVED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "10": 2,  # reqMktDepth
        "20": 1,  # reqHistoricalData
        "22": 1,  # reqScannerSubscription
        "50": 2,  # reqRealTimeBars
        "52": 2,  # reqFundamentalData
        "54": 2,  # calculateImpliedVolatility
        "55": 2,  # calculateOptionPrice
        "74": 2,  # reqPositionsMulti
        "78": 1,  # reqSecDefOptParams
        "79": 1,  # reqSoftDollarTiers
        "83": 1,  # reqSmartComponents
        "84": 1,  # reqNewsArticle
        "86": 1,  # reqHistoricalNews
        "87": 1,  # reqHeadTimeStamp
        "88": 1,  # reqHistogramData
        "92": 1,  # reqPnL
        "94": 1,  # reqPnLSingle
        "96": 1,  # reqHistoricalTicks
        "97": 1,  # reqTickByTickData
    }
)
