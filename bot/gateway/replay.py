"""Plays a recording again: no network, no waiting, the recorded moments as the clock."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from bot.gateway.behaviour import Behaviour
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.script import read
from bot.gateway.recording.comparison import Comparison, Outcome
from bot.gateway.recording.lines import Event, RecordingError, body_of, read_event, read_header
from bot.gateway.recording.plain import config_of, toml_value
from bot.gateway.recording.recorder import FileSink, Recorder
from bot.gateway.server import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bot.gateway.connection import Connection

#: After so many lines the event loop comes by, to take away what is written for nobody.
_LINES_AT_ONCE: Final = 256

#: No line of a recording is longer, not even a header with the state of a hundred thousand orders.
_LINE_CHARACTERS_MAX: Final = 1 << 27

_OUT: Final = "out"
_ENDED: Final = "ended"


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, at: datetime) -> None:
        self.moment = at

    @property
    def speed(self) -> float:
        """Return 0: nothing rings by itself."""
        return 0.0

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self.moment


class _DeadEnd(asyncio.Transport):
    """A transport that nobody is behind."""

    def __init__(self) -> None:
        super().__init__()
        self._is_closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Drop what is written: it was recorded before."""

    @override
    def get_write_buffer_size(self) -> int:
        """Return 0: everything is gone at once."""
        return 0

    @override
    def pause_reading(self) -> None:
        """Do nothing: what was read then is read now."""

    @override
    def resume_reading(self) -> None:
        """Do nothing."""

    @override
    def is_closing(self) -> bool:
        """Tell whether the gateway has hung up."""
        return self._is_closing

    @override
    def close(self) -> None:
        """Hang up; the recording has the moment at which the connection is gone."""
        self._is_closing = True

    @override
    def abort(self) -> None:
        """Hang up."""
        self._is_closing = True


class Replay:
    """A gateway that is told once more what a recorded one was told."""

    def __init__(self, facts: dict[str, Any], recorder: Recorder) -> None:
        """Build the gateway of a recording's header.

        Raises:
            RecordingError: If the header has no configuration that can be served.
        """
        try:
            config = config_of(facts["config"])
            self._clock = SetClock(datetime.fromisoformat(facts["at"]))
            behaviour = Behaviour()
            for name, position in facts["behaviour"].items():
                _turn(behaviour, name, position)
            self.gateway = Gateway(
                config,
                self._clock,
                behaviour,
                recorder=recorder,
                state=facts["state"],
                script=read(toml_value(facts["faults"])),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"its header cannot be served: {error}"
            raise RecordingError(message) from error
        self._connections: dict[int, Connection] = {}

    def feed(self, event: Event) -> None:
        """Tell the gateway one event, at its moment.

        Raises:
            RecordingError: If there is no such event.
        """
        self._clock.moment = event.at
        if event.connection:
            self._feed_connection(event)
            return
        action = _INPUTS.get(event.kind)
        if action is None:
            message = f"unknown kind of event {event.kind!r}"
            raise RecordingError(message)
        try:
            # What was refused then is refused now.
            with suppress(FaultError):
                action(self.gateway, event.fields)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            message = f"{event.kind}: {error}"
            raise RecordingError(message) from error

    def _feed_connection(self, event: Event) -> None:
        """Tell one connection what happens to it."""
        number = event.connection
        if event.kind == "opened":
            connection = self._connections[number] = self.gateway.new_connection()
            connection.connection_made(_DeadEnd())
            return
        if number not in self._connections:
            message = f"connection {number} was never opened"
            raise RecordingError(message)
        connection = self._connections[number]
        if event.kind == "in":
            connection.take_frame(body_of(event))
        elif event.kind == "choked":
            connection.choke()
        elif event.kind == "closed":
            connection.connection_lost(None)
            del self._connections[number]
        else:
            message = f"unknown kind of event {event.kind!r}"
            raise RecordingError(message)


async def replay(path: Path, copy: Path | None, say: Callable[[str], None]) -> Outcome:
    """Play a recording and compare what comes out.

    Args:
        path: The recording.
        copy: Where the replay is recorded in its turn, or None.
        say: Is told, in one line, if that fails on the way.

    Returns:
        Up to where they are the same.

    Raises:
        OSError: If a file cannot be read or written.
        RecordingError: If the file is no recording, or has a line that is none, or the copy would
            replace another file; names the file.
    """
    lines = _lines(path)
    header = next(lines, "")
    with _named(path):
        facts = read_header(header)
    with _named(copy or path):
        sink = None if copy is None else _sink(path, copy, say)
    comparison = Comparison(sink)
    try:
        with _named(path):
            played = Replay(facts, Recorder(comparison))
            comparison.expect(header)
            has_end = await _play(lines, played, comparison)
    finally:
        comparison.close()
    return Outcome(comparison.frames, comparison.difference, has_end)


@contextmanager
def _named(place: Path | str) -> Iterator[None]:
    """Put a file's name, or a line's number, in front of what is wrong with it."""
    try:
        yield
    except RecordingError as error:
        message = f"{place}: {error}"
        raise RecordingError(message) from error


def _sink(path: Path, copy: Path, say: Callable[[str], None]) -> FileSink:
    """Return what records a replay.

    Raises:
        OSError: If the file cannot be written to.
        RecordingError: If it holds something that is not to be replaced.
    """
    if copy.exists() and copy.samefile(path):
        message = "it is the recording itself; name another file for the copy"
        raise RecordingError(message)
    return FileSink(copy, say)


async def _play(lines: Iterator[str], played: Replay, comparison: Comparison) -> bool:
    """Play the lines after the header; returns whether the last one is the end."""
    has_end = False
    for number, line in enumerate(lines, start=2):
        comparison.expect(line)
        with _named(f"line {number}"):
            event = read_event(line)
            if event.kind != _OUT:
                played.feed(event)
                comparison.compare()
        if comparison.difference is not None:
            break
        has_end = event.kind == _ENDED
        if not number % _LINES_AT_ONCE:
            await _let_loop_come_by()
    comparison.compare(to_the_end=has_end)
    return has_end


def _lines(path: Path) -> Iterator[str]:
    """Yield the whole lines of a file; a last one without its end was torn off and is none."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        while line := file.readline(_LINE_CHARACTERS_MAX):
            if line.endswith("\n"):
                yield line[:-1]
            elif len(line) == _LINE_CHARACTERS_MAX:
                message = f"{path}: a line of more than {_LINE_CHARACTERS_MAX} characters"
                raise RecordingError(message)


def _turn(behaviour: Behaviour, name: str, position: object) -> None:
    """Turn a switch into a position given as a plain value."""
    is_set = isinstance(getattr(behaviour, name), set) and isinstance(position, list)
    setattr(behaviour, name, set(position) if is_set else position)  # type: ignore[call-overload]


#: What happens to the gateway itself, by its kind, and how to let it happen again.
_INPUTS: Final[Mapping[str, Callable[[Gateway, Sequence[str]], object]]] = {
    "started": lambda gateway, _fields: gateway.begin(),
    "switched": lambda gateway, fields: _turn(gateway.behaviour, fields[0], json.loads(fields[1])),
    "struck": lambda gateway, fields: gateway.strike(fields[0], **json.loads(fields[1])),
    "calmed": lambda gateway, fields: gateway.end_fault(fields[0]),
    "dropped": lambda gateway, _fields: gateway.drop_connections(),
    _ENDED: lambda gateway, _fields: gateway.finish(),
}


async def _let_loop_come_by() -> None:
    """Let the event loop do what it has to do at once."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    loop.call_soon(passed.set_result, None)
    await passed
