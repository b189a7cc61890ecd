"""Generated snapshots around every limit, and what guard and oracle say of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import numpy as np

from bot.core.domain.quote import QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown
from bot.core.guards.proposal import Proposal
from bot.core.guards.registry import REGISTRY
from bot.core.guards.standing import Holding, OwnOrder, Standing
from tests.core.guards import oracle
from tests.core.guards.given import (
    ACCOUNT,
    ACCOUNT_ID,
    CLOSES_AT,
    LIMITS,
    NOW,
    OPENS_AT,
    PREFIX,
    QUOTE,
    SESSION,
    instrument,
    line,
    market,
    open_order,
)

#: Around a limit: on it, a millionth to either side, well inside and well beyond.
AROUND = (0.0, 0.5, 0.999999, 1.0, 1.000001, 1.2, 2.0)
CON_IDS = (1, 2, 3)
HALTS = (None, False, False, True)


@dataclass
class Tally:
    """What came of the snapshots for one guard."""

    held: int = 0
    passed: int = 0
    escapes: int = 0
    false_alarms: int = 0


class Dice:
    """One seed's choices."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def one_of(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, probability):
        return self.rng.random() < probability

    def around(self, limit):
        return limit * self.one_of(*AROUND)

    def sign(self):
        return self.one_of(-1, 1)


def make(seed):
    """Return a proposal and a market; each of their facts is wrong in a part of all seeds, on its own."""
    dice = Dice(seed)
    now = _now(dice)
    mids = {
        con_id: 100.0 * dice.one_of(1, 1, 1, 1.05, 1.1, 0.9, 1.100001, 1.7) for con_id in CON_IDS
    }
    quotes = {con_id: _quote(dice, con_id, mids[con_id], now) for con_id in CON_IDS}
    first = {con_id: _first(dice, quotes[con_id], mids[con_id]) for con_id in CON_IDS}
    lines = _lines(dice, mids)
    return _proposal(dice, lines), _market(dice, lines, now, quotes, first)


def _now(dice):
    edges = (
        OPENS_AT,
        CLOSES_AT,
        OPENS_AT + timedelta(seconds=300),
        CLOSES_AT - timedelta(seconds=120),
    )
    if dice.chance(0.7):
        return NOW
    return dice.one_of(*edges) + timedelta(microseconds=dice.one_of(-1, 0, 1))


def _quote(dice, con_id, mid, now):
    if dice.chance(0.08):
        return dice.one_of(Unknown("ib:quote", now, "no tick"), ConfirmedEmpty("ib:quote", now))
    half = mid * (dice.around(50.0) if dice.chance(0.3) else 10.0) / 2e4
    age_s = dice.one_of(*(10.0 * each for each in AROUND), -1.0, -1.000001, -5.0)
    close = dice.one_of(100.0, 100.0, 100.0, None, mid / 1.1, mid / 0.9)
    made = replace(
        QUOTE,
        con_id=con_id,
        bid=mid - half,
        ask=mid + half,
        close=close,
        received_at=now - timedelta(seconds=age_s if dice.chance(0.4) else 1.0),
        is_halted=dice.one_of(*HALTS),
    )
    if dice.chance(0.1):
        made = replace(made, kind=dice.one_of(None, *QuoteKind))
    if dice.chance(0.1):
        made = replace(
            made,
            **dice.one_of({"bid": None}, {"ask": None}, {"bid": mid * 2}, {"ask": float("nan")}),
        )
    return Known(made, "ib:quote", now)


def _first(dice, reading, mid):
    """Return the look's first quote: the same, an earlier one nearby, or one that disagrees."""
    if not isinstance(reading, Known) or dice.chance(0.4):
        return reading
    if dice.chance(0.05):
        return Unknown("ib:quote", NOW, "no tick")
    before = mid / (1 + dice.sign() * dice.around(200.0) / 1e4)
    apart_s = dice.one_of(0.0, 29.999, 30.0, 31.0)
    quote = replace(
        reading.value,
        bid=before - 0.05,
        ask=before + 0.05,
        received_at=reading.value.received_at - timedelta(seconds=apart_s),
        is_halted=dice.one_of(*HALTS),
    )
    return Known(quote, "ib:quote", NOW)


def _lines(dice, mids):
    lines = []
    for con_id in CON_IDS[: dice.one_of(0, 1, 1, 2, 3)]:
        shares = dice.sign() * dice.one_of(1, 10, 99, 100, 101, 60, 10_000, 10_001)
        beyond = dice.around(100.0) if dice.chance(0.5) else 5.0
        price = mids[con_id] * (1 + np.sign(shares) * beyond / 1e4)
        arrival = mids[con_id] * dice.one_of(1, 1, 1, 0.98, 1.02)
        currency = dice.one_of("USD", "USD", "USD", "USD", "USD", "EUR")
        made = line(con_id, shares, float(price), arrival_price=arrival, currency=currency)
        lines.append(made)
    if lines and dice.chance(0.1):
        lines.append(replace(lines[0], shares=1))
    return tuple(lines)


def _proposal(dice, lines):
    return Proposal(
        lines=lines,
        base=dice.one_of(50_000.0, 200_000.0, 1_000_000.0),
        committed_notional=dice.one_of(0.0, 0.0, 12_500.0, 50_000.0),
        account=dice.one_of(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, "U7654321", ""),
    )


