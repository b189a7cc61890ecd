"""`bot journal`: what a person can do with the journal, as processes beside a bot that has traded."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest

from bot.engine import events

ACCOUNT = "DU1234567"


@pytest.fixture
async def traded(world):
    """A world whose bot has made one look that traded; returns its configuration's path."""
    config = str(world.config)
    look = await world.bot("look", "--execute", "--config", config, "--json")
    assert look.facts["outcome"] == "traded", look.err
    return config


def journal_of(world):
    return world.folder / "state" / "journal.sqlite"


def changed(world, statement):
    with closing(sqlite3.connect(journal_of(world))) as connection:
        for name in ("events_refuse_update", "events_refuse_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        connection.commit()


async def test_the_journal_is_verified_its_tip_shown_and_found_broken(world, traded):
    verified = await world.bot("journal", "verify", "--config", traded, "--json")
    assert (verified.code, verified.facts["ok"]) == (0, True), verified.err
    count, tip = verified.facts["events"], verified.facts["tip"]
    assert count == len(world.events())
    shown = await world.bot("journal", "tip", "--config", traded)
    assert re.fullmatch(rf"[0-9a-f]{{6}} {count} {tip['hash']}\n", shown.out)
    anchored = (world.folder / "state" / "journal.tip").read_text(encoding="utf-8")
    assert tip["hash"] in anchored
    status = await world.bot("status", "--config", traded, "--json")
    assert status.facts["journal"] == {"events": count, "tip": tip}

    changed(world, "UPDATE events SET body = '{}' WHERE sequence = 5")
    broken = await world.bot("journal", "verify", "--config", traded, "--json")
    assert (broken.code, broken.facts["ok"], broken.facts["broken_at"]) == (1, False, 5)
    assert "broken at event 5" in broken.err
    refused = await world.bot("look", "--execute", "--config", traded, "--json")
    assert refused.code == 77
    assert refused.facts["kind"] == "JournalBroken"


async def test_an_export_shows_no_full_account_id_unless_asked_and_says_so(world, traded, tmp_path):
    masked = await world.bot("journal", "export", "--config", traded)
    assert masked.code == 0, masked.err
    assert ACCOUNT not in masked.out
    assert "DU***4567" in masked.out
    header, *lines = [json.loads(line) for line in masked.out.splitlines()]
    assert (header["redacted"], header["whole"]) == (True, True)
    assert len(lines) == len(world.events())
    file = tmp_path / "full.jsonl"
    full = await world.bot("journal", "export", str(file), "--full", "--config", traded, "--json")
    assert full.facts["exported"] == len(lines)
    assert ACCOUNT in file.read_text(encoding="utf-8")
    some = await world.bot("journal", "export", "--kind", "order_intent", "--config", traded)
    header, *lines = [json.loads(line) for line in some.out.splitlines()]
    assert header["whole"] is False
    assert {line["kind"] for line in lines} == {"order_intent"}
    assert len(lines) == len(world.events(events.ORDER_INTENT))
    none = await world.bot(
        "journal", "export", "--since", "2099-01-01", "--look", "L1", "--config", traded
    )
    assert len(none.out.splitlines()) == 1


@pytest.mark.parametrize("kind", ["backup", "export"])
async def test_a_journal_is_restored_from_a_copy_only_where_there_is_none_and_halts(
    world, traded, tmp_path, kind
):
    copy = tmp_path / "copy"
    words = ["backup", str(copy)] if kind == "backup" else ["export", str(copy), "--full"]
    made = await world.bot("journal", *words, "--config", traded, "--json")
    assert made.code == 0, made.err
    tip, count = made.facts["tip"], made.facts["events"]
    again = await world.bot("journal", *words, "--config", traded, "--json")
    assert again.code == 78
    beside = await world.bot("journal", "restore", str(copy), "--config", traded, "--json")
    assert beside.code == 78
    assert "restore only where there is none" in beside.err

    # The disk loses the journal and one event that the copy does not have.
    later = await world.bot("look", "--config", traded, "--json")
    assert later.code == 0
    lost = len(world.events()) - count
    for file in (world.folder / "state").glob("journal.sqlite*"):
        file.unlink()
    gone = await world.bot("look", "--config", traded, "--json")
    assert gone.facts["kind"] == "JournalBehind"

    restored = await world.bot("journal", "restore", str(copy), "--config", traded, "--json")
    assert restored.code == 0, restored.err
    assert (restored.facts["tip"], restored.facts["lost_events"]) == (tip, lost)
    verified = await world.bot("journal", "verify", "--config", traded, "--json")
    assert verified.facts["events"] == count + 1
    (noted,) = world.events(events.JOURNAL_RESTORED)
    assert noted.body["hash"] == tip["hash"]
    trading = await world.bot("look", "--execute", "--config", traded, "--json")
    assert trading.code == 77
    assert "journal restored from copy" in trading.err


async def test_no_journal_is_made_from_an_export_that_leaves_something_out(world, traded, tmp_path):
    masked, cut = tmp_path / "masked.jsonl", tmp_path / "cut.jsonl"
    for file, words in ((masked, []), (cut, ["--full"])):
        made = await world.bot("journal", "export", str(file), *words, "--config", traded)
        assert made.code == 0, made.err
    lines = cut.read_text(encoding="utf-8").splitlines(keepends=True)
    cut.write_text("".join(lines[:-1]), encoding="utf-8")
    for file in (world.folder / "state").glob("journal.sqlite*"):
        file.rename(file.with_name(f"aside-{file.name}"))
    for file, words in ((masked, "leaves something out"), (cut, "it is cut")):
        answer = await world.bot("journal", "restore", str(file), "--config", traded, "--json")
        assert answer.code in {77, 78}
        assert words in answer.err
    assert not journal_of(world).exists()


async def test_where_there_is_no_journal_every_command_says_so(world):
    config = str(world.config)
    for words in (["verify"], ["tip"], ["export"], ["backup", str(world.folder / "copy")]):
        answer = await world.bot("journal", *words, "--config", config, "--json")
        assert answer.code == 78, words
        assert "there is no journal" in answer.err
