"""Every guard by its name, in the order in which they speak; to add one, add a file, a line and a runbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.account import account
from bot.core.guards.broker_hours import broker_hours
from bot.core.guards.close_move import close_move
from bot.core.guards.collar import collar
from bot.core.guards.concentration import concentration
from bot.core.guards.day_loss import day_loss
from bot.core.guards.day_turnover import day_turnover
from bot.core.guards.duplicate_order import duplicate_order
from bot.core.guards.foreign_order import foreign_order
from bot.core.guards.halted import halted
from bot.core.guards.hold import hold
from bot.core.guards.instrument_kind import instrument_kind
from bot.core.guards.mandate import mandate
from bot.core.guards.margin_excess import margin_excess
from bot.core.guards.market_fall import market_fall
from bot.core.guards.market_open import market_open
from bot.core.guards.nav_difference import nav_difference
from bot.core.guards.no_short import no_short
from bot.core.guards.no_trade_window import no_trade_window
from bot.core.guards.order_count import order_count
from bot.core.guards.order_nav import order_nav
from bot.core.guards.order_notional import order_notional
from bot.core.guards.order_rate import order_rate
from bot.core.guards.order_volume import order_volume
from bot.core.guards.plan_turnover import plan_turnover
from bot.core.guards.position import position
from bot.core.guards.quote_age import quote_age
from bot.core.guards.quote_jump import quote_jump
from bot.core.guards.repeated_execution import repeated_execution
from bot.core.guards.round_trip import round_trip
from bot.core.guards.settled_cash import settled_cash
from bot.core.guards.spread import spread

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Guard, Market, Proposal

REGISTRY: Final[dict[str, Guard]] = {
    "quote_age": quote_age,
    "spread": spread,
    "quote_jump": quote_jump,
    "halted": halted,
    "market_fall": market_fall,
    "collar": collar,
    "close_move": close_move,
    "order_notional": order_notional,
    "order_nav": order_nav,
    "order_volume": order_volume,
    "concentration": concentration,
    "position": position,
    "no_short": no_short,
    "plan_turnover": plan_turnover,
    "day_turnover": day_turnover,
    "day_loss": day_loss,
    "order_count": order_count,
    "order_rate": order_rate,
    "repeated_execution": repeated_execution,
    "duplicate_order": duplicate_order,
    "round_trip": round_trip,
    "settled_cash": settled_cash,
    "margin_excess": margin_excess,
    "mandate": mandate,
    "instrument_kind": instrument_kind,
    "account": account,
    "market_open": market_open,
    "broker_hours": broker_hours,
    "no_trade_window": no_trade_window,
    "nav_difference": nav_difference,
    "foreign_order": foreign_order,
    "hold": hold,
}


def beyond(
    proposal: Proposal, market: Market, limits: Limits, stricter: Limits | None
) -> tuple[Breach, ...]:
    """Return what goes beyond a stricter tier of the limits and not beyond the limits themselves."""
    if stricter is None:
        return ()
    blocked = {(each.guard, each.con_id) for each in check(proposal, market, limits)}
    return tuple(
        breach
        for breach in check(proposal, market, stricter)
        if (breach.guard, breach.con_id) not in blocked
    )


def check(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return what every guard says against `proposal`, in the order of the registry; empty if it may go out.

    A breach with a con_id holds that instrument, one without stops the whole proposal.
    """
    return tuple(
        breach for guard in REGISTRY.values() for breach in guard(proposal, market, limits)
    )