def _market(dice, lines, now, quotes, first):
    return market(
        now=now,
        session=dice.one_of(SESSION, SESSION, SESSION, None),
        quotes=quotes,
        first_quotes=first,
        mandate=frozenset(dice.one_of(CON_IDS, CON_IDS, (1, 2), (2, 3))),
        nav_difference=dice.sign() * dice.around(LIMITS.nav_difference_max),
        open_orders=tuple(_open_orders(dice)),
        holds={con_id: "held" for con_id in (None, *CON_IDS) if dice.chance(0.15)},
        mode=dice.one_of("paper", "paper", "paper", "observe", "live", ""),
        account_id=dice.one_of(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, "U7654321", ""),
        account_type=dice.one_of("margin", "cash", "cash"),
        reserved_cash=dice.one_of(0.0, 5_000.0),
        account=_account(dice, lines),
        instruments=_instruments(dice),
        hours=_hours(dice),
        closes={con_id: 100.0 for con_id in CON_IDS if dice.chance(0.8)},
        volumes={
            con_id: dice.one_of(10_000.0, 1_000_000.0, 1_000_000.0, 9_900.0, 0.0)
            for con_id in CON_IDS
            if dice.chance(0.9)
        },
        restarts=_restarts(dice, now),
        index=dice.one_of("", "SPX", "SPX"),
        index_fall=None if dice.chance(0.1) else dice.sign() * dice.around(LIMITS.index_fall_max),
        day_loss=None if dice.chance(0.1) else dice.sign() * dice.around(LIMITS.day_loss_max),
        standing=_standing(dice, lines),
    )


def _open_orders(dice):
    for con_id in CON_IDS:
        if dice.chance(0.2):
            ref = dice.one_of(
                "", "by hand", PREFIX + "P1-0-1", PREFIX + "lost", PREFIX.upper() + "1"
            )
            yield open_order(ref, con_id)


def _account(dice, lines):
    if dice.chance(0.08):
        return dice.one_of(None, Unknown("ib:account", NOW, "no answer"))
    nav = dice.one_of(Decimal(0), None, Decimal(60_000), Decimal(100_000), Decimal(10**6))
    worth = Decimal(str(lines[0].notional)) if lines else Decimal(0)
    settled = dice.one_of(None, Decimal(0), worth, worth + Decimal(5_000), Decimal(10**7))
    excess = None if nav is None else nav * Decimal(str(dice.around(0.1)))
    state = replace(
        ACCOUNT,
        account=dice.one_of(ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, ACCOUNT_ID, "U7654321"),
        net_liquidation=nav,
        settled_cash=settled,
        excess_liquidity=dice.one_of(excess, excess, excess, None),
    )
    return Known(state, "ib:account", NOW - timedelta(seconds=60))


def _instruments(dice):
    kinds = ("STK", "STK", "STK", "STK", "OPT", "")
    currencies = ("USD", "USD", "USD", "EUR")
    return {
        con_id: instrument(
            con_id, security_type=dice.one_of(*kinds), currency=dice.one_of(*currencies)
        )
        for con_id in CON_IDS
        if dice.chance(0.9)
    }


def _hours(dice):
    windows = (
        ((OPENS_AT, CLOSES_AT),),
        ((OPENS_AT, NOW), (NOW + timedelta(hours=1), CLOSES_AT)),
        ((OPENS_AT, NOW + timedelta(seconds=1)),),
        (),
    )
    return {con_id: dice.one_of(*windows) for con_id in CON_IDS if dice.chance(0.9)}


def _restarts(dice, now):
    if dice.chance(0.05):
        return None
    begins_at = now + timedelta(microseconds=dice.one_of(-1, 0, 1, 10**10))
    ends_at = now + timedelta(microseconds=dice.one_of(0, 1, 10**10))
    return dice.one_of((), (), ((begins_at, ends_at),))


def _standing(dice, lines):
    holdings = {}
    for con_id in CON_IDS:
        if dice.chance(0.9):
            start = float(dice.one_of(0, 10, 100, 150, 10_000))
            asked = [each.shares for each in lines if each.con_id == con_id]
            approved = dice.one_of(*asked, 10, -10, 110)
            done = dice.one_of(0, 0, 0, 1, 10)
            holdings[con_id] = Holding(start + (done if approved > 0 else -done), start, approved)
    count = dice.one_of(0, 0, 1, 2, 4, 9, 10, 17, 20, 21)
    return Standing(tuple(_own_order(dice, number) for number in range(count)), holdings)


def _own_order(dice, number):
    shares = dice.sign() * dice.one_of(1, 10, 20)
    was_refused = dice.chance(0.5)
    filled = float(shares * dice.one_of(0, 0, 0.5, 1))
    ago_s = dice.one_of(0.0, 1.0, 59.0, 60.0, 61.0, 3600.0)
    return OwnOrder(
        order_ref=f"{PREFIX}P1-0-{number}",
        con_id=dice.one_of(1, 2, 3, 4),
        shares=shares,
        filled=filled,
        filled_since=filled * dice.one_of(0, 0.5, 1),
        price=100.0,
        made_at=NOW - timedelta(seconds=ago_s),
        is_open=dice.chance(0.15),
        was_refused=was_refused,
        has_failed=was_refused or dice.chance(0.3),
    )


def judge_all(count, seed=0):
    """Return what guards and oracles say of `count` snapshots, by the guard's name."""
    tallies = {name: Tally() for name in REGISTRY}
    for number in range(count):
        proposal, seen = make((seed, number))
        for name, guard in REGISTRY.items():
            _count(tallies[name], name, guard, proposal, seen)
    return tallies


def _count(tally, name, guard, proposal, seen):
    found = {breach.con_id for breach in guard(proposal, seen, LIMITS)}
    must, may = getattr(oracle, name)(proposal, seen, LIMITS)
    # A guard that stops the whole proposal holds every line of it.
    tally.escapes += not (must <= found)
    tally.false_alarms += not (found <= may)
    tally.held += bool(found)
    tally.passed += not found
