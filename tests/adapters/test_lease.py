from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.adapters.lease import FileLease
from bot.errors import ConfigError, InvariantBroken, LeaseHeld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Takes the lease, says so, and keeps it until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from bot.adapters.lease import FileLease
with FileLease(Path(sys.argv[1])) as lease:
    sys.stdout.write(f"{lease.is_held()}\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lock"


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lease."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "True\n"
        yield process
        if process.poll() is None:
            process.stdin.close()


@contextmanager
def lease_to_give_back(lease: FileLease) -> Iterator[None]:
    try:
        yield
    finally:
        lease.__exit__(None, None, None)


def test_the_lease_is_held_inside_the_block_only(path: Path) -> None:
    lease = FileLease(path)
    assert not lease.is_held()
    with lease:
        assert lease.is_held()
    assert not lease.is_held()
    with lease:
        assert lease.is_held()


def test_a_second_process_is_refused_and_told_who_holds_it(path: Path) -> None:
    with held_elsewhere(path) as holder:
        lease = FileLease(path)
        with pytest.raises(LeaseHeld, match=rf"another instance \(pid {holder.pid}\)"):
            lease.__enter__()
        assert not lease.is_held()


def test_the_lease_of_a_process_that_ended_is_free(path: Path) -> None:
    with held_elsewhere(path):
        pass
    with FileLease(path) as lease:
        assert lease.is_held()


def test_the_lease_of_a_killed_process_is_free(path: Path) -> None:
    with held_elsewhere(path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with FileLease(path) as lease:
        assert lease.is_held()


def test_a_second_lease_of_the_same_process_is_refused(path: Path) -> None:
    with FileLease(path), pytest.raises(LeaseHeld, match=f"pid {os.getpid()}"):
        FileLease(path).__enter__()


def test_a_lease_is_given_back_when_the_block_fails(path: Path) -> None:
    lease = FileLease(path)
    with pytest.raises(RuntimeError), lease:
        raise RuntimeError
    with FileLease(path) as other:
        assert other.is_held()


def test_a_lease_whose_file_was_removed_is_not_held(path: Path) -> None:
    with FileLease(path) as lease:
        path.unlink()
        assert not lease.is_held()


def test_a_lease_whose_file_was_replaced_is_not_held_by_the_first(path: Path) -> None:
    with FileLease(path) as first:
        path.unlink()
        with FileLease(path) as second:
            assert second.is_held()
            assert not first.is_held()


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_taken_anew(path: Path) -> None:
    removed: list[str] = []

    def remove_once(_frame: object, event: str, function: object) -> None:
        # Called by the interpreter before every call of a C function: this one takes the lock.
        if event == "c_call" and function is fcntl.flock and not removed:
            removed.append(str(path))
            path.unlink()

    lease = FileLease(path)
    sys.setprofile(remove_once)
    try:
        lease.__enter__()
    finally:
        sys.setprofile(None)
    with lease_to_give_back(lease):
        assert removed
        assert lease.is_held()
        with pytest.raises(LeaseHeld):
            FileLease(path).__enter__()


def test_taking_a_lease_twice_is_a_bug(path: Path) -> None:
    with FileLease(path) as lease:
        with pytest.raises(InvariantBroken):
            lease.__enter__()
        assert lease.is_held()


def test_a_forked_child_does_not_hold_its_parents_lease(path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from bot.adapters.lease import FileLease
with FileLease(Path(sys.argv[1])) as lease:
    child = os.fork()
    if child == 0:
        os._exit(int(lease.is_held()))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), lease.is_held())
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True
    )
    assert done.stdout == "0 True\n"


def test_a_program_that_is_started_does_not_inherit_the_lock(path: Path) -> None:
    lease = FileLease(path)
    with lease:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        # The kernel closes what is not inherited a moment after the new program was accepted.
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
    with child:
        with FileLease(path) as other:
            assert other.is_held()
        assert child.stdin is not None
        child.stdin.close()


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(ConfigError, match="cannot open the lock file"):
        FileLease(tmp_path / "state" / "lock").__enter__()


def test_a_disk_without_room_for_the_pid_is_one_clear_line(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(ConfigError, match="cannot write the lock file"):
            FileLease(path).__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with FileLease(path) as lease:
        assert lease.is_held()
