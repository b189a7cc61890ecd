"""How commands speak: tables for people, one JSON object for programs, one clear line for errors.

Rule: a reader that is gone or a full disk makes a command mute; it changes neither what the command does nor its exit
code. Why: words are spoken in the middle of a plan, and `bot look --execute | head` must not leave it half done.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from typing_extensions import override

from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Console(Console):
    """A console that falls silent where rich's own would end the process."""

    @override
    def on_broken_pipe(self) -> None:
        """Say nothing from now on: nobody reads it."""
        self.mute()

    def mute(self) -> None:
        """Say nothing from now on."""
        self.quiet = True
        _mute(sys.stderr if self.stderr else sys.stdout)


@dataclass(slots=True)
class Voice:
    """One command's output.

    Attributes:
        as_json: Whether standard output carries only the answer; all else goes to standard error then.
        code: The exit code so far.
    """

    as_json: bool
    code: int = 0
    console: _Console = field(init=False)
    _answered: bool = False

    def __post_init__(self) -> None:
        """Send words for people where they do not disturb the answer."""
        # No markup: a table's name in brackets, as in [limits], is text here.
        self.console = _Console(stderr=self.as_json, highlight=False, markup=False)

    def say(self, thing: object, style: str | None = None) -> None:
        """Show words or a table to a person."""
        # A line stays one line, for grep and for narrow terminals, which break it better than we do.
        try:
            self.console.print(thing, style=style, soft_wrap=isinstance(thing, str))
        except OSError:
            self.console.mute()

    def answer(self, facts: dict[str, Any]) -> None:
        """Give the answer for programs: the last line, one JSON object, with the exit code."""
        self._answered = True
        self.announce({**facts, "exit_code": facts.get("exit_code", self.code)})

    def announce(self, facts: dict[str, Any]) -> None:
        """Tell programs something while the command goes on: one line, one JSON object."""
        if self.as_json:
            _write(sys.stdout, json.dumps(facts, default=_plain, allow_nan=False))

    def warn(self, line: str) -> None:
        """Give one line on standard error; the command goes on."""
        _write(sys.stderr, line)

    def fail(self, line: str, facts: dict[str, Any]) -> None:
        """Give one line on standard error and, unless there was an answer, `facts` as the answer."""
        _write(sys.stderr, line)
        if not self._answered:
            self.answer(facts)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn an error that was raised on purpose into one line, its exit code and, asked for, its JSON."""
        try:
            yield
        except BotError as error:
            self.code = error.exit_code
            self.fail(
                f"bot: {error} (see runbooks/{error.runbook}.md)",
                {
                    "error": str(error),
                    "kind": type(error).__name__,
                    "runbook": error.runbook,
                    "exit_code": error.exit_code,
                },
            )


def _write(stream: TextIO | None, line: str) -> None:
    # None: the process was started with this stream closed.
    if stream is None:
        return
    try:
        stream.write(f"{line}\n")
        stream.flush()
    except OSError:
        _mute(stream)


def _mute(stream: TextIO | None) -> None:
    """Send the rest of a stream nowhere: what is still buffered would fail again when the interpreter ends."""
    # OSError also says that a stream has no descriptor; it then has nothing that could fail later.
    with suppress(OSError):
        if stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, stream.fileno())
            finally:
                os.close(nowhere)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    message = f"{type(value).__name__} is not JSON"
    raise TypeError(message)
