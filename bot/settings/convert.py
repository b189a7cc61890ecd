"""Settings become domain values here, at the edge; past it nobody sees a settings model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from bot.core.domain.instrument import InstrumentSpec
from bot.core.guards.limits import Limits
from bot.core.planner.rules import Marks, PlannerRules
from bot.core.policy.destination import Destination, Reach
from bot.core.targets.source import Universe
from bot.settings.made import core_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.core.costs.model import CostModel
    from bot.core.policy.policy import Policy
    from bot.core.targets.source import TargetSource
    from bot.settings.tables import Tables
    from bot.settings.targets import Holding

#: Keys of [limits] that are no limit of a guard: the clock's is the engine's, and is checked before there is a plan.
NO_LIMITS: Final = {
    "clock_difference_max_s",
    "flow_ack",
    "restart_window",
    "market_index",
    "first_investment_turnover_max",
    "notify",
    "confirm",
}


def instrument_specs(settings: Tables) -> tuple[InstrumentSpec, ...]:
    """Return what a person wrote for each instrument, in the order of `Targets.symbols`."""
    own = settings.account.currency
    return tuple(
        InstrumentSpec(symbol=symbol, currency=own)
        if holding is None
        else InstrumentSpec(
            symbol=symbol,
            currency=holding.currency or own,
            primary_exchange=holding.primary_exchange,
            con_id=holding.con_id,
        )
        for symbol, holding in _instruments(settings)
    )


def universe(settings: Tables) -> Universe:
    """Return the instruments as the targets know them, in the order of `Targets.symbols`."""
    every = tuple(_instruments(settings))
    return Universe(
        symbols=tuple(symbol for symbol, _ in every),
        asset_classes=tuple("" if each is None else each.asset_class or "" for _, each in every),
        written=tuple(None if each is None else each.weight for _, each in every),
        cash=settings.targets.cash,
    )


def marks(settings: Tables) -> Marks:
    """Return how each instrument may be traded, in the order of `Targets.symbols`."""
    every = [holding for _, holding in _instruments(settings)]
    ways = ["any" if holding is None else holding.trade for holding in every]
    return Marks(
        lots=np.array([1 if holding is None else holding.lot for holding in every]),
        may_buy=np.array([way in ("any", "buy_only") for way in ways]),
        may_sell=np.array([way in ("any", "sell_only") for way in ways]),
    )


def _instruments(settings: Tables) -> Iterator[tuple[str, Holding | None]]:
    """Yield every instrument with what is written beside it; None for one that only the source names."""
    written = {holding.symbol: holding for holding in settings.targets.holdings}
    for symbol in settings.targets.symbols:
        yield symbol, written.get(symbol)


def target_source(settings: Tables) -> TargetSource:
    """Return where target weights come from."""
    return cast("TargetSource", core_of(settings.targets.source))


def policy(settings: Tables) -> Policy:
    """Return when to trade, as the tree of policies that the settings describe."""
    return cast("Policy", core_of(settings.policy.rule))


def destination(settings: Tables) -> Destination:
    """Return how far to trade."""
    return Destination(Reach(settings.policy.destination), settings.policy.destination_amount)


def costs(settings: Tables) -> CostModel:
    """Return what trades cost."""
    return cast("CostModel", core_of(settings.costs))


def limits(settings: Tables) -> Limits:
    """Return what no plan and no order may exceed."""
    written = settings.limits.model_dump(exclude=NO_LIMITS)
    if written["day_turnover_max"] is None:
        written["day_turnover_max"] = written["plan_turnover_max"]
    return Limits(**written, no_trade_before_close_s=settings.execution.no_trade_before_close_s)


def notices(settings: Tables) -> Limits | None:
    """Return the limits beyond which a plan is told of, or None where there are none."""
    return _stricter(limits(settings), settings.limits.notify)


def confirmations(settings: Tables) -> Limits | None:
    """Return the limits beyond which a plan waits for a person, or None where there are none."""
    return _stricter(limits(settings), settings.limits.confirm)


def _stricter(all_limits: Limits, written: Mapping[str, float] | None) -> Limits | None:
    stricter: dict[str, Any] = dict(written or {})
    return replace(all_limits, **stricter) if stricter else None


def planner_rules(settings: Tables) -> PlannerRules:
    """Return how weights become shares."""
    written = settings.planner
    return PlannerRules(
        minimum_trade=written.minimum_trade,
        cash_buffer=written.cash_buffer,
        minimum_drift=written.minimum_drift,
        turnover_max=written.turnover_max,
        participation_max=written.participation_max,
    )
