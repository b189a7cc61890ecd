"""What a rule refuses of this mandate, found while loading.

Rule: what can only fail, whatever the market does, fails here and not in the first look that wants to trade: a class
band with an instrument of no class, a distance that is wider than the band. Why: such a look comes months later. The
rules are asked once about a portfolio at its targets. What they need beyond it is not known here, and that is no error.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.parameter import parameters_of
from bot.core.domain.session import Session
from bot.core.domain.sums import SUM_TOLERANCE
from bot.core.policy.combined import measure_limits, rules_with_measure
from bot.core.policy.destination import Reach, check_distance, course_of, desired_weights
from bot.core.policy.policy import Ask, Policy
from bot.core.policy.state import PolicyState
from bot.core.targets.source import TargetSource
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core.policy.destination import Destination
    from bot.core.targets.source import Universe

# Any session does: the first of 2020 in New York.
_SESSION: Final = Session(
    exchange="XNYS",
    held_on=date(2020, 1, 2),
    opens_at=datetime(2020, 1, 2, 14, 30, tzinfo=UTC),
    closes_at=datetime(2020, 1, 2, 21, tzinfo=UTC),
    is_half_day=False,
    number_in=dict.fromkeys(("week", "month", "quarter", "half", "year"), 1),
)


def refusal_of(policy: Policy, destination: Destination, universe: Universe) -> str | None:
    """Return what `policy` or `destination` refuses of `universe`, or None."""
    if (line := _vain_distance(policy, destination)) is not None:
        return line
    state = _at_targets(universe)

    def go_to_destination(state: PolicyState) -> object:
        course = course_of(policy, state, Ask.REBALANCE, destination)
        check_distance(course)
        return desired_weights(state.weights, course)

    # Each rule by itself: one that needs what is not known must not hide the others.
    every: list[Callable[[PolicyState], object]] = [rule.asks for rule in rules_in(policy)]
    for attempt in (*every, go_to_destination):
        try:
            attempt(state)
        except ReadUnknown:
            continue
        except ValueError as error:
            return str(error)
    return None


def _vain_distance(policy: Policy, destination: Destination) -> str | None:
    """Return why a distance in a measure could never say anything: the rule fires above it and is quiet below."""
    amount = destination.amount
    if destination.reach is not Reach.DISTANCE or amount is None or policy.has_band():
        return None
    return next(
        (
            f"the distance must be less than the limit of {kind}, found distance {amount:g} and limit {limit:g}: what"
            " fires would never be traded back"
            for kind, limit in zip(rules_with_measure(policy), measure_limits(policy), strict=True)
            if amount >= limit
        ),
        None,
    )


def rules_in(rule: Policy) -> Iterator[Policy]:
    """Yield `rule` and every rule inside it, the outer ones first."""
    yield rule
    for name in parameters_of(type(rule)):
        value = getattr(rule, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Policy):
                yield from rules_in(part)


def sources_in(source: TargetSource) -> Iterator[TargetSource]:
    """Yield `source` and every source inside it, the outer ones first."""
    yield source
    for name in parameters_of(type(source)):
        part = getattr(source, name)
        if isinstance(part, TargetSource):
            yield from sources_in(part)


def _at_targets(universe: Universe) -> PolicyState:
    """Return a portfolio at its targets; where they are not written as such, all instruments weigh the same."""
    count = len(universe.symbols)
    written = [weight for weight in universe.written if weight is not None]
    is_whole = len(written) == count and abs(fsum((*written, universe.cash)) - 1) <= SUM_TOLERANCE
    weights = written if is_whole else [(1 - universe.cash) / count] * count
    targets = np.array([[*weights, universe.cash]])
    return PolicyState(
        weights=targets,
        targets=targets,
        session=_SESSION,
        occurrences_done=frozenset(),
        symbols=(*universe.symbols, "cash"),
        asset_classes=(*universe.asset_classes, "cash"),
    )
