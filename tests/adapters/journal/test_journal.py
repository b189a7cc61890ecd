"""What every journal must satisfy, whatever database it is on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.journal.schema import INTENT_KIND
from bot.engine.events import ORDER_INTENT
from bot.errors import InvariantBroken, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.adapters.journal import SqlJournal
    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]


def sequences(journal: SqlJournal, **filters: Any) -> list[int]:
    return [event.sequence for event in journal.events(**filters)]


def test_the_kind_whose_order_ref_is_unique_is_the_engines() -> None:
    assert INTENT_KIND == ORDER_INTENT


def test_a_new_journal_is_empty_and_has_a_name_of_six_characters(opened: Opened) -> None:
    journal = opened()
    assert journal.events() == ()
    assert re.fullmatch("[0-9a-f]{6}", journal.name)


def test_the_name_stays_and_another_journal_has_another(
    opened: Opened, path: Path, clock: HandClock
) -> None:
    first = opened()
    assert opened().name == first.name
    other = type(first).open(path.with_name("other.db"), clock)
    other.close()
    assert other.name != first.name


def test_it_is_closed_at_the_end_of_its_block(opened: Opened, path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    with opened() as journal:
        journal.append("look_started", {})
        assert log.exists()
    # The last one to close folds SQLite's log into the file.
    assert not log.exists()


def test_an_event_reads_back_as_append_returned_it(opened: Opened) -> None:
    journal = opened()
    body = {"price": Decimal("1.50"), "at": datetime(2026, 1, 2, tzinfo=UTC), "weights": (0.1, 0.2)}
    appended = journal.append("decision", body, look_id="7", plan_id="p", order_ref="r")
    assert appended.body == {
        "price": "1.50",
        "at": "2026-01-02T00:00:00.000000+00:00",
        "weights": [0.1, 0.2],
    }
    assert journal.events() == (appended,)
    assert opened().events() == (appended,)
    assert (appended.look_id, appended.plan_id, appended.order_ref) == ("7", "p", "r")


def test_keys_that_were_not_given_are_none(opened: Opened) -> None:
    event = opened().append("look_started", {})
    assert (event.look_id, event.plan_id, event.order_ref) == (None, None, None)


def test_events_are_stamped_by_the_clock_in_utc(opened: Opened) -> None:
    journal = opened()
    first, second = journal.append("a", {}), journal.append("b", {})
    assert first.recorded_at < second.recorded_at
    assert journal.events()[0].recorded_at.utcoffset() == datetime.now(UTC).utcoffset()  # noqa: TID251


def test_events_are_numbered_from_one_without_gaps_across_openings(opened: Opened) -> None:
    for _ in range(3):
        journal = opened()
        journal.append("a", {})
        journal.append("b", {})
        journal.close()
    assert sequences(opened()) == [1, 2, 3, 4, 5, 6]


def test_a_refused_append_leaves_no_gap(opened: Opened) -> None:
    journal = opened()
    journal.append(ORDER_INTENT, {}, order_ref="r")
    with pytest.raises(JournalWriteFailed):
        journal.append(ORDER_INTENT, {}, order_ref="r")
    journal.append("a", {})
    assert sequences(journal) == [1, 2]


def test_an_order_ref_is_intended_once_and_the_message_names_it(opened: Opened) -> None:
    journal = opened()
    journal.append(ORDER_INTENT, {}, order_ref="abc-1-2-1")
    journal.append("order_state", {}, order_ref="abc-1-2-1")
    journal.append("order_state", {}, order_ref="abc-1-2-1")
    with pytest.raises(JournalWriteFailed, match="order_ref abc-1-2-1 was intended before"):
        opened().append(ORDER_INTENT, {}, order_ref="abc-1-2-1")


def test_events_are_found_by_kind_and_by_each_key(opened: Opened) -> None:
    journal = opened()
    journal.append("a", {}, look_id="1")
    journal.append("b", {}, look_id="1", plan_id="p")
    journal.append("a", {}, look_id="2", plan_id="p", order_ref="r")
    journal.append("c", {})
    assert sequences(journal, kinds=("a",)) == [1, 3]
    assert sequences(journal, kinds=iter(("a", "c"))) == [1, 3, 4]
    assert sequences(journal, look_id="1") == [1, 2]
    assert sequences(journal, plan_id="p") == [2, 3]
    assert sequences(journal, order_ref="r") == [3]
    assert sequences(journal, kinds=("a",), look_id="1", plan_id="p") == []
    assert sequences(journal, kinds=("nothing",)) == []


def test_the_newest_come_in_ascending_order(opened: Opened) -> None:
    journal = opened()
    for kind in "abab":
        journal.append(kind, {})
    assert sequences(journal, newest=2) == [3, 4]
    assert sequences(journal, kinds=("a",), newest=1) == [3]
    assert sequences(journal, newest=0) == []
    assert sequences(journal, newest=99) == [1, 2, 3, 4]


def test_an_unknown_key_and_a_negative_count_are_bugs(opened: Opened) -> None:
    journal = opened()
    with pytest.raises(InvariantBroken, match="account"):
        journal.append("a", {}, account="x")
    with pytest.raises(InvariantBroken, match="account"):
        journal.events(account="x")
    with pytest.raises(InvariantBroken, match="-1"):
        journal.events(newest=-1)
    assert journal.events() == ()


@pytest.mark.parametrize("value", [float("nan"), object(), datetime(2026, 1, 2)])  # noqa: DTZ001
def test_a_body_without_canonical_form_is_not_written(opened: Opened, value: object) -> None:
    journal = opened()
    with pytest.raises(JournalWriteFailed, match=r"a snapshot event cannot be journaled: body\.v"):
        journal.append("snapshot", {"v": value})
    assert journal.events() == ()


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_FACTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.dictionaries(_TEXT, _TEXT | st.floats(allow_nan=False, allow_infinity=False)),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    facts=_FACTS,
    kinds=st.sets(st.sampled_from(["a", "b", "c"])),
    newest=st.none() | st.integers(0, 12),
)
def test_filters_agree_with_a_list_in_memory(
    opened: Opened,
    path: Path,
    facts: list[tuple[str, dict[str, Any]]],
    kinds: set[str],
    newest: int | None,
) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".tip").unlink(missing_ok=True)
    journal = opened()
    appended = [journal.append(kind, body) for kind, body in facts]
    expected = [event for event in appended if not kinds or event.kind in kinds]
    if newest is not None:
        expected = expected[len(expected) - min(newest, len(expected)) :]
    assert list(journal.events(kinds=kinds, newest=newest)) == expected
    journal.close()
