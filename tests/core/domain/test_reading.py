"""Unknown is never empty."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown, known, rows
from bot.errors import ReadUnknown

NOW = datetime(2020, 3, 16, 15, 0, tzinfo=UTC)


def test_rows_of_a_known_read_are_its_rows() -> None:
    assert rows(Known(value=(1, 2), source="ib:positions", received_at=NOW)) == (1, 2)


def test_a_confirmed_empty_read_has_no_rows() -> None:
    assert rows(ConfirmedEmpty(source="ib:positions", received_at=NOW)) == ()


def test_rows_of_an_unknown_read_are_refused_with_source_and_reason() -> None:
    reading = Unknown(source="ib:positions", received_at=NOW, reason="no answer within 10 s")
    with pytest.raises(ReadUnknown, match=r"^ib:positions is unknown: no answer within 10 s$"):
        rows(reading)


def test_a_known_read_has_its_value() -> None:
    assert known(Known(value=7.5, source="ib:cash", received_at=NOW)) == 7.5


def test_a_value_that_is_needed_cannot_be_confirmed_empty() -> None:
    with pytest.raises(ReadUnknown, match="ib:cash ended without a value"):
        known(ConfirmedEmpty(source="ib:cash", received_at=NOW))


def test_an_unknown_value_is_refused_with_source_and_reason() -> None:
    with pytest.raises(ReadUnknown, match="ib:cash is unknown: the line dropped"):
        known(Unknown(source="ib:cash", received_at=NOW, reason="the line dropped"))
