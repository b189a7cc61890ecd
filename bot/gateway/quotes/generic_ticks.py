"""Generic ticks: the list that a client asks for beside the usual ones, and its check.

Served are 165 (the average volume of it), 221 and 232 (mark price), 233 (trades in real time) and
236 (whether shares can be borrowed). Others that TWS knows are taken, and nothing comes: that is
what an account without the subscription sees. The table and the words of the refusal are those of
a real gateway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

STATISTICS: Final = 165
MARK_PRICE: Final = 221
MARK_PRICE_OF_ACCOUNT: Final = 232
TRADES: Final = 233
SHORTABLE: Final = 236

#: Only of what has dividends.
_DIVIDENDS: Final = 456

#: What TWS knows, in its own order, with the older numbers that mean the same.
_KNOWN: Final = MappingProxyType(
    {
        100: "Option Volume",
        101: "Option Open Interest",
        105: "Average Opt Volume",
        106: "impvolat",
        165: "Misc. Stats",
        221: "Creditman Mark Price",
        225: "Auction",
        232: "Pl Price",
        233: "RTVolume",
        236: "inventory",
        258: "Fundamentals",
        292: "Wide_news",
        293: "TradeCount",
        294: "TradeRate",
        295: "VolumeRate",
        318: "LastRTHTrade",
        375: "RTTrdVolume",
        411: "rthistvol",
        456: "IBDividends",
        460: "Bond Factor Multiplier",
        577: "EtfNavLast(navlast)",
        586: "IPOHLMPRC",
        587: "Pl Price Delayed",
        588: "Futures Open Interest",
        595: "Short-Term Volume X Mins",
        614: "EtfNavMisc(high/low)",
        619: "Creditman Slow Mark Price",
        623: "EtfFrozenNavLast(fznavlast)",
    }
)
_ALIASES: Final = MappingProxyType({221: 220, 232: 221, 258: 47, 456: 59})
_BY_ALIAS: Final = MappingProxyType({220: 221, 221: 232, 47: 258, 59: 456, 104: 512})

#: Not for currency pairs.
_OF_STOCKS: Final = frozenset({_DIVIDENDS, 595})

_WITHOUT_QUOTES: Final = "mdoff"
_ENTRY: Final = re.compile(r"([0-9]{1,4})(?::([^:]+).*)?", re.ASCII)


class GenericTicksError(ValueError):
    """TWS refuses the list; the message is its own reason."""


@dataclass(frozen=True, slots=True)
class GenericTicks:
    """A list that can be served.

    Attributes:
        numbers: What was asked for; older numbers became the ones of today.
        has_quotes: Whether the usual ticks are wanted, too.
    """

    numbers: frozenset[int]
    has_quotes: bool


def read_generic_ticks(text: str, security_type: str) -> GenericTicks:
    """Read a list such as `233,236`; an empty one asks for nothing more than quotes.

    Raises:
        GenericTicksError: If an entry is unknown, or not for this type of security.
    """
    entries = [entry.strip() for entry in text.split(",") if entry]
    wanted = [entry for entry in entries if entry.lower() != _WITHOUT_QUOTES]
    numbers = {_number(entry, text, security_type) for entry in wanted}
    if text and not numbers:
        raise _refusal(text, security_type)
    return GenericTicks(frozenset(numbers), has_quotes=len(wanted) == len(entries))


def _number(entry: str, text: str, security_type: str) -> int:
    """Return the number of today for one entry."""
    matched = _ENTRY.fullmatch(entry)
    number = 0 if matched is None else int(matched[1])
    number = _BY_ALIAS.get(number, number)
    is_served = number in _legal(security_type) or number in _BY_ALIAS.values()
    if not is_served or (number in _OF_STOCKS and security_type == "CASH"):
        raise _refusal(text, security_type)
    return number


def _legal(security_type: str) -> list[int]:
    """Return the numbers that a type of security can have."""
    return [it for it in _KNOWN if security_type != "CASH" or it not in _OF_STOCKS]


def _refusal(text: str, security_type: str) -> GenericTicksError:
    """Return the refusal of a list, in the words of TWS."""
    names = []
    for number in _legal(security_type):
        alias = f"/{_ALIASES[number]}" if number in _ALIASES else ""
        names.append(f"{number}{alias}({_KNOWN[number]})")
    reason = f"Incorrect generic tick list of {text}.  Legal ones for ({security_type}) are: "
    return GenericTicksError(reason + ",".join(names))
