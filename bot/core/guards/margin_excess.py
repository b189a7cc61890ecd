"""No buy in a margin account whose cushion is thin: borrowed ground gives way when prices fall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.domain.reading import Known
from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


_UNIT: Final = "fraction of net liquidation"


def margin_excess(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each buy of a margin account with excess liquidity below the limit, or unknown."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    if line.shares < 0 or market.account_type == "cash":
        return None
    nav, limit = market.net_liquidation(), limits.excess_liquidity_min
    account = market.account
    excess = account.value.excess_liquidity if isinstance(account, Known) else None
    if nav is None or excess is None:
        return against("margin_excess", line, "excess liquidity is unknown", None, limit, _UNIT)
    part = float(excess) / nav
    if part >= limit * (1 - 1e-12):
        return None
    statement = f"excess liquidity is {part * 100:.2f} % of net liquidation, at least {limit * 100:g} % needed to buy"
    return against("margin_excess", line, statement, part, limit, _UNIT)
