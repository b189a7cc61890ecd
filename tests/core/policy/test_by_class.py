"""Sums over the instruments of each class; what has no class is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.by_class import classes_of, summed_by_class
from bot.core.policy.state import PolicyState
from bot.errors import ReadUnknown

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 16),
    opens_at=datetime(2020, 3, 16, 13, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 16, 20, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={},
)


def state(asset_classes: tuple[str, ...]) -> PolicyState:
    return PolicyState(
        weights=np.array([[0.4, 0.3, 0.3]]),
        targets=np.array([[0.5, 0.3, 0.2]]),
        session=SESSION,
        occurrences_done=frozenset(),
        symbols=("AAPL", "XOM", "cash"),
        asset_classes=asset_classes,
    )


def test_sums_come_by_the_names_of_the_classes_and_cash_last() -> None:
    values = np.array([[0.125, 0.25, 0.5, 0.0625], [1.0, 2.0, 4.0, 8.0]])
    found = summed_by_class(values, ("tech", "energy", "tech"), ("MSFT", "XOM", "AAPL", "cash"))
    # energy is XOM; tech is AAPL and MSFT.
    assert found.tolist() == [[0.25, 0.625, 0.0625], [2.0, 5.0, 8.0]]


def test_another_order_of_instruments_gives_the_same_bits() -> None:
    values = np.random.default_rng(3).dirichlet(np.ones(6), 50)
    order = [3, 0, 4, 2, 1]
    symbols, classes = ("A", "B", "C", "D", "E"), ("x", "x", "y", "x", "x")
    found = summed_by_class(values, classes, (*symbols, "cash"))
    other = summed_by_class(
        values[:, [*order, 5]],
        tuple(classes[index] for index in order),
        (*(symbols[index] for index in order), "cash"),
    )
    assert other.tolist() == found.tolist()


def test_the_classes_are_those_of_the_instruments_alone() -> None:
    assert classes_of(state(("tech", "energy", "cash")), "the rule") == ("tech", "energy")


def test_what_has_no_class_is_refused_by_name() -> None:
    with pytest.raises(
        ValueError,
        match=r"^total_drift needs the asset class of every instrument, found none for XOM$",
    ):
        classes_of(state(("tech", "", "cash")), "total_drift")


def test_without_any_classes_nothing_is_decided() -> None:
    message = "^total_drift needs the instruments' asset classes, which is unknown"
    with pytest.raises(ReadUnknown, match=message):
        classes_of(state(()), "total_drift")
