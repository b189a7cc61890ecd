"""What a client's decoder made of the messages that it was given."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

#: Errors of one kind that are kept; the rest is only counted.
KEPT_MAX = 20


class Tally:
    """Counts of one connection, by message id.

    Attributes:
        version: The server version.
        seen: Messages.
        asked: Numbers of the requests that were sent.
        counts: The numbers of fields that messages had, the message id included.
        left_over: Messages with fields that no handler took, and how many at most.
        errors: What went wrong in a handler.
        logged: Lines that the library logged as errors.
        is_closing: Set when the client hangs up: what it logs from then on is about that.
    """

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self.seen: Counter[int] = Counter()
        self.asked: set[str] = set()
        self.counts: dict[int, set[int]] = {}
        self.left_over: dict[int, int] = {}
        self.errors: list[str] = []
        self.logged: list[str] = []
        self.is_closing = False

    def saw(self, number: int, field_count: int) -> None:
        """Count a message."""
        self.seen[number] += 1
        self.counts.setdefault(number, set()).add(field_count)

    def leave(self, number: int, fields: int) -> None:
        """Note fields that were left over."""
        if fields:
            self.left_over[number] = max(fields, self.left_over.get(number, 0))

    def fail(self, number: int, error: object) -> None:
        """Note what went wrong with a message."""
        if len(self.errors) < KEPT_MAX:
            self.errors.append(f"message {number}: {error}")

    def report(self) -> dict[str, Any]:
        """Return all of it as JSON takes it."""
        return {
            "version": self.version,
            "asked": sorted(self.asked),
            "seen": dict(sorted(self.seen.items())),
            "counts": {key: sorted(value) for key, value in sorted(self.counts.items())},
            "left_over": self.left_over,
            "errors": self.errors,
            "logged": self.logged,
        }


class ErrorLines(logging.Handler):
    """Keeps every line that is logged as an error, of whatever library."""

    def __init__(self, tallies: list[Tally]) -> None:
        super().__init__(logging.ERROR)
        self.tallies = tallies

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        tally = self.tallies[-1]
        text = f"{record.name}: {record.getMessage()[:300]}"
        # The Python libraries log the gateway's own errors so; the steps look at those.
        is_told = record.name.endswith(".wrapper") and record.exc_info is None
        if tally.is_closing or is_told or len(tally.logged) >= KEPT_MAX:
            return
        error = record.exc_info[1] if record.exc_info else None
        tally.logged.append(text if error is None else f"{text} ({error!r})")
