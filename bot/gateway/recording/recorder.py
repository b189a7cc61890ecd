"""Writes a recording."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

from bot.gateway.recording.lines import (
    HEADER_START,
    RecordingError,
    body_of_frame,
    event_line,
    frame_line,
    header_line,
)

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bot.gateway.turns import Turns


class Sink(Protocol):
    """Takes the lines of a recording, without their ends."""

    def write(self, line: str) -> None:
        """Take one line."""

    def flush(self) -> None:
        """Make sure that what was taken survives the end of this process."""

    def close(self) -> None:
        """Take no more."""


#: Bytes that are collected before they go to the file, in a turn that is a long one.
_COLLECTED_BYTES_MAX: Final = 1 << 16


class FileSink:
    """Writes to a file, until it cannot: then it says so once, and is silent.

    A gateway whose recording fails goes on serving. The recording then ends where it ends, and a
    replay says that it breaks off.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        """Take a file; a recording that it holds stays until the first line is written.

        Args:
            path: The file.
            say: Is told, in one line, that nothing is recorded any more.

        Raises:
            OSError: If the file cannot be written to.
            RecordingError: If it holds something else than a recording, or one that is being made.
        """
        self._path = path
        self._say = say
        self._file = _open(path)
        self._is_begun = False
        self._collected = bytearray()

    def write(self, line: str) -> None:
        """Take one line."""
        if not self._file.closed:
            self._collected += line.encode() + b"\n"
            if len(self._collected) > _COLLECTED_BYTES_MAX:
                self.flush()

    def flush(self) -> None:
        """Hand to the system what was collected: it then survives the end of the process."""
        collected = self._collected
        try:
            if collected and not self._is_begun and not self._file.closed:
                self._is_begun = True
                _empty(self._file)
            while collected and not self._file.closed:
                del collected[: self._file.write(collected)]
        except OSError as error:
            self._file.close()
            reason = os.strerror(error.errno) if error.errno else str(error)
            self._say(f"recording stopped: {self._path}: {reason}")

    def close(self) -> None:
        """Write the rest."""
        self.flush()
        self._file.close()


def _open(path: Path) -> io.FileIO:
    """Open a file to record to, without harm to what it holds."""
    with ExitStack() as refused:
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        file: io.FileIO = refused.enter_context(os.fdopen(number, "r+b", buffering=0))
        if _is_regular(file):
            _lock(file)
            _check_replaceable(file)
        refused.pop_all()
    return file


def _lock(file: io.FileIO) -> None:
    """Keep other gateways away: two in one file would make a recording of neither.

    Raises:
        RecordingError: If another one records to it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = "another gateway records to it"
        raise RecordingError(message) from None


def _check_replaceable(file: io.FileIO) -> None:
    """Refuse a file that holds something else than a recording.

    Raises:
        RecordingError: If it does.
    """
    if not HEADER_START.startswith(file.read(len(HEADER_START))):
        message = "it holds something else than a recording, and is not replaced"
        raise RecordingError(message)
    file.seek(0)


def _empty(file: io.FileIO) -> None:
    """Forget what a file holds."""
    if _is_regular(file):
        file.truncate()


def _is_regular(file: io.FileIO) -> bool:
    """Tell whether a file is one, and no device or pipe."""
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


class Recorder:
    """Gives every event its line, and flushes at the end of every turn that had one."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._turns: Turns | None = None
        self._is_to_flush = False

    def begin(self, turns: Turns, facts: Mapping[str, object]) -> None:
        """Write the header; what happens from now on is recorded."""
        self._turns = turns
        self._sink.write(header_line(facts))
        self._see_to_flush(turns)

    def frame(self, connection: int, kind: str, frame: bytes) -> None:
        """Record what happens on a connection; of what goes out, the whole frame is given."""
        turns = self._turns
        if turns is None:
            return
        if kind == "out":
            frame = body_of_frame(frame)
        elif kind != "in":
            self.event(connection, kind)
            return
        self._sink.write(frame_line(turns.now(), connection, kind, frame))
        self._see_to_flush(turns)

    def event(self, connection: int, kind: str, fields: Sequence[str] = ()) -> None:
        """Record an event that is no frame."""
        turns = self._turns
        if turns is not None:
            self._sink.write(event_line(turns.now(), connection, kind, fields))
            self._see_to_flush(turns)

    def end(self) -> None:
        """Close the recording."""
        if self._turns is not None:
            self._turns = None
            self._sink.close()

    def _see_to_flush(self, turns: Turns) -> None:
        """Flush when the turn is over."""
        if not self._is_to_flush and turns.is_on:
            self._is_to_flush = True
            turns.at_end(self._flush)

    def _flush(self) -> None:
        """Hand on what this turn has recorded."""
        self._is_to_flush = False
        self._sink.flush()
