"""What allows trading is a person's word for these terms and this time, and everything else stops it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.adapters.arming import ARMED, write_arming
from bot.adapters.clock import WallClock
from bot.adapters.switch import OWNER_SEEN, PAUSE, SENTINEL, FileSwitch
from bot.core.domain.arming import Arming, Terms
from bot.core.machines.switch import SwitchState
from bot.errors import HaltRequired

TERMS = Terms("DU1234567", "paper", "d" * 64, "b" * 64)
DAY = timedelta(days=1)


class SetClock(WallClock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.at = super().now()

    def now(self) -> datetime:
        return self.at


def word(clock: WallClock, terms: Terms = TERMS) -> Arming:
    return Arming(terms, clock.now(), clock.now() + 30 * DAY, "looked at it", "owner")


def age(armed: Path) -> None:
    """Let a copy be one of a file that was made an hour ago: a copy of this moment has nearly its moment of change."""
    text = armed.read_text(encoding="utf-8")
    made_ns = json.loads(text)["made_ns"]
    armed.write_text(text.replace(made_ns, f"{int(made_ns) - 3_600_000_000_000:020}"))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def state(tmp_path: Path, clock: SetClock) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    FileSwitch(folder, clock, TERMS).resume(word(clock))
    return folder


def test_nothing_is_allowed_without_a_persons_word(tmp_path: Path, clock: SetClock) -> None:
    switch = FileSwitch(tmp_path, clock, TERMS)
    assert switch.is_halted()
    assert not switch.is_latched()
    assert switch.reason() == f"not armed: there is no file {tmp_path / ARMED}"


def test_a_switch_that_knows_no_terms_allows_nothing(state: Path, clock: SetClock) -> None:
    assert FileSwitch(state, clock).is_halted()


def test_observing_needs_no_arming_and_is_halted_all_the_same(
    tmp_path: Path, clock: SetClock
) -> None:
    switch = FileSwitch(tmp_path, clock, replace(TERMS, mode="observe"))
    assert not switch.is_halted()
    switch.halt("by hand")
    assert switch.is_halted()


@pytest.mark.parametrize("field", ["account", "mode", "digest", "build"])
def test_other_terms_than_were_armed_halt(state: Path, clock: SetClock, field: str) -> None:
    switch = FileSwitch(state, clock, replace(TERMS, **{field: "other"}))
    assert switch.is_halted()
    assert switch.reason().startswith("not armed: ")


def test_an_arming_that_ran_out_halts(state: Path, clock: SetClock) -> None:
    """F79."""
    switch = FileSwitch(state, clock, TERMS)
    clock.at += 30 * DAY - timedelta(seconds=1)
    assert not switch.is_halted()
    clock.at += timedelta(seconds=1)
    assert switch.is_halted()
    assert "ran out" in switch.reason()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"account": "DU1234567"}',
        b"[" * 100_000,
    ],
)
def test_an_arming_that_is_damaged_halts(state: Path, clock: SetClock, content: bytes) -> None:
    (state / ARMED).write_bytes(content)
    switch = FileSwitch(state, clock, TERMS)
    assert switch.is_halted()
    assert "is damaged" in switch.reason()


@pytest.mark.parametrize("name", ["armed_at", "reason", "made_ns"])
def test_an_arming_whose_fields_are_of_another_kind_halts(
    state: Path, clock: SetClock, name: str
) -> None:
    facts = json.loads((state / ARMED).read_text(encoding="utf-8"))
    (state / ARMED).write_text(json.dumps({**facts, name: ["2026-03-02T09:30:00"]}))
    assert FileSwitch(state, clock, TERMS).is_halted()


def test_a_moment_without_a_time_zone_arms_nothing(state: Path, clock: SetClock) -> None:
    facts = json.loads((state / ARMED).read_text(encoding="utf-8"))
    (state / ARMED).write_text(json.dumps({**facts, "armed_at": "2026-03-02T09:30:00"}))
    assert "is damaged" in FileSwitch(state, clock, TERMS).reason()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_arms_nothing_and_keeps_nobody_waiting(
    state: Path, clock: SetClock, kind: str
) -> None:
    armed = state / ARMED
    armed.rename(state / "elsewhere")
    if kind == "link":
        armed.symlink_to(state / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(armed)
    else:
        armed.mkdir()
    assert FileSwitch(state, clock, TERMS).is_halted()


def test_a_folder_out_of_an_old_backup_is_not_armed(state: Path, clock: SetClock) -> None:
    """A backup is made while trading is allowed, a person halts, the backup is put in the folder's place."""
    backup = state.with_name("backup")
    shutil.copytree(state, backup)
    age(backup / ARMED)
    FileSwitch(state, clock, TERMS).halt("by hand")
    shutil.rmtree(state)
    shutil.copytree(backup, state)
    assert not (state / SENTINEL).exists()
    switch = FileSwitch(state, clock, TERMS)
    assert switch.is_halted()
    assert "not the file that `bot resume` made" in switch.reason()


