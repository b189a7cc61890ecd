"""Every guard by its name, in the order in which they speak; to add one, add a file, a line and a runbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.collar import collar
from bot.core.guards.foreign_order import foreign_order
from bot.core.guards.hold import hold
from bot.core.guards.mandate import mandate
from bot.core.guards.market_open import market_open
from bot.core.guards.nav_difference import nav_difference
from bot.core.guards.order_notional import order_notional
from bot.core.guards.plan_turnover import plan_turnover
from bot.core.guards.quote_age import quote_age
from bot.core.guards.spread import spread

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.proposal import Guard, Limits, Market, Proposal

REGISTRY: Final[dict[str, Guard]] = {
    "quote_age": quote_age,
    "spread": spread,
    "collar": collar,
    "order_notional": order_notional,
    "plan_turnover": plan_turnover,
    "mandate": mandate,
    "market_open": market_open,
    "nav_difference": nav_difference,
    "foreign_order": foreign_order,
    "hold": hold,
}


def check(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return what every guard says against `proposal`, in the order of the registry; empty if it may go out.

    A breach with a con_id holds that instrument, one without stops the whole proposal.
    """
    return tuple(
        breach for guard in REGISTRY.values() for breach in guard(proposal, market, limits)
    )
