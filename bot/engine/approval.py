"""A plan that a person is asked about: it waits, and ends without an answer.

Rule: nothing of it is sent before the journal has its approval; the send path asks again for every order. An approval
is for the plan at the prices that the person saw: it must come soon, and prices that have moved end the plan instead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.engine import events
from bot.errors import Stopped

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.guards.proposal import Market
    from bot.engine.ledger import PlanRecord
    from bot.ports import Journal

#: How long a plan waits for its approval.
WAIT: Final = timedelta(minutes=10)
#: How far a mid may be from the plan's own when the plan goes: a fraction of it.
MOVE_MAX: Final = 0.01
#: The question about an account's first investment.
FIRST_INVESTMENT: Final = "it is the first investment of this account"


def is_approved(journal: Journal, plan: PlanRecord) -> bool:
    """Return whether a person let the plan go; one that nobody is asked about needs nobody."""
    if not plan.questions:
        return True
    return bool(journal.events(kinds=[events.PLAN_APPROVED], plan_id=plan.plan.plan_id, newest=1))


def check_approved(journal: Journal, plan: PlanRecord) -> None:
    """Refuse to go on with a plan that waits for a person.

    Raises:
        Stopped: If the journal has no approval of it.
    """
    if not is_approved(journal, plan):
        message = f"plan {plan.plan.plan_id} waits for its approval: {question_of(plan)}"
        raise Stopped(message)


def question_of(plan: PlanRecord) -> str:
    """Return what a person is asked, with the command that answers."""
    until = plan.plan.created_at + WAIT
    return f"bot approve {plan.plan.plan_id}, by {until:%H:%M} UTC ({'; '.join(plan.questions)})"


def is_too_old(plan: PlanRecord, now: datetime) -> bool:
    """Return whether a plan waited longer than an answer is good for; `now` is aware UTC."""
    return now - plan.plan.created_at > WAIT


def lapse_of(journal: Journal, plan: PlanRecord, market: Market) -> str | None:
    """Return why a plan that a person is asked about must end instead of going on, or None."""
    if not plan.questions or plan.orders:
        return None  # once it went, it goes on as every other
    if is_too_old(plan, market.now) and not is_approved(journal, plan):
        return f"nobody approved it within {WAIT.seconds // 60} minutes"
    for leg in plan.plan.legs:
        mid = market.mid(leg.instrument.con_id)
        if mid is None:
            return f"{leg.instrument.symbol} has no price to compare with the plan's"
        move = mid / leg.arrival_price - 1
        if abs(move) > MOVE_MAX:
            return (
                f"{leg.instrument.symbol} moved {move * 100:+.2f} % since it was asked about, at most"
                f" {MOVE_MAX * 100:g} %"
            )
    return None
