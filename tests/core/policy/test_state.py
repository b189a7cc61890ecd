"""What a state must be, and how rules read it: a past that must be long enough, an instrument that must be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bot.core.policy.state import column_of, of_row, past_closes
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.history import History
    from bot.core.policy.state import PolicyState


MakeState = Callable[..., "PolicyState"]
NAN, INF = float("nan"), float("inf")
THREE_ROWS = np.repeat([[0.5, 0.4, 0.1]], 3, axis=0)


def test_drift_is_weight_less_target(make_state: MakeState) -> None:
    state = make_state(
        weights=np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0]]), targets=np.array([[0.5, 0.5, 0.0]])
    )
    assert state.drift.tolist() == [[0, -0.25, 0.25], [0, 0, 0]]


def test_the_past_is_the_newest_sessions(
    make_state: MakeState, make_history: Callable[[np.ndarray], History]
) -> None:
    closes = np.arange(1.0, 9.0).reshape(1, 4, 2)
    state = make_state(history=make_history(closes))
    assert past_closes(state, 2, "trend").tolist() == [[[5, 6], [7, 8]]]
    assert past_closes(state, 4, "trend").tolist() == closes.tolist()


def test_a_past_that_is_too_short_or_not_there_is_unknown(
    make_state: MakeState, make_history: Callable[[np.ndarray], History]
) -> None:
    state = make_state(history=make_history(np.ones((1, 4, 2))))
    with pytest.raises(
        ReadUnknown,
        match=r"^trend needs 5 sessions of price history, found 4: nothing is decided without them$",
    ):
        past_closes(state, 5, "trend")
    with pytest.raises(
        ReadUnknown,
        match=r"^trend needs 5 sessions of price history, which is unknown: nothing is decided without it$",
    ):
        past_closes(make_state(), 5, "trend")


def test_an_instrument_is_found_by_its_name_and_cash_is_none(make_state: MakeState) -> None:
    assert column_of(make_state(), "XOM", "trend") == 1
    for name in ("SPY", "cash"):
        with pytest.raises(ValueError, match=rf"^trend names {name}, which is not among JPM, XOM$"):
            column_of(make_state(), name, "trend")


def test_a_row_is_its_own_or_the_one_of_all() -> None:
    assert of_row(np.array([1.0, 2.0]), 1) == 2.0
    assert of_row(np.array([3.0]), 7) == 3.0
    assert of_row(np.array([False, True]), 1)
    assert of_row(np.array([[1.0, 2.0]]), 7).tolist() == [1.0, 2.0]
    assert of_row(np.array([[1.0], [2.0], [3.0]]), 1).tolist() == [2.0]


def test_it_does_not_change_once_it_is_made(make_state: MakeState) -> None:
    made = make_state()
    with pytest.raises(FrozenInstanceError):
        made.weights = None
    assert not hasattr(made, "__dict__")


# --- what does not come into being


@pytest.mark.parametrize("number", [NAN, INF, -INF])
@pytest.mark.parametrize("name", ["weights", "targets"])
def test_a_weight_that_is_no_number_is_refused_with_its_place(
    make_state: MakeState, name: str, number: float
) -> None:
    weights = np.array([[0.5, number, 0.1]])
    with pytest.raises(
        ValueError,
        match=rf"^{name} must be finite numbers \(fractions of base\), found {number:g} at row 0, column 1$",
    ):
        make_state(**{name: weights})


@pytest.mark.parametrize("name", ["weights", "targets"])
def test_weights_that_do_not_add_up_to_one_are_refused_with_their_sum(
    make_state: MakeState, name: str
) -> None:
    # Within 1e-9 is float noise; 1.1e-9 is a holding that somebody forgot.
    for off in (9e-10, -9e-10):
        make_state(**{name: np.array([[0.5, 0.4, 0.1 + off]])})
    for off in (1.1e-9, -1.1e-9):
        with pytest.raises(
            ValueError,
            match=rf"^{name} must sum to 1 within 1e-09 \(fractions of base\), found 1 at row 0$",
        ):
            make_state(**{name: np.array([[0.5, 0.4, 0.1 + off]])})
    with pytest.raises(ValueError, match=r" found 1\.2 at row 1$"):
        make_state(weights=np.array([[0.5, 0.4, 0.1], [0.5, 0.4, 0.3]]))


def test_negative_cash_and_a_short_weight_are_numbers_as_any(make_state: MakeState) -> None:
    # Whether they may be traded is the planner's to say.
    assert make_state(weights=np.array([[0.7, 0.5, -0.2]])).weights[0, 2] == -0.2


@pytest.mark.parametrize("number", [0.0, -1.0, NAN, INF])
@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("base", "base", "row 0"),
        ("prices", "prices", "row 0, column 1"),
        ("values", "values", "row 0, column 1"),
        ("levels", "levels of VIX", "row 0"),
    ],
)
def test_a_price_that_is_not_above_zero_is_refused(
    make_state: MakeState, number: float, name: str, words: str, place: str
) -> None:
    wrong: Any = np.array([number]) if "column" not in place else np.array([[1.0, number]])
    with pytest.raises(
        ValueError, match=rf"^{words} must be numbers above 0, found {number:g} at {place}$"
    ):
        make_state(**{name: {"VIX": wrong} if name == "levels" else wrong})


@pytest.mark.parametrize("name", ["sessions_since_trade", "days_since_trade"])
def test_time_since_a_trade_is_from_zero_to_never(make_state: MakeState, name: str) -> None:
    for since in (0.0, 3.0, INF):
        make_state(**{name: np.array([since])})
    for since in (-1.0, NAN, -INF):
        with pytest.raises(
            ValueError,
            match=rf"^{name} must be at least 0, or \+inf for never, found {since:g} at row 0$",
        ):
            make_state(**{name: np.array([since])})


def test_a_flow_may_go_either_way_and_must_be_a_number(make_state: MakeState) -> None:
    make_state(flows=np.array([-0.5]))
    for flow in (NAN, INF):
        with pytest.raises(
            ValueError,
            match=rf"^flows must be finite \(fraction of base\), found {flow:g} at row 0$",
        ):
            make_state(flows=np.array([flow]))


def history(rows: int, columns: int, make_history: Callable[[np.ndarray], History]) -> History:
    return make_history(np.ones((rows, 4, columns)))


@pytest.mark.parametrize("rows", [1, 3])
def test_what_all_rows_share_has_one_row_or_a_row_for_each(
    make_state: MakeState, make_history: Callable[[np.ndarray], History], rows: int
) -> None:
    found = make_state(
        weights=THREE_ROWS,
        targets=THREE_ROWS[:rows],
        prices=np.ones((rows, 2)),
        values=np.ones((rows, 5)),
        levels={"VIX": np.ones(rows)},
        history=history(rows, 2, make_history),
        asset_classes=("equity", "", "cash"),
        base=np.ones(3),
        flows=np.ones(3),
        sessions_since_trade=np.ones(3),
        days_since_trade=np.ones(3),
    )
    assert found.drift.tolist() == [[0, 0, 0]] * 3


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("weights", (3, 2), r"weights must be \(B, 3\) for JPM, XOM, cash, found \(3, 2\)"),
        ("weights", (3,), r"weights must be \(B, 3\) for JPM, XOM, cash, found \(3,\)"),
        ("targets", (2, 3), r"targets must be \(1, 3\) or \(3, 3\), found \(2, 3\)"),
        ("targets", (3,), r"targets must be \(1, 3\) or \(3, 3\), found \(3,\)"),
        ("prices", (1, 3), r"prices must be \(1, 2\) or \(3, 2\), found \(1, 3\)"),
        ("values", (2, 5), r"values must be \(1, 5\) or \(3, 5\), found \(2, 5\)"),
        ("values", (3, 5, 2), r"values must be \(1, 5\) or \(3, 5\), found \(3, 5, 2\)"),
        ("values", (5,), r"values must be \(1,\) or \(3,\), found \(5,\)"),
        ("base", (1,), r"base must be \(3,\), found \(1,\)"),
        ("flows", (1,), r"flows must be \(3,\), found \(1,\)"),
        ("sessions_since_trade", (1,), r"sessions_since_trade must be \(3,\), found \(1,\)"),
        ("days_since_trade", (1,), r"days_since_trade must be \(3,\), found \(1,\)"),
    ],
)
def test_an_array_of_another_shape_is_refused_with_both_shapes(
    make_state: MakeState, name: str, wrong: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make_state(**{"weights": THREE_ROWS, name: np.ones(wrong)})


def test_a_level_or_a_history_of_another_shape_is_refused(
    make_state: MakeState, make_history: Callable[[np.ndarray], History]
) -> None:
    with pytest.raises(ValueError, match=r"^levels of VIX must be \(1,\) or \(3,\), found \(2,\)$"):
        make_state(weights=THREE_ROWS, levels={"VIX": np.ones(2)})
    for rows, columns in ((2, 2), (1, 3)):
        with pytest.raises(
            ValueError,
            match=rf"^history must be \(1, 4, 2\) or \(3, 4, 2\), found \({rows}, 4, {columns}\)$",
        ):
            make_state(weights=THREE_ROWS, history=history(rows, columns, make_history))


def test_a_shape_is_said_once_where_one_row_is_all_there_is(make_state: MakeState) -> None:
    with pytest.raises(ValueError, match=r"^prices must be \(1, 2\), found \(2, 2\)$"):
        make_state(prices=np.ones((2, 2)))


def test_cash_alone_is_no_portfolio(make_state: MakeState) -> None:
    one = np.array([[0.9, 0.1]])
    assert make_state(weights=one, targets=one, symbols=("JPM", "cash")).symbols[0] == "JPM"
    with pytest.raises(ValueError, match=r"^weights must be \(B, 1\) for cash, found \(1, 1\)$"):
        make_state(weights=np.ones((1, 1)), targets=np.ones((1, 1)), symbols=("cash",))


def test_classes_are_of_all_instruments_or_of_none(make_state: MakeState) -> None:
    with pytest.raises(ValueError, match=r"^asset_classes must be none or 3, found 2$"):
        make_state(asset_classes=("equity", "cash"))
