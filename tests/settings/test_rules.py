from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.policy.registry import REGISTRY
from bot.settings.rules import Policy

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

BAND = '{ kind = "absolute_band", width = 0.05 }'
CALENDAR = '{ kind = "calendar", every = "quarter" }'
DRIFT = '{ kind = "total_drift", total_drift_max = 0.05 }'
TRACKING = '{ kind = "tracking_error", tracking_error_max = 0.02 }'
HALFWAY = 'destination = "halfway"'
KNOWN = ", ".join(REGISTRY)


def to(destination: str, amount: str = "") -> dict[str, str]:
    ending = f"\ndestination_amount = {amount}" if amount else ""
    return {HALFWAY: f'destination = "{destination}"{ending}'}


def test_an_unknown_kind_is_refused_with_the_known_ones(refusal: Refusal) -> None:
    line = refusal({BAND: '{ kind = "moon_phase", width = 0.05 }'})
    assert line == (
        f'[policy] rule.rules number 1: kind "moon_phase" is not known, expected one of {KNOWN}'
    )
    line = refusal({'kind = "any_of"': 'kind = "anyof"'})
    assert line == (
        f'[policy] rule: kind "anyof" is not known, expected one of {KNOWN}; the nearest is any_of'
    )


def test_a_rule_without_a_kind_is_refused_with_the_known_ones(refusal: Refusal) -> None:
    line = refusal({BAND: "{ width = 0.05 }"})
    assert f"expected a table with a kind, one of {KNOWN}" in line


def test_rules_nest(load: Load) -> None:
    nested = f'{{ kind = "all_of", rules = [{BAND}, {{ kind = "any_of", rules = [{CALENDAR}] }}] }}'
    rule = load({BAND: nested}).policy.rule.model_dump()
    assert rule["rules"][0]["rules"][0] == {
        "kind": "absolute_band",
        "width": 0.05,
        "cash_width": None,
    }
    assert rule["rules"][0]["rules"][1]["rules"][0]["every"] == "quarter"


def test_a_rule_deep_in_the_tree_is_told_by_its_place(refusal: Refusal) -> None:
    nested = f'{{ kind = "all_of", rules = [{BAND}, {{ kind = "calendar", every = "moon" }}] }}'
    line = refusal({BAND: nested})
    assert line.startswith("[policy] rule.rules number 1 rules number 2 every: expected one of")
    assert "more problem" not in line


@pytest.mark.parametrize("kind", ["any_of", "all_of"])
def test_a_combination_needs_a_rule(refusal: Refusal, kind: str) -> None:
    line = refusal({BAND: f'{{ kind = "{kind}", rules = [] }}'})
    assert line.startswith("[policy] rule.rules number 1 rules: expected a list of 1 to 16 rules")
    assert line.endswith("found []")


@pytest.mark.parametrize("width", ["0", "1", "-0.05", "5", "nan", "true", '"0.05"'])
def test_a_width_is_a_fraction(refusal: Refusal, width: str) -> None:
    line = refusal({"width = 0.05": f"width = {width}"})
    assert "width: expected a number, more than 0, less than 1 (fraction of base)" in line


@pytest.mark.parametrize("destination", ["halfway", "edge"])
def test_a_destination_at_the_band_needs_a_band(
    load: Load, refusal: Refusal, destination: str
) -> None:
    assert load(to(destination)).policy.destination == destination
    assert refusal({BAND: CALENDAR, **to(destination)}) == (
        f'[policy] destination: "{destination}" needs a rule with a band, such as absolute_band in [policy] rule; '
        'write that, or destination = "target"'
    )


def test_a_distance_needs_a_band_or_a_measure(load: Load, refusal: Refusal) -> None:
    distance = to("distance", "0.04")
    assert load(distance).policy.destination_amount == pytest.approx(0.04)
    assert load({BAND: DRIFT, **distance}).policy.destination == "distance"
    assert refusal({BAND: CALENDAR, **distance}).startswith(
        '[policy] destination: "distance" needs a rule with a band or a measure, such as absolute_band or total_drift'
    )


def test_a_distance_refers_to_one_measure_only(load: Load, refusal: Refusal) -> None:
    distance = to("distance", "0.01")
    line = refusal({BAND: f"{DRIFT}, {TRACKING}", **distance})
    assert line.startswith(
        '[policy] destination: "distance" needs one rule with a measure, not total_drift and tracking_error'
    )


@pytest.mark.parametrize(
    ("destination", "amount"), [("halfway", ""), ("edge", ""), ("distance", "0.01")]
)
def test_what_only_bands_move_cannot_mend_a_measure(
    load: Load, refusal: Refusal, destination: str, amount: str
) -> None:
    both = {BAND: f"{BAND}, {DRIFT}"}
    assert refusal({**both, **to(destination, amount)}) == (
        f'[policy] destination: "{destination}" needs rules with bands alone, not total_drift beside them in [policy] '
        'rule; write that, or destination = "target"'
    )
    assert load({**both, **to("target")}).policy.destination == "target"


def test_the_target_and_a_fraction_need_no_band(load: Load) -> None:
    assert load({BAND: CALENDAR, **to("target")}).policy.destination == "target"
    assert load({BAND: CALENDAR, **to("fraction", "1")}).policy.destination_amount == 1


@pytest.mark.parametrize(
    ("destination", "wanted"),
    [("fraction", "more than 0, at most 1"), ("distance", "at least 0, at most 1")],
)
def test_a_destination_with_an_amount_needs_it(
    refusal: Refusal, destination: str, wanted: str
) -> None:
    assert refusal(to(destination)) == (
        f'[policy]: destination "{destination}" needs destination_amount: expected a number, {wanted}'
    )


@pytest.mark.parametrize("destination", ["target", "edge", "halfway"])
def test_a_destination_without_an_amount_refuses_one(refusal: Refusal, destination: str) -> None:
    assert refusal(to(destination, "0.5")) == (
        f'[policy]: destination_amount 0.5 has no meaning for destination "{destination}": leave it out, or write '
        'destination = "fraction" or "distance"'
    )


def test_a_fraction_is_more_than_nothing_and_a_distance_may_be_none(
    load: Load, refusal: Refusal
) -> None:
    assert load(to("distance", "0")).policy.destination_amount == 0
    assert refusal(to("fraction", "0")) == (
        "[policy]: destination_amount: expected a number, more than 0, at most 1 (fraction of the way), found 0"
    )


@pytest.mark.parametrize("amount", ["-0.01", "1.01", "nan", "true", '"1"'])
def test_an_amount_is_a_fraction(refusal: Refusal, amount: str) -> None:
    line = refusal(to("distance", amount))
    assert line.startswith(
        "[policy] destination_amount: expected a number, for fraction more than 0"
    )


def test_a_policy_is_the_same_value_however_it_is_made(load: Load) -> None:
    policy = load().policy
    assert Policy(**policy.model_dump()) == policy
