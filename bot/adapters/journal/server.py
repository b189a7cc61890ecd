"""The journal on a PostgreSQL server: one journal in one database, by the same tables and the same code.

Rule: a commit that returned is on the server's disk, also where somebody has configured the server for less; every wait
for it ends. Why: an intent that is lost with the server is an order twice, and a send path that hangs is no stop.
Enforced by: the settings of every session, below, which go before the server's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.adapters.journal.checks import cause_of
from bot.adapters.journal.creating import create_tables
from bot.errors import ConfigError, JournalWriteFailed, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import URL, Connection, Engine

_CONNECT_MAX_S: Final = 5
#: Taken by whoever makes the tables, so that two do not.
_MAKING_LOCK: Final = 0x6A6F75726E616C  # "journal"


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A database on a PostgreSQL server. Implements `Place`.

    Attributes:
        url: A URL of SQLAlchemy's, `postgresql+psycopg://…`, with the password if there is one.
        tip_path: Where the tip file is, on this machine.
        wait_max_ms: How long a statement, a lock or the network may keep us waiting, milliseconds.
    """

    url: URL
    tip_path: Path
    wait_max_ms: int = 5_000

    @classmethod
    def of(cls, url: str, tip_path: Path) -> ServerPlace:
        """Return the place that settings name.

        Raises:
            ConfigError: If `url` is no URL of PostgreSQL by psycopg.
        """
        expected = "[state] journal: expected postgresql+psycopg://USER@HOST/DATABASE, found"
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            message = f"{expected} what is no URL"
            raise ConfigError(message) from error
        if parsed.drivername != "postgresql+psycopg":
            message = f"{expected} {parsed.drivername}://…; leave it out for a SQLite file"
            raise ConfigError(message)
        return cls(parsed, tip_path)

    @property
    def label(self) -> str:
        """The URL without the password."""
        return self.url.render_as_string(hide_password=True)

    @property
    def is_remote(self) -> bool:
        """Always: a commit is several answers of a server."""
        return True

    def exists(self) -> bool:
        """Return whether the database holds any table."""
        engine = self.engine(read_only=True)
        try:
            with engine.connect() as connection:
                return bool(inspect(connection).get_table_names())
        except SQLAlchemyError as error:
            raise self._unreachable(error) from error
        finally:
            engine.dispose()

    def make(self, facts: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> bool:
        """Make a journal in an empty database, in one transaction; leaves one that another process made first."""
        engine = self.engine(read_only=False)
        try:
            with engine.begin() as connection:
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING_LOCK}
                )
                if inspect(connection).get_table_names():
                    return False
                create_tables(connection, facts, rows)
                return True
        except SQLAlchemyError as error:
            message = (
                f"cannot make the journal {self.label}: {cause_of(error)}; check the user's rights"
            )
            raise ConfigError(message) from error
        finally:
            engine.dispose()

    def engine(self, *, read_only: bool) -> Engine:
        """Return an engine on the database.

        Raises:
            ConfigError: If the driver is not installed.
        """
        session = {
            "synchronous_commit": "on",
            "statement_timeout": self.wait_max_ms,
            "lock_timeout": self.wait_max_ms,
            "idle_in_transaction_session_timeout": self.wait_max_ms,
            "default_transaction_read_only": "on" if read_only else "off",
        }
        options = " ".join(f"-c {name}={value}" for name, value in session.items())
        try:
            return create_engine(
                self.url,
                # Whether the line still stands is asked before a transaction begins, when nothing is in doubt yet.
                pool_pre_ping=True,
                connect_args={
                    "options": options,
                    "connect_timeout": _CONNECT_MAX_S,
                    "tcp_user_timeout": self.wait_max_ms,
                },
            )
        except ImportError as error:
            message = (
                f"[state] journal is on a server, and its driver is missing ({error}): install"
                " ibkr-rebalancer[postgres], or leave the key out for a SQLite file"
            )
            raise ConfigError(message) from error

    def lock(self, connection: Connection) -> None:
        """Keep other writers out until the transaction ends; readers go on."""
        connection.exec_driver_sql("LOCK TABLE events IN EXCLUSIVE MODE")

    def upgrade(self) -> None:
        """Do nothing: no journal on a server is older than this schema."""
        require(False, "schema 1 was never on a server")  # noqa: FBT003 - reads as a sentence

    def _unreachable(self, error: SQLAlchemyError) -> JournalWriteFailed:
        return JournalWriteFailed(
            f"the journal {self.label} cannot be reached ({cause_of(error)}); check the server, the network, user and"
            " password"
        )
