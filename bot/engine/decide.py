"""From what a look saw and knows to a decision and a trade list: the pure core, called once a look."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.core.domain.decision import Decision
from bot.core.domain.reading import known
from bot.core.planner.legs import left_out, make_legs
from bot.core.planner.reasons import COMES_BACK, WORDS, Reason
from bot.core.planner.rebalance import rebalance
from bot.core.planner.rules import Marks
from bot.core.policy.destination import course_of
from bot.core.policy.policy import Ask
from bot.core.policy.state import PolicyState
from bot.core.targets.source import TargetState
from bot.engine import records
from bot.engine.histories import VOLUME_SESSIONS
from bot.errors import CycleSkipped, ReadUnknown, require

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from bot.core.domain.instrument import Instrument
    from bot.core.domain.plan import Leg
    from bot.core.domain.session import Session
    from bot.core.domain.snapshot import Snapshot
    from bot.core.planner.base import Valuation
    from bot.core.planner.portfolios import Portfolios
    from bot.core.policy.policy import Band
    from bot.engine.knowledge import Knowledge
    from bot.engine.mandate import Mandate


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look decided, and what that takes.

    Attributes:
        decision: The policy's decision with its reasons.
        legs: The trades, sells first; none if nothing is asked for or worth its while.
        left_out: Why an instrument that should trade does not, one line each.
        source: Where the target weights come from, one line.
        knowledge: What it was made on, beyond the snapshot.
        is_cut_short: Whether something cut it that comes back: settled cash, daily volume, a plan's turnover, what is
            held.
    """

    decision: Decision
    legs: tuple[Leg, ...]
    left_out: tuple[str, ...]
    source: str
    knowledge: Knowledge
    is_cut_short: bool = False

    def occurrences(self) -> tuple[str, ...]:
        """Return the calendar occurrences that this decision settles once it is carried out.

        A rebalance that was cut short is not the one that the calendar asked for: it stays due, and catches up.
        """
        return () if self.is_cut_short else self.decision.finding.occurrences()

    def body(self) -> dict[str, Any]:
        """Return the body of the DECISION event: with the snapshot and the mandate, all that it is a function of."""
        return {
            **records.body_of(self.decision),
            "source": self.source,
            "left_out": list(self.left_out),
            "is_cut_short": self.is_cut_short,
            "legs": [{"con_id": leg.instrument.con_id, "shares": leg.shares} for leg in self.legs],
            "knowledge": self.knowledge.body(),
        }


@dataclass(frozen=True, slots=True)
class Moment:
    """What one look saw, and when.

    Attributes:
        snapshot: The outside world.
        valuation: The same in numbers: weights are fractions of base, cash last.
        session: The session of the look.
        occurrences_done: Calendar occurrences that need nothing more.
    """

    snapshot: Snapshot
    valuation: Valuation
    session: Session
    occurrences_done: frozenset[str]


def decide(mandate: Mandate, moment: Moment, knowledge: Knowledge) -> Verdict:
    """Ask the policy whether to trade, and the planner what that takes.

    Args:
        mandate: The rules.
        moment: What the look saw.
        knowledge: What is known beyond the snapshot.

    Raises:
        ReadUnknown: If a rule or the target source needs what is not known; with its name and the reason.
    """
    try:
        return _decide(mandate, moment, knowledge)
    except ReadUnknown as error:
        message = "; ".join((str(error), *knowledge.unknown))
        raise ReadUnknown(message) from error


def _decide(mandate: Mandate, moment: Moment, knowledge: Knowledge) -> Verdict:
    valuation, weights = moment.valuation, moment.valuation.weights
    targeted = target_state(mandate, valuation, moment.session.held_on, knowledge)
    targets = _targets(mandate, targeted)
    state = _policy_state(mandate, moment, knowledge, targets)
    ask = Ask(int(mandate.policy.asks(state)[0]))
    finding = mandate.policy.explain(state, 0)
    require(
        finding.asks == ask.name.lower(),
        f"{finding.rule} must explain what it asks: {ask.name.lower()}",
    )
    desired = weights
    legs: tuple[Leg, ...] = ()
    missing: tuple[str, ...] = ()
    is_cut_short = False
    is_held = np.array([each.con_id in knowledge.held for each in valuation.instruments])
    if ask is not Ask.NOTHING:
        course = course_of(mandate.policy, state, ask, mandate.destination)
        portfolios = _portfolios(mandate, moment, knowledge)
        marks = _marks(mandate.marks, is_held)
        planned = rebalance(portfolios, course, mandate.planner_rules, marks)
        desired = planned.desired[0]
        legs = make_legs(valuation.instruments, portfolios, targets, planned)
        missing = left_out(valuation.instruments, portfolios, targets, planned)
        missing = _told_as_held(missing, valuation.instruments, knowledge.held)
        # What a hold left out may be traded once a person has looked: the calendar's occurrence stays due.
        left = planned.reasons[0] == Reason.MARK
        is_cut_short = bool((np.isin(planned.reasons[0], COMES_BACK) | (left & is_held)).any())
    band = mandate.policy.band(state)
    decision = Decision(
        rebalance=ask is not Ask.NOTHING,
        finding=finding,
        symbols=mandate.symbols,
        weights=tuple(weights.tolist()),
        targets=tuple(targets[0].tolist()),
        below=_widths(mandate, band, is_below=True),
        above=_widths(mandate, band, is_below=False),
        desired=tuple(desired.tolist()),
    )
    source = mandate.targets.statement(targeted)
    return Verdict(decision, legs, missing, source, knowledge, is_cut_short)


