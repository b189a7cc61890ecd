"""A plan before it is approved: legs, what they start from, and what the guards say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.plan import Plan
from bot.core.domain.reading import known, rows
from bot.core.guards.registry import check
from bot.engine import events, records
from bot.engine.execution.proposals import order_now, proposal_of
from bot.engine.ledger import PlanRecord
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.domain.orders import OrderIntent
    from bot.core.domain.plan import Leg
    from bot.core.domain.session import Session
    from bot.core.domain.snapshot import Snapshot
    from bot.core.guards.proposal import Market
    from bot.core.planner.base import Valuation
    from bot.engine.desk import Desk


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look saw, and what it is worth.

    Attributes:
        look_id: Names the look in the journal.
        snapshot: The outside world.
        valuation: The mandate in numbers.
        session: The session that the look is in.
        market: The same for the guards.
    """

    look_id: str
    snapshot: Snapshot
    valuation: Valuation
    session: Session
    market: Market


def draft_plan(
    desk: Desk, sight: Sight, legs: tuple[Leg, ...], occurrences: tuple[str, ...]
) -> PlanRecord:
    """Return a plan with the cash and the positions that it starts from; nothing is journaled yet."""
    snapshot, valuation = sight.snapshot, sight.valuation
    plan = Plan(
        # With the date: a journal that was set back counts its looks again, and a reference must never come twice.
        plan_id=f"P{snapshot.taken_at:%y%m%d}.{sight.look_id.removeprefix('L')}",
        look_id=sight.look_id,
        account=desk.mandate.account,
        currency=desk.mandate.currency,
        base=valuation.base,
        legs=legs,
        occurrences=occurrences,
        created_at=snapshot.taken_at,
        expires_at=sight.session.closes_at,
    )
    held = {position.con_id: position.quantity for position in rows(snapshot.positions)}
    # What is held is not taken for a start: it must still differ when this plan is over.
    is_held = desk.recorder.holds.reasons()
    con_ids = [each.con_id for each in snapshot.instruments if each.con_id not in is_held]
    return PlanRecord(
        plan=plan,
        cash=desk.mandate.free_cash(known(snapshot.account), valuation.base),
        positions={con_id: held.get(con_id, Decimal(0)) for con_id in con_ids},
        account_type=desk.mandate.account_type,
    )


def guard_plan(
    desk: Desk, draft: PlanRecord, market: Market
) -> tuple[PlanRecord, tuple[Breach, ...]]:
    """Return the draft without the legs that a guard holds, and what the guards said.

    A breach against the whole plan leaves no leg; one against an instrument drops its leg and lets the others go on.
    """
    breaches = check(proposal_of(_orders(desk, draft, market), draft), market, desk.mandate.limits)
    if breaches:
        desk.recorder.record(
            events.BREACHES,
            {"breaches": [records.body_of(breach) for breach in breaches]},
            look_id=draft.plan.look_id,
        )
    held = {breach.con_id for breach in breaches}
    allowed = [leg for leg in draft.plan.legs if leg.instrument.con_id not in held]
    if None in held:
        allowed = []
    legs = tuple(replace(leg, index=index) for index, leg in enumerate(allowed))
    # A rebalance without some of its legs is not the one that the calendar asked for: it stays due.
    occurrences = draft.plan.occurrences if len(legs) == len(draft.plan.legs) else ()
    plan = replace(draft.plan, legs=legs, occurrences=occurrences)
    return replace(draft, plan=plan), breaches


def _orders(desk: Desk, draft: PlanRecord, market: Market) -> list[OrderIntent]:
    """Return the orders that the plan would send now, at the limits it would send them with."""
    orders = []
    for leg in draft.plan.legs:
        order = order_now(desk, draft, leg, market)
        if order is None:
            message = f"{leg.instrument.symbol} has no price to plan with"
            raise ReadUnknown(message)
        orders.append(order)
    return orders
