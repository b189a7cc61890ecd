"""The hash chain: what it is taken over, and what it finds."""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.adapters.journal import SqlJournal, canonical_json
from bot.adapters.journal.chain import Stored, hash_of, start_of, text_of
from bot.errors import ConfigError, JournalBehind, JournalBroken, JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Opened = Callable[..., SqlJournal]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_ROWS = st.builds(
    Stored,
    sequence=st.integers(1, 10**12),
    recorded_at=_TEXT,
    kind=_TEXT,
    look_id=st.none() | _TEXT,
    plan_id=st.none() | _TEXT,
    order_ref=st.none() | _TEXT,
    build=_TEXT,
    config=_TEXT,
    body=st.dictionaries(_TEXT, _TEXT | st.integers() | st.none()).map(canonical_json),
)
FACTS = Stored._fields[:9]


@given(_ROWS)
def test_the_hash_is_over_canonical_json_of_everything_else_in_the_row(row: Stored) -> None:
    facts: dict[str, Any] = {name: getattr(row, name) for name in FACTS}
    assert text_of(row) == canonical_json({**facts, "body": json.loads(row.body)})


@given(_ROWS, st.sampled_from(FACTS), _TEXT)
def test_every_field_counts(row: Stored, field: str, other: str) -> None:
    changed = {"sequence": row.sequence + 1, "body": canonical_json({"other": other, "": row.body})}
    another = row._replace(**{field: changed.get(field, f"{getattr(row, field)}x{other}")})
    assert hash_of("p", another) != hash_of("p", row)
    assert hash_of("q", row) != hash_of("p", row)


def test_a_worked_example() -> None:
    row = Stored(1, "2026-01-02T14:30:00.000002+00:00", "a", "L1", None, None, "b", "c", '{"x":1}')
    text = (
        '{"body":{"x":1},"build":"b","config":"c","kind":"a","look_id":"L1","order_ref":null,'
        '"plan_id":null,"recorded_at":"2026-01-02T14:30:00.000002+00:00","sequence":1}'
    )
    start = hashlib.sha256(b'{"made_at":"m","name":"n"}').hexdigest()
    assert start_of("n", "m") == start
    assert row.following(start).hash == hashlib.sha256(f"{start}\n{text}".encode()).hexdigest()


def test_events_follow_each_other_across_openings_and_writers(opened: Opened) -> None:
    """I21: numbered without gaps, each with the hash of the one before."""
    daemon, command = opened(), opened()
    appended = [journal.append("a", {}) for journal in (daemon, command, command, daemon)]
    assert appended[0].previous_hash == daemon.found.start.hash
    for before, after in itertools.pairwise(appended):
        assert after.previous_hash == before.hash
    assert daemon.tip == command.tip
    assert (daemon.tip.sequence, daemon.tip.hash) == (4, appended[-1].hash)
    again = opened(read_only=True)
    assert again.found.tip == daemon.tip
    assert again.events() == tuple(appended)


def test_two_journals_never_share_a_chain(opened: Opened, path: Path, clock: Any) -> None:
    other = SqlJournal.open(path.with_name("other.db"), clock)
    assert opened().append("a", {}).previous_hash != other.append("a", {}).previous_hash
    other.close()


def test_events_say_which_program_and_which_settings_wrote_them(path: Path, clock: Any) -> None:
    with SqlJournal.open(path, clock, config="digest of the settings") as journal:
        event = journal.append("a", {})
    assert event.config == "digest of the settings"
    assert len(event.build) == 64
    with SqlJournal.open(path, clock) as journal:
        assert journal.append("b", {}).config == ""


def rewritten(path: Path, statement: str, *values: object) -> None:
    """Do what the triggers forbid, as a disk or a person with an editor would."""
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
        connection.commit()


def three_events(opened: Opened) -> None:
    with opened() as journal:
        for number in range(3):
            journal.append("a", {"number": number}, look_id="L1", plan_id="P1", order_ref="r")


@pytest.mark.parametrize(
    "column",
    ["recorded_at", "kind", "look_id", "plan_id", "order_ref", "build", "config", "body", "hash"],
)
def test_a_changed_event_is_found_and_named(opened: Opened, path: Path, column: str) -> None:
    three_events(opened)
    rewritten(path, f"UPDATE events SET {column} = 'other' WHERE sequence = 2")  # noqa: S608 - ours
    with pytest.raises(JournalBroken, match=r"broken at event 2 .*it is not what was") as error:
        opened()
    assert error.value.sequence == 2


def test_an_event_written_anew_with_its_own_hash_is_found_at_the_one_after(
    opened: Opened, path: Path
) -> None:
    three_events(opened)
    with opened() as journal:
        second = journal.events()[1]
    forged = Stored(
        2, "2026-01-02T14:30:00.000003+00:00", "a", "L1", "P1", "r", second.build, "", "{}"
    ).following(second.previous_hash)
    rewritten(path, "UPDATE events SET body = '{}' WHERE sequence = 2")
    rewritten(
        path,
        "UPDATE events SET recorded_at = ?, hash = ? WHERE sequence = 2",
        forged.recorded_at,
        forged.hash,
    )
    with pytest.raises(JournalBroken, match=r"broken at event 3 .*does not follow"):
        opened()


def test_a_whole_chain_written_anew_is_found_by_the_tip_file(opened: Opened, path: Path) -> None:
    three_events(opened)
    with opened() as journal:
        events, previous = journal.events(), journal.found.start.hash
    for event in events:
        forged = Stored(
            event.sequence, "2026-01-02", "a", None, None, None, "", "", "{}"
        ).following(previous)
        previous = forged.hash
        rewritten(path, f"DELETE FROM events WHERE sequence = {event.sequence}")  # noqa: S608 - ours
        holes = ",".join("?" * len(forged))
        rewritten(path, f"INSERT INTO events VALUES ({holes})", *forged)  # noqa: S608 - ours
    with pytest.raises(JournalBehind, match="the tip file beside it knows event 3"):
        opened()


def test_a_value_of_another_type_is_found_like_any_other_change(opened: Opened, path: Path) -> None:
    three_events(opened)
    rewritten(path, "UPDATE events SET kind = x'ff00', body = 7 WHERE sequence = 1")
    with pytest.raises(JournalBroken, match="broken at event 1"):
        opened()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(place=0.0625, bit=7)  # the name of a table is no text any more
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_changes_nothing_that_is_read_or_is_found(
    opened: Opened, path: Path, place: float, bit: int
) -> None:
    """F67: wherever it is in the file."""
    if not path.exists():
        three_events(opened)
    whole = path.read_bytes()
    with opened(read_only=True) as journal:
        before = journal.events()
    # The first hundred bytes say what kind of file it is.
    at = 100 + int(place * (len(whole) - 100))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
    try:
        with opened(read_only=True) as journal:
            assert journal.events() == before
    except (JournalWriteFailed, JournalBehind, ConfigError):
        pass
    finally:
        path.write_bytes(whole)
