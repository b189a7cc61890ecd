"""The file `armed`: a person's word that trading may go on, in the state folder.

Rule: it is believed only if it is whole, and the very file that `bot resume` made. Its number and the moment of its
last change are in it, and the system sets both for a file that is copied or restored, so that one out of an old backup
allows nothing.
Why: a backup was made while trading was allowed. To restore it must not take back the halt that came later.
"""

from __future__ import annotations

import errno
import json
import os
import pwd
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.core.domain.arming import Arming, Terms

if TYPE_CHECKING:
    from pathlib import Path

ARMED: Final = "armed"
_UNFINISHED: Final = ".armed.making"

#: How the file begins: with a number of so many digits, which is written last.
_STAMP_AT: Final = len('{"made_ns": "')
_STAMP_DIGITS: Final = 20
#: Longest time between asking for the moment and writing it, nanoseconds, and how often that is tried.
_STAMPING_NS: Final = 1_000_000_000
_STAMPS_MAX: Final = 10
_BYTES_MAX: Final = 65_536


class NotArmed(ValueError):
    """There is no arming that could be believed; the text says why, as the end of a sentence."""


def write_arming(folder: Path, arming: Arming) -> None:
    """Make the file, durably and whole: there is the old one or the new one, never half of one.

    Raises:
        OSError: If it cannot be made; an older one is still there then.
    """
    unfinished = folder / _UNFINISHED
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        facts = {"made_ns": "0" * _STAMP_DIGITS, "file": os.fstat(descriptor).st_ino}
        # A write that is cut short leaves text that is no JSON, and that arms nothing.
        os.write(descriptor, f"{json.dumps(facts | _facts(arming))}\n".encode())
        os.fsync(descriptor)
        unfinished.replace(folder / ARMED)
        _stamp(descriptor)
    finally:
        os.close(descriptor)
        unfinished.unlink(missing_ok=True)


def _stamp(descriptor: int) -> None:
    """Write the moment of this very change into the file: the last thing that makes it good."""
    for _ in range(_STAMPS_MAX):
        # Changing the rights to what they are sets the moment of change to now.
        os.fchmod(descriptor, 0o600)
        stamp = os.fstat(descriptor).st_ctime_ns
        os.pwrite(descriptor, f"{stamp:0{_STAMP_DIGITS}}".encode(), _STAMP_AT)
        if _is_stamped(os.fstat(descriptor), stamp):
            os.fsync(descriptor)
            return
    message = "the machine is too busy to write a line in a second"
    raise OSError(errno.ETIME, message)


def _is_stamped(found: os.stat_result, stamp: int) -> bool:
    return 0 <= found.st_ctime_ns - stamp <= _STAMPING_NS


def read_arming(folder: Path) -> Arming:
    """Return what was armed.

    Raises:
        NotArmed: If nothing was, or it cannot be believed.
    """
    path = folder / ARMED
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        message = f"there is no file {path}"
        raise NotArmed(message) from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})"
        raise NotArmed(message) from error
    try:
        found = os.fstat(descriptor)
        content = os.read(descriptor, _BYTES_MAX)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})"
        raise NotArmed(message) from error
    finally:
        os.close(descriptor)
    try:
        facts = json.loads(content)
        is_copy = facts["file"] != found.st_ino or not _is_stamped(found, int(facts["made_ns"]))
        arming = _arming(facts)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"{path} is damaged"
        raise NotArmed(message) from error
    if is_copy:
        message = f"{path} is not the file that `bot resume` made: a copy, or changed since"
        raise NotArmed(message)
    return arming


def _facts(arming: Arming) -> dict[str, Any]:
    terms = arming.terms
    return {
        "account": terms.account,
        "mode": terms.mode,
        "digest": terms.digest,
        "build": terms.build,
        "armed_at": arming.armed_at.isoformat(),
        "expires_at": arming.expires_at.isoformat(),
        "reason": arming.reason,
        "who": arming.who,
    }


def _arming(facts: dict[str, Any]) -> Arming:
    texts = {name: facts[name] for name in ("account", "mode", "digest", "build", "reason", "who")}
    if not all(isinstance(text, str) for text in texts.values()):
        message = "a text is none"
        raise TypeError(message)
    reason, who = texts.pop("reason"), texts.pop("who")
    return Arming(
        Terms(**texts), _moment(facts["armed_at"]), _moment(facts["expires_at"]), reason, who
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text} is in no time zone"
        raise ValueError(message)
    return moment.astimezone(UTC)


def user_name() -> str:
    """Return who runs this command, by the operating system."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user need have no name
        return f"uid {os.getuid()}"
