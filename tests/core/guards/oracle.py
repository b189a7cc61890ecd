"""What each guard must say, worked out a second time from the numbers alone: exact fractions, no code of the guards.

An oracle returns a pair: the instruments that must be held, and those that may be. `ALL` stands for the whole proposal.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import takewhile

from tests.core.guards.exact import (
    ALL,
    ALWAYS,
    BIT,
    counted,
    each,
    mid,
    nav,
    orders_of,
    over,
    rest,
    sides,
    value_of,
    whole,
    worth,
)


def quote_age(proposal, market, limits):
    def judge(line):
        quote = value_of(market.quotes.get(line.con_id))
        if quote is None or quote.kind is None or quote.kind.value != "live":
            return True
        if sides(market.quotes[line.con_id]) is None:
            return True
        age = Fraction((market.now - quote.received_at) / timedelta(microseconds=1)) / 10**6
        return True if age < -1 else over(age, limits.quote_age_max_s)

    return each(proposal.lines, judge)


def spread(proposal, market, limits):
    def judge(line):
        both = sides(market.quotes.get(line.con_id))
        found = None if both is None else (both[1] - both[0]) / (sum(both) / 2) * 10_000
        return over(found, limits.spread_max_bps)

    return each(proposal.lines, judge)


def quote_jump(proposal, market, limits):
    def judge(line):
        first, now = mid(market.first_quotes.get(line.con_id)), mid(market.quotes.get(line.con_id))
        found = None if first is None or now is None else abs(now / first - 1) * 10_000
        return over(found, limits.quote_jump_max_bps)

    return each(proposal.lines, judge)


def halted(proposal, market, limits):
    def judge(line):
        quote = value_of(market.quotes.get(line.con_id))
        return quote is None or quote.is_halted is True

    return each(proposal.lines, judge)


def collar(proposal, market, limits):
    def judge(line):
        middle = mid(market.quotes.get(line.con_id))
        if middle is None:
            return True
        sign = 1 if line.shares > 0 else -1
        worst = max(
            sign * (Fraction(line.price) / reference - 1) * 10_000
            for reference in (middle, Fraction(line.arrival_price))
        )
        return over(worst, limits.collar_max_bps)

    return each(proposal.lines, judge)


def close_move(proposal, market, limits):
    def judge(line):
        quote = value_of(market.quotes.get(line.con_id))
        close = None if quote is None else quote.close
        close = close if close is not None else market.closes.get(line.con_id)
        if close is None:
            return True
        move = abs(Fraction(line.price) / Fraction(close) - 1)
        is_far, may_be_far = over(move, limits.close_move_max)
        return is_far and not confirmed(line, 1 + BIT), may_be_far and not confirmed(line, 1 - BIT)

    def confirmed(line, slack):
        first, now = market.first_quotes.get(line.con_id), market.quotes.get(line.con_id)
        if mid(first) is None or mid(now) is None:
            return False
        move = abs(
            Fraction(line.price) / Fraction(now.value.close or market.closes[line.con_id]) - 1
        )
        apart = now.value.received_at - first.value.received_at
        widths = [(ask - bid) / (ask + bid) * 20_000 for bid, ask in map(sides, (first, now))]
        return (
            move <= Fraction(1, 2) * slack
            and apart >= timedelta(seconds=30)
            and abs(mid(now) / mid(first) - 1) * 10_000
            <= Fraction(limits.quote_jump_max_bps) * slack
            and max(widths) <= Fraction(limits.spread_max_bps) * slack
            and not (first.value.is_halted or now.value.is_halted)
        )

    return each(proposal.lines, judge)


def order_notional(proposal, market, limits):
    return each(proposal.lines, lambda line: over(worth(line), limits.order_notional_max))


def order_nav(proposal, market, limits):
    account = nav(market)

    def judge(line):
        return over(None if account is None else worth(line) / account, limits.order_nav_max)

    return each(proposal.lines, judge)


def order_volume(proposal, market, limits):
    def judge(line):
        volume = market.volumes.get(line.con_id) or None
        found = None if volume is None else abs(line.shares) / Fraction(volume)
        return over(found, limits.order_volume_max)

    return each(proposal.lines, judge)


def concentration(proposal, market, limits):
    def judge(line):
        if line.shares < 0:
            return False
        holding = market.standing.holdings.get(line.con_id)
        if holding is None:
            return True
        coming = sum(rest(order) for order in orders_of(market, line) if order.shares > 0)
        shares = Fraction(holding.shares) + coming + line.shares
        return over(
            shares * Fraction(line.price) / Fraction(proposal.base), limits.concentration_max
        )

    return each(proposal.lines, judge)


def position(proposal, market, limits):
    def judge(line):
        holding = market.standing.holdings.get(line.con_id)
        if holding is None:
            return True
        after = Fraction(holding.shares) + line.shares + sum(map(rest, orders_of(market, line)))
        gone = after - Fraction(holding.start)
        # From the start towards the target, and not beyond it.
        return not (0 <= gone <= holding.approved or holding.approved <= gone <= 0)

    return each(proposal.lines, judge)


def no_short(proposal, market, limits):
    def judge(line):
        if line.shares > 0:
            return False
        holding = market.standing.holdings.get(line.con_id)
        if holding is None:
            return True
        sold = sum(-rest(order) for order in orders_of(market, line) if order.shares < 0)
        return Fraction(holding.shares) < sold - line.shares

    return each(proposal.lines, judge)


def plan_turnover(proposal, market, limits):
    traded = Fraction(proposal.committed_notional) + sum(map(worth, proposal.lines))
    return whole(over(traded / Fraction(proposal.base), limits.plan_turnover_max))


def day_turnover(proposal, market, limits):
    traded = sum(map(worth, proposal.lines))
    traded += sum(abs(counted(order)) * Fraction(order.price) for order in market.standing.orders)
    return whole(over(traded / Fraction(proposal.base), limits.day_turnover_max))


def day_loss(proposal, market, limits):
    loss = None if market.day_loss is None else Fraction(market.day_loss)
    return whole(over(loss, limits.day_loss_max))


def market_fall(proposal, market, limits):
    if market.index == "":
        return whole((False, False))
    if market.index_fall is None:
        return whole(ALWAYS)
    # At the limit is too far already.
    fall, limit = Fraction(market.index_fall), Fraction(limits.index_fall_max)
    return whole((fall > limit * (1 + BIT), fall > limit * (1 - BIT)))


def order_count(proposal, market, limits):
    return whole(len(market.standing.orders) + len(proposal.lines) > limits.orders_per_day_max)


def order_rate(proposal, market, limits):
    since = market.now - timedelta(seconds=60)
    recent = [order for order in market.standing.orders if order.made_at > since]
    return whole(len(recent) + len(proposal.lines) > limits.orders_per_minute_max)


def newest_bad(orders, name):
    """Return how many of the newest orders that have an outcome are bad in a row."""
    outcomes = [
        getattr(order, name) for order in orders if getattr(order, name) or not order.is_open
    ]
    return len(list(takewhile(bool, outcomes[::-1])))


def repeated_execution(proposal, market, limits):
    if newest_bad(market.standing.orders, "was_refused") >= limits.refusals_max:
        return whole(ALWAYS)

    def judge(line):
        is_buy = line.shares > 0
        same = [order for order in orders_of(market, line) if (order.shares > 0) is is_buy]
        return newest_bad(same, "has_failed") >= limits.repeats_max

    return each(proposal.lines, judge)


def duplicate_order(proposal, market, limits):
    known = [order.order_ref for order in market.standing.orders]
    con_ids = [line.con_id for line in proposal.lines]

    def judge(line):
        ours = [order for order in orders_of(market, line) if order.is_open]
        theirs = [
            order
            for order in market.open_orders
            if order.con_id == line.con_id
            and order.order_ref[: len(market.own_prefix)] == market.own_prefix
            and order.order_ref not in known
        ]
        return bool(ours or theirs) or con_ids.count(line.con_id) > 1

    return each(proposal.lines, judge)


def round_trip(proposal, market, limits):
    def judge(line):
        way = 1 if line.shares > 0 else -1
        back = [order for order in orders_of(market, line) if counted(order) * way < 0]
        return len(back) > limits.round_trips_max

    return each(proposal.lines, judge)


def settled_cash(proposal, market, limits):
    def judge(line):
        if line.shares < 0 or market.account_type == "margin":
            return False
        account = value_of(market.account)
        if account is None or account.settled_cash is None:
            return True
        free = Fraction(account.settled_cash) - Fraction(market.reserved_cash)
        for order in market.standing.orders:
            if order.shares > 0:
                free -= (rest(order) + Fraction(order.filled_since)) * Fraction(order.price)
        return over(worth(line) - free, 0) if free <= 0 else over(worth(line), free)

    return each(proposal.lines, judge)


def margin_excess(proposal, market, limits):
    def judge(line):
        if line.shares < 0 or market.account_type == "cash":
            return False
        account = value_of(market.account)
        if nav(market) is None or account.excess_liquidity is None:
            return True
        return over(-Fraction(account.excess_liquidity) / nav(market), -limits.excess_liquidity_min)

    return each(proposal.lines, judge)


def mandate(proposal, market, limits):
    return each(
        proposal.lines,
        lambda line: line.con_id not in market.mandate or line.currency != market.currency,
    )


def instrument_kind(proposal, market, limits):
    def judge(line):
        found = market.instruments.get(line.con_id)
        return found is None or (found.security_type, found.currency) != ("STK", line.currency)

    return each(proposal.lines, judge)


def account(proposal, market, limits):
    state = value_of(market.account)
    names = [market.account_id, proposal.account, None if state is None else state.account]
    is_paper = market.account_id[:1] == "D"
    fits = {"observe": True, "paper": is_paper, "live": not is_paper}.get(market.mode, False)
    return whole("" in names or None in names or len(set(names)) != 1 or not fits)


def market_open(proposal, market, limits):
    session = market.session
    return whole(session is None or not session.opens_at <= market.now < session.closes_at)


def broker_hours(proposal, market, limits):
    def judge(line):
        windows = market.hours.get(line.con_id, ())
        return not [1 for begin, end in windows if begin <= market.now and market.now < end]

    return each(proposal.lines, judge)


def no_trade_window(proposal, market, limits):
    if market.restarts is None:
        return whole(ALWAYS)
    restarting = [1 for begin, end in market.restarts if begin <= market.now < end]
    session = market.session
    if session is None:
        return whole(bool(restarting))
    after_open = (market.now - session.opens_at).total_seconds()
    before_close = (session.closes_at - market.now).total_seconds()
    too_early = after_open < limits.no_trade_after_open_s
    too_late = before_close <= limits.no_trade_before_close_s
    return whole(bool(restarting) or too_early or too_late)


def nav_difference(proposal, market, limits):
    return whole(over(abs(Fraction(market.nav_difference)), limits.nav_difference_max))


def foreign_order(proposal, market, limits):
    foreign = {
        order.con_id
        for order in market.open_orders
        if order.order_ref[: len(market.own_prefix)] != market.own_prefix
    }
    return each(
        proposal.lines, lambda line: line.con_id in foreign and line.con_id in market.mandate
    )


def hold(proposal, market, limits):
    if not proposal.lines:
        return set(), set()
    must, may = each(proposal.lines, lambda line: line.con_id in market.holds)
    return (must | {ALL}, may | {ALL}) if ALL in market.holds else (must, may)
