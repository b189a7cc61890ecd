"""No order worth a large part of the account: whatever the cap in money says, which a larger account outgrows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


_UNIT: Final = "fraction of net liquidation"


def order_nav(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line worth more than `order_nav_max` of net liquidation, or where that is unknown."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    nav, limit = market.net_liquidation(), limits.order_nav_max
    if nav is None:
        return against("order_nav", line, "net liquidation is unknown", None, limit, _UNIT)
    part = line.notional / nav
    if not is_beyond(part, limit):
        return None
    statement = (
        f"an order for {abs(line.shares)} shares is {part * 100:.2f} % of the net liquidation of {nav:.2f} "
        f"{market.currency}, at most {limit * 100:g} % allowed"
    )
    return against("order_nav", line, statement, part, limit, _UNIT)
