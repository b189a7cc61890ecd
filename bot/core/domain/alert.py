"""What a person must hear of, and the words in which it may leave the house.

Rule: no text that leaves has a whole account id or a secret in it (I25). Why: alerts lie in other people's mailboxes.
Enforced by: `discreet`, through which every text goes twice: when it is journaled, and when it is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What looks like an account id of IB's, whosever it is.
_ACCOUNT_IDS: Final = re.compile(r"(?:DU|DF|DI|U|F|I)[A-Z]?\d{5,}")
#: How many characters of an account id are shown at its end, and of how long an id none are.
_SHOWN: Final = 3
_SHOWN_OF: Final = 6
HIDDEN: Final = "***"


class Level(Enum):
    """How much an alert matters."""

    #: Trading is stopped or in doubt: as long as nobody has heard of it, no plan is opened.
    CRITICAL = "critical"
    #: A person should look at it.
    WARNING = "warning"
    #: Nothing need be done.
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell a person.

    Attributes:
        level: How much it matters.
        title: What happened, in a few words.
        text: One line more: expected, found, what to do.
        runbook: Slug of the page that says what to do; empty if nothing need be done.
        key: What it is about; the same text about the same thing is not told again for a while.
    """

    level: Level
    title: str
    text: str
    runbook: str
    key: str


def discreet(text: str, account: str = "", secrets: Iterable[str] = ()) -> str:
    """Return `text` without a whole account id and without any of `secrets`.

    Args:
        text: Whatever was found out.
        account: The configured account's id, or empty; what looks like an id of IB's is hidden as well.
        secrets: Texts that must not be in it; empty ones are passed over.
    """
    text = _ACCOUNT_IDS.sub(lambda found: _hidden(found[0]), text)
    if account:
        # With the letters and digits around it, or what is left could make it anew with what it stood beside.
        text = re.sub(f"[A-Z0-9]*{re.escape(account)}[A-Z0-9]*", _hidden(account), text)
    # The longest first, so that of a secret inside another nothing is left.
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _hidden(account: str) -> str:
    shown = account[-_SHOWN:] if len(account) > _SHOWN_OF else ""
    return f"{account[:1]}{HIDDEN}{shown}"
