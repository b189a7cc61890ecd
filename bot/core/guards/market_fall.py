"""No order while the whole market falls as it does before exchanges halt: quotes then say little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against_all

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal

_UNIT: Final = "fraction of the prior close"
# 100 to 93 is a fall of 0.06999999999999995 in floats, and is at the limit.
_NOISE: Final = 1e-12


def market_fall(
    proposal: Proposal,  # noqa: ARG001 - every guard has this shape
    market: Market,
    limits: Limits,
) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if the watched index fell by `index_fall_max` or more, or is unknown."""
    if not market.index:
        return ()  # nobody chose an index
    fall, limit = market.index_fall, limits.index_fall_max
    if fall is None:
        statement = f"how far {market.index} has fallen is unknown"
    elif fall < limit * (1 - _NOISE):
        return ()
    else:
        statement = f"{market.index} is {fall * 100:.2f} % below its close, at {limit * 100:g} % the market may halt"
    return (against_all("market_fall", statement, fall, limit, _UNIT),)
