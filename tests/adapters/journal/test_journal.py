"""What every journal must satisfy, whatever database it is on."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from bot.adapters.journal import FilePlace
from bot.adapters.journal.schema import INTENT_KIND
from bot.adapters.journal.tip import Anchor, TipFile
from bot.core.domain.event import Tip
from bot.engine.events import ORDER_INTENT
from bot.errors import (
    ConfigError,
    InvariantBroken,
    JournalBehind,
    JournalBroken,
    JournalWriteFailed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.adapters.journal import Place, SqlJournal
    from bot.core.domain.event import Event
    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]

#: What another program would write, with the number left open.
INSERT = (
    "INSERT INTO events (sequence, recorded_at, kind, build, config, body, previous_hash, hash)"
    " VALUES ({}, 't', 'k', '', '', '{{}}', '', '')"
)


def sequences(journal: SqlJournal, **filters: Any) -> list[int]:
    return [event.sequence for event in journal.events(**filters)]


def test_the_kind_whose_order_ref_is_unique_is_the_engines() -> None:
    assert INTENT_KIND == ORDER_INTENT


def test_a_new_journal_is_empty_and_has_a_name_of_six_characters(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
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


def test_an_event_reads_back_as_append_returned_it(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    body = {"price": Decimal("1.50"), "at": datetime(2026, 1, 2, tzinfo=UTC), "weights": (0.1, 0.2)}
    appended = journal.append("decision", body, look_id="7", plan_id="p", order_ref="r")
    assert appended.body == {
        "price": "1.50",
        "at": "2026-01-02T00:00:00.000000+00:00",
        "weights": [0.1, 0.2],
    }
    assert journal.events() == (appended,)
    assert opened_anywhere().events() == (appended,)
    assert (appended.look_id, appended.plan_id, appended.order_ref) == ("7", "p", "r")


def test_keys_that_were_not_given_are_none(opened_anywhere: Opened) -> None:
    event = opened_anywhere().append("look_started", {})
    assert (event.look_id, event.plan_id, event.order_ref) == (None, None, None)


def test_events_are_stamped_by_the_clock_in_utc(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    first, second = journal.append("a", {}), journal.append("b", {})
    assert first.recorded_at < second.recorded_at
    assert journal.events()[0].recorded_at.utcoffset() == datetime.now(UTC).utcoffset()  # noqa: TID251


def test_events_are_numbered_from_one_without_gaps_across_openings(opened_anywhere: Opened) -> None:
    for _ in range(3):
        journal = opened_anywhere()
        journal.append("a", {})
        journal.append("b", {})
        journal.close()
    assert sequences(opened_anywhere()) == [1, 2, 3, 4, 5, 6]


def test_a_refused_append_leaves_no_gap(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    journal.append(ORDER_INTENT, {}, order_ref="r")
    with pytest.raises(JournalWriteFailed):
        journal.append(ORDER_INTENT, {}, order_ref="r")
    journal.append("a", {})
    assert sequences(journal) == [1, 2]


def test_an_order_ref_is_intended_once_and_the_message_names_it(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    journal.append(ORDER_INTENT, {}, order_ref="abc-1-2-1")
    journal.append("order_state", {}, order_ref="abc-1-2-1")
    journal.append("order_state", {}, order_ref="abc-1-2-1")
    with pytest.raises(JournalWriteFailed, match="order_ref abc-1-2-1 was intended before"):
        opened_anywhere().append(ORDER_INTENT, {}, order_ref="abc-1-2-1")


def test_events_are_found_by_kind_and_by_each_key(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
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


def test_the_newest_come_in_ascending_order(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    for kind in "abab":
        journal.append(kind, {})
    assert sequences(journal, newest=2) == [3, 4]
    assert sequences(journal, kinds=("a",), newest=1) == [3]
    assert sequences(journal, newest=0) == []
    assert sequences(journal, newest=99) == [1, 2, 3, 4]


def test_an_unknown_key_and_a_negative_count_are_bugs(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    with pytest.raises(InvariantBroken, match="account"):
        journal.append("a", {}, account="x")
    with pytest.raises(InvariantBroken, match="account"):
        journal.events(account="x")
    with pytest.raises(InvariantBroken, match="-1"):
        journal.events(newest=-1)
    assert journal.events() == ()


@pytest.mark.parametrize("value", [float("nan"), object(), datetime(2026, 1, 2)])  # noqa: DTZ001
def test_a_body_without_canonical_form_is_not_written(
    opened_anywhere: Opened, value: object
) -> None:
    journal = opened_anywhere()
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


@pytest.fixture
def written() -> list[Event]:
    """What this test has appended, over all its examples."""
    return []


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    facts=_FACTS,
    kinds=st.sets(st.sampled_from(["a", "b", "c"])),
    newest=st.none() | st.integers(0, 12),
)
def test_filters_agree_with_a_list_in_memory(
    opened_anywhere: Opened,
    written: list[Event],
    facts: list[tuple[str, dict[str, Any]]],
    kinds: set[str],
    newest: int | None,
) -> None:
    journal = opened_anywhere()
    # An event can never be taken back: one journal grows from example to example.
    written.extend(journal.append(kind, body) for kind, body in facts)
    expected = [event for event in written if not kinds or event.kind in kinds]
    if newest is not None:
        expected = expected[len(expected) - min(newest, len(expected)) :]
    assert list(journal.events(kinds=kinds, newest=newest)) == expected
    journal.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE events SET body = '{}'", "append-only: no update"),
        ("DELETE FROM events", "append-only: no delete"),
        (INSERT.format(3), "without gaps"),
        (INSERT.format(1), "without gaps"),
        (INSERT.format(2), "follow each other by hash"),
    ],
)
def test_the_database_itself_refuses_what_is_no_append(
    opened_anywhere: Opened, place: Place, statement: str, message: str
) -> None:
    journal = opened_anywhere()
    event = journal.append("a", {})
    engine = place.engine(read_only=False)
    with pytest.raises(IntegrityError, match=message), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
    assert journal.events() == (event,)


def test_two_writers_at_once_leave_one_chain(opened_anywhere: Opened) -> None:
    first, second = opened_anywhere(), opened_anywhere()

    def write(journal: SqlJournal) -> list[Event]:
        return [journal.append("a", {"text": "x" * 100}) for _ in range(20)]

    with ThreadPoolExecutor(2) as pool:
        appended = [event for events in pool.map(write, (first, second)) for event in events]
    assert sorted(event.sequence for event in appended) == list(range(1, 41))
    assert opened_anywhere(read_only=True).found.tip == first.tip


async def test_an_append_from_afar_is_the_same_append(opened_anywhere: Opened) -> None:
    journal = opened_anywhere()
    first = await journal.append_remotely(ORDER_INTENT, {"shares": 5}, order_ref="r")
    second = await journal.append_remotely("order_state", {}, order_ref="r")
    assert journal.events(order_ref="r") == (first, second)
    assert journal.tip.hash == second.hash
    with pytest.raises(JournalWriteFailed, match="order_ref r was intended before"):
        await journal.append_remotely(ORDER_INTENT, {}, order_ref="r")


def test_the_tip_is_the_newest_event_or_what_the_journal_began_with(
    opened_anywhere: Opened,
) -> None:
    journal, other = opened_anywhere(), opened_anywhere(read_only=True)
    assert journal.tip == journal.found.start
    event = journal.append("a", {})
    assert other.tip == Tip(1, event.hash)


def test_a_journal_opened_to_read_cannot_write(opened_anywhere: Opened) -> None:
    event = opened_anywhere().append("a", {})
    reader = opened_anywhere(read_only=True)
    assert reader.events() == (event,)
    with pytest.raises(JournalWriteFailed, match=r"read-?only"):
        reader.append("a", {})


def test_reading_only_where_there_is_no_journal_says_so_and_makes_nothing(
    opened_anywhere: Opened, place: Place
) -> None:
    with pytest.raises(ConfigError, match="there is no journal"):
        opened_anywhere(read_only=True)
    assert not place.exists()


def test_a_broken_chain_is_refused(opened_anywhere: Opened, place: Place) -> None:
    with opened_anywhere() as journal:
        for _ in range(3):
            journal.append("a", {})
    engine = place.engine(read_only=False)
    with engine.begin() as connection:
        if journal.is_remote:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
        else:
            connection.exec_driver_sql("DROP TRIGGER events_refuse_update")
        connection.exec_driver_sql("UPDATE events SET config = 'x' WHERE sequence = 2")
    engine.dispose()
    with pytest.raises(JournalBroken, match="broken at event 2"):
        opened_anywhere()


def test_a_journal_behind_its_tip_file_is_refused(opened_anywhere: Opened, place: Place) -> None:
    with opened_anywhere() as journal:
        journal.append("a", {})
    file = TipFile(place.tip_path)
    file.write(Anchor(journal.name, Tip(2, "ab" * 32)))
    file.close()
    with pytest.raises(JournalBehind, match="ends with event 1"):
        opened_anywhere()


def test_a_newer_schema_is_refused(opened_anywhere: Opened, place: Place) -> None:
    """F78: the program was taken back to an older version."""
    opened_anywhere().close()
    engine = place.engine(read_only=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '3' WHERE key = 'schema_version'")
    engine.dispose()
    with pytest.raises(ConfigError, match="schema 3, this one knows 2"):
        opened_anywhere()


def test_a_database_of_another_program_is_refused(opened_anywhere: Opened, place: Place) -> None:
    if isinstance(place, FilePlace):
        place.path.touch()
    engine = place.engine(read_only=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE bookmarks (url TEXT)")
    engine.dispose()
    with pytest.raises(ConfigError, match="no journal of this program"):
        opened_anywhere()
