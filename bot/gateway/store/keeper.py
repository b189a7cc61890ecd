"""Keeps the state of a running gateway in a file.

What a turn has changed is in the file before any of the turn's words leave: who was told of an order
or a fill finds it again, however the program ends. The disk itself is asked to have it once a second,
so that the end of the machine can take the last second with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.gateway.store.file import StateFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from bot.gateway.store.changes import Changes

#: Changes are put into the state when they are longer than this: that stops the gateway for a moment,
#: and reading them takes as long at the start.
_CHANGES_BYTES_MAX: Final = 64 << 20

#: Length of `2020-06-01T14:30`: if nothing else changes, the moment is kept by the minute.
_TO_THE_MINUTE: Final = 16


class Kept(Protocol):
    """What is kept: a gateway."""

    def state(self) -> dict[str, Any]:
        """Return what outlives the program, as JSON has it."""
        ...

    def moment(self) -> datetime:
        """Return the replayed moment, aware UTC."""
        ...

    def changes(self) -> Changes:
        """Return what tells how the state changes from now on."""
        ...

    def seal(self, seal: Callable[[], None]) -> None:
        """Call back at the end of every turn, before any of its words leave."""


class Keeper:
    """Keeps the state of one gateway."""

    def __init__(self, gateway: Kept, path: Path, failed: Callable[[OSError], None]) -> None:
        """Keep nothing before `begin`.

        Args:
            gateway: Whose state it is.
            path: The file.
            failed: Is told, once, that the file can no longer be written; nothing is kept then.
        """
        self._gateway = gateway
        self._file = StateFile(path)
        self._failed = failed
        self._changes: Changes | None = None
        self._minute = ""

    def begin(self) -> None:
        """Write the state, and from now on what every turn changes.

        Raises:
            OSError: If it cannot be written.
        """
        self._write()
        self._changes = self._gateway.changes()
        self._gateway.seal(self._keep)

    def look(self) -> None:
        """See to it that the disk has what is kept; to be called about once a second."""
        if self._changes is None:
            return
        try:
            if self._file.changes_bytes > _CHANGES_BYTES_MAX:
                self._write()
                self._changes.take()
            else:
                at = self._gateway.moment().isoformat(timespec="microseconds")
                if at[:_TO_THE_MINUTE] != self._minute:
                    self._add({"at": at})
                self._file.sync()
        except OSError as error:
            self._give_up(error)

    def end(self) -> None:
        """Write the state as a whole for the last time, if it was ever begun."""
        if self._changes is None:
            return
        self._changes = None
        try:
            self._write()
        except OSError as error:
            self._give_up(error)
        self._file.close()

    def _write(self) -> None:
        """Write the state as a whole, in the place of what there is."""
        state = self._gateway.state()
        self._file.write(state)
        self._minute = state["at"][:_TO_THE_MINUTE]

    def _keep(self) -> None:
        """Write what has changed."""
        if self._changes is None:
            return
        change = self._changes.take()
        if change:
            try:
                self._add(change)
            except OSError as error:
                self._give_up(error)

    def _add(self, change: dict[str, Any]) -> None:
        """Write a change behind the state."""
        self._file.add(change)
        self._minute = change["at"][:_TO_THE_MINUTE]

    def _give_up(self, error: OSError) -> None:
        """Keep nothing more."""
        self._changes = None
        self._file.close()
        self._failed(error)
