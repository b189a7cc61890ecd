"""How commands speak: tables for people, one JSON object for programs, one clear line for errors."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Voice:
    """One command's output.

    Attributes:
        as_json: Whether standard output carries only the answer; all else goes to standard error then.
        code: The exit code so far.
    """

    as_json: bool
    code: int = 0
    console: Console = field(init=False)
    _answered: bool = False

    def __post_init__(self) -> None:
        """Send words for people where they do not disturb the answer."""
        # No markup: a table's name in brackets, as in [limits], is text here.
        self.console = Console(stderr=self.as_json, highlight=False, markup=False)

    def say(self, thing: object, style: str | None = None) -> None:
        """Show words or a table to a person."""
        # A line stays one line, for grep and for narrow terminals, which break it better than we do.
        self.console.print(thing, style=style, soft_wrap=isinstance(thing, str))

    def answer(self, facts: dict[str, Any]) -> None:
        """Give the answer for programs: the last line, one JSON object."""
        self._answered = True
        if self.as_json:
            sys.stdout.write(json.dumps(facts, default=_plain, allow_nan=False) + "\n")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn an error that was raised on purpose into one line, its exit code and, asked for, its JSON."""
        try:
            yield
        except BotError as error:
            self.code = error.exit_code
            line = f"bot: {error} (see runbooks/{error.runbook}.md)"
            sys.stderr.write(line + "\n")
            if not self._answered:
                self.answer(
                    {
                        "error": str(error),
                        "kind": type(error).__name__,
                        "runbook": error.runbook,
                        "exit_code": error.exit_code,
                    }
                )


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    message = f"{type(value).__name__} is not JSON"
    raise TypeError(message)
