"""The tip file: an old copy of the journal is known by it, and it is never ahead of the journal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from bot.adapters.journal import SqlJournal
from bot.adapters.journal.tip import Anchor, TipFile
from bot.core.domain.event import Tip
from bot.errors import JournalBehind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.adapters.journal.conftest import HandClock

    Opened = Callable[..., SqlJournal]


def tip_of(path: Path) -> Tip | None:
    anchor = TipFile(path.with_suffix(".tip")).read()
    return None if anchor is None else anchor.tip


def test_the_file_has_the_newest_event_after_each_append(opened: Opened, path: Path) -> None:
    journal = opened()
    assert tip_of(path) is None
    for number in range(1, 12):
        event = journal.append("a", {})
        assert tip_of(path) == Tip(number, event.hash) == journal.tip


def test_a_file_that_cannot_be_written_fails_no_append(opened: Opened, path: Path) -> None:
    path.parent.mkdir()
    path.with_suffix(".tip").mkdir()
    journal = opened()
    assert [journal.append("a", {}).sequence for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("read_only", [True, False])
def test_an_old_copy_of_the_journal_is_refused(
    opened: Opened,
    path: Path,
    read_only: bool,  # noqa: FBT001 - a case
) -> None:
    """F68: a restored backup is behind what was confirmed here."""
    with opened() as journal:
        journal.append("a", {})
    backup = path.with_name("backup")
    shutil.copy(path, backup)
    with opened() as journal:
        journal.append("b", {})
    shutil.copy(backup, path)
    with pytest.raises(JournalBehind, match=r"ends with event 1 .* knows event 2"):
        opened(read_only=read_only)


@pytest.mark.parametrize("lost", [1, 2000, 9000])
def test_a_log_whose_tail_is_torn_off_is_refused(
    opened: Opened, path: Path, clock: HandClock, lost: int
) -> None:
    """F66: SQLite passes over a torn end of its log in silence; the tip file knows what was in it."""
    journal = opened()
    for number in range(5):
        journal.append("a", {"text": "x" * 1000, "number": number})
    # As a power cut would leave it: the log beside the file is not folded in yet.
    copy = path.parent / "copy" / path.name
    copy.parent.mkdir()
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    shutil.copy(path.with_suffix(".tip"), copy.with_suffix(".tip"))
    log = copy.with_name(f"{copy.name}-wal")
    log.write_bytes(log.read_bytes()[:-lost])
    with pytest.raises(JournalBehind, match="knows event 5"):
        SqlJournal.open(copy, clock)


def test_a_journal_that_branched_off_is_refused(opened: Opened, path: Path) -> None:
    with opened() as journal:
        journal.append("a", {})
    backup, tip = path.with_name("backup"), path.with_suffix(".tip")
    shutil.copy(path, backup)
    with opened() as journal:
        journal.append("b", {})
    kept = tip.read_bytes()
    # The old copy goes on by itself, past the number that the tip file knows.
    shutil.copy(backup, path)
    tip.unlink()
    with opened() as journal:
        journal.append("c", {})
        journal.append("d", {})
    tip.write_bytes(kept)
    with pytest.raises(JournalBehind, match="knows event 2"):
        opened()


def test_a_journal_that_is_gone_is_not_begun_anew(opened: Opened, path: Path) -> None:
    with opened() as journal:
        journal.append("a", {})
    path.unlink()
    with pytest.raises(JournalBehind, match=r"knows journal .* with 1 events"):
        opened()
    assert not path.exists()


def test_the_journal_of_somewhere_else_is_refused(
    opened: Opened, path: Path, clock: HandClock
) -> None:
    with opened() as journal:
        journal.append("a", {})
    other = path.with_name("other.db")
    with SqlJournal.open(other, clock) as journal:
        journal.append("a", {})
    shutil.copy(other, path)
    with pytest.raises(JournalBehind, match="the tip file beside it belongs to"):
        opened()


def test_a_file_that_lags_is_no_doubt_and_is_brought_up_by_the_next_append(
    opened: Opened, path: Path
) -> None:
    # As after a power cut: the file is not synced.
    tip = path.with_suffix(".tip")
    with opened() as journal:
        journal.append("a", {})
        lagging = tip.read_bytes()
        journal.append("b", {})
    tip.write_bytes(lagging)
    with opened() as journal:
        event = journal.append("c", {})
    assert tip_of(path) == Tip(3, event.hash)


@pytest.mark.parametrize("garbage", [b"", b"half a line 0000", b"\xff" * 200, b"a b c d\n"])
def test_a_garbled_file_anchors_nothing_and_is_written_anew(
    opened: Opened, path: Path, garbage: bytes
) -> None:
    with opened() as journal:
        journal.append("a", {})
    path.with_suffix(".tip").write_bytes(garbage)
    with opened() as journal:
        event = journal.append("b", {})
    assert tip_of(path) == Tip(2, event.hash)


def test_any_one_changed_byte_is_seen(tmp_path: Path) -> None:
    file = TipFile(tmp_path / "journal.tip")
    anchor = Anchor("abc123", Tip(7, "ab" * 32))
    assert file.write(anchor)
    assert file.read() == anchor
    whole = file.path.read_bytes()
    for at in range(len(whole) - 1):
        file.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert file.read() is None
    file.close()


def test_only_its_owner_may_read_it(opened: Opened, path: Path) -> None:
    opened().append("a", {})
    assert path.with_suffix(".tip").stat().st_mode & 0o777 == 0o600
