"""What the guards say of orders now: where the bot stands is taken anew for every judgement.

Rule: one function judges, for the whole plan, for the orders of one round and for the single order in the send path. It
takes time, own orders and holdings anew each time, so that an order that left a moment ago is counted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.core.domain.reading import Known
from bot.core.guards.registry import beyond, check
from bot.core.guards.standing import Holding, OwnOrder, Standing
from bot.core.machines.order import OrderState
from bot.engine.execution.proposals import proposal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.domain.breach import Breach
    from bot.core.domain.orders import OrderIntent
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord
    from bot.engine.order_record import OrderRecord

#: How far the broker's clock, which tells whole seconds, may be behind ours: a fill so much earlier may be a later one.
CLOCKS_APART: Final = timedelta(seconds=3)


def judge(
    desk: Desk, plan: PlanRecord, intents: Sequence[OrderIntent], market: Market
) -> tuple[Breach, ...]:
    """Return what the guards say now against these orders of a plan, journaled already or not."""
    proposal, seen = _case(desk, plan, intents, market)
    return check(proposal, seen, limits_of(desk, plan))


def limits_of(desk: Desk, plan: PlanRecord) -> Limits:
    """Return what a plan and its orders may not exceed; a plan with a cap of its own has that in place of turnovers."""
    limits, own = desk.mandate.limits, plan.turnover_max
    if own is None:
        return limits
    return replace(
        limits, plan_turnover_max=own, day_turnover_max=max(own, limits.day_turnover_max)
    )


def judge_tier(
    desk: Desk,
    plan: PlanRecord,
    intents: Sequence[OrderIntent],
    market: Market,
    stricter: Limits | None,
) -> tuple[Breach, ...]:
    """Return what of a plan that may go out is beyond a stricter tier of the limits."""
    proposal, seen = _case(desk, plan, intents, market)
    return beyond(proposal, seen, limits_of(desk, plan), stricter)


def _case(
    desk: Desk, plan: PlanRecord, intents: Sequence[OrderIntent], market: Market
) -> tuple[Proposal, Market]:
    refs = {intent.order_ref for intent in intents}
    # An order's own intent, once journaled, is committed already: it is judged on top of the others.
    others = replace(plan, orders=_without(plan.orders.values(), refs))
    seen = replace(
        market,
        now=desk.clock.now(),
        holds=desk.recorder.holds.reasons(),
        standing=standing_of(desk, plan, refs, market),
    )
    return proposal_of(intents, others), seen


def standing_of(desk: Desk, plan: PlanRecord, refs: Iterable[str], market: Market) -> Standing:
    """Return the orders of the market's session and those still open, but for `refs`, and what the plan holds."""
    opens_at = None if market.session is None else market.session.opens_at
    read_at = market.account.received_at if isinstance(market.account, Known) else None
    ledger, left_out = desk.recorder.ledger, set(refs)
    orders = [
        own_order(record, read_at)
        for record in ledger.orders_since(opens_at)
        if record.intent.order_ref not in left_out and not record.is_withheld
    ]
    orders.sort(key=lambda order: order.made_at)
    approved: dict[int, int] = {}
    for leg in plan.plan.legs:
        con_id = leg.instrument.con_id
        approved[con_id] = approved.get(con_id, 0) + leg.shares
    holdings = {
        con_id: Holding(
            shares=float(plan.expected_position(con_id)),
            start=float(start),
            approved=approved.get(con_id, 0),
        )
        for con_id, start in plan.positions.items()
    }
    return Standing(tuple(orders), holdings)


def own_order(record: OrderRecord, read_at: datetime | None) -> OwnOrder:
    """Return an order of the ledger as guards see it; `read_at` is when the account was read (aware UTC)."""
    has_no_trace = record.state in {OrderState.UNKNOWN, OrderState.NEVER_ARRIVED}
    filled_since = sum(
        fill.shares
        for fill in record.fills.values()
        if read_at is None or fill.executed_at >= read_at - CLOCKS_APART
    )
    return OwnOrder(
        order_ref=record.intent.order_ref,
        con_id=record.intent.instrument.con_id,
        shares=record.intent.shares,
        filled=float(record.filled),
        filled_since=float(filled_since),
        price=float(record.intent.limit_price),
        made_at=record.recorded_at,
        is_open=not record.is_final,
        was_refused=record.refusal is not None,
        has_failed=record.refusal is not None or has_no_trace,
    )


def _without(records: Iterable[OrderRecord], refs: set[str]) -> dict[str, OrderRecord]:
    return {
        record.intent.order_ref: record for record in records if record.intent.order_ref not in refs
    }
