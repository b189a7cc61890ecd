"""What a place for a journal can do: the one difference between a file and a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine


class Place(Protocol):
    """Where one journal is, or will be."""

    @property
    def label(self) -> str:
        """Its name in messages; never with a password."""

    @property
    def tip_path(self) -> Path:
        """Where its tip file is, or will be."""

    @property
    def is_remote(self) -> bool:
        """Whether a write waits for the network."""

    def exists(self) -> bool:
        """Return whether there is something at this place.

        Raises:
            JournalWriteFailed: If that cannot be found out.
        """

    def make(self, facts: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> bool:
        """Make a journal, whole or not at all; return False, and leave it, if another process made one first.

        Args:
            facts: What it says of itself: name and made_at.
            rows: Its events, fields as in `Stored`; none for a new journal.

        Raises:
            ConfigError: If it cannot be made.
            JournalWriteFailed: If a journal was here and is gone; and what reading `rows` raises.
        """

    def engine(self, *, read_only: bool) -> Engine:
        """Return an engine on what exists here; it never creates anything."""

    def lock(self, connection: Connection) -> None:
        """Keep all other writers out until the transaction of `connection` ends."""

    def upgrade(self) -> None:
        """Bring a journal of an older schema to this one: afterwards it is whole in the one or in the other.

        Raises:
            JournalWriteFailed: If it is damaged or cannot be written; it is as before then.
        """
