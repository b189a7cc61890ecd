"""A clock moved by hand, and journals that are closed after each test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.adapters.journal import SqlJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class HandClock:
    """Goes one microsecond on with every question."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 2, 14, 30, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def opened(path: Path, clock: HandClock) -> Iterator[Callable[..., SqlJournal]]:
    """Opens the journal of this test, as often as asked for."""
    journals: list[SqlJournal] = []

    def open_journal(*, read_only: bool = False) -> SqlJournal:
        journals.append(SqlJournal.open(path, clock, read_only=read_only))
        return journals[-1]

    yield open_journal
    for journal in journals:
        journal.close()
