"""A state folder that cannot be used is one clear line, and status says what it can."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["look", "run", "explain", "reconcile", "resume"])
async def test_a_file_in_the_folders_place_is_one_clear_line(world, command):
    (world.folder / "state").write_text("a file", encoding="utf-8")
    words = {"look": ("--execute",), "resume": ("--reason", "seen")}.get(command, ())
    answer = await world.bot(command, *words, "--config", str(world.config))
    assert answer.code == 78, answer.err
    (line,) = answer.err.splitlines()
    assert str(world.folder / "state") in line


async def test_status_says_halted_and_lock_first_and_that_the_folder_is_missing(world):
    answer = await world.bot("status", "--config", str(world.config))
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split()[:3] == ["trading", "NOT", "ARMED:"]
    assert lines[1].startswith("running")
    assert "is not there: nothing was ever run" in " ".join(answer.out.split())


async def test_status_of_a_journal_that_cannot_be_read_still_says_halted(world):
    world.memory.switch().halt("test")
    world.memory.journal_path.write_text("no database", encoding="utf-8")
    answer = await world.bot("status", "--config", str(world.config))
    assert answer.code == 1, answer.err
    assert "HALTED: test" in answer.out
    assert any(line.startswith("journal") for line in answer.out.splitlines())
    facts = (await world.bot("status", "--config", str(world.config), "--json")).facts
    assert (facts["halted"], facts["looks"], facts["exit_code"]) == (True, None, 1)
