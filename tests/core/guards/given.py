"""A market, a plan and limits in which nothing is wrong; tests change one thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bot.core.domain.account import AccountState
from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import OpenOrder
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown
from bot.core.domain.session import Session
from bot.core.guards.limits import Limits
from bot.core.guards.proposal import Line, Market, Proposal
from bot.core.guards.standing import Holding, OwnOrder, Standing

NOW = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)
OPENS_AT = datetime(2020, 3, 16, 13, 30, tzinfo=UTC)
CLOSES_AT = datetime(2020, 3, 16, 20, 0, tzinfo=UTC)
PREFIX = "a1b2c3-"
ACCOUNT_ID = "DU1234567"
LIMITS = Limits(
    quote_age_max_s=10.0,
    spread_max_bps=50.0,
    quote_jump_max_bps=200.0,
    collar_max_bps=100.0,
    close_move_max=0.1,
    order_notional_max=10_000.0,
    order_nav_max=0.1,
    order_volume_max=0.01,
    concentration_max=0.5,
    plan_turnover_max=0.25,
    day_turnover_max=0.3,
    day_loss_max=0.05,
    index_fall_max=0.07,
    nav_difference_max=0.01,
    orders_per_day_max=20,
    orders_per_minute_max=10,
    repeats_max=3,
    refusals_max=5,
    round_trips_max=0,
    excess_liquidity_min=0.1,
    no_trade_after_open_s=300.0,
    no_trade_before_close_s=120.0,
)
SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=OPENS_AT,
    closes_at=CLOSES_AT,
    is_half_day=False,
    number_in={},
)
QUOTE = Quote(
    con_id=1,
    bid=99.9,
    ask=100.1,
    last=100.0,
    close=100.0,
    kind=QuoteKind.LIVE,
    received_at=NOW,
)
UNREADABLE = [
    None,
    Unknown(source="ib:quote", received_at=NOW, reason="no tick within 5 s"),
    ConfirmedEmpty(source="ib:quote", received_at=NOW),
]
ACCOUNT = AccountState(
    account=ACCOUNT_ID,
    account_type="INDIVIDUAL",
    currency="USD",
    net_liquidation=Decimal(60_000),
    cash=Decimal(30_000),
    settled_cash=Decimal(30_000),
    market_values={},
    foreign_cash={},
    excess_liquidity=Decimal(45_000),
)


def known(value):
    return Known(value=value, source="ib:test", received_at=NOW)


def instrument(con_id=1, **changes):
    made = Instrument(
        con_id=con_id,
        symbol=f"S{con_id}",
        currency="USD",
        exchange="SMART",
        primary_exchange="NYSE",
        price_bands=(PriceBand(0.0, 0.01),),
        time_zone="US/Eastern",
        liquid_hours="20200316:0930-20200316:1600",
        security_type="STK",
    )
    return replace(made, **changes)


def quote(con_id=1, **changes):
    return known(replace(QUOTE, con_id=con_id, **changes))


def market(*, held=100.0, approved=None, **changes):
    """Return a market of instruments 1 and 2, of each `held` shares held and 10 to be bought or sold as proposed."""
    con_ids = (1, 2)
    quotes = {con_id: quote(con_id) for con_id in con_ids}
    plan = approved or {1: 10, 2: -5}
    made = Market(
        now=NOW,
        session=SESSION,
        quotes=quotes,
        mandate=frozenset(con_ids),
        currency="USD",
        nav_difference=0.001,
        open_orders=(),
        own_prefix=PREFIX,
        mode="paper",
        account_id=ACCOUNT_ID,
        account_type="margin",
        account=known(ACCOUNT),
        instruments={con_id: instrument(con_id) for con_id in con_ids},
        hours=dict.fromkeys(con_ids, ((OPENS_AT, CLOSES_AT),)),
        first_quotes=quotes,
        closes=dict.fromkeys(con_ids, 100.0),
        volumes=dict.fromkeys(con_ids, 1_000_000.0),
        restarts=((NOW + timedelta(hours=12), NOW + timedelta(hours=13)),),
        day_loss=0.0,
        standing=Standing(
            holdings={con_id: Holding(held, held, plan.get(con_id, 0)) for con_id in con_ids}
        ),
    )
    return replace(made, **changes)


def line(con_id=1, shares=10, price=100.2, **changes):
    made = Line(
        con_id=con_id,
        symbol=f"S{con_id}",
        currency="USD",
        shares=shares,
        price=price,
        arrival_price=price,
    )
    return replace(made, **changes)


def proposal(*lines, base=50_000.0, **changes):
    made = Proposal(lines=lines or (line(),), base=base, account=ACCOUNT_ID)
    return replace(made, **changes)


def own_order(number=1, con_id=1, shares=10, **changes):
    """Return an own order of a minute and a half ago that was filled."""
    made = OwnOrder(
        order_ref=f"{PREFIX}P1-0-{number}",
        con_id=con_id,
        shares=shares,
        filled=float(shares),
        filled_since=0.0,
        price=100.0,
        made_at=NOW - timedelta(seconds=90),
        is_open=False,
        was_refused=False,
        has_failed=False,
    )
    return replace(made, **changes)


def with_orders(seen, *orders):
    """Return a market in which these own orders were made, oldest first."""
    return replace(seen, standing=replace(seen.standing, orders=orders))


def open_order(order_ref="", con_id=1):
    return OpenOrder(
        order_ref=order_ref,
        perm_id=123,
        order_id=4,
        client_id=0,
        con_id=con_id,
        symbol=f"S{con_id}",
        shares=Decimal(100),
        limit_price=None,
        status="Submitted",
    )
