"""What a rule can only refuse is refused before it is asked in earnest, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.class_band import ClassBand
from bot.core.policy.destination import Destination, Reach
from bot.core.policy.not_rule import NotRule
from bot.core.policy.relative_band import RelativeBand
from bot.core.policy.total_drift import TotalDrift
from bot.core.policy.tracking_error import TrackingError
from bot.core.policy.volatility_band import VolatilityBand
from bot.core.targets.source import Universe
from bot.settings.trial import refusal_of, rules_in

if TYPE_CHECKING:
    from bot.core.policy.policy import Policy

UNIVERSE = Universe(("A", "B"), ("stocks", ""), (0.8, 0.19), 0.01)
HALFWAY = Destination(Reach.HALFWAY)
BAND, CALENDAR = AbsoluteBand(0.05), Calendar("month")


def test_what_fits_is_not_refused() -> None:
    assert refusal_of(AnyOf((BAND, CALENDAR)), HALFWAY, UNIVERSE) is None


def test_a_class_band_needs_a_class_for_every_instrument() -> None:
    rule = ClassBand(widths={"stocks": 0.05})
    line = refusal_of(AnyOf((BAND, rule)), HALFWAY, UNIVERSE)
    assert line is not None
    assert "B" in line
    both = replace(UNIVERSE, asset_classes=("stocks", "stocks"))
    assert refusal_of(AnyOf((BAND, rule)), HALFWAY, both) is None


def test_what_is_not_known_while_loading_is_no_refusal_and_hides_none() -> None:
    # The corridor needs a history, which nobody has read yet.
    corridor = VolatilityBand(width=0.05, volatility=0.2)
    assert refusal_of(corridor, HALFWAY, UNIVERSE) is None
    rule = AnyOf((corridor, ClassBand(widths={"stocks": 0.05})))
    assert refusal_of(rule, HALFWAY, UNIVERSE) is not None


def test_widths_in_proportion_to_targets_go_by_the_written_weights() -> None:
    # A tenth of 0.8 is the widest band.
    rule = RelativeBand(width=0.1)
    assert refusal_of(rule, Destination(Reach.DISTANCE, 0.0799), UNIVERSE) is None
    line = refusal_of(rule, Destination(Reach.DISTANCE, 0.0801), UNIVERSE)
    assert line is not None
    assert line.startswith("the distance must be less than the band is wide")


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (TotalDrift(total_drift_max=0.03), "total_drift"),
        (TrackingError(tracking_error_max=0.03), "tracking_error"),
    ],
)
def test_a_distance_in_a_measure_is_below_its_limit(rule: Policy, kind: str) -> None:
    inside = AnyOf((CALENDAR, rule))
    assert refusal_of(inside, Destination(Reach.DISTANCE, 0.0299), UNIVERSE) is None
    for amount in (0.03, 0.5):
        assert refusal_of(inside, Destination(Reach.DISTANCE, amount), UNIVERSE) == (
            f"the distance must be less than the limit of {kind}, found distance {amount:g} and limit 0.03: what"
            " fires would never be traded back"
        )
    # A fraction of the way is no distance, and what a negation asks about has no say.
    assert refusal_of(inside, Destination(Reach.FRACTION, 0.5), UNIVERSE) is None
    banded = AllOf((BAND, NotRule(rule)))
    assert refusal_of(banded, Destination(Reach.DISTANCE, 0.04), UNIVERSE) is None


@pytest.mark.parametrize("written", [(None, None), (0.8, None), (0.5, 1.0)])
def test_weights_that_are_no_targets_count_as_equal(
    written: tuple[float | None, float | None],
) -> None:
    # 0.99 in two halves is 0.495, a tenth of which is 0.0495.
    universe = replace(UNIVERSE, written=written)
    rule = RelativeBand(width=0.1)
    assert refusal_of(rule, Destination(Reach.DISTANCE, 0.0494), universe) is None
    assert refusal_of(rule, Destination(Reach.DISTANCE, 0.0496), universe) is not None


def test_rules_inside_rules_are_found_the_outer_ones_first() -> None:
    inner = NotRule(CALENDAR)
    outer = AnyOf((BAND, inner))
    assert list(rules_in(outer)) == [outer, BAND, inner, CALENDAR]
