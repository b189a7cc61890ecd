"""The journal on a PostgreSQL server: what only a server can do to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError

from bot.adapters.journal import ServerPlace, SqlJournal
from bot.adapters.journal.creating import new_facts
from bot.errors import ConfigError, JournalBehind, JournalWriteFailed
from tests.adapters.journal.conftest import execute

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.journal.conftest import HandClock

#: Ends every session of the server but the one that asks, as a restart would.
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND client_port = -1"
)


def asked(journal: SqlJournal, statement: str) -> Any:
    with journal._engine.connect() as connection:
        return connection.exec_driver_sql(statement).scalar_one()


def test_a_commit_is_on_the_servers_disk_whatever_the_server_is_set_to(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    execute(server, "ALTER DATABASE postgres SET synchronous_commit = off")
    with SqlJournal.open(server_place, clock) as journal:
        found = asked(journal, "SHOW synchronous_commit")
    execute(server, "ALTER DATABASE postgres RESET synchronous_commit")
    assert found == "on"


def test_no_wait_is_without_end(server_place: ServerPlace, clock: HandClock) -> None:
    with SqlJournal.open(server_place, clock) as journal:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert asked(journal, f"SHOW {name}") == "5s"


def test_truncate_is_refused_by_the_database(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    with SqlJournal.open(server_place, clock) as journal:
        event = journal.append("a", {})
        with pytest.raises(IntegrityError, match="append-only: no truncate"):
            execute(server, "TRUNCATE events")
        assert journal.events() == (event,)


@pytest.fixture
def through_link(server_place: ServerPlace, tmp_path: Path) -> tuple[ServerPlace, Path]:
    """The same database by a road that a test can cut: a link to the folder of the server's socket."""
    folder = server_place.url.query["host"]
    link = tmp_path / "road"
    link.symlink_to(str(folder))
    url = server_place.url.update_query_dict({"host": str(link)})
    return replace(server_place, url=url), link


def test_a_lost_server_fails_the_append_and_one_that_is_back_goes_on(
    server: str, through_link: tuple[ServerPlace, Path], clock: HandClock
) -> None:
    place, link = through_link
    with SqlJournal.open(place, clock) as journal:
        journal.append("a", {})
        folder = link.readlink()
        link.unlink()
        execute(server, END_SESSIONS)
        with pytest.raises(
            JournalWriteFailed, match=r"a b event could not be made durable: .*check the server"
        ):
            journal.append("b", {})
        with pytest.raises(JournalWriteFailed, match="cannot be read"):
            journal.events()
        with pytest.raises(JournalWriteFailed, match="cannot be read"):
            _ = journal.tip
        link.symlink_to(folder)
        assert journal.append("c", {}).sequence == 2


def test_a_server_that_was_restarted_between_two_appends_loses_nothing(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    with SqlJournal.open(server_place, clock) as journal:
        first = journal.append("a", {})
        execute(server, END_SESSIONS)
        second = journal.append("b", {})
        assert journal.events() == (first, second)


async def test_a_session_that_ends_in_the_middle_of_an_append_leaves_no_event(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    with SqlJournal.open(server_place, clock) as journal:
        journal.append("a", {})
        engine = server_place.engine(read_only=False)
        with engine.begin() as blocker:
            blocker.exec_driver_sql("LOCK TABLE events IN EXCLUSIVE MODE")
            appending = asyncio.create_task(journal.append_remotely("b", {}))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not blocker.exec_driver_sql(waiting).scalar_one():
                # The loop goes on while the append waits: that is what it is for.
                await asyncio.wait([appending], timeout=0.01)
            blocker.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
            )
            with pytest.raises(JournalWriteFailed, match="could not be made durable"):
                await appending
        engine.dispose()
        assert [event.kind for event in journal.events()] == ["a"]
        assert (await journal.append_remotely("c", {})).sequence == 2


def test_a_write_that_another_one_blocks_for_too_long_fails(
    server_place: ServerPlace, clock: HandClock
) -> None:
    with SqlJournal.open(replace(server_place, wait_max_ms=500), clock) as journal:
        engine = server_place.engine(read_only=False)
        with engine.begin() as blocker:
            blocker.exec_driver_sql("LOCK TABLE events IN EXCLUSIVE MODE")
            with pytest.raises(JournalWriteFailed, match="timeout"):
                journal.append("a", {})
        engine.dispose()
        assert journal.append("b", {}).sequence == 1


def test_a_server_that_is_not_there_is_said_so_and_no_password_with_it(
    tmp_path: Path, clock: HandClock
) -> None:
    url = f"postgresql+psycopg://bot:secret@/journal?host={tmp_path}"
    place = ServerPlace.of(url, tmp_path / "journal.tip")
    with pytest.raises(JournalWriteFailed, match="cannot be reached") as error:
        SqlJournal.open(place, clock)
    assert "secret" not in str(error.value)
    assert "bot:***@" in str(error.value)


def test_a_database_that_was_emptied_is_not_begun_anew(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    with SqlJournal.open(server_place, clock) as journal:
        journal.append("a", {})
    execute(server, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    with pytest.raises(JournalBehind, match=r"knows journal .* with 1 events"):
        SqlJournal.open(server_place, clock)
    assert not server_place.exists()


def test_a_second_maker_leaves_the_journal_of_the_first(
    server_place: ServerPlace, clock: HandClock
) -> None:
    server_place.make(new_facts(clock.now()))
    with SqlJournal.open(server_place, clock) as journal:
        journal.append("a", {})
    server_place.make(new_facts(clock.now()))
    with SqlJournal.open(server_place, clock) as again:
        assert (again.name, again.tip.sequence) == (journal.name, 1)


def test_a_user_who_may_not_make_tables_is_told_so(
    server: str, server_place: ServerPlace, clock: HandClock
) -> None:
    execute(
        server,
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT USAGE ON SCHEMA public TO reader",
    )
    with pytest.raises(ConfigError, match=r"cannot make the journal .*permission denied"):
        SqlJournal.open(replace(server_place, url=server_place.url.set(username="reader")), clock)


@pytest.mark.parametrize(
    "url", ["mysql://bot@host/journal", "postgresql://bot@host/journal", "journal.sqlite", ""]
)
def test_another_database_is_refused_with_what_was_expected(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected postgresql\+psycopg://USER@HOST/DATABASE"):
        ServerPlace.of(url, tmp_path / "journal.tip")


def test_without_the_driver_it_says_what_to_install(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
sys.modules["psycopg"] = None  # as where it is not installed
from bot.adapters.journal import ServerPlace
from bot.errors import ConfigError
try:
    ServerPlace.of("postgresql+psycopg://bot@host/journal", Path("journal.tip")).exists()
except ConfigError as error:
    sys.stdout.write(str(error))
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert "install ibkr-rebalancer[postgres]" in done.stdout


async def test_the_bot_trades_with_its_journal_on_a_server(
    world: Any, server: str, server_place: ServerPlace
) -> None:
    url = make_url(server).render_as_string(hide_password=False)
    environment = {"BOT_STATE__JOURNAL": url}
    config = str(world.config)
    look = await world.bot(
        "look", "--execute", "--config", config, "--json", environment=environment
    )
    assert look.code == 0, look.err
    assert look.facts["outcome"] == "traded"
    status = await world.bot("status", "--config", config, "--json", environment=environment)
    assert status.facts["looks"] == 1
    state = world.folder / "state"
    assert {entry.name for entry in state.iterdir()} >= {"journal.tip", "lock"}
    assert not (state / "journal.sqlite").exists()
