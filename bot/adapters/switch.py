"""The switch as files in the state folder: `halted` and `paused` stop, `armed` allows, and nothing else does.

Rule: while `halted` is there, whatever is in it, no order leaves. While `armed` is not there, or not for the terms that
hold now, or has run out, none leaves either. While `paused` is there no plan is opened. Whatever cannot be read counts
as halted. Only a person's `resume` takes any of it back.
Why: a switch that must be parsed, cached or asked for over a line fails in the very minute it is needed. A file can be
made by any program or hand, with the journal, the console and the network down, and survives a restart; and where a
full disk has no room for another file, one can still be taken away.
Enforced by: one look at each file on every question, and every doubt about an answer counts as halted.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.adapters.arming import ARMED, NotArmed, read_arming, write_arming
from bot.core.domain.arming import objection
from bot.core.machines.switch import SwitchEvent, SwitchState, standing
from bot.errors import ConfigError, HaltRequired

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from bot.core.domain.arming import Arming, Terms
    from bot.ports import Clock

SENTINEL: Final = "halted"
PAUSE: Final = "paused"
#: Its time of change says when the owner last gave a command; its content nothing.
OWNER_SEEN: Final = "owner-seen"

_REASON_BYTES_MAX: Final = 4096


class FileSwitch:
    """The files of one state folder. Implements `bot.ports.Switch`.

    The folder must exist before trading can be allowed: as long as it is missing (never made, unmounted, removed)
    `is_halted` says True. `app.py` makes it at start; `halt` makes it if need be.

    Args:
        state_dir: The state folder, on a local disk.
        clock: The machine's own time, which no gateway's replay may set; None for what only stops.
        terms: What trading would be for; without any, or without a clock, nothing is ever allowed.
        silence_max: How long the owner may give no command before nothing is allowed any more, or None for ever.
    """

    def __init__(
        self,
        state_dir: Path,
        clock: Clock | None = None,
        terms: Terms | None = None,
        silence_max: timedelta | None = None,
    ) -> None:
        self._state_dir = state_dir
        self._clock = clock
        self._terms = terms
        self._silence_max = silence_max
        self._sentinel = state_dir / SENTINEL
        self._pause = state_dir / PAUSE
        self._owner_seen = state_dir / OWNER_SEEN
        # Set only when the halt could not be written: this process then stays halted without it.
        self._unwritten_reason: str | None = None

    @property
    def sentinel(self) -> Path:
        """The file that halts."""
        return self._sentinel

    def is_halted(self) -> bool:
        """Return whether nothing may leave, read from the disk now; whatever cannot be read counts as halted."""
        return self.state() is SwitchState.HALTED

    def is_paused(self) -> bool:
        """Return whether no plan may be opened, read from the disk now."""
        return self.state() is not SwitchState.ACTIVE

    def state(self) -> SwitchState:
        """Return what trading may do, read from the disk now."""
        return standing(event for event, _ in self._found())

    def reason(self) -> str:
        """Return why trading is halted or paused, for a person; empty if it is neither."""
        why = next((why for _, why in self._found()), "")
        return why if isinstance(why, str) else self._words(why)

    def is_latched(self) -> bool:
        """Return whether somebody halted, other than by nobody's having armed it."""
        return self._unwritten_reason is not None or self._exists(self._sentinel)

    def lapse(self) -> str | None:
        """Return why what was armed is not good now, or None if it is; whether somebody halted is not looked at."""
        if self._terms is None or self._clock is None:
            return "nobody said what trading would be for"
        if not self._terms.need_arming:
            return None
        try:
            return objection(read_arming(self._state_dir), self._terms, self._clock.now())
        except NotArmed as error:
            return str(error)

    def arming(self) -> Arming | None:
        """Return what a person armed, whether it is still good or not; None if nothing that can be believed."""
        try:
            return read_arming(self._state_dir)
        except NotArmed:
            return None

    def time_left(self) -> timedelta | None:
        """Return for how long the arming is good yet, or None where none is needed or there is none."""
        arming = self.arming()
        if arming is None or self._clock is None:
            return None
        if self._terms is None or not self._terms.need_arming:
            return None
        return arming.expires_at - self._clock.now()

    def silence(self) -> str | None:
        """Return that the owner was silent for too long, or None."""
        if self._silence_max is None or self._clock is None:
            return None
        try:
            seen = datetime.fromtimestamp(self._owner_seen.stat().st_mtime, UTC)
        except OSError as error:
            return f"no sign of life of the owner is known: {self._owner_seen} ({error.strerror})"
        if self._clock.now() - seen <= self._silence_max:
            return None
        return (
            f"dead-man: no command of the owner since {seen:%Y-%m-%d %H:%M} UTC, and [switch] owner_silence_max_days"
            f" is {self._silence_max.days}"
        )

    def saw_owner(self) -> None:
        """Take note of a sign of life. A silence that was too long is made a halt first, for it is over now.

        Raises:
            HaltRequired: If that halt could not be written.
        """
        if not self._state_dir.is_dir():
            return
        silence = self.silence()
        if silence is not None and self.arming() is not None:
            self.halt(silence)
        try:
            self._owner_seen.touch()
        except OSError:
            # A sign of life that finds no room only makes the bot stop earlier.
            return

    def halt(self, reason: str) -> None:
        """Stop trading, durably, now. Idempotent: the first reason stays.

        The file is made first and the reason written into it second: from the first moment on it halts, also when the
        disk has no room for the text. `armed` is taken away third; where the first had no room that is the halt.

        Args:
            reason: Why, for a person.

        Raises:
            HaltRequired: If neither could be done, or not be made durable. This process is halted all the same.
        """
        try:
            self._state_dir.mkdir(parents=True, exist_ok=True)
            descriptor = _create(self._sentinel)
        except OSError as error:
            self._unwritten_reason = reason
            self._halt_without(error)
            return
        self._disarm()
        if descriptor is None:
            return
        try:
            _write(descriptor, reason)
            os.fsync(descriptor)
            _sync_directory(self._state_dir)
        except OSError as error:
            raise HaltRequired(_not_durable(f"{self._sentinel} is there", error)) from error
        finally:
            os.close(descriptor)

    def pause(self, reason: str) -> None:
        """Let no plan be opened from now on, durably. Idempotent: the first reason stays.

        Raises:
            HaltRequired: If it could not be written; nothing is paused then.
        """
        try:
            self._state_dir.mkdir(parents=True, exist_ok=True)
            descriptor = _create(self._pause)
            if descriptor is None:
                return
            try:
                _write(descriptor, reason)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            _sync_directory(self._state_dir)
        except OSError as error:
            message = (
                f"cannot make {self._pause} durably ({error.strerror}); `bot halt` stops everything"
            )
            raise HaltRequired(message) from error

    def resume(self, arming: Arming) -> None:
        """Allow trading, durably. For a person's command only; the caller reconciles and journals first.

        `halted` goes last: broken off at any point, trading stays stopped.

        Raises:
            ConfigError: If the reason is empty.
            HaltRequired: If trading is still stopped afterwards.
        """
        if not arming.reason.strip():
            message = "resume needs a reason: say what was wrong and why it is safe now"
            raise ConfigError(message)
        try:
            write_arming(self._state_dir, arming)
            self._owner_seen.touch()
            self._pause.unlink(missing_ok=True)
            self._sentinel.unlink(missing_ok=True)
            _sync_directory(self._state_dir)
        except OSError as error:
            message = (
                f"cannot arm {self._state_dir} ({error.strerror or error}); trading stays stopped"
            )
            raise HaltRequired(message) from error
        self._unwritten_reason = None

    def _found(self) -> Iterator[tuple[SwitchEvent, str | Path]]:
        """Yield what stops trading now, the worst first, each with its reason or the file that has it."""
        if self._unwritten_reason is not None:
            yield SwitchEvent.HALTED, self._unwritten_reason
        if self._exists(self._sentinel):
            yield SwitchEvent.HALTED, self._sentinel
        lapse = self.lapse()
        if lapse is not None:
            yield SwitchEvent.DOUBTED, f"not armed: {lapse}"
        silence = self.silence()
        if silence is not None:
            yield SwitchEvent.DOUBTED, silence
        if self._exists(self._pause):
            yield SwitchEvent.PAUSED, self._pause

    def _exists(self, path: Path) -> bool:
        """Return whether a sentinel is there; whatever cannot be told counts as there."""
        try:
            # lstat: a link that leads nowhere exists, too.
            os.lstat(path)
        except FileNotFoundError:
            return not self._state_dir.is_dir()
        except OSError:
            return True
        return True

    def _words(self, path: Path) -> str:
        """Return what a sentinel says; it may be anything, made by anybody."""
        try:
            if not self._state_dir.is_dir():
                return f"the state directory {self._state_dir} is not there"
            # Without waiting: a pipe would keep us until somebody writes into it.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                content = os.read(descriptor, _REASON_BYTES_MAX)
            finally:
                os.close(descriptor)
        except OSError as error:
            return f"{path} exists but cannot be read ({error.strerror})"
        text = content.decode(errors="replace").strip()
        return text or f"{path} exists and gives no reason"

    def _halt_without(self, cause: OSError) -> None:
        """Halt where the sentinel cannot be made: what trading needs is taken away instead."""
        armed = self._state_dir / ARMED
        if not self._disarm():
            message = (
                f"cannot make {self._sentinel} ({cause.strerror}); this process is halted, but a restart would not"
                f" know: make the file by hand, remove {armed}, or stop the bot"
            )
            raise HaltRequired(message) from cause
        try:
            _sync_directory(self._state_dir)
        except OSError as error:
            raise HaltRequired(_not_durable(f"{armed} is gone", error)) from error

    def _disarm(self) -> bool:
        """Take `armed` away; return whether it is this that did so."""
        try:
            (self._state_dir / ARMED).unlink()
        except OSError:
            return False
        return True


def _not_durable(what: str, error: OSError) -> str:
    return f"{what} and halts, but may not survive a power cut ({error.strerror}); check the disk"


def _create(path: Path) -> int | None:
    """Make an empty file and return its descriptor, or None if there is one already."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return None


def _write(descriptor: int, reason: str) -> None:
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
