"""`bot journal`: what a person can do with the journal, as processes beside a bot that has traded."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.journal.copying import Mask
from bot.app import desk_of
from bot.cli import journal
from bot.cli.status import status as show_status
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.report import Outcome
from bot.errors import JournalBehind, JournalBroken
from tests.conftest import Answer

ACCOUNT = "DU1234567"


@pytest.fixture
async def traded(world):
    """A world whose bot has made one look that traded, and has ended; returns its configuration."""
    world.arm()
    report = await looked(world, execute=True)
    assert report.outcome is Outcome.TRADED
    return world.config


async def looked(world, *, execute):
    memory = world.memory
    with memory.lease() as lease, memory.journal() as opened:
        desk = desk_of(world.settings, memory, opened, lease=lease)
        report = await look(desk, execute=execute)
        await desk.broker.disconnect()
    return report


@pytest.fixture
def run(capsys):
    """Runs a command of `bot journal` in this process and returns what a process would have ended with."""

    def answered(command, *words, config, as_json=True, **options):
        capsys.readouterr()
        code = command(*words, config=config, json=as_json, **options)
        shown = capsys.readouterr()
        return Answer(code, shown.out, shown.err)

    return answered


def journal_of(world):
    return world.folder / "state" / "journal.sqlite"


def put_aside(world, folder):
    """Take the journal away with the files that SQLite has beside it; returns where it is now."""
    folder.mkdir()
    for file in (world.folder / "state").glob("journal.sqlite*"):
        file.rename(folder / file.name)
    return folder / "journal.sqlite"


def changed(world, statement):
    with closing(sqlite3.connect(journal_of(world))) as connection:
        for name in ("events_refuse_update", "events_refuse_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


async def test_the_journal_is_verified_its_tip_shown_and_found_broken(world, traded, run):
    verified = run(journal.verify, config=traded)
    assert (verified.code, verified.facts["ok"]) == (0, True), verified.err
    count, tip = verified.facts["events"], verified.facts["tip"]
    assert count == len(world.events())
    shown = run(journal.tip, config=traded, as_json=False)
    assert re.fullmatch(rf"[0-9a-f]{{6}} {count} {tip['hash']}\n", shown.out)
    anchored = (world.folder / "state" / "journal.tip").read_text(encoding="utf-8")
    assert tip["hash"] in anchored
    status = run(show_status, config=traded)
    assert status.facts["journal"] == {"events": count, "tip": tip}
    assert f"chain ok, {count} events, tip {tip['hash'][:16]}" in status.err

    changed(world, "UPDATE events SET body = '{}' WHERE sequence = 5")
    broken = run(journal.verify, config=traded)
    assert (broken.code, broken.facts["ok"], broken.facts["broken_at"]) == (1, False, 5)
    assert "broken at event 5" in broken.err
    with pytest.raises(JournalBroken, match="broken at event 5"):
        world.memory.journal()


async def test_an_export_shows_no_full_account_id_unless_asked_and_says_so(
    world, traded, run, tmp_path
):
    """I25, for exports."""
    masked = await world.bot("journal", "export", "--config", str(traded))
    assert masked.code == 0, masked.err
    assert ACCOUNT not in masked.out
    assert "DU***4567" in masked.out
    header, *lines = [json.loads(line) for line in masked.out.splitlines()]
    assert (header["redacted"], header["whole"]) == (True, True)
    assert len(lines) == len(world.events())
    file = tmp_path / "full.jsonl"
    full = run(journal.export, file, full=True, config=traded)
    assert full.facts["exported"] == len(lines)
    assert ACCOUNT in file.read_text(encoding="utf-8")
    some = run(journal.export, kind="order_intent", config=traded, as_json=False)
    assert ACCOUNT not in some.out
    header, *lines = [json.loads(line) for line in some.out.splitlines()]
    assert header["whole"] is False
    assert {line["kind"] for line in lines} == {"order_intent"}
    assert len(lines) == len(world.events(events.ORDER_INTENT))
    for options in ({"since": date(2099, 1, 1)}, {"look": "L999"}):
        none = run(journal.export, config=traded, as_json=False, **options)
        assert len(none.out.splitlines()) == 1


@pytest.mark.parametrize("kind", ["backup", "export"])
async def test_a_journal_is_restored_from_a_copy_only_where_there_is_none_and_halts(
    world, traded, run, tmp_path, kind
):
    copy = tmp_path / "copy"
    command, options = (
        (journal.backup, {}) if kind == "backup" else (journal.export, {"full": True})
    )
    made = run(command, copy, config=traded, **options)
    assert made.code == 0, made.err
    tip, count = made.facts["tip"], made.facts["events"]
    assert run(command, copy, config=traded, **options).code == 78
    beside = run(journal.restore, copy, config=traded)
    assert beside.code == 78
    assert "restore only where there is none" in beside.err

    # The disk loses the journal, and with it a look that the copy does not have.
    await looked(world, execute=False)
    lost = len(world.events()) - count
    put_aside(world, tmp_path / "lost")
    with pytest.raises(JournalBehind):
        world.memory.journal()

    restored = run(journal.restore, copy, config=traded)
    assert restored.code == 0, restored.err
    assert (restored.facts["tip"], restored.facts["lost_events"]) == (tip, lost)
    assert run(journal.verify, config=traded).facts["events"] == count + 1
    (noted,) = world.events(events.JOURNAL_RESTORED)
    assert noted.body["hash"] == tip["hash"]
    assert world.memory.switch().is_halted()
    assert "journal restored from copy" in world.memory.switch().reason()


async def test_no_journal_is_made_from_an_export_that_leaves_something_out(
    world, traded, run, tmp_path
):
    masked, cut, forged = (tmp_path / name for name in ("masked", "cut", "forged"))
    run(journal.export, masked, config=traded)
    run(journal.export, cut, full=True, config=traded)
    lines = cut.read_text(encoding="utf-8").splitlines(keepends=True)
    cut.write_text("".join(lines[:-1]), encoding="utf-8")
    lines[3] = lines[3].replace('"kind":"', '"kind":"x')
    forged.write_text("".join(lines), encoding="utf-8")
    aside = put_aside(world, tmp_path / "aside")
    cases = ((masked, "leaves something out"), (cut, "it is cut"), (forged, "broken at event 3"))
    for file, words in cases:
        answer = run(journal.restore, file, config=traded)
        assert answer.code in {77, 78}
        assert words in answer.err
    assert not journal_of(world).exists()
    assert run(journal.restore, aside, config=traded).code == 0


async def test_a_bot_that_runs_keeps_a_restore_out(world, traded, run, tmp_path):
    aside = put_aside(world, tmp_path / "aside")
    with world.memory.lease():
        assert run(journal.restore, aside, config=traded).code == 75
    assert not journal_of(world).exists()


async def test_where_there_is_no_journal_every_command_says_so(world, run):
    copy = world.folder / "copy"
    config = world.config
    for command, words in (
        (journal.verify, ()),
        (journal.tip, ()),
        (journal.export, ()),
        (journal.backup, (copy,)),
        (journal.restore, (copy,)),
    ):
        answer = run(command, *words, config=config)
        assert answer.code == 78
        assert answer.facts["kind"] == "ConfigError"
    assert not copy.exists()


@given(
    st.recursive(
        st.text(max_size=5) | st.sampled_from([ACCOUNT, f"for {ACCOUNT}, {ACCOUNT}!", "U7654321"]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", ACCOUNT]), inner),
        max_leaves=8,
    )
)
def test_a_mask_leaves_no_full_account_id_however_deep(value):
    text = json.dumps(Mask(ACCOUNT)(value))
    assert ACCOUNT not in text
    assert "U7654321" not in text


def test_a_mask_shows_letters_and_last_digits_and_leaves_the_rest_alone():
    mask = Mask("XY12")
    value = {"a": [f"x XY12 {ACCOUNT}", 5, None, "abc123-P200601.1-0-1"]}
    assert mask(value) == {"a": ["x XY*** DU***4567", 5, None, "abc123-P200601.1-0-1"]}
