"""The exception tree, sorted by what the system does about it.

    BotError
    ├── ConfigError            refuse to start; a person mends the configuration       exit 78
    │   └── WrongAccount       at the start; seen later, by a running daemon, it halts
    ├── CycleSkipped           drop this look; the account or a number cannot be used  exit 1
    │   ├── MarketClosed       as it should be                                         exit 0
    │   └── ReadUnknown        a read did not end                                      exit 69
    ├── TransientError         retry, bounded, with backoff; never an order
    │   └── BrokerUnavailable                                                          exit 69
    ├── HaltRequired           engage the switch and page a person                     exit 77
    │   ├── JournalBehind
    │   └── JournalWriteFailed
    │       └── JournalBroken
    ├── Stopped                halted; a person decides                                exit 77
    │   ├── NotArmed           nobody allowed trading, or not this, or it ran out
    │   └── Paused             no new plan until a person resumes
    ├── LeaseHeld              another instance is in charge                           exit 75
    └── InvariantBroken        a bug: the process ends, the supervisor restarts it     exit 70

Expected bad news (a guard's breach, a rejected order, an unknown read) is a value, not an exception.
A message says what was expected, what was found, the unit, and what to do. `runbook` names the page.
"""

from __future__ import annotations

from typing import ClassVar


class BotError(Exception):
    """Base of every error this program raises on purpose; never raised itself."""

    runbook: ClassVar[str] = "first-steps"
    exit_code: ClassVar[int] = 70


class ConfigError(BotError):
    """Raised at the edge when settings cannot be used; nothing has been sent, nothing will be."""

    runbook: ClassVar[str] = "configuration"
    exit_code: ClassVar[int] = 78


class WrongAccount(ConfigError):
    """Raised when the gateway names an account that does not fit the settings; nothing has been sent to it."""

    runbook: ClassVar[str] = "wrong-account"


class CycleSkipped(BotError):
    """Raised inside a look that must not go on; the look is journaled with its reason."""

    runbook: ClassVar[str] = "look-skipped"
    exit_code: ClassVar[int] = 1


class MarketClosed(CycleSkipped):
    """Raised when the exchange calendar says that now is not inside a session."""

    exit_code: ClassVar[int] = 0


class ReadUnknown(CycleSkipped):
    """Raised when a read that a decision needs did not end: unknown is never empty."""

    runbook: ClassVar[str] = "read-unknown"
    exit_code: ClassVar[int] = 69


class TransientError(BotError):
    """Base of what may be tried again, bounded and with backoff; an order never is."""

    runbook: ClassVar[str] = "ib-disconnected"
    exit_code: ClassVar[int] = 69


class BrokerUnavailable(TransientError):
    """Raised by the broker adapter when the gateway refuses, drops or does not answer."""


class HaltRequired(BotError):
    """Base of what engages the switch: only a person re-arms, with a reason."""

    runbook: ClassVar[str] = "halted"
    exit_code: ClassVar[int] = 77


class JournalBehind(HaltRequired):
    """Raised when the broker or the tip file knows more than the journal: it is an old copy, or was cut."""

    runbook: ClassVar[str] = "journal-behind"


class JournalWriteFailed(HaltRequired):
    """Raised when an event could not be made durable; what is not journaled is not sent."""

    runbook: ClassVar[str] = "journal-write-failed"


class JournalBroken(JournalWriteFailed):
    """Raised when an event of the journal is missing or is not what was written; `sequence` is its number."""

    def __init__(self, message: str, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence


class Stopped(BotError):
    """Raised when the switch is engaged: no order leaves until `bot resume --reason`."""

    runbook: ClassVar[str] = "halted"
    exit_code: ClassVar[int] = 77


class NotArmed(Stopped):
    """Raised when no person's word allows this trading, or it has run out: `bot resume --reason` gives it."""

    runbook: ClassVar[str] = "not-armed"


class Paused(Stopped):
    """Raised when a plan would be opened while trading is paused."""

    runbook: ClassVar[str] = "paused"


class LeaseHeld(BotError):
    """Raised when another process holds the lock beside the journal."""

    runbook: ClassVar[str] = "another-instance"
    exit_code: ClassVar[int] = 75


class InvariantBroken(BotError):
    """Raised by `require`: something the code guarantees did not hold."""

    runbook: ClassVar[str] = "bug"
    exit_code: ClassVar[int] = 70


def require(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise `InvariantBroken` with `message` unless `condition` holds; also in production."""
    if not condition:
        raise InvariantBroken(message)
