"""What a person allowed when they allowed trading: for which account, under which limits, by which program, how long.

Rule: an arming is good for exactly the terms that it names. Why: the answer to "may this bot trade" was given by a
person who looked at these limits, this account and this program; another limit or another build is another question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

#: Longest time that one arming holds, whatever a configuration or a file says.
ARMED_MAX: Final = timedelta(days=92)
#: How far an arming may be in the future: what a clock may be set back by NTP.
AHEAD_MAX: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Terms:
    """What trading is allowed for.

    Attributes:
        account: IB's id.
        mode: ``observe``, ``paper`` or ``live``.
        digest: sha256 of account, mode, limits and execution as they are in force, hexadecimal.
        build: Hash of the program, hexadecimal.
    """

    account: str
    mode: str
    digest: str
    build: str

    @property
    def need_arming(self) -> bool:
        """Whether trading needs a person's word at all: where nothing can be sent there is nothing to allow."""
        return self.mode != "observe"


@dataclass(frozen=True, slots=True)
class Arming:
    """A person's word that trading may go on.

    Attributes:
        terms: What for.
        armed_at: When, aware UTC by the machine's own clock.
        expires_at: Until when, aware UTC.
        reason: Why it is safe, in the person's words.
        who: The user of the operating system.
    """

    terms: Terms
    armed_at: datetime
    expires_at: datetime
    reason: str
    who: str


def objection(arming: Arming, terms: Terms, now: datetime) -> str | None:
    """Return why `arming` does not allow trading under `terms` at `now` (aware UTC), or None if it does."""
    if arming.terms != terms:
        return _difference(arming.terms, terms)
    if arming.armed_at > now + AHEAD_MAX:
        return f"it was armed at {_told(arming.armed_at)}, and it is {_told(now)}: the clock was set back"
    ends_at = min(arming.expires_at, arming.armed_at + ARMED_MAX)
    if now >= ends_at:
        return f"the arming of {_told(arming.armed_at)} ran out at {_told(ends_at)}"
    return None


def _difference(there: Terms, here: Terms) -> str:
    """Return the first of the terms that is another one now."""
    if there.account != here.account:
        return f"it was armed for account {there.account}, this is {here.account}"
    if there.mode != here.mode:
        return f'it was armed for mode "{there.mode}", this is "{here.mode}"'
    if there.digest != here.digest:
        return "a limit, [execution] or [account] was changed since it was armed"
    return "the program is another one than was armed"


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