def test_what_an_old_arming_said_put_back_into_the_same_file_is_not_armed(
    state: Path, clock: SetClock
) -> None:
    age(state / ARMED)
    assert FileSwitch(state, clock, TERMS).is_halted()


def test_a_folder_that_is_moved_as_a_whole_stays_armed(state: Path, clock: SetClock) -> None:
    moved = state.rename(state.with_name("moved"))
    assert not FileSwitch(moved, clock, TERMS).is_halted()


def test_taking_armed_away_halts_as_a_sentinel_does(state: Path, clock: SetClock) -> None:
    switch = FileSwitch(state, clock, TERMS)
    assert not switch.is_halted()
    (state / ARMED).unlink()
    assert switch.is_halted()


def test_a_halt_that_can_make_no_file_holds_by_taking_armed_away(
    state: Path, clock: SetClock
) -> None:
    """As on a disk without room; here that process may open nothing more."""
    program = """
import resource, sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.switch import FileSwitch
from bot.errors import HaltRequired
switch = FileSwitch(Path(sys.argv[1]), WallClock())
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    switch.halt("no room")
except HaltRequired as error:
    sys.stdout.write(f"{error}; {switch.reason()}")
"""
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", program, str(state)], check=True, capture_output=True, text=True
    )
    assert f"{state / ARMED} is gone and halts, but may not survive a power cut" in done.stdout
    assert done.stdout.endswith("; no room")
    switch = FileSwitch(state, clock, TERMS)
    assert switch.is_halted()
    assert not switch.is_latched()


def test_a_pause_lets_no_plan_be_opened_and_is_no_halt(state: Path, clock: SetClock) -> None:
    switch = FileSwitch(state, clock, TERMS)
    switch.pause("on holiday")
    switch.pause("again")
    assert (switch.is_paused(), switch.is_halted()) == (True, False)
    assert switch.reason() == "on holiday"
    switch.halt("worse")
    assert switch.state() is SwitchState.HALTED
    assert switch.reason() == "worse"
    switch.resume(word(clock))
    assert switch.state() is SwitchState.ACTIVE


