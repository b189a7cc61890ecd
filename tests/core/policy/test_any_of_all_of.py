"""Rules combined: any or all of them, each explained, and a calendar is consumed by a look that found nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from bot.core.domain.session import Session
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.state import PolicyState

BAND = AbsoluteBand(width=0.05)
DUE, NOT_DUE = Calendar(every="month"), Calendar(every="month", nth_session=20)

SESSION = Session(
    exchange="XNYS",
    held_on=date(2020, 3, 2),
    opens_at=datetime(2020, 3, 2, 14, 30, tzinfo=UTC),
    closes_at=datetime(2020, 3, 2, 21, 0, tzinfo=UTC),
    is_half_day=False,
    number_in={"month": 1},
)

# Row 0 is inside its bands, row 1 is 10 points out.
STATE = PolicyState(
    weights=np.array([[0.52, 0.48], [0.6, 0.4]]),
    targets=np.array([0.5, 0.5]),
    session=SESSION,
    occurrences_done=frozenset(),
    symbols=("AAPL", "cash"),
)


def test_any_of_fires_where_one_part_does() -> None:
    assert AnyOf((BAND, NOT_DUE)).fires(STATE).tolist() == [False, True]
    assert AnyOf((BAND, DUE)).fires(STATE).tolist() == [True, True]


def test_all_of_fires_where_every_part_does() -> None:
    assert AllOf((BAND, NOT_DUE)).fires(STATE).tolist() == [False, False]
    assert AllOf((BAND, DUE)).fires(STATE).tolist() == [False, True]


def test_any_of_tells_the_parts_that_fired() -> None:
    found = AnyOf((NOT_DUE, BAND)).explain(STATE, 1)
    assert found.statement == (
        "1 of 2 rules fired, 1 needed: AAPL is 10.00 points over its target of 50.00 %, band 5.00 points"
    )
    assert found.numbers == {"fired_count": 1.0, "needed_count": 1.0, "distance_count": 0.0}
    assert [part.rule for part in found.parts] == ["calendar", "absolute_band"]


def test_any_of_tells_every_part_when_none_fired() -> None:
    found = AnyOf((NOT_DUE, BAND)).explain(STATE, 0)
    assert not found.fired
    assert found.statement.startswith("0 of 2 rules fired, 1 needed: month:2020-03 is due from")
    assert "all inside their bands" in found.statement
    assert found.numbers["distance_count"] == 1.0


def test_all_of_tells_the_parts_that_are_missing() -> None:
    found = AllOf((DUE, BAND)).explain(STATE, 0)
    assert not found.fired
    assert found.statement.startswith("1 of 2 rules fired, all needed: all inside their bands")
    assert found.numbers == {"fired_count": 1.0, "needed_count": 2.0, "distance_count": 1.0}


def test_all_of_tells_every_part_when_all_fired() -> None:
    found = AllOf((DUE, BAND)).explain(STATE, 1)
    assert found.fired
    assert "month:2020-03 is due" in found.statement
    assert "AAPL is 10.00 points over" in found.statement


def test_a_monthly_check_that_found_nothing_is_consumed() -> None:
    found = AllOf((DUE, BAND)).explain(STATE, 0)
    assert not found.fired
    assert found.occurrences() == ("month:2020-03",)


def test_a_calendar_that_is_not_due_is_not_consumed() -> None:
    assert AllOf((NOT_DUE, BAND)).explain(STATE, 1).occurrences() == ()


def test_occurrences_are_found_at_any_depth() -> None:
    nested = AnyOf((BAND, AllOf((DUE, AnyOf((NOT_DUE, BAND))))))
    assert nested.explain(STATE, 0).occurrences() == ("month:2020-03",)


def test_no_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="any_of needs at least one rule, found 0"):
        AnyOf(())
    with pytest.raises(ValueError, match="all_of needs at least one rule, found 0"):
        AllOf(())
