from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.adapters.arming import write_arming
from bot.adapters.clock import WallClock
from bot.adapters.switch import SENTINEL, FileSwitch
from bot.core.domain.arming import Arming, Terms
from bot.errors import ConfigError, HaltRequired

if TYPE_CHECKING:
    from pathlib import Path

TERMS = Terms("DU1234567", "paper", "d" * 64, "b" * 64)
DAY = timedelta(days=1)


def word(reason: str = "looked at it") -> Arming:
    now = WallClock().now()
    return Arming(TERMS, now, now + 30 * DAY, reason, "owner")


def switch_of(folder: Path) -> FileSwitch:
    return FileSwitch(folder, WallClock(), TERMS)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    write_arming(folder, word())
    return folder


def test_an_armed_folder_without_a_sentinel_is_active(state: Path) -> None:
    switch = switch_of(state)
    assert not switch.is_halted()
    assert not switch.is_paused()
    assert switch.reason() == ""


def test_halt_stops_every_switch_on_the_directory_at_once(state: Path) -> None:
    daemon, command = switch_of(state), switch_of(state)
    assert not daemon.is_halted()
    command.halt("prices look wrong")
    assert daemon.is_halted()
    assert daemon.reason() == "prices look wrong"


def test_a_halt_survives_the_process_that_made_it(state: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from bot.adapters.switch import FileSwitch;"
        "from bot.adapters.clock import WallClock;"
        "FileSwitch(Path(sys.argv[1]), WallClock()).halt('from afar'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(state)], check=False)  # noqa: S603 - ours
    assert switch_of(state).reason() == "from afar"


def test_a_halt_and_a_resume_are_synced_to_the_disk(state: Path) -> None:
    synced: list[str] = []

    def note(_frame: object, event: str, function: object) -> None:
        # Called by the interpreter before every call of a C function.
        if event == "c_call" and function is os.fsync:
            synced.append("fsync")

    switch = switch_of(state)
    sys.setprofile(note)
    try:
        switch.halt("first")
        # The file, and the folder that it stands in.
        assert len(synced) == 2
        switch.resume(word("found the cause"))
        # `armed` before it has its name and with the last line of it, and the folder.
        assert len(synced) == 5
    finally:
        sys.setprofile(None)


def test_the_first_reason_stays(state: Path) -> None:
    switch = switch_of(state)
    switch.halt("first")
    switch.halt("second")
    assert switch.reason() == "first"


def test_existence_halts_whatever_is_in_the_file(state: Path) -> None:
    switch = switch_of(state)
    for content in (b"", b"resumed", b"0", b"\xff\xfe\x00"):
        (state / SENTINEL).write_bytes(content)
        assert switch.is_halted()
        assert switch.reason() != ""


def test_a_file_without_text_is_named_as_the_reason(state: Path) -> None:
    (state / SENTINEL).touch()
    assert str(state / SENTINEL) in switch_of(state).reason()


def test_a_folder_and_a_link_to_nowhere_halt_too(state: Path) -> None:
    switch = switch_of(state)
    (state / SENTINEL).symlink_to(state / "nowhere")
    assert switch.is_halted()
    assert switch.reason() != ""
    (state / SENTINEL).unlink()
    (state / SENTINEL).mkdir()
    assert switch.is_halted()
    assert "cannot be read" in switch.reason()


def test_a_state_directory_that_is_not_there_counts_as_halted(tmp_path: Path) -> None:
    switch = switch_of(tmp_path / "state")
    assert switch.is_halted()
    assert "is not there" in switch.reason()
    (tmp_path / "state").mkdir()
    assert switch.is_halted()
    assert switch.reason().startswith("not armed: there is no file ")
    switch.resume(word())
    assert not switch.is_halted()


def test_a_state_directory_that_goes_away_halts(state: Path) -> None:
    switch = switch_of(state)
    assert not switch.is_halted()
    state.rename(state.with_name("elsewhere"))
    assert switch.is_halted()


def test_a_file_where_the_directory_should_be_counts_as_halted(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    assert switch_of(tmp_path / "state").is_halted()


def test_a_path_that_cannot_be_asked_about_counts_as_halted(tmp_path: Path) -> None:
    # Longer than any file system allows: the question itself fails.
    assert switch_of(tmp_path / ("x" * 5000)).is_halted()


def test_halt_makes_the_directory_if_need_be(tmp_path: Path) -> None:
    switch = switch_of(tmp_path / "not" / "yet")
    switch.halt("before anything was set up")
    assert switch.reason() == "before anything was set up"


def test_a_halt_that_cannot_be_written_still_stops_this_process_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    switch = switch_of(tmp_path / "state")
    with pytest.raises(HaltRequired, match="this process is halted, but a restart would not know"):
        switch.halt("the reason")
    (tmp_path / "state").unlink()
    (tmp_path / "state").mkdir()
    assert switch.is_halted()
    assert switch.reason() == "the reason"
    # Another process cannot know, which is what the error says; it finds a folder that nobody armed.
    assert not switch_of(tmp_path / "state").is_latched()
    switch.resume(word("mended the folder"))
    assert not switch.is_halted()


def test_resume_allows_trading_again_and_the_next_halt_holds(state: Path) -> None:
    switch = switch_of(state)
    switch.halt("first")
    switch.resume(word("found the cause"))
    assert not switch.is_halted()
    switch.halt("again")
    assert switch.reason() == "again"


def test_resume_of_what_is_not_halted_does_nothing(state: Path) -> None:
    switch_of(state).resume(word("to be sure"))
    assert not switch_of(state).is_halted()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_resume_without_a_reason_is_refused_and_changes_nothing(state: Path, reason: str) -> None:
    switch = switch_of(state)
    switch.halt("first")
    with pytest.raises(ConfigError, match="needs a reason"):
        switch.resume(word(reason))
    assert switch.is_halted()


def test_resume_that_cannot_remove_the_file_says_that_trading_stays_stopped(state: Path) -> None:
    switch = switch_of(state)
    (state / SENTINEL).mkdir()
    with pytest.raises(HaltRequired, match="trading stays stopped"):
        switch.resume(word("please"))
    assert switch.is_halted()


def test_resume_without_a_state_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HaltRequired, match="trading stays stopped"):
        switch_of(tmp_path / "state").resume(word("please"))


def test_a_reason_that_finds_no_room_does_not_stop_the_halt(state: Path) -> None:
    # No file of that process may grow: every write fails, as it does on a full disk.
    program = """
import resource, signal, sys
from pathlib import Path
from bot.adapters.clock import WallClock
from bot.adapters.switch import FileSwitch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
FileSwitch(Path(sys.argv[1]), WallClock()).halt("no room for this")
"""
    subprocess.run([sys.executable, "-c", program, str(state)], check=True)  # noqa: S603 - ours
    assert switch_of(state).is_halted()
    assert (state / SENTINEL).stat().st_size == 0