def test_a_pause_that_cannot_be_written_says_so(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(HaltRequired, match="`bot halt` stops everything"):
        FileSwitch(tmp_path / "state", clock, TERMS).pause("on holiday")


def test_a_silent_owner_halts_and_a_command_after_it_does_not_undo_that(
    state: Path, clock: SetClock
) -> None:
    switch = FileSwitch(state, clock, TERMS, silence_max=14 * DAY)
    clock.at += 14 * DAY - timedelta(minutes=1)
    assert not switch.is_halted()
    clock.at += timedelta(minutes=2)
    assert switch.is_halted()
    assert switch.reason().startswith("dead-man: no command of the owner since ")
    switch.saw_owner()
    assert switch.is_latched()
    assert "dead-man" in FileSwitch(state, clock, TERMS, silence_max=14 * DAY).reason()


def test_a_sign_of_life_in_time_goes_on(state: Path, clock: SetClock) -> None:
    switch = FileSwitch(state, clock, TERMS, silence_max=14 * DAY)
    os.utime(state / OWNER_SEEN, (0, (clock.at - 13 * DAY).timestamp()))
    assert switch.silence() is None
    switch.saw_owner()
    clock.at += 13 * DAY
    assert not switch.is_halted()


def test_a_sign_of_life_that_is_not_known_halts(state: Path, clock: SetClock) -> None:
    (state / OWNER_SEEN).unlink()
    assert not FileSwitch(state, clock, TERMS).is_halted()
    switch = FileSwitch(state, clock, TERMS, silence_max=14 * DAY)
    assert switch.is_halted()
    assert "no sign of life" in switch.reason()


class Life(RuleBasedStateMachine):
    """Anybody may do anything that stops, in any order and again; a restart forgets nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.parent = Path(tempfile.mkdtemp())
        self.folder = self.parent / "state"
        self.folder.mkdir()
        self.clock = SetClock()
        self.terms = TERMS
        self.armed_until = self.clock.at
        self.armed_for: Terms | None = None
        self.is_halted = self.is_paused = False
        self.restart()

    def teardown(self) -> None:
        shutil.rmtree(self.parent)

    @rule()
    def restart(self) -> None:
        self.switch = FileSwitch(self.folder, self.clock, self.terms)

    @rule(by=st.sampled_from(["command", "hand", "two commands"]))
    def halt(self, by: str) -> None:
        if by == "hand":
            (self.folder / SENTINEL).touch()
        else:
            FileSwitch(self.folder, self.clock).halt(by)
            self.armed_for = None
        if by == "two commands":
            self.switch.halt("again")
        self.is_halted = True

    @rule(is_by_hand=st.booleans())
    def pause(self, *, is_by_hand: bool) -> None:
        if is_by_hand:
            (self.folder / PAUSE).touch()
        else:
            self.switch.pause("pause")
        self.is_paused = True

    @rule()
    def resume(self) -> None:
        FileSwitch(self.folder, self.clock, self.terms).resume(word(self.clock, self.terms))
        self.armed_for, self.armed_until = self.terms, self.clock.at + 30 * DAY
        self.is_halted = self.is_paused = False

    @rule()
    def remove_armed(self) -> None:
        (self.folder / ARMED).unlink(missing_ok=True)
        self.armed_for = None

    @rule(content=st.binary(max_size=20))
    def damage_armed(self, content: bytes) -> None:
        (self.folder / ARMED).write_bytes(content)
        self.armed_for = None

    @rule()
    def restore_a_copy(self) -> None:
        copy = self.parent / "copy"
        if (self.folder / ARMED).exists():
            shutil.copy2(self.folder / ARMED, copy)
            with suppress(ValueError):  # it may be damaged
                age(copy)
            copy.replace(self.folder / ARMED)
            self.armed_for = None

    @rule()
    def upgrade(self) -> None:
        self.terms = replace(self.terms, build=f"{self.terms.build[:8]}x")
        self.restart()

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.clock.at += days * DAY

    @invariant()
    def it_is_halted_whenever_anything_says_so(self) -> None:
        is_armed = self.armed_for == self.terms and self.clock.at < self.armed_until
        assert self.switch.is_halted() == (self.is_halted or not is_armed)
        assert self.switch.is_paused() == (self.is_paused or self.is_halted or not is_armed)
        assert bool(self.switch.reason()) == self.switch.is_paused()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=20)


def test_an_arming_that_finds_no_room_leaves_trading_stopped(tmp_path: Path, clock) -> None:
    switch = FileSwitch(tmp_path / "nowhere", clock, TERMS)
    with pytest.raises(HaltRequired, match="trading stays stopped"):
        switch.resume(word(clock))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / ".armed.making").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_arming(tmp_path / "state", word(clock))
