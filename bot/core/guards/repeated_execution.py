"""No further try where the last ones failed: refusals and orders without a trace, one after the other, are a loop.

An order that may still fill says nothing yet. One line that breaks may leave many orders without a trace at once: that
is one mishap, so only refusals are counted over all instruments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against, against_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def repeated_execution(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line after `repeats_max` failures of its side, one for all after `refusals_max`."""
    told = [order for order in market.standing.orders if order.was_refused or not order.is_open]
    refused, limit = _last([order.was_refused for order in told]), limits.refusals_max
    if refused >= limit:
        statement = f"the broker refused the last {refused} orders, after {limit} no further one in this session"
        return (against_all("repeated_execution", statement, refused, limit, "orders"),)
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    tries = [
        order.has_failed
        for order in market.standing.of(line.con_id)
        if order.shares * line.shares > 0 and (order.has_failed or not order.is_open)
    ]
    failed, limit = _last(tries), limits.repeats_max
    if failed < limit:
        return None
    side = "buy" if line.shares > 0 else "sell"
    statement = f"the last {failed} orders to {side} it failed, after {limit} no further one in this session"
    return against("repeated_execution", line, statement, failed, limit, "orders")


def _last(outcomes: Sequence[bool]) -> int:
    """Return how many of the newest outcomes (oldest first) are bad, up to the newest that is not."""
    return next(
        (count for count, is_bad in enumerate(reversed(outcomes)) if not is_bad), len(outcomes)
    )
