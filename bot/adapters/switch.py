"""The kill switch as a file: while `halted` exists in the state directory, no order leaves.

Rule: existence alone halts, whatever is in the file; only `resume`, with a person's reason, removes
it.
Why: a switch that must be parsed, cached or asked for over a line fails in the very minute it is
needed. A file can be made by any program or hand, on a full disk, with the journal, the console and
the network down, and survives a restart.
Enforced by: one `lstat` on every question, and every doubt about its answer counts as halted.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from bot.errors import ConfigError, HaltRequired

if TYPE_CHECKING:
    from pathlib import Path

SENTINEL: Final = "halted"


class FileSwitch:
    """The sentinel file `halted` in one directory. Implements `bot.ports.Switch`.

    The directory must exist before trading can be allowed: as long as it is missing (never made,
    unmounted, removed) `is_halted` says True, since nobody could then tell a switch that is off
    from one that is gone. `app.py` makes it at start; `halt` makes it if need be.

    Args:
        state_dir: The state directory, on a local disk.
    """

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._sentinel = state_dir / SENTINEL
        # Set only when the file could not be made: this process then stays halted without it.
        self._unwritten_reason: str | None = None

    def is_halted(self) -> bool:
        """Return whether trading is stopped, read from the disk now; whatever cannot be read counts as stopped."""
        if self._unwritten_reason is not None:
            return True
        try:
            # lstat: a link that leads nowhere exists, too.
            os.lstat(self._sentinel)
        except FileNotFoundError:
            return not self._state_dir.is_dir()
        except OSError:
            return True
        return True

    def reason(self) -> str:
        """Return why, for a person; empty if trading is not stopped."""
        if self._unwritten_reason is not None:
            return self._unwritten_reason
        if not self.is_halted():
            return ""
        try:
            if not self._state_dir.is_dir():
                return f"the state directory {self._state_dir} is not there"
        except OSError as error:
            return f"the state directory {self._state_dir} cannot be looked into ({error.strerror})"
        try:
            text = self._sentinel.read_text(encoding="utf-8", errors="replace").strip()
        except OSError as error:
            return f"{self._sentinel} exists but cannot be read ({error.strerror})"
        return text or f"{self._sentinel} exists and gives no reason"

    def halt(self, reason: str) -> None:
        """Stop trading, durably, now. Idempotent: the first reason stays.

        The file is made first and the reason written into it second: from the first moment on it
        halts, also when the disk has no room for the text.

        Args:
            reason: Why, for a person.

        Raises:
            HaltRequired: If the file could not be made, or not be made durable. This process is
                halted all the same.
        """
        try:
            self._state_dir.mkdir(parents=True, exist_ok=True)
            descriptor = _create(self._sentinel)
        except OSError as error:
            self._unwritten_reason = reason
            message = (
                f"cannot make {self._sentinel} ({error.strerror}); this process is halted, but a restart would not"
                " know: make the file by hand or stop the bot"
            )
            raise HaltRequired(message) from error
        if descriptor is None:
            return
        try:
            _write_reason(descriptor, reason)
            self._sync_entry(descriptor)
        finally:
            os.close(descriptor)

    def resume(self, reason: str) -> None:
        """Allow trading again, durably. For a person's command only; the caller journals the reason first.

        Args:
            reason: Why it is safe, not empty.

        Raises:
            ConfigError: If the reason is empty.
            HaltRequired: If trading is still stopped afterwards.
        """
        if not reason.strip():
            message = "resume needs a reason: say what was wrong and why it is safe now"
            raise ConfigError(message)
        try:
            self._sentinel.unlink(missing_ok=True)
            _sync_directory(self._state_dir)
        except OSError as error:
            message = f"cannot remove {self._sentinel} ({error.strerror}); trading stays stopped"
            raise HaltRequired(message) from error
        self._unwritten_reason = None

    def _sync_entry(self, descriptor: int) -> None:
        try:
            os.fsync(descriptor)
            _sync_directory(self._state_dir)
        except OSError as error:
            message = (
                f"{self._sentinel} is there and halts, but may not survive a power cut"
                f" ({error.strerror}); check the disk"
            )
            raise HaltRequired(message) from error


def _create(path: Path) -> int | None:
    """Make an empty file and return its descriptor, or None if there is one already."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return None


def _write_reason(descriptor: int, reason: str) -> None:
    try:
        os.write(descriptor, f"{reason}\n".encode(errors="replace"))
    except OSError:
        # A full disk has no room for the words, and the words stop nothing: the file does.
        return


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
