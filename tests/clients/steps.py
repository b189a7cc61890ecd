"""The steps of a walk: their names, in order, and what must come back in each.

Both walkers, the one for the official client and the one for the Python libraries, have one function
for every name here. A name without a function fails as any other step does.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: The account of the walk's gateway, what it holds, and what it can hold.
ACCOUNT = "DU1234567"
#: The other accounts of the second walk's gateway.
ADVISOR, SECOND = "DF1234560", "DU1234568"
SYMBOL = "KO"
HELD = ("AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "MSFT", "XOM")

#: All tags of an account summary, as the official client lists them.
SUMMARY_TAGS = (
    "AccountType,NetLiquidation,TotalCashValue,SettledCash,AccruedCash,BuyingPower,"
    "EquityWithLoanValue,PreviousEquityWithLoanValue,GrossPositionValue,ReqTEquity,ReqTMargin,SMA,"
    "InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,FullInitMarginReq,"
    "FullMaintMarginReq,FullAvailableFunds,FullExcessLiquidity,LookAheadNextChange,"
    "LookAheadInitMarginReq,LookAheadMaintMarginReq,LookAheadAvailableFunds,"
    "LookAheadExcessLiquidity,HighestSeverity,DayTradesRemaining,Leverage"
)
#: Three of them are misspelt in the client, and a real gateway has no such value (ib_insync issues
#: 588 and 589): it answers to the right names alone.
MISSPELT = {
    "PreviousEquityWithLoanValue": "PreviousDayEquityWithLoanValue",
    "ReqTEquity": "RegTEquity",
    "ReqTMargin": "RegTMargin",
}
#: Those of them that an account without day trading limits and without an alert does not have.
SOMETIMES_ABSENT = frozenset({"HighestSeverity", "DayTradesRemaining"})

STEPS = {
    "handshake": "the version asked for, the account, the next order id, the data farms",
    "log_level": "nothing",
    "ids": "nextValidId, not lower than before",
    "time": "currentTime",
    "accounts": "managedAccounts with the account in it",
    "positions": "a position for each holding, with shares and cost, and the end",
    "account_updates": "values, a portfolio line for each holding, a time, and the end",
    "account_updates_multi": "values with their currency, and the end",
    "account_summary": "a row for each tag that exists, none for a misspelt one, and the end",
    "account_summary_ledger": "$LEDGER:ALL: rows of BASE and of USD, and the end",
    "contract_by_symbol": "one contract with hours, exchanges, rules, and the end",
    "contract_by_id": "the same contract",
    "contract_unknown": "error 200",
    "matching_symbols": "symbolSamples with the symbol in it",
    "market_rule": "bands of a price rule, the lowest from zero",
    "quotes_live": "type 1, bid, ask, last, close, sizes",
    "quotes_cancelled": "no tick after the cancel",
    "quotes_snapshot": "bid and ask once, and the end",
    "quotes_delayed": "after asking for type 3: a type, bid and ask",
    "bars_daily": "ten daily bars, high above low, and the end",
    "bars_minutes": "bars of five minutes of one day",
    "bars_midpoint": "daily bars of the midpoint",
    "bars_bid_ask": "daily bars of bid and ask",
    "bars_adjusted": "daily bars of the adjusted last price",
    "bars_going_on": "bars of a subscription, and the end of its past",
    "bars_five_seconds": "a bar within five seconds",
    "trading_schedule": "five sessions and their time zone",
    "head_timestamp": "a date before the year 2000",
    "profit": "daily, unrealised and realised profit of the account",
    "profit_single": "profit of one position with its size and value",
    "currency_contract": "EUR.USD on IDEALPRO as CASH",
    "currency_quotes": "bid and ask of EUR.USD around 1",
    "currency_order": "a fill of 20,000 EUR",
    "market_order": "openOrder, orderStatus Filled, execDetails, commission",
    "executions": "the fill with its commission, and the end",
    "executions_of_symbol": "only fills of the symbol",
    "executions_of_another": "none, and the end",
    "limit_order": "an order that rests, its reference kept",
    "open_orders": "the resting order, and the end",
    "all_open_orders": "the resting order, and the end",
    "auto_open_orders": "nothing but the gateway's silence, or an error for a client that is not 0",
    "modify": "the resting order with its new price",
    "cancel": "orderStatus Cancelled and the 202",
    "completed_orders": "the filled and the cancelled order, with quantity, and the end",
    "what_if": "margins, commission, and no order",
    "on_close": "a MOC order that waits",
    "limit_on_close": "a LOC order that waits",
    "midprice": "a MIDPRICE order",
    "adaptive_market": "a market order with the Adaptive algorithm",
    "adaptive_limit": "a limit order with it, the algorithm and its priority kept",
    "opening": "an order for the opening auction",
    "good_till_cancelled": "a GTC order that rests",
    "good_till_date": "a GTD order that rests, its date kept",
    "immediate_or_cancel": "a missed IOC order that is cancelled",
    "outside_hours": "an order for outside regular hours, the flag kept",
    "one_cancels_other": "a group of two; the fill of one cancels the other",
    "fractional": "error 10243",
    "unknown_type": "error 321 or 387 and no order",
    "off_tick": "error 110",
    "duplicate_id": "error 103",
    "cancel_unknown": "error 10147",
    "positions_multi": "a position for each holding under the request id, and the end",
    "family_codes": "the account",
    "soft_dollar_tiers": "an answer, empty",
    "depth_exchanges": "an answer, empty",
    "smart_components": "at least one exchange",
    "news_providers": "an answer, empty",
    "user_info": "an answer, empty",
    "scanner_parameters": "XML",
    "display_groups": "an answer, empty",
    "bulletins": "nothing",
    "advisor_refused": "error 321",
    "not_served": "an error under the request's own id, one that ends the wait of every client",
    "global_cancel": "every order that is left becomes Cancelled",
}

#: The steps on a login with several accounts.
FAMILY_STEPS = {
    "family_accounts": "the advisor and both accounts",
    "family_updates": "values and the portfolio of the second account",
    "family_positions": "positions of both accounts",
    "family_summary": "rows of both accounts",
    "family_unnamed": "error 435 or 436",
    "family_named": "a fill in the second account",
    "family_profit": "profit of the second account",
    "family_groups": "XML",
}

#: The steps where there is no live data.
DELAYED_STEPS = {
    "delayed_quotes": "notice 10167, type 3, delayed bid, ask, last and close",
    "delayed_snapshot": "delayed bid and ask once, and the end",
}

#: The steps that are made at every server version: the life of an order, and every list.
SHORT = (
    "handshake",
    "positions",
    "account_updates",
    "contract_by_symbol",
    "matching_symbols",
    "quotes_live",
    "bars_daily",
    "currency_contract",
    "market_order",
    "executions",
    "limit_order",
    "open_orders",
    "modify",
    "cancel",
    "completed_orders",
    "what_if",
)

#: Steps of which older versions know nothing, and the first version that does.
SCHEDULE_SINCE = 165
SINCE = {"trading_schedule": SCHEDULE_SINCE, "user_info": 167}

#: The server versions of the gateway.
VERSION_MIN, VERSION_MAX = 157, 178

#: What a step may raise beside `Wrong` when something came back that nobody foresaw.
SURPRISES = (ValueError, KeyError, AttributeError, TypeError, IndexError)


class Wrong(Exception):
    """What came back is not what must come back."""


def must(condition: object, what: object) -> None:
    """Fail the step unless a condition holds."""
    if not condition:
        raise Wrong(str(what))


def must_have_tags(found: set[str], asked: str) -> None:
    """Fail the step unless a summary has the tags that were asked for, but for the misspelt ones."""
    missing = set(asked.split(",")) - found - SOMETIMES_ABSENT - set(MISSPELT)
    must(not missing, f"missing: {sorted(missing)}")
    must(not found & set(MISSPELT), f"no such tags: {sorted(found & set(MISSPELT))}")


def say(**facts: Any) -> None:
    """Print one line of the walk's result."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def found_in(modules: tuple[Any, ...]) -> dict[str, Callable[..., Any]]:
    """Return the functions of the steps by name."""
    names = (*STEPS, *FAMILY_STEPS, *DELAYED_STEPS)
    return {name: getattr(each, name) for each in modules for name in names if hasattr(each, name)}


def walks_up_to(highest: int, ports: tuple[int, ...]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return port, server version and steps of a client's walks.

    First a few steps at each version, then all at its highest one, then those on other gateways.
    The few come first: they are about plain orders, and completed orders are told to everybody.

    Args:
        highest: The client's highest version.
        ports: Of the gateway with one account, with several, and without live data.
    """
    highest = min(highest, VERSION_MAX)
    first, second, third = ports
    walks = [(first, version, SHORT) for version in range(VERSION_MIN, highest + 1)]
    known = tuple(name for name in STEPS if highest >= SINCE.get(name, 0))
    walks += [(first, highest, known), (second, highest, tuple(FAMILY_STEPS))]
    return [*walks, (third, highest, tuple(DELAYED_STEPS))]
