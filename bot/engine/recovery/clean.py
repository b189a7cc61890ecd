"""Is the account what the journal says? Asked before a person's word lets trading go on.

Rule: nothing may be unexplained. An order whose fate is not known, an order of ours that still works after a halt, a
holding, a contract or cash that our fills do not explain: each refuses, and says what to do. An order of somebody else
holds its symbol alone and refuses nothing.
Why: whoever resumes believes that all is well, and the next look trades on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.machines.order import OrderState
from bot.engine.recovery.differences import Effect, Kind
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.reconcile import held_now, reconcile_all
from bot.engine.recovery.settle import settle

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.recovery.differences import Reconciliation

#: What is told, and keeps nobody from trading the rest.
_HOLDS_ITS_SYMBOL = frozenset({Kind.FOREIGN_ORDER})


async def objections(desk: Desk) -> list[str]:
    """Return what speaks against trading, one line each; empty if nothing does.

    With the lease nobody trades: what is not final is settled as a look would, journal and broker are compared, and no
    own order may still work. Without it a bot is at work and compares by itself: what it has found counts.

    Args:
        desk: Connected, over a line that cannot send.

    Raises:
        HaltRequired: For what no acknowledgement can mend, such as a journal that is an old copy.
        ReadUnknown: If something that this needs could not be read.
    """
    if desk.lease is None:
        return [*_refusing(held_now(desk.recorder)), *_unknown(desk)]
    if may_still_fill(desk):
        await settle(desk, may_still_fill(desk))
    found = _refusing(await reconcile_all(desk, "bot resume"))
    working = [record for record in may_still_fill(desk) if record.state is not OrderState.UNKNOWN]
    return found + [
        f"order {record.intent.order_ref} still works: cancel it at IB" for record in working
    ]


def _refusing(result: Reconciliation) -> list[str]:
    return [
        f"{each.symbol}: {each.statement}: {each.remedy}"
        for each in result.differences
        if each.kind not in _HOLDS_ITS_SYMBOL
        and (each.effect is not Effect.TOLD or each.kind is Kind.UNKNOWN_ORDER)
    ]


def _unknown(desk: Desk) -> list[str]:
    return [
        f"what became of order {record.intent.order_ref} is not known: look it up at IB, then"
        f" `bot reconcile --acknowledge {record.intent.order_ref} --reason TEXT`"
        for record in desk.recorder.ledger.unknown()
    ]
