"""What goes back into a band, for any portfolio: rows add up to 1, nothing leaves its band or crosses its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.core.policy.into_band import into_band
from bot.core.policy.policy import Band

Weights = NDArray[np.float64]
NOISE = 1e-12
FREE = np.inf


def parts(band: Band, share: float) -> Band:
    """Return a band that is so many times as wide."""
    return Band(share * band.below, share * band.above)


@dataclass
class Case:
    weights: Weights
    targets: Weights
    band: Band
    goals: Band

    def go(self, **rest: Any) -> Weights:
        return into_band(self.weights, self.targets, (self.band, self.goals), **rest)

    def drift(self, weights: Weights) -> Weights:
        return weights - self.targets

    def beyond(self, weights: Weights, band: Band) -> Weights:
        drift = self.drift(weights)
        return np.maximum(drift - band.above, -drift - band.below)

    def rows(self, chosen: list[int]) -> Case:
        def of(values: Weights) -> Weights:
            return values if len(values) == 1 else values[chosen]

        band = Band(of(self.band.below), of(self.band.above))
        goals = Band(of(self.goals.below), of(self.goals.above))
        return Case(self.weights[chosen], of(self.targets), band, goals)

    def columns(self, order: list[int]) -> Case:
        band = Band(self.band.below[:, order], self.band.above[:, order])
        goals = Band(self.goals.below[:, order], self.goals.above[:, order])
        return Case(self.weights[:, order], self.targets[:, order], band, goals)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw portfolios, some with negative cash, shared or own targets and bands, each side with its own width."""
    count, rows = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    targets = generator.dirichlet(np.ones(count + 1), rows if draw(st.booleans()) else 1)
    if draw(st.booleans()):
        targets[:, :-1] /= targets[:, :-1].sum(axis=1, keepdims=True)
        targets[:, -1] = 0.0
    weights = generator.dirichlet(np.ones(count + 1), rows)
    weights = targets + (weights - targets) * draw(st.sampled_from([0.05, 0.3, 1.0]))
    borrowed = draw(st.sampled_from([0.0, 0.1]))
    weights[:, 0] += borrowed
    weights[:, -1] -= borrowed
    shape = (rows if draw(st.booleans()) else 1, count + 1)
    band = Band(generator.uniform(0.005, 0.15, shape), generator.uniform(0.005, 0.15, shape))
    for side in (band.below, band.above):
        if draw(st.booleans()):
            side[:, -1] = FREE
    amount = draw(st.sampled_from([0.0, 0.01, 0.05]))
    goals = draw(
        st.sampled_from(
            [
                band,
                parts(band, 0.5),
                Band(np.minimum(band.below, amount), np.minimum(band.above, amount)),
            ]
        )
    )
    return Case(weights, targets, band, goals)


@given(case=cases())
def test_rows_add_up_to_one(case: Case) -> None:
    found = case.go()
    assert found.shape == case.weights.shape
    assert np.allclose(found.sum(axis=1), 1, rtol=0, atol=1e-12)


@given(case=cases())
def test_every_weight_ends_inside_its_band(case: Case) -> None:
    # Cash without a band is not held by one; all others are.
    assert (case.beyond(case.go(), case.band) <= NOISE).all()


@given(case=cases())
def test_an_instrument_only_moves_towards_its_target_and_not_past_it(case: Case) -> None:
    before, after = case.drift(case.weights)[:, :-1], case.drift(case.go())[:, :-1]
    assert (np.abs(after) <= np.abs(before) + NOISE).all()
    assert (before * after >= -NOISE).all()


@given(case=cases())
def test_what_was_out_goes_at_least_to_its_goal(case: Case) -> None:
    was_out = case.beyond(case.weights, case.band) > NOISE
    assert (case.beyond(case.go(), case.goals) <= NOISE)[was_out].all()


@given(case=cases())
def test_going_again_changes_nothing(case: Case) -> None:
    once = case.go()
    again = Case(once, case.targets, case.band, case.goals).go()
    assert again.tobytes() == once.tobytes()


@given(case=cases(), wider=st.floats(1.0, 3.0))
def test_a_wider_band_never_trades_more(case: Case, wider: float) -> None:
    # The goals widen along, as those of edge and halfway do.
    wide = Case(case.weights, case.targets, parts(case.band, wider), parts(case.goals, wider))
    traded, less = (np.abs(each.go() - each.weights)[:, :-1].sum(axis=1) for each in (case, wide))
    assert (less <= traded + NOISE).all()


@given(case=cases(), seed=st.integers(0, 2**32 - 1))
def test_whole_shares_keep_rows_and_bands(case: Case, seed: int) -> None:
    instruments = case.weights[:, :-1]
    share_weights = np.random.default_rng(seed).uniform(0.0001, 0.1, instruments.shape)
    found = case.go(share_weights=share_weights)
    assert np.allclose(found.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (case.beyond(found, case.band) <= NOISE).all()


@given(case=cases())
def test_free_cash_stays_between_where_it_is_and_its_target(case: Case) -> None:
    case.band.below[:, -1] = case.band.above[:, -1] = FREE
    found, cash = case.drift(case.go())[:, -1], case.drift(case.weights)[:, -1]
    assert (found >= np.minimum(cash, 0) - NOISE).all()
    assert (found <= np.maximum(cash, 0) + NOISE).all()


@given(case=cases())
def test_rows_inside_their_bands_stay(case: Case) -> None:
    stays = ~(case.beyond(case.weights, case.band) > NOISE).any(axis=1)
    assert case.go()[stays].tobytes() == case.weights[stays].tobytes()


@given(case=cases(), floor=st.floats(0.0, 0.2))
def test_a_floor_under_cash_up_to_its_target_is_kept(case: Case, floor: float) -> None:
    floor = min(floor, float(case.targets[:, -1].min()))
    found = case.go(cash_floor=floor)
    moved = (case.beyond(case.weights, case.band) > NOISE).any(axis=1)
    assert (found[moved, -1] >= floor - NOISE).all()
    assert np.allclose(found.sum(axis=1), 1, rtol=0, atol=1e-12)


@given(case=cases())
def test_a_row_alone_goes_where_it_goes_among_many(case: Case) -> None:
    together = case.go()
    for row in range(len(together)):
        assert case.rows([row]).go()[0].tobytes() == together[row].tobytes()


@given(case=cases(), data=st.data())
def test_another_order_of_instruments_goes_to_the_same_place(
    case: Case, data: st.DataObject
) -> None:
    count = case.weights.shape[1] - 1
    order = [*data.draw(st.permutations(range(count))), count]
    assert np.allclose(case.columns(order).go(), case.go()[:, order], rtol=0, atol=1e-12)
