"""What IB's codes mean to us: one row a code.

Rule: a code is a hint. It never makes an order final here; wire statuses, executions and the broker's lists do. The
classes say who is concerned: the connection, a data farm, the request that it names, a symbol, or an order - and
for an order whether IB usually refuses a *new* one with it, and what that means for the orders after it. A code
without a row is `UNKNOWN`: shown, never guessed, and the broker's lists are asked what became of the order.

Source: IB's page of message codes (TWS API documentation, "Message Codes"), and reports of users where it is silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.core.domain.orders import Consequence


class CodeClass(Enum):
    """Who is concerned by a code."""

    INFO = "info"
    CONNECTION = "connection"
    FARM = "farm"
    REQUEST = "request"
    MARKET_DATA = "market_data"
    MARKET_DATA_NOTE = "market_data_note"
    SYMBOL = "symbol"
    ORDER_NOTE = "order_note"
    ORDER_FATAL = "order_fatal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """One row.

    Attributes:
        kind: Who is concerned.
        meaning: What it means and what a person can do, one line; empty where IB's own words suffice.
        stated: What it means for an order that it names, where that is not what its kind usually means.
    """

    kind: CodeClass
    meaning: str = ""
    stated: Consequence | None = None

    @property
    def consequence(self) -> Consequence:
        """What it means for the orders after one that it names."""
        return self.stated or _CONSEQUENCES.get(self.kind, Consequence.UNKNOWN)


#: What a kind means for an order that it names; any other kind says nothing about it.
_CONSEQUENCES: Final = {
    CodeClass.INFO: Consequence.INFORMATIONAL,
    CodeClass.ORDER_NOTE: Consequence.INFORMATIONAL,
    CodeClass.ORDER_FATAL: Consequence.ORDER_FATAL,
    CodeClass.SYMBOL: Consequence.SYMBOL_FATAL,
}

_UNKNOWN: Final = CodeMeaning(CodeClass.UNKNOWN)

CLIENT_ID_IN_USE: Final = 326
NOTHING_TO_CANCEL: Final = 300
NO_DEFINITION: Final = 200
DUPLICATE_ORDER_ID: Final = 103
_INVALID_REQUEST: Final = 321

#: TWS has lost IB's servers, or has them again. 2110 is TWS's own line to them.
LINK_LOST: Final = frozenset({1100, 2110})
LINK_BACK: Final = frozenset({1101, 1102})
#: A market-data farm broke; it is back, or idle until asked.
FARM_BROKEN: Final = 2103
FARM_BACK: Final = frozenset({2104, 2108})


#: The word by which IB says that its API is read-only: no order of any kind leaves it.
_READ_ONLY: Final = "read-only"


def _rows(
    kind: CodeClass, *codes: int, stated: Consequence | None = None
) -> dict[int, CodeMeaning]:
    return {code: CodeMeaning(kind, stated=stated) for code in codes}


CODES: Final[dict[int, CodeMeaning]] = {
    # -- the connection
    100: CodeMeaning(
        CodeClass.CONNECTION, "more messages than IB allows in a second: a bug in our limiter"
    ),
    CLIENT_ID_IN_USE: CodeMeaning(CodeClass.CONNECTION, "another program uses this client id"),
    1100: CodeMeaning(CodeClass.CONNECTION, "the gateway has lost IB's servers"),
    1101: CodeMeaning(
        CodeClass.CONNECTION, "the gateway has IB's servers again; subscriptions are lost"
    ),
    1102: CodeMeaning(
        CodeClass.CONNECTION, "the gateway has IB's servers again; subscriptions are kept"
    ),
    1300: CodeMeaning(CodeClass.CONNECTION, "the gateway's port was changed"),
    2110: CodeMeaning(CodeClass.CONNECTION, "the gateway has lost IB's servers; it will try again"),
    **_rows(CodeClass.CONNECTION, 357, 502, 503, 504, 505, 506, 507, 10053),
    # -- data farms
    **_rows(CodeClass.FARM, FARM_BROKEN, 2105, 2157),
    **_rows(CodeClass.INFO, 2104, 2106, 2107, 2108, 2119, 2158),
    # -- requests
    101: CodeMeaning(
        CodeClass.MARKET_DATA,
        "no market-data line is free: close some in TWS, or buy quote boosters",
    ),
    NOTHING_TO_CANCEL: CodeMeaning(CodeClass.INFO, "a subscription that had ended already"),
    2100: CodeMeaning(CodeClass.REQUEST, "another program took over the account subscription"),
    2101: CodeMeaning(CodeClass.REQUEST, "the account subscription was refused"),
    **_rows(CodeClass.REQUEST, 102, 162, 165, 366, 420, 320, 322),
    # -- market data: what is missing
    354: CodeMeaning(
        CodeClass.MARKET_DATA,
        "no market-data subscription for this listing: add it in Client Portal (Settings, Market Data "
        "Subscriptions), and share it with the paper account",
    ),
    10089: CodeMeaning(
        CodeClass.MARKET_DATA,
        "the API needs one more subscription for this listing; delayed prices are to be had",
    ),
    10090: CodeMeaning(CodeClass.MARKET_DATA_NOTE, "part of what was asked for is not subscribed"),
    10091: CodeMeaning(
        CodeClass.MARKET_DATA_NOTE,
        "part of what was asked for needs one more subscription for the API",
    ),
    10167: CodeMeaning(
        CodeClass.MARKET_DATA_NOTE, "not subscribed; IB shows delayed prices instead"
    ),
    10168: CodeMeaning(
        CodeClass.MARKET_DATA, "not subscribed, and delayed prices were not asked for"
    ),
    10186: CodeMeaning(
        CodeClass.MARKET_DATA, "not subscribed, and delayed prices were not asked for"
    ),
    10187: CodeMeaning(CodeClass.MARKET_DATA, "no historical data subscription for this listing"),
    10197: CodeMeaning(
        CodeClass.MARKET_DATA,
        "this user is logged in elsewhere with live data: close that session, or give the bot a user of its own",
    ),
    # -- symbols
    NO_DEFINITION: CodeMeaning(CodeClass.SYMBOL, "IB knows no such contract, or several"),
    **_rows(CodeClass.SYMBOL, 154, 412, 10015),
    # -- orders: live all the same, or nobody can tell from the code
    399: CodeMeaning(CodeClass.ORDER_NOTE, "the order works, perhaps only when the exchange opens"),
    404: CodeMeaning(CodeClass.ORDER_NOTE, "the order is held until shares are located"),
    2109: CodeMeaning(CodeClass.ORDER_NOTE, "outside-hours flag ignored; the order works"),
    10311: CodeMeaning(CodeClass.ORDER_NOTE, "a direct-route notice; the order is held"),
    10349: CodeMeaning(CodeClass.ORDER_NOTE, "time in force set by a preset; the order works"),
    **_rows(CodeClass.ORDER_NOTE, 202, 2102, 2137),
    **_rows(
        CodeClass.ORDER_NOTE, *(104, 105, 329, 10241, 10242, 10006), stated=Consequence.UNKNOWN
    ),
    **_rows(CodeClass.ORDER_NOTE, *(160, 10268, 10269, 10270), stated=Consequence.UNKNOWN),
    **_rows(
        CodeClass.ORDER_NOTE, *(135, 136, 161, 10147, 10148), stated=Consequence.CANCEL_REFUSED
    ),
    **_rows(CodeClass.ORDER_NOTE, 411, 439, 441, 442, stated=Consequence.STYLE_FATAL),
    # -- orders: what IB refuses a new one with. No code comes here without proof that its order never works
    DUPLICATE_ORDER_ID: CodeMeaning(
        CodeClass.ORDER_FATAL, "the order's number was used before", Consequence.ORDER_NUMBER
    ),
    110: CodeMeaning(
        CodeClass.ORDER_FATAL, "the price is not on the contract's tick", Consequence.PRICE_GRID
    ),
    201: CodeMeaning(CodeClass.ORDER_FATAL, "IB refused the order"),
    _INVALID_REQUEST: CodeMeaning(
        CodeClass.ORDER_FATAL, "IB found the request invalid, or the API is read-only"
    ),
    **_rows(CodeClass.ORDER_FATAL, 106, 107, 109, 163, 164, 355, 382, 383, 388, 403, 434, 451),
    **_rows(CodeClass.ORDER_FATAL, *range(10243, 10253)),
    **_rows(CodeClass.ORDER_FATAL, 111, 113, 387, stated=Consequence.STYLE_FATAL),
    **_rows(CodeClass.ORDER_FATAL, 203, 460, stated=Consequence.SYMBOL_FATAL),
    **_rows(CodeClass.ORDER_FATAL, 435, 436, stated=Consequence.RUN_FATAL),
}


def meaning_of(code: int) -> CodeMeaning:
    """Return the row of `code`; `UNKNOWN` without one."""
    return CODES.get(code, _UNKNOWN)


def is_refusal(code: int) -> bool:
    """Return whether IB uses `code` for a new order that it does not take."""
    return code == NO_DEFINITION or meaning_of(code).kind is CodeClass.ORDER_FATAL


def consequence_of(code: int, message: str) -> Consequence:
    """Return what an error that names an order of ours means for the orders after it.

    321 is every kind of invalid request, and one of them is an API that takes no order at all: its words tell.
    """
    if code == _INVALID_REQUEST and _READ_ONLY in message.lower():
        return Consequence.RUN_FATAL
    return meaning_of(code).consequence


def explain(code: int, message: str) -> str:
    """Return one line for a person: the code, what it means to us, and IB's own words."""
    words = " ".join(message.split())
    meaning = meaning_of(code).meaning
    return f"{code} {meaning} (IB: {words})" if meaning else f"{code} {words}"
