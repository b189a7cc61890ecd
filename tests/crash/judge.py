"""The judgement, on the gateway's truth and beside what the journal approved."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.engine.faults.trial import Look, filled_by_order, references, wrongs

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.gateway import Gateway
    from tests.crash.mortal import Life


@dataclass
class Verdict:
    """What became of a story.

    Attributes:
        points: Points that the first life came by.
        ends: How each life ended.
        duplicates: Orders that were there twice: a reference, a leg with two orders at work, too many shares.
        missing: Legs that were approved and not traded in full.
        wrong: Whatever else must never be.
    """

    points: list[str]
    ends: list[str]
    duplicates: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def judge(desk: Desk, gateway: Gateway, lives: list[Life], ends: list[str]) -> Verdict:
    """Judge the truth when everything is over."""
    verdict = Verdict(lives[0].points if lives else [], ends)
    verdict.duplicates += [f"sent twice: {ref}" for ref, n in references(gateway).items() if n > 1]
    verdict.duplicates += _two_at_work(gateway)
    filled = filled_by_order(gateway)
    plans = desk.recorder.ledger.plans
    for plan_id, record in plans.items():
        for leg in record.plan.legs:
            traded = sum(
                shares
                for ref, shares in filled.items()
                if ref.split("-")[1:3] == [plan_id, str(leg.index)]
            )
            told = (
                f"{traded} of {leg.shares} {leg.instrument.symbol} in leg {leg.index} of {plan_id}"
            )
            if traded / leg.shares > 1:
                verdict.duplicates.append(f"overfilled: {told}")
            elif traded != leg.shares:
                verdict.missing.append(f"{told}, the plan ended {record.end}")
    if not plans:
        verdict.missing.append("no plan was ever made")
    look = Look("", 0 if ends[-1].startswith(("traded", "nothing_to_do")) else 1, ends[-1], 0)
    verdict.wrong += wrongs(desk, gateway, look)
    written = sum(len(life.orders) + len(life.cancels) for life in lives)
    arrived = sum(message.fields[0] in {"3", "4"} for message in gateway.messages)
    if lives and arrived != written:
        verdict.wrong.append(f"{written} orders and cancels were written, {arrived} arrived")
    if look.code:
        verdict.wrong.append(f"it does not come to rest: {ends[-1]}")
    return verdict


def _two_at_work(gateway: Gateway) -> list[str]:
    """Return the legs of which a second order arrived while an earlier one could still trade."""
    arrived = {}
    started = gateway.moment() - timedelta(seconds=asyncio.get_running_loop().time())
    for message in gateway.messages:
        if message.fields[0] == "3":
            arrived.setdefault((message.client_id, int(message.fields[1])), message.received_s)
    found = []
    by_leg: dict[str, list] = {}
    for order in gateway.orders:
        leg = order.ticket.order_ref.rpartition("-")[0]
        at = started + timedelta(seconds=arrived[order.key])
        found += [
            f"two at work: {earlier.ticket.order_ref} and {order.ticket.order_ref}"
            for earlier in by_leg.setdefault(leg, [])
            if earlier.ended_at is None or earlier.ended_at > at
        ]
        by_leg[leg].append(order)
    return found
