"""The arithmetic of the oracle: exact fractions of what a market says, and what must and what may be held.

Between the two is the last bit of a float at a limit, on which exact and floating arithmetic may differ.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

ALL = None
ALWAYS = (True, True)
#: What exact and floating arithmetic may differ by at a limit, as a fraction of it.
BIT = Fraction(1, 10**9)


def value_of(reading):
    return getattr(reading, "value", None)


def sides(reading):
    """Return bid and ask of a good quote as fractions, or None."""
    quote = value_of(reading)
    if quote is None or quote.bid is None or quote.ask is None:
        return None
    if not (isfinite(quote.bid) and isfinite(quote.ask) and 0 < quote.bid <= quote.ask):
        return None
    return Fraction(quote.bid), Fraction(quote.ask)


def mid(reading):
    both = sides(reading)
    return None if both is None else sum(both) / 2


def over(found, limit):
    """Return (must be held, may be held) for a number that is allowed up to `limit`."""
    if found is None:
        return True, True
    slack = abs(Fraction(limit)) * BIT
    return found > Fraction(limit) + slack, found > Fraction(limit) - slack


def each(lines, judge):
    """Return what must and what may be held of the lines, by a judgement of one line."""
    must, may = set(), set()
    for line in lines:
        verdict = judge(line)
        is_held, may_be_held = verdict if isinstance(verdict, tuple) else (verdict, verdict)
        must |= {line.con_id} if is_held else set()
        may |= {line.con_id} if may_be_held else set()
    return must, may


def whole(verdict):
    is_held, may_be_held = verdict if isinstance(verdict, tuple) else (verdict, verdict)
    return ({ALL} if is_held else set()), ({ALL} if may_be_held else set())


def worth(line):
    return abs(line.shares) * Fraction(line.price)


def nav(market):
    account = value_of(market.account)
    found = None if account is None else account.net_liquidation
    return None if found is None or found <= 0 else Fraction(found)


def orders_of(market, line):
    return [order for order in market.standing.orders if order.con_id == line.con_id]


def rest(order):
    """Return the signed shares that an order may still fill."""
    return Fraction(order.shares) - Fraction(order.filled) if order.is_open else Fraction(0)


def counted(order):
    return Fraction(order.shares) if order.is_open else Fraction(order.filled)
