"""How often small bars may be asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.history.pacing import HistoryPacing

START = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ask(
    pacing: HistoryPacing, at_s: float, identity: int, series: int = 0, kind: str = "BID"
) -> bool:
    return pacing.is_too_fast(after(at_s), (series,), (identity,), kind)


def test_the_same_again_within_15_seconds() -> None:
    pacing = HistoryPacing()
    assert [ask(pacing, at_s, 1) for at_s in (0, 14.9, 15)] == [False, True, False]


def test_six_of_a_series_within_two_seconds() -> None:
    pacing = HistoryPacing()
    assert [ask(pacing, 0.1 * number, number) for number in range(7)] == [False] * 6 + [True]
    assert not ask(pacing, 0.7, 8, series=1)
    assert not ask(pacing, 2, 9)


def test_both_sides_count_twice() -> None:
    pacing = HistoryPacing()
    asked = [ask(pacing, 0, number, kind="BID_ASK") for number in range(4)]
    assert asked == [False, False, False, True]


def test_sixty_within_ten_minutes() -> None:
    """One a second: the 61st comes too early, and the first one is forgotten after 600 seconds."""
    pacing = HistoryPacing()
    assert not any(ask(pacing, number, number, series=number) for number in range(60))
    assert ask(pacing, 599, 61, series=61)
    assert not ask(pacing, 600, 61, series=61)


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 3), st.sampled_from(("BID", "BID_ASK"))))
)
def test_never_more_than_sixty_are_let_through(steps: list[tuple[float, int, str]]) -> None:
    pacing, at_s, let_through = HistoryPacing(), 0.0, []
    for wait_s, identity, kind in steps:
        at_s += wait_s
        if not ask(pacing, at_s, identity, series=identity, kind=kind):
            let_through.append((at_s, 2 if kind == "BID_ASK" else 1))
            lately = sum(weight for moment, weight in let_through if moment > at_s - 600)
            assert lately <= 60
