"""Target weights add up to 1, or are refused with the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.targets.registry import REGISTRY
from bot.core.targets.static import StaticWeights


def test_it_gives_what_was_written_down() -> None:
    weights = StaticWeights((0.6, 0.35, 0.05)).weights()
    assert weights.tolist() == [0.6, 0.35, 0.05]
    assert weights.dtype == np.float64


def test_what_it_gave_can_be_changed_without_changing_the_source() -> None:
    source = StaticWeights((0.95, 0.05))
    source.weights()[:] = 0.0
    assert source.weights().tolist() == [0.95, 0.05]


def test_it_is_registered() -> None:
    assert REGISTRY["static"] is StaticWeights


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=50))
def test_any_parts_of_a_whole_are_accepted(parts: list[int]) -> None:
    weights = tuple(part / sum(parts) for part in parts)
    assert StaticWeights(weights).weights().tolist() == list(weights)


def test_a_sum_that_is_off_is_refused_with_the_sum_and_the_difference() -> None:
    # 0.6 + 0.3 + 0.05 = 0.95
    with pytest.raises(
        ValueError, match=r"must sum to 1 within 1e-09, found 0\.95 \(off by -0\.05\)"
    ):
        StaticWeights((0.6, 0.3, 0.05))


def test_a_billionth_off_is_noise_and_two_are_not() -> None:
    assert StaticWeights((0.5, 0.5 + 0.9e-9)).weights()[1] > 0.5
    with pytest.raises(ValueError, match="must sum to 1"):
        StaticWeights((0.5, 0.5 + 2e-9))


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_weight_that_is_no_fraction_is_refused_with_its_place(bad: float) -> None:
    with pytest.raises(ValueError, match="target weight 1 must be from 0 to 1, found"):
        StaticWeights((0.5, bad, 0.5))


@pytest.mark.parametrize("weights", [(), (1.0,)])
def test_targets_without_an_instrument_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=f"found {len(weights)} weights"):
        StaticWeights(weights)