def _marks(marks: Marks, is_held: NDArray[np.bool_]) -> Marks:
    """Return the marks with held instruments (N,) as if marked "none"."""
    return Marks(marks.lots, marks.may_buy & ~is_held, marks.may_sell & ~is_held)


def _told_as_held(
    missing: tuple[str, ...], instruments: tuple[Instrument, ...], held: frozenset[int]
) -> tuple[str, ...]:
    """Return what was left out, with the hold in place of the mark that stands for it."""
    symbols = tuple(f"{each.symbol}: " for each in instruments if each.con_id in held)
    return tuple(
        line.replace(WORDS[Reason.MARK], "it is held") if line.startswith(symbols) else line
        for line in missing
    )


def _portfolios(mandate: Mandate, moment: Moment, knowledge: Knowledge) -> Portfolios:
    """Return the account as a batch of one, with what limits its trades."""
    settled = mandate.settled_cash_of(known(moment.snapshot.account))
    volumes, traded = None, None
    if mandate.planner_rules.participation_max is not None and knowledge.history is not None:
        volumes = knowledge.history.mean_volumes(VOLUME_SESSIONS)
    portfolios = moment.valuation.portfolios()
    if knowledge.shares_traded is not None:
        by_con_id = knowledge.shares_traded
        traded = np.array([[by_con_id.get(each, 0.0) for each in portfolios.con_ids.tolist()]])
    return replace(
        portfolios,
        settled=None if settled is None else np.array([float(settled)]),
        daily_volumes=volumes,
        shares_traded=traded,
    )


def target_state(
    mandate: Mandate, valuation: Valuation, on: date, knowledge: Knowledge
) -> TargetState:
    """Return what the target source sees on a date (the exchange's zone): one row."""
    return TargetState(
        universe=mandate.universe,
        on=on,
        weights=valuation.weights[np.newaxis],
        prices=valuation.prices[np.newaxis],
        history=knowledge.history,
        values=_row(knowledge.values),
        levels=_levels(knowledge),
    )


def _targets(mandate: Mandate, state: TargetState) -> NDArray[np.float64]:
    try:
        return mandate.targets.weights(state)
    except ValueError as error:
        message = f"there are no target weights now: {error}"
        raise CycleSkipped(message) from error


def _policy_state(
    mandate: Mandate, moment: Moment, knowledge: Knowledge, targets: NDArray[np.float64]
) -> PolicyState:
    valuation = moment.valuation
    return PolicyState(
        weights=valuation.weights[np.newaxis],
        targets=targets,
        session=moment.session,
        occurrences_done=moment.occurrences_done,
        symbols=mandate.symbols,
        now=moment.snapshot.taken_at,
        asset_classes=(*mandate.universe.asset_classes, "cash"),
        base=np.array([valuation.base]),
        prices=valuation.prices[np.newaxis],
        history=knowledge.history,
        values=_row(knowledge.values),
        flows=_one(knowledge.flows),
        sessions_since_trade=_one(knowledge.sessions_since_trade),
        days_since_trade=_one(knowledge.days_since_trade),
        levels=_levels(knowledge),
        costs=mandate.costs,
    )


def _one(number: float | None) -> NDArray[np.float64] | None:
    return None if number is None else np.array([number])


def _row(numbers: tuple[float, ...] | None) -> NDArray[np.float64] | None:
    return None if numbers is None else np.array([numbers])


def _levels(knowledge: Knowledge) -> dict[str, NDArray[np.float64]]:
    return {name: np.array([level]) for name, level in knowledge.levels.items()}


def _widths(mandate: Mandate, band: Band | None, *, is_below: bool) -> tuple[float | None, ...]:
    if band is None:
        return tuple(None for _ in mandate.symbols)
    widths: NDArray[np.float64] = (band.below if is_below else band.above)[0]
    return tuple(width if math.isfinite(width) else None for width in widths.tolist())
