"""Lays what comes out of a replay beside what is in the recording, line by line."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from typing_extensions import override

if TYPE_CHECKING:
    from bot.gateway.recording.recorder import Sink

#: Which program made a recording may differ, and nothing else.
_PROGRAM: Final = "gateway"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line that came out differently.

    Attributes:
        line: Its number in the recording, from 1; one more than there are if something came beyond.
        expected: What is in the recording, or None for nothing.
        found: What came out, or None for nothing.
        fields: Positions of the fields that differ, from 0, if both are frames.
    """

    line: int
    expected: str | None
    found: str | None
    fields: tuple[int, ...]

    @override
    def __str__(self) -> str:
        """Return three lines, and a fourth one about fields."""
        told = [f"line {self.line} differs", f"  expected: {self.expected or 'nothing'}"]
        told.append(f"  found:    {self.found or 'nothing'}")
        if self.fields:
            told.append(f"  fields:   {', '.join(map(str, self.fields))}")
        return "\n".join(told)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a replay.

    Attributes:
        frames: Frames in the recording that came out the same, both ways.
        difference: The first line that did not, or None.
        has_end: Whether the recording goes on to the gateway's end, and was compared to it.
    """

    frames: int
    difference: Difference | None
    has_end: bool

    @override
    def __str__(self) -> str:
        """Return what a person is told."""
        if self.difference is not None:
            return f"{self.difference}\nidentical before it: {self.frames} frames"
        told = f"identical: {self.frames} frames"
        return told if self.has_end else f"{told}; the recording breaks off there"


class Comparison:
    """A sink for a replay's lines.

    Attributes:
        frames: Frames that were the same so far.
        difference: The first line that was not, or None.
    """

    def __init__(self, copy: Sink | None) -> None:
        """Compare, and pass on what comes out to another sink if there is one."""
        self.frames = 0
        self.difference: Difference | None = None
        self._copy = copy
        self._expected: deque[str] = deque()
        self._found: deque[str] = deque()
        self._compared = 0

    def expect(self, line: str) -> None:
        """Take a line of the recording."""
        self._expected.append(line)

    def write(self, line: str) -> None:
        """Take a line that came out."""
        if self._copy is not None:
            self._copy.write(line)
        self._found.append(line)

    def flush(self) -> None:
        """Pass it on."""
        if self._copy is not None:
            self._copy.flush()

    def close(self) -> None:
        """Pass it on."""
        if self._copy is not None:
            self._copy.close()

    def compare(self, *, to_the_end: bool = False) -> None:
        """Compare what there is on both sides, or all of it."""
        expected, found = self._expected, self._found
        while self.difference is None and expected and found:
            self._take(expected.popleft(), found.popleft())
        if to_the_end and self.difference is None and (expected or found):
            self._differ(next(iter(expected), None), next(iter(found), None))

    def _take(self, expected: str, found: str) -> None:
        """Compare one line."""
        if expected != found and not (self._compared == 0 and _is_same_header(expected, found)):
            self._differ(expected, found)
            return
        self._compared += 1
        self.frames += _kind(found) in ("in", "out")

    def _differ(self, expected: str | None, found: str | None) -> None:
        """Note the first difference."""
        fields = () if expected is None or found is None else _differing(expected, found)
        self.difference = Difference(self._compared + 1, expected, found, fields)


def _kind(line: str) -> object:
    """Return the kind of a line; the header has none."""
    return json.loads(line).get("kind")


def _is_same_header(expected: str, found: str) -> bool:
    """Tell whether two headers differ by nothing but the program."""
    first, second = json.loads(expected), json.loads(found)
    return bool(first | {_PROGRAM: ""} == second | {_PROGRAM: ""})


def _differing(expected: str, found: str) -> tuple[int, ...]:
    """Return the positions of the fields that differ."""
    pairs = zip_longest(json.loads(expected).get("fields", ()), json.loads(found).get("fields", ()))
    return tuple(position for position, (old, new) in enumerate(pairs) if old != new)
