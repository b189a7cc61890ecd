"""The next order of a leg: every rule of the ladder, and that it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.orders import Consequence
from bot.core.execution.ladder import ONCE_MORE, GivenUp, Step, Tried, next_step

#: 100 shares asked for as the first order of the first slice, none filled.
FIRST = Tried(slice_number=0, rung=0, shares=100, filled=0)
NOT_REFUSED_FOR_GOOD = [
    None,
    Consequence.STYLE_FATAL,
    *sorted(ONCE_MORE, key=lambda each: each.value),
]


def test_the_first_order_is_the_first_style_of_the_first_slice() -> None:
    assert next_step([], 2, 3) == Step(0, 0, 0, None)


def test_what_was_not_filled_in_its_time_is_tried_again_in_the_same_style_for_the_rest() -> None:
    """40 of 100 filled: 60 left, and it is the second order of its style."""
    assert next_step([replace(FIRST, filled=40)], 2, 3) == Step(0, 0, 1, 60)


def test_after_the_tries_of_a_style_the_next_one_is_taken() -> None:
    assert next_step([FIRST, FIRST], 2, 2) == Step(0, 1, 0, 100)


def test_after_the_last_style_the_leg_is_given_up() -> None:
    tried = [FIRST, replace(FIRST, rung=1)]
    assert next_step(tried, 2, 1) == GivenUp("not filled in 2 attempts", is_refused=False)


def test_a_style_that_is_refused_is_left_at_once() -> None:
    refused = replace(FIRST, consequence=Consequence.STYLE_FATAL)
    assert next_step([refused], 2, 3) == Step(0, 1, 0, 100)
    assert next_step([refused], 1, 3) == GivenUp("refused by the broker", is_refused=True)


@pytest.mark.parametrize(
    "consequence", [Consequence.ORDER_FATAL, Consequence.SYMBOL_FATAL, Consequence.RUN_FATAL]
)
def test_a_refused_order_is_not_tried_again_in_any_style(consequence: Consequence) -> None:
    refused = replace(FIRST, consequence=consequence)
    assert next_step([refused], 5, 3) == GivenUp("refused by the broker", is_refused=True)
    assert isinstance(next_step([refused, FIRST], 5, 3), GivenUp)


@pytest.mark.parametrize("consequence", ONCE_MORE)
def test_a_wrong_tick_or_number_is_mended_once_and_is_none_of_the_tries(
    consequence: Consequence,
) -> None:
    refused = replace(FIRST, consequence=consequence)
    is_coarse = consequence is Consequence.PRICE_GRID
    assert next_step([refused], 1, 1) == Step(0, 0, 0, 100, is_coarse)
    assert next_step([refused, refused], 5, 5) == GivenUp("refused by the broker", is_refused=True)


def test_a_slice_that_is_filled_begins_the_next_one_at_the_top_of_the_ladder() -> None:
    tried = [FIRST, replace(FIRST, rung=1, filled=100)]
    assert next_step(tried, 2, 1) == Step(1, 0, 0, None)


def test_a_slice_counts_only_its_own_orders() -> None:
    tried = [FIRST, replace(FIRST, filled=100), replace(FIRST, slice_number=1, filled=30)]
    assert next_step(tried, 1, 2) == Step(1, 0, 1, 70)


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from(NOT_REFUSED_FOR_GOOD)), max_size=60),
)
def test_a_slice_ends_after_its_tries_and_never_asks_for_more_than_it_has(
    rungs: int, tries: int, answers: list[tuple[int, Consequence | None]]
) -> None:
    """Whatever each order fills and is refused for: at most rungs x tries orders and one for each mended refusal."""
    tried: list[Tried] = []
    for filled, consequence in answers:
        step = next_step(tried, rungs, tries)
        if isinstance(step, GivenUp) or step.slice_number == 1:
            break
        asked = 100 if step.rest is None else step.rest
        assert 0 < asked <= 100
        assert step.rung < rungs
        assert step.number < tries
        part = 0 if consequence else asked * filled // 100
        tried.append(Tried(0, step.rung, asked, part, consequence))
    assert len(tried) <= rungs * tries + len(ONCE_MORE)
    rungs_taken = [each.rung for each in tried]
    assert rungs_taken == sorted(rungs_taken)


@given(st.lists(st.sampled_from([*Consequence, None]), min_size=1, max_size=8))
def test_what_comes_next_is_read_off_the_orders_alone(
    consequences: list[Consequence | None],
) -> None:
    tried = [replace(FIRST, consequence=each) for each in consequences]
    assert next_step(tried, 3, 3) == next_step(list(tried), 3, 3)
