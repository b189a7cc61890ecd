"""No buy in a cash account beyond the cash that has settled: to spend the rest is a good-faith violation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.reading import Known
from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def settled_cash(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each buy of a cash account beyond settled cash less reserve and buys under way."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    if line.shares < 0 or market.account_type == "margin":
        return None
    account = market.account
    settled = account.value.settled_cash if isinstance(account, Known) else None
    if not isinstance(account, Known) or settled is None:
        return against("settled_cash", line, "settled cash is unknown", unit=market.currency)
    # What was bought since the read is not in its figure, nor is what may still be.
    spent = sum(
        (order.filled_since + order.working) * order.price
        for order in market.standing.orders
        if order.shares > 0
    )
    free = float(settled) - market.reserved_cash - spent
    if not is_beyond(line.notional, free):
        return None
    statement = f"it may cost {line.notional:.2f} {line.currency}, settled and free are {free:.2f} {market.currency}"
    return against("settled_cash", line, statement, line.notional, free, market.currency)
