"""The layouts of small requests that many programs send, and of their answers."""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.answers import Answer, always, given, layout
from bot.gateway.wire.requests import plain

REQUEST_BULLETINS: Final = plain(12, "reqNewsBulletins", "version all_messages")
CANCEL_BULLETINS: Final = plain(13, "cancelNewsBulletins", "version")
REQUEST_ADVISOR: Final = plain(18, "requestFA", "version type")
REPLACE_ADVISOR: Final = plain(19, "replaceFA", "version type text request_id")
REQUEST_SCANNER_PARAMETERS: Final = plain(24, "reqScannerParameters", "version")
REQUEST_DISPLAY_GROUPS: Final = plain(67, "queryDisplayGroups", "version request_id")
REQUEST_POSITIONS_MULTI: Final = plain(
    74, "reqPositionsMulti", "version request_id account model_code"
)
CANCEL_POSITIONS_MULTI: Final = plain(75, "cancelPositionsMulti", "version request_id")
REQUEST_SOFT_DOLLAR_TIERS: Final = plain(79, "reqSoftDollarTiers", "request_id")
REQUEST_FAMILY_CODES: Final = plain(80, "reqFamilyCodes", "")
REQUEST_DEPTH_EXCHANGES: Final = plain(82, "reqMktDepthExchanges", "")
REQUEST_SMART_COMPONENTS: Final = plain(83, "reqSmartComponents", "request_id exchange_map")
REQUEST_NEWS_PROVIDERS: Final = plain(85, "reqNewsProviders", "")
REQUEST_USER_INFO: Final = plain(104, "reqUserInfo", "request_id")

ADVISOR: Final = Answer(16, "receiveFA", layout(always("1", "version"), given("type text")))
SCANNER_PARAMETERS: Final = Answer(
    19, "scannerParameters", layout(always("1", "version"), given("text"))
)
DISPLAY_GROUPS: Final = Answer(
    67, "displayGroupList", layout(always("1", "version"), given("request_id groups"))
)
POSITION_MULTI: Final = Answer(
    71,
    "positionMulti",
    layout(
        always("1", "version"),
        given("request_id account contract_id symbol security_type"),
        always("", "last_trade_date"),
        always("0.0", "strike"),
        always("", "right multiplier"),
        given("exchange currency local_symbol trading_class position average_cost model_code"),
    ),
)
POSITION_MULTI_END: Final = Answer(
    72, "positionMultiEnd", layout(always("1", "version"), given("request_id"))
)
#: A row of tiers: name, value, name for people.
SOFT_DOLLAR_TIERS: Final = Answer(77, "softDollarTiers", given("request_id tiers"))
#: A row of codes: account, code.
FAMILY_CODES: Final = Answer(78, "familyCodes", given("codes"))
#: A row of exchanges: exchange, security type, listing exchange, service, group.
DEPTH_EXCHANGES: Final = Answer(80, "mktDepthExchanges", given("exchanges"))
#: A row of components: bit, exchange, letter.
SMART_COMPONENTS: Final = Answer(82, "smartComponents", given("request_id components"))
#: A row of providers: code, name.
NEWS_PROVIDERS: Final = Answer(85, "newsProviders", given("providers"))
USER_INFO: Final = Answer(107, "userInfo", given("request_id white_branding_id"))
