"""Settings become domain values here, at the edge; past it nobody sees a settings model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.instrument import InstrumentSpec
from bot.core.guards.proposal import Limits
from bot.core.planner.shares import PlannerRules
from bot.core.policy.destination import Destination, Reach
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as TARGETS
from bot.core.targets.source import Universe
from bot.settings.rules import AllOfRule, AnyOfRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.policy.policy import Policy
    from bot.core.targets.source import TargetSource
    from bot.settings.model import Settings
    from bot.settings.rules import Rule


def instrument_specs(settings: Settings) -> tuple[InstrumentSpec, ...]:
    """Return what a person wrote for each instrument, in the order of the file."""
    return tuple(
        InstrumentSpec(
            symbol=holding.symbol,
            currency=holding.currency or settings.account.currency,
            primary_exchange=holding.primary_exchange,
            con_id=holding.con_id,
        )
        for holding in settings.targets.holdings
    )


def universe(settings: Settings) -> Universe:
    """Return the instruments as the targets know them, in the order of the file."""
    holdings = settings.targets.holdings
    return Universe(
        symbols=tuple(holding.symbol for holding in holdings),
        asset_classes=tuple("" for _ in holdings),
        written=tuple(holding.weight for holding in holdings),
        cash=settings.targets.cash,
    )


def target_source(settings: Settings) -> TargetSource:
    """Return where target weights come from."""
    make: Callable[..., TargetSource] = TARGETS[settings.targets.kind]
    return make()


def policy(settings: Settings) -> Policy:
    """Return when to trade, as the tree of policies that the settings describe."""
    return _policy(settings.policy.rule)


def _policy(rule: Rule) -> Policy:
    # A policy's parameters have the names of its rule's keys, so a new one needs no line here.
    make: Callable[..., Policy] = POLICIES[rule.kind]
    if isinstance(rule, AnyOfRule | AllOfRule):
        return make(rules=tuple(_policy(part) for part in rule.rules))
    return make(**rule.model_dump(exclude={"kind"}))


def destination(settings: Settings) -> Destination:
    """Return how far to trade."""
    return Destination(Reach(settings.policy.destination))


def limits(settings: Settings) -> Limits:
    """Return what no plan and no order may exceed."""
    # The clock's limit is the engine's: it is checked before there is a plan.
    return Limits(**settings.limits.model_dump(exclude={"clock_difference_max_s"}))


def planner_rules(settings: Settings) -> PlannerRules:
    """Return how weights become shares."""
    return PlannerRules(
        minimum_trade=settings.planner.minimum_trade, cash_buffer=settings.planner.cash_buffer
    )
