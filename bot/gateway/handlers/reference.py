"""Small requests that many programs send: about the login, news, scanners and the like.

The answers are those of a paper account of one person without any of these subscriptions. Where
such an account has nothing, the answer is empty, and says so.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.wire.reference import (
    ADVISOR,
    DEPTH_EXCHANGES,
    DISPLAY_GROUPS,
    FAMILY_CODES,
    NEWS_PROVIDERS,
    SCANNER_PARAMETERS,
    SOFT_DOLLAR_TIERS,
    USER_INFO,
)
from bot.gateway.wire.refusals import invalid_text

if TYPE_CHECKING:
    from bot.gateway.client import Client
    from bot.gateway.venue import Venue
    from bot.gateway.wire.requests import Request

_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>'

#: What scanners there are: none.
_NO_SCANNERS: Final = (
    f"{_XML}<ScanParameterResponse><InstrumentList></InstrumentList><LocationTree></LocationTree>"
    "<ScanTypeList></ScanTypeList></ScanParameterResponse>"
)

#: The lists of an advisor, by their numbers: the element, and whether there is anything in it.
_ADVISOR_LISTS: Final = MappingProxyType(
    {
        1: ("ListOfGroups", False),
        2: ("ListOfAllocationProfiles", False),
        3: ("ListOfAccountAliases", True),
    }
)
_PROFILES: Final = 2

#: First server version without profiles.
_NO_PROFILES_SINCE: Final = 177

_NO_ADVISOR: Final = invalid_text("FA data operations ignored for non FA customers.")


def send_family_codes(venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the accounts of the login; none of them belongs to a family."""
    client.send(FAMILY_CODES, codes=[(account, "") for account in venue.accounts.managed])


def send_depth_exchanges(_venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the exchanges whose book can be had: none."""
    client.send(DEPTH_EXCHANGES, exchanges=())


def send_news_providers(_venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the sources of news: none."""
    client.send(NEWS_PROVIDERS, providers=())


def send_scanner_parameters(_venue: Venue, client: Client, _request: Request) -> None:
    """Answer with the list of scanners, which is empty."""
    client.send(SCANNER_PARAMETERS, text=_NO_SCANNERS)


def send_soft_dollar_tiers(_venue: Venue, client: Client, request: Request) -> None:
    """Answer with the soft dollar tiers of the account: none."""
    client.send(SOFT_DOLLAR_TIERS, request_id=request.integer("request_id"), tiers=())


def send_display_groups(_venue: Venue, client: Client, request: Request) -> None:
    """Answer with the groups of windows: a gateway has no windows."""
    client.send(DISPLAY_GROUPS, request_id=request.integer("request_id"), groups="")


def send_user_info(_venue: Venue, client: Client, request: Request) -> None:
    """Answer with the brand that the login belongs to: none."""
    client.send(USER_INFO, request_id=request.integer("request_id"), white_branding_id="")


def send_advisor(venue: Venue, client: Client, request: Request) -> None:
    """Answer with the data of an advisor: no groups, no profiles, and its clients by their ids."""
    kind = request.integer("type")
    if not venue.accounts.advisor:
        client.refuse(-1, 321, _NO_ADVISOR)
    elif kind not in _ADVISOR_LISTS or (kind == _PROFILES and client.version >= _NO_PROFILES_SINCE):
        client.refuse(-1, 321, invalid_text(f"FA data type {kind} is not served"))
    else:
        head, is_filled = _ADVISOR_LISTS[kind]
        rows = [
            f"<AccountAlias><account>{account}</account><alias>{account}</alias></AccountAlias>"
            for account in venue.accounts.managed
            if is_filled
        ]
        client.send(ADVISOR, type=kind, text=f"{_XML}<{head}>{''.join(rows)}</{head}>")


def refuse_advisor(venue: Venue, client: Client, request: Request) -> None:
    """Refuse to change the data of an advisor; a real gateway does so for everybody else."""
    is_advisor = bool(venue.accounts.advisor)
    text = invalid_text("The gateway does not serve this request") if is_advisor else _NO_ADVISOR
    client.refuse(request.integer("request_id"), 321, text)
