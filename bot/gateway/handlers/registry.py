"""Which request has which layout and which handler: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.gateway.client import Client
from bot.gateway.handlers import (
    account,
    contracts,
    history,
    orders,
    quotes,
    reference,
    session,
)
from bot.gateway.venue import Venue
from bot.gateway.wire import history as bars
from bot.gateway.wire import incoming
from bot.gateway.wire import reference as small
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
    (incoming.REQUEST_AUTO_OPEN_ORDERS, orders.bind_orders),
    (incoming.REQUEST_ALL_OPEN_ORDERS, orders.send_all_open_orders),
    (incoming.REQUEST_MANAGED_ACCOUNTS, session.send_accounts),
    (incoming.REQUEST_CURRENT_TIME, session.send_time),
    (incoming.GLOBAL_CANCEL, orders.cancel_all_orders),
    (incoming.REQUEST_MARKET_DATA_TYPE, quotes.set_data_type),
    (incoming.REQUEST_POSITIONS, account.send_positions),
    (incoming.REQUEST_ACCOUNT_SUMMARY, account.send_account_summary),
    (incoming.CANCEL_ACCOUNT_SUMMARY, account.cancel_account_summary),
    (incoming.CANCEL_POSITIONS, account.cancel_positions),
    (incoming.START_API, session.start_api),
    (incoming.REQUEST_ACCOUNT_UPDATES_MULTI, account.send_account_updates_multi),
    (incoming.CANCEL_ACCOUNT_UPDATES_MULTI, account.cancel_account_updates_multi),
    (incoming.REQUEST_PROFIT, account.send_profit),
    (incoming.CANCEL_PROFIT, account.cancel_profit),
    (incoming.REQUEST_SINGLE_PROFIT, account.send_single_profit),
    (incoming.CANCEL_SINGLE_PROFIT, account.cancel_single_profit),
    (incoming.REQUEST_MATCHING_SYMBOLS, contracts.send_matching_symbols),
    (incoming.REQUEST_MARKET_RULE, contracts.send_market_rule),
    (incoming.REQUEST_COMPLETED_ORDERS, orders.send_completed_orders),
    (bars.REQUEST_BARS, history.send_bars),
    (bars.CANCEL_BARS, history.cancel_bars),
    (bars.REQUEST_FIVE_SECONDS, history.send_five_seconds),
    (bars.CANCEL_FIVE_SECONDS, history.cancel_five_seconds),
    (bars.REQUEST_HEAD, history.send_head),
    # Answered at once, so there is never anything to cancel.
    (bars.CANCEL_HEAD, session.ignore),
    # No bulletins are ever published.
    (small.REQUEST_BULLETINS, session.ignore),
    (small.CANCEL_BULLETINS, session.ignore),
    (small.REQUEST_ADVISOR, reference.send_advisor),
    (small.REPLACE_ADVISOR, reference.refuse_advisor),
    (small.REQUEST_SCANNER_PARAMETERS, reference.send_scanner_parameters),
    (small.REQUEST_DISPLAY_GROUPS, reference.send_display_groups),
    (small.REQUEST_POSITIONS_MULTI, account.send_positions_multi),
    (small.CANCEL_POSITIONS_MULTI, account.cancel_positions_multi),
    (small.REQUEST_SOFT_DOLLAR_TIERS, reference.send_soft_dollar_tiers),
    (small.REQUEST_FAMILY_CODES, reference.send_family_codes),
    (small.REQUEST_DEPTH_EXCHANGES, reference.send_depth_exchanges),
    (small.REQUEST_SMART_COMPONENTS, quotes.send_smart_components),
    (small.REQUEST_NEWS_PROVIDERS, reference.send_news_providers),
    (small.REQUEST_USER_INFO, reference.send_user_info),
)

#: Layout and handler by message id, as the id stands in the message.
HANDLERS: Final[Mapping[str, tuple[RequestLayout, Handler]]] = MappingProxyType(
    {str(layout.number): (layout, handler) for layout, handler in _SERVED}
)
