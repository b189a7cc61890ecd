"""A plan before it is approved: legs, what they start from, and what the guards say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.domain.plan import Plan
from bot.core.domain.reading import known, rows
from bot.engine import events, records
from bot.engine.approval import FIRST_INVESTMENT
from bot.engine.execution.judging import judge, judge_tier
from bot.engine.execution.proposals import order_now
from bot.engine.ledger import PlanRecord
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.domain.orders import OrderIntent
    from bot.core.domain.plan import Leg
    from bot.core.guards.proposal import Market
    from bot.engine.desk import Desk
    from bot.engine.sight import Sight


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
    positions = {con_id: held.get(con_id, Decimal(0)) for con_id in con_ids}
    first_max = desk.mandate.first_investment_turnover_max
    has_none = not any(held.get(each.con_id) for each in snapshot.instruments)
    is_first = first_max is not None and has_none
    return PlanRecord(
        plan=plan,
        cash=desk.mandate.free_cash(known(snapshot.account), valuation.base),
        positions=positions,
        account_type=desk.mandate.account_type,
        volumes=dict(sight.market.volumes),
        questions=(FIRST_INVESTMENT,) if is_first else (),
        turnover_max=first_max if is_first else None,
    )


@dataclass(frozen=True, slots=True)
class Guarded:
    """A draft that was judged.

    Attributes:
        record: The draft without the legs that a guard holds.
        breaches: What the guards said against it.
        notices: What of the rest is beyond the limits that only tell.
        questions: What of the rest is beyond the limits that a person is asked about.
    """

    record: PlanRecord
    breaches: tuple[Breach, ...]
    notices: tuple[Breach, ...] = ()
    questions: tuple[Breach, ...] = ()


def guard_plan(desk: Desk, draft: PlanRecord, market: Market) -> Guarded:
    """Return the draft as the guards leave it, and what they said; every word of it is journaled.

    A breach against the whole plan leaves no leg; one against an instrument drops its leg and lets the others go on.
    """
    breaches = judge(desk, draft, _orders(desk, draft, market), market)
    held = {breach.con_id for breach in breaches}
    allowed = [leg for leg in draft.plan.legs if leg.instrument.con_id not in held]
    if None in held:
        allowed = []
    legs = tuple(replace(leg, index=index) for index, leg in enumerate(allowed))
    # A rebalance without some of its legs is not the one that the calendar asked for: it stays due.
    occurrences = draft.plan.occurrences if len(legs) == len(draft.plan.legs) else ()
    rest = replace(draft, plan=replace(draft.plan, legs=legs, occurrences=occurrences))
    orders = _orders(desk, rest, market)
    asked = judge_tier(desk, rest, orders, market, desk.mandate.confirmations)
    questions = (*rest.questions, *(breach.statement for breach in asked))
    guarded = Guarded(
        record=replace(rest, questions=questions),
        breaches=breaches,
        notices=judge_tier(desk, rest, orders, market, desk.mandate.notices),
        questions=asked,
    )
    _record(desk, guarded)
    return guarded


def _record(desk: Desk, guarded: Guarded) -> None:
    """Journal what the guards said, each tier by itself."""
    for kind, said in (
        (events.BREACHES, guarded.breaches),
        (events.NOTICES, guarded.notices),
        (events.QUESTIONS, guarded.questions),
    ):
        if said:
            body = {"breaches": [records.body_of(breach) for breach in said]}
            desk.recorder.record(kind, body, look_id=guarded.record.plan.look_id)


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


def open_plan(desk: Desk, record: PlanRecord) -> PlanRecord:
    """Journal a plan as open, and return it as the ledger has it from now on."""
    body = {
        "plan": records.body_of(record.plan),
        "cash": record.cash,
        "positions": {str(con_id): shares for con_id, shares in record.positions.items()},
        "settings": desk.mandate.digest,
        "account_type": desk.mandate.account_type,
        "volumes": {str(con_id): volume for con_id, volume in record.volumes.items()},
        "questions": list(record.questions),
        "turnover_max": record.turnover_max,
    }
    plan = record.plan
    desk.recorder.record(events.PLAN_OPENED, body, look_id=plan.look_id, plan_id=plan.plan_id)
    return desk.recorder.ledger.plans[plan.plan_id]
