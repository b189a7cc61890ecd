"""Price history: what it refuses, its newest part, and average volumes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from bot.core.domain.history import History

MONDAY = date(2022, 12, 5)
DAYS = tuple(MONDAY + timedelta(days=offset) for offset in range(3))


def closes(*rows: tuple[float, ...]) -> np.ndarray:
    """One row for all portfolios: (1, T, N)."""
    return np.array([rows], dtype=np.float64)


THREE = closes((10.0, 20.0), (11.0, 21.0), (12.0, 22.0))
VOLUMES = closes((100.0, 0.0), (300.0, 6.0), (500.0, 12.0))


def test_the_newest_closes_are_the_last_ones() -> None:
    history = History(DAYS, THREE)
    assert history.newest(2).tolist() == [[[11.0, 21.0], [12.0, 22.0]]]
    assert history.newest(3).tolist() == THREE.tolist()
    assert history.newest(0).shape == (1, 0, 2)
    with pytest.raises(ValueError, match=r"^4 sessions of price history are needed, found 3$"):
        history.newest(4)


def test_the_last_sessions_are_a_history_of_their_own() -> None:
    last = History(DAYS, THREE, VOLUMES).last(2)
    assert last.sessions == DAYS[1:]
    assert last.closes.tolist() == [[[11.0, 21.0], [12.0, 22.0]]]
    assert last.volumes is not None
    assert last.volumes.tolist() == [[[300.0, 6.0], [500.0, 12.0]]]
    assert History(DAYS, THREE).last(3).volumes is None
    assert History(DAYS, THREE).last(3).sessions == DAYS
    with pytest.raises(ValueError, match="4 sessions of price history are needed, found 3"):
        History(DAYS, THREE).last(4)


def test_average_volumes_are_of_the_newest_sessions() -> None:
    """(300 + 500) / 2 = 400 and (6 + 12) / 2 = 9; of all three (100 + 300 + 500) / 3 = 300 and 18 / 3 = 6."""
    history = History(DAYS, THREE, VOLUMES)
    two, three = history.mean_volumes(2), history.mean_volumes(3)
    assert two is not None
    assert three is not None
    assert two.tolist() == [[400.0, 9.0]]
    assert three.tolist() == [[300.0, 6.0]]
    assert History(DAYS, THREE).mean_volumes(2) is None
    with pytest.raises(ValueError, match="4 sessions of price history are needed"):
        history.mean_volumes(4)


def test_one_row_alone_gives_the_same_bits_as_among_many() -> None:
    random = np.random.default_rng(7)
    volumes = random.random((50, 20, 4)) * 1e7
    days = tuple(MONDAY + timedelta(days=offset) for offset in range(20))
    many = History(days, np.ones_like(volumes), volumes).mean_volumes(20)
    assert many is not None
    for row in range(50):
        alone = History(days, np.ones((1, 20, 4)), volumes[row : row + 1]).mean_volumes(20)
        assert alone is not None
        assert alone[0].tobytes() == many[row].tobytes()


@pytest.mark.parametrize(
    ("bad", "found"), [(0.0, "0"), (-1.0, "-1"), (np.nan, "nan"), (np.inf, "inf")]
)
def test_a_close_that_is_no_price_is_refused_with_place_and_number(bad: float, found: str) -> None:
    prices = THREE.copy()
    prices[0, 1, 0] = bad
    message = f"^a close must be a number above 0, found {found} on 2022-12-06 in column 0$"
    with pytest.raises(ValueError, match=message):
        History(DAYS, prices)


@pytest.mark.parametrize("days", [DAYS[::-1], (DAYS[0], DAYS[0], DAYS[1])])
def test_sessions_ascend_each_once(days: tuple[date, ...]) -> None:
    with pytest.raises(ValueError, match=r"^the sessions of a history must ascend, each once$"):
        History(days, THREE)


@pytest.mark.parametrize("shape", [(3, 2), (1, 2, 2), (1, 4, 2)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^closes must be \(R, 3, N\), found "):
        History(DAYS, np.ones(shape))


@pytest.mark.parametrize(
    "volumes", [np.ones((1, 3, 1)), VOLUMES * -1, VOLUMES * np.nan, VOLUMES + np.inf]
)
def test_volumes_that_are_none_are_refused(volumes: np.ndarray) -> None:
    with pytest.raises(
        ValueError, match=r"^volumes must be \(1, 3, 2\) numbers of at least 0 \(shares\)$"
    ):
        History(DAYS, THREE, volumes)
