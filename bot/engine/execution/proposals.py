"""From a leg of a plan to an order, and from orders to what the guards judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain import units
from bot.core.domain.orders import OrderIntent
from bot.core.guards.proposal import Line, Proposal
from bot.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from bot.core.domain.plan import Leg
    from bot.core.domain.quote import Quote
    from bot.core.guards.proposal import Market
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord


def marketable_limit(quote: Quote, shares: int, leg: Leg, offset_bps: float) -> Decimal:
    """Return a limit that goes `offset_bps` through the far side of the quote, on the tick grid.

    Args:
        quote: Both sides present; guards have seen to it.
        shares: Signed; a buy is priced from the ask upwards, a sell from the bid downwards.
        leg: Names the price grid.
        offset_bps: Basis points of the far side, >= 0.
    """
    require(quote.mid is not None, f"no price for {leg.instrument.symbol}")
    far_side = quote.ask if shares > 0 else quote.bid
    sign = 1 if shares > 0 else -1
    wanted = (far_side or 0.0) * (1 + sign * offset_bps / 1e4)
    return units.limit_price(wanted, shares, leg.instrument.price_bands)


def intent_for(
    desk: Desk, plan: PlanRecord, leg: Leg, shares: int, limit_price: Decimal
) -> OrderIntent:
    """Return the next attempt of `leg`: its reference derives from journal, plan, leg and attempt alone."""
    attempt = len(plan.attempts(leg)) + 1
    return OrderIntent(
        order_ref=f"{desk.own_prefix}{plan.plan.plan_id}-{leg.index}-{attempt}",
        plan_id=plan.plan.plan_id,
        leg=leg.index,
        attempt=attempt,
        instrument=leg.instrument,
        shares=shares,
        limit_price=limit_price,
        account=desk.mandate.account,
    )


def order_now(desk: Desk, plan: PlanRecord, leg: Leg, market: Market) -> OrderIntent | None:
    """Return the order for what is left of `leg`, priced from this moment's quote; None without a mid."""
    quote = market.quote(leg.instrument.con_id)
    if quote is None or quote.mid is None:
        return None
    shares = plan.remaining(leg)
    limit = marketable_limit(quote, shares, leg, desk.mandate.execution.limit_offset_bps)
    return intent_for(desk, plan, leg, shares, limit)


def proposal_of(intents: Iterable[OrderIntent], plan: PlanRecord) -> Proposal:
    """Return orders as what guards judge, on top of what the plan has committed already."""
    lines = tuple(
        Line(
            con_id=intent.instrument.con_id,
            symbol=intent.instrument.symbol,
            currency=intent.instrument.currency,
            shares=intent.shares,
            price=float(intent.limit_price),
            arrival_price=plan.plan.legs[intent.leg].arrival_price,
        )
        for intent in intents
    )
    return Proposal(
        lines=lines,
        base=plan.plan.base,
        committed_notional=plan.notional_committed(),
        account=plan.plan.account,
    )
