"""From a leg of a plan to an order, and from orders to what the guards judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.domain.orders import OrderIntent
from bot.core.execution.style import Asked, Terms
from bot.core.execution.styles.registry import STYLES
from bot.core.guards.proposal import Line, Proposal
from bot.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from bot.core.domain.plan import Leg
    from bot.core.domain.quote import Quote
    from bot.core.execution.ladder import Step
    from bot.core.guards.proposal import Market
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord

#: How long after its time an order may still live at the broker if our cancel never comes, seconds.
LEFT_ALONE_S = 120


def terms_for(desk: Desk, leg: Leg, shares: int, quote: Quote, step: Step) -> Terms:
    """Return how the next order of a leg is worked, by the style of its rung.

    Args:
        desk: Its rules.
        leg: Names the price grid.
        shares: Signed; a buy is priced from the ask upwards, a sell from the bid downwards.
        quote: Both sides present.
        step: Where on the ladder.
    """
    require(quote.mid is not None, f"no price for {leg.instrument.symbol}")
    rules = desk.mandate.execution
    asked = Asked(
        shares=shares,
        quote=quote,
        bands=leg.instrument.price_bands,
        number=step.number,
        numbers=rules.attempts_max,
        offset_bps=rules.limit_offset_bps,
        priority=rules.adaptive_priority,
        is_coarse=step.is_coarse,
    )
    return STYLES[rules.ladder[step.rung]](asked)


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


def order_at(
    desk: Desk, plan: PlanRecord, leg: Leg, market: Market, step: Step, shares: int
) -> OrderIntent | None:
    """Return the order of `leg` at a step of the ladder, priced from this moment's quote; None without a mid."""
    quote = market.quote(leg.instrument.con_id)
    if quote is None or quote.mid is None:
        return None
    terms = terms_for(desk, leg, shares, quote, step)
    good_till = _good_till(desk, plan, market.now) if terms.may_expire else None
    return replace(
        intent_for(desk, plan, leg, shares, terms.limit_price),
        time_in_force="DAY" if good_till is None else "GTD",
        order_type=terms.order_type,
        algorithm=terms.algorithm,
        algorithm_parameters=terms.algorithm_parameters,
        good_till=good_till,
        style=desk.mandate.execution.ladder[step.rung],
        rung=step.rung,
        slice_number=step.slice_number,
    )


def order_now(desk: Desk, plan: PlanRecord, leg: Leg, market: Market) -> OrderIntent | None:
    """Return one order for all that is left of `leg`, at the worst price of any style; None without a mid.

    What guards judge of a plan: they see each leg whole, since no limit may be passed by cutting an order up.
    """
    quote = market.quote(leg.instrument.con_id)
    if quote is None or quote.mid is None:
        return None
    shares = plan.remaining(leg)
    rules = desk.mandate.execution
    asked = Asked(
        shares,
        quote,
        leg.instrument.price_bands,
        number=0,
        numbers=1,
        offset_bps=rules.limit_offset_bps,
    )
    return intent_for(desk, plan, leg, shares, asked.worst)


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


def _good_till(desk: Desk, plan: PlanRecord, now: datetime) -> datetime:
    """Return when the order dies at the broker by itself: some time after our own cancel, and never after the session.

    So a dead bot leaves nothing working, and an order that a gateway kept back dies before it can surprise.
    """
    rules = desk.mandate.execution
    lives_s = rules.order_timeout_s + rules.acknowledge_timeout_s + LEFT_ALONE_S
    dies_at = min(now + timedelta(seconds=lives_s), plan.plan.expires_at)
    return dies_at.replace(microsecond=0)
