from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.policy.registry import REGISTRY
from bot.settings.rules import NTH_SESSION_MAX, RULE_KINDS, Policy, bands

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

BAND = '{ kind = "absolute_band", width = 0.05 }'
CALENDAR = '{ kind = "calendar", every = "quarter" }'
KNOWN = "absolute_band, calendar, any_of, all_of"


def test_the_settings_know_the_same_kinds_as_the_core() -> None:
    assert set(RULE_KINDS) == set(REGISTRY)


def test_an_unknown_kind_is_refused_with_the_known_ones(refusal: Refusal) -> None:
    line = refusal({BAND: '{ kind = "relative_band", width = 0.05 }'})
    assert line.startswith(
        f'[policy] rule.rules number 1: kind "relative_band" is not known, expected one of {KNOWN}'
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
    settings = load({BAND: nested})
    assert [band.width for band in bands(settings.policy.rule)] == [0.05]


def test_a_rule_deep_in_the_tree_is_told_by_its_place(refusal: Refusal) -> None:
    nested = f'{{ kind = "all_of", rules = [{BAND}, {{ kind = "calendar", every = "moon" }}] }}'
    line = refusal({BAND: nested})
    assert line.startswith("[policy] rule.rules number 1 rules number 2 every: expected one of")


@pytest.mark.parametrize("kind", ["any_of", "all_of"])
def test_a_combination_needs_a_rule(refusal: Refusal, kind: str) -> None:
    line = refusal({BAND: f'{{ kind = "{kind}", rules = [] }}'})
    assert line.startswith("[policy] rule.rules number 1 rules: expected a list of 1 to 16 rules")


@pytest.mark.parametrize("width", ["0", "1", "-0.05", "5", "nan"])
def test_a_width_is_a_fraction(refusal: Refusal, width: str) -> None:
    line = refusal({"width = 0.05": f"width = {width}"})
    assert "width: expected a number, more than 0, less than 1 (fraction of base)" in line


@pytest.mark.parametrize("destination", ["halfway", "edge"])
def test_a_destination_at_the_band_needs_a_band(refusal: Refusal, destination: str) -> None:
    changes = {BAND: CALENDAR, '"halfway"': f'"{destination}"'}
    line = refusal(changes)
    assert line.startswith(f'[policy]: destination "{destination}" refers to the width of one')
    assert "found 0 different ones" in line


@pytest.mark.parametrize("other", ["width = 0.04", "width = 0.05, cash_width = 0.02"])
def test_a_destination_at_the_band_needs_one_band_only(refusal: Refusal, other: str) -> None:
    two = f'{BAND}, {{ kind = "absolute_band", {other} }}'
    assert "found 2 different ones" in refusal({BAND: two})


def test_the_same_band_twice_is_one_band(load: Load) -> None:
    assert load({BAND: f"{BAND}, {BAND}"}).policy.destination == "halfway"


def test_the_target_needs_no_band(load: Load) -> None:
    assert load({BAND: CALENDAR, '"halfway"': '"target"'}).policy.destination == "target"


@pytest.mark.parametrize(("every", "largest"), NTH_SESSION_MAX.items())
def test_the_nth_session_is_one_that_every_period_has(
    load: Load, refusal: Refusal, every: str, largest: int
) -> None:
    def written(nth: int) -> dict[str, str]:
        return {'every = "quarter"': f'every = "{every}", nth_session = {nth}'}

    assert load(written(largest))
    line = refusal(written(largest + 1))
    assert "nth_session" in line
    assert "at most" in line


@pytest.mark.parametrize("nth", ["0", "-1", "1.5"])
def test_sessions_count_from_one(refusal: Refusal, nth: str) -> None:
    line = refusal({'every = "quarter"': f'every = "quarter", nth_session = {nth}'})
    assert "nth_session: expected a whole number, at least 1" in line


def test_a_policy_is_the_same_value_however_it_is_made(load: Load) -> None:
    policy = load().policy
    assert Policy(**policy.model_dump()) == policy
