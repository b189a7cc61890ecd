"""What a look came to: for the person who asked, and for the exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from bot.errors import BrokerUnavailable, MarketClosed, Paused, ReadUnknown, Stopped

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.domain.decision import Decision
    from bot.core.domain.plan import Plan
    from bot.core.execution.slippage import Slippage
    from bot.engine.decide import Verdict
    from bot.errors import BotError


class Outcome(Enum):
    """How a look can end."""

    #: The policy did not ask for a trade, or none is large enough.
    NOTHING_TO_DO = "nothing_to_do"
    #: A plan was made and shown; this look sends nothing.
    WOULD_TRADE = "would_trade"
    #: A plan was worked to its end.
    TRADED = "traded"
    #: A plan is still open: the next look goes on with it.
    PLAN_OPEN = "plan_open"
    #: A plan was given up; its legs say why.
    ABANDONED = "abandoned"
    #: Guards spoke against every trade, or the account is one that cannot be handled.
    BLOCKED = "blocked"
    #: The market is closed.
    CLOSED = "closed"
    #: Something that a decision needs could not be read: nothing was done.
    UNKNOWN = "unknown"
    #: Trading is stopped until a person resumes.
    HALTED = "halted"
    #: A plan would have been opened, and trading is paused until a person resumes.
    PAUSED = "paused"


@dataclass(slots=True)
class LookReport:
    """One look, told.

    Attributes:
        look_id: Names the look in the journal.
        outcome: How it ended.
        statement: One line why.
        exit_code: What a command that made this look ends with.
        verdict: What was decided, if the policy was asked.
        plan: The plan that was made or went on, if any.
        breaches: What guards said.
        notices: What of the plan is beyond the limits that only tell.
        plan_end: How the plan ended, if it did in this look.
        slippages: What each order of the plan that was worked cost so far against its mid at arrival.
    """

    look_id: str
    outcome: Outcome
    statement: str
    exit_code: int = 0
    verdict: Verdict | None = None
    plan: Plan | None = None
    breaches: tuple[Breach, ...] = field(default=())
    notices: tuple[Breach, ...] = field(default=())
    plan_end: str | None = None
    slippages: tuple[Slippage, ...] = field(default=())

    @property
    def decision(self) -> Decision | None:
        """The policy's decision, if it was asked."""
        return None if self.verdict is None else self.verdict.decision


def stopped_report(look_id: str, error: BotError) -> LookReport:
    """Return the report of a look that an error ended."""
    outcome = Outcome.BLOCKED
    if isinstance(error, MarketClosed):
        outcome = Outcome.CLOSED
    elif isinstance(error, Paused):
        outcome = Outcome.PAUSED
    elif isinstance(error, Stopped):
        outcome = Outcome.HALTED
    elif isinstance(error, ReadUnknown | BrokerUnavailable):
        outcome = Outcome.UNKNOWN
    return LookReport(look_id, outcome, str(error), error.exit_code)
