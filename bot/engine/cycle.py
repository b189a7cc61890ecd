"""One look, top to bottom: snapshot, policy, planner, guards, journal, execution. Nothing flows back up.

While a plan is open a look does not ask the policy: it settles what became of the orders, checks the guards on fresh
quotes, and goes on with the legs that are left, never beyond what was approved.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.domain.plan import PlanEnd
from bot.core.domain.reading import known
from bot.core.domain.words import counted
from bot.core.guards.nav_difference import nav_difference
from bot.core.guards.proposal import Proposal
from bot.core.planner.base import value
from bot.engine import events, records
from bot.engine.approval import is_approved, lapse_of, question_of
from bot.engine.decide import Moment, decide
from bot.engine.draft import draft_plan, guard_plan, open_plan
from bot.engine.execution.work import Work
from bot.engine.knowledge import (
    check_cash,
    read_outside,
    record_worth,
    with_loss,
    with_own_past,
)
from bot.engine.market import market_of, with_second_read
from bot.engine.monitor.snapshot import resolve_mandate, take_snapshot
from bot.engine.plans import end_plan, left_of, summary_of
from bot.engine.posting import blocked_by_silence
from bot.engine.recovery.halting import check_nav
from bot.engine.recovery.lost import is_lost
from bot.engine.recovery.reconcile import held_now, reconcile, reconcile_look
from bot.engine.recovery.settle import settle_earlier
from bot.engine.replay import keep_settings
from bot.engine.report import LookReport, Outcome, stopped_report
from bot.engine.sight import Sight
from bot.errors import (
    BotError,
    BrokerUnavailable,
    CycleSkipped,
    JournalWriteFailed,
    MarketClosed,
    Paused,
    ReadUnknown,
    Stopped,
)

if TYPE_CHECKING:
    from bot.core.domain.session import Session
    from bot.core.domain.snapshot import Snapshot
    from bot.engine.decide import Verdict
    from bot.engine.desk import Desk
    from bot.engine.knowledge import Knowledge
    from bot.engine.ledger import PlanRecord
    from bot.engine.recovery.differences import Reconciliation

#: How far the journal's last entry may be ahead of the clock, seconds: what a clock may be set back by NTP.
JOURNAL_AHEAD_MAX_S = 60.0
#: Plans that one session may have: a second or third after a move or a deposit; more is a loop.
PLANS_PER_SESSION_MAX = 3
#: Instruments whose reason not to be traded is told in a look's one line.
REASONS_TOLD = 3


async def look(desk: Desk, *, execute: bool) -> LookReport:
    """Make one look and explain it in the journal, whatever happens.

    Args:
        desk: Ports and rules.
        execute: Whether orders may leave; without it, and in mode observe always, a plan is shown and not opened.

    Raises:
        HaltRequired: If trading must stop until a person has looked; the look's end is journaled first if it can be.
        ConfigError: If the mandate names something that the broker does not know.
    """
    # An observed plan must not stay open: it would be worked, stale, by the first look in mode paper.
    execute = execute and desk.mandate.mode == "paper"
    started = desk.recorder.record(
        events.LOOK_STARTED,
        {"mode": desk.mandate.mode, "execute": execute, "settings": desk.mandate.digest},
    )
    look_id = f"L{started.sequence}"
    keep_settings(desk, look_id)
    try:
        report = await _pass(desk, look_id, execute=execute)
    except (CycleSkipped, BrokerUnavailable, Stopped) as error:
        report = stopped_report(look_id, error)
    except asyncio.CancelledError:
        _end(desk, LookReport(look_id, Outcome.UNKNOWN, "the look was broken off from outside"))
        raise
    except BotError as error:
        if not isinstance(error, JournalWriteFailed):
            _end(desk, LookReport(look_id, Outcome.UNKNOWN, str(error), error.exit_code))
        raise
    _end(desk, report)
    return report


async def _pass(desk: Desk, look_id: str, *, execute: bool) -> LookReport:
    session = await _ready(desk)
    _check_journal_time(desk)
    instruments = await resolve_mandate(desk.broker, desk.mandate.specs)
    if execute:
        await settle_earlier(desk)
    outside = await read_outside(desk, look_id, instruments, session.held_on)
    snapshot = await take_snapshot(desk.broker, desk.clock, desk.calendar, instruments)
    desk.recorder.record(events.SNAPSHOT, records.body_of(snapshot), look_id=look_id)
    _check_time(desk, snapshot)
    found = await reconcile_look(desk, look_id, snapshot)
    check_nav(desk, snapshot.account)
    if found.holds_all:
        return LookReport(look_id, Outcome.BLOCKED, found.told(), 1)
    valuation = value(snapshot, desk.mandate.reserved_cash)
    if valuation.currency != desk.mandate.currency:
        message = (
            f"the account's base currency is {valuation.currency}, [account] currency says"
            f" {desk.mandate.currency}: correct it"
        )
        raise CycleSkipped(message)
    market = market_of(desk, snapshot, valuation, outside)
    sight = with_loss(desk, Sight(look_id, snapshot, valuation, session, market))
    record_worth(desk, sight)
    plan = still_open(desk, snapshot)
    if plan is None:
        knowledge = replace(outside.knowledge, held=found.held)
        report = await _new_plan(desk, sight, knowledge, execute=execute)
    else:
        report = await _go_on(desk, sight, plan, execute=execute)
    return _with_held(desk, report, found)


def _with_held(desk: Desk, report: LookReport, found: Reconciliation) -> LookReport:
    """Say what is held, since the look's own comparison or since its work; such a look has found something wrong."""
    flows = found.flows()
    if flows:
        report.statement = f"{report.statement}; {flows}"
    told = found.told() if desk.lease is None else held_now(desk.recorder).told()
    if told:
        report.statement = f"{report.statement}; {told}"
        report.exit_code = report.exit_code or 1
    return report


async def _ready(desk: Desk) -> Session:
    """Return the running session, with a line to the broker and, where orders may leave, the switch off."""
    if desk.lease is not None and desk.switch.is_halted():
        raise Stopped(desk.switch.reason())
    if not desk.broker.is_connected:
        await reconnect(desk)
    await desk.drain()
    if not desk.tracker.link_is_up:
        message = "the gateway has lost its line to IB (code 1100) and not reported it back"
        raise BrokerUnavailable(message)
    now = desk.clock.now()
    session = desk.calendar.session_at(now)
    if session is None:
        opens_at = desk.calendar.next_session(now).opens_at
        message = f"the exchange is closed at {now:%Y-%m-%d %H:%M} UTC; it opens {opens_at:%Y-%m-%d %H:%M} UTC"
        raise MarketClosed(message)
    return session


async def reconnect(desk: Desk) -> None:
    """Connect anew, with what the old session still had to say taken into account first."""
    await desk.drain()
    await desk.broker.connect()
    desk.tracker.link_is_up = True
    desk.tracker.recheck = "the connection is new"


def _check_journal_time(desk: Desk) -> None:
    """Refuse to trade before the journal's own last word: a clock was set back, or a replay begun anew."""
    # The last snapshot: it was stamped after the clock had been set, should it follow a gateway's.
    newest = desk.recorder.journal.events(kinds=[events.SNAPSHOT], newest=1)
    behind_s = (newest[-1].recorded_at - desk.clock.now()).total_seconds() if newest else 0.0
    if desk.lease is not None and behind_s > JOURNAL_AHEAD_MAX_S:
        message = (
            f"it is {desk.clock.now():%Y-%m-%d %H:%M:%S} UTC by the clock, and the journal's last look is of"
            f" {newest[-1].recorded_at:%Y-%m-%d %H:%M:%S}: set the clock right, or, if a replay began anew,"
            " give it another [state] dir"
        )
        raise ReadUnknown(message)


def _check_time(desk: Desk, snapshot: Snapshot) -> None:
    theirs = known(snapshot.broker_time)
    difference_s = abs((theirs - snapshot.broker_time.received_at).total_seconds())
    # The broker tells whole seconds, cut off: up to one of them is no difference.
    limit_s = desk.mandate.execution.clock_difference_max_s + 1
    if difference_s > limit_s:
        message = (
            f"our clock and the broker's differ by {difference_s:.1f} s, limit {limit_s:.1f} s:"
            " set this machine's clock (NTP)"
        )
        raise ReadUnknown(message)


def still_open(desk: Desk, snapshot: Snapshot) -> PlanRecord | None:
    """Return the open plan, or None; one that may not go on ends here, if this desk may trade.

    A plan ends with its session, and with the configuration that it was approved under.

    Raises:
        ReadUnknown: If it may not go on while one of its orders may still fill.
    """
    plan = desk.recorder.ledger.open_plan()
    if plan is None or desk.lease is None:
        return plan
    if plan.settings != desk.mandate.digest:
        reason = "the configuration changed since it was made"
    elif snapshot.taken_at >= plan.plan.expires_at:
        reason = "its session closed before every leg was done"
    else:
        return plan
    ledger, now = desk.recorder.ledger, desk.clock.now()
    if any(not is_lost(ledger, record, now) for record in plan.open_orders()):
        message = f"an order of plan {plan.plan.plan_id} is still open, and {reason}"
        raise ReadUnknown(message)
    end_plan(desk.recorder, plan, PlanEnd.EXPIRED, reason)
    return None


async def _new_plan(desk: Desk, sight: Sight, outside: Knowledge, *, execute: bool) -> LookReport:
    look_id = sight.look_id
    check_cash(desk, sight)
    done = frozenset(desk.recorder.ledger.occurrences_done)
    moment = Moment(sight.snapshot, sight.valuation, sight.session, done)
    verdict = decide(desk.mandate, moment, with_own_past(desk, sight, outside))
    decision, legs = verdict.decision, verdict.legs
    desk.recorder.record(events.DECISION, verdict.body(), look_id=look_id)
    if not legs:
        return _nothing_to_do(desk, sight, verdict, execute=execute)
    objection = _plans_of_session(desk, sight)
    if objection is not None:
        return LookReport(look_id, Outcome.BLOCKED, objection, 1, verdict=verdict)
    silence = blocked_by_silence(desk) if execute else None
    if silence is not None:
        return LookReport(look_id, Outcome.BLOCKED, silence, Stopped.exit_code, verdict=verdict)
    draft = draft_plan(desk, sight, legs, verdict.occurrences())
    market = await with_second_read(desk, sight.market, [leg.instrument for leg in legs])
    sight = replace(sight, market=market)
    guarded = guard_plan(desk, draft, market)
    record = guarded.record
    report = LookReport(look_id, Outcome.WOULD_TRADE, "", verdict=verdict, plan=record.plan)
    report.breaches, report.notices = guarded.breaches, guarded.notices
    if not record.plan.legs:
        report.outcome, report.plan = Outcome.BLOCKED, None
        report.statement = "; ".join(breach.statement for breach in guarded.breaches)
        report.exit_code = 1
        return report
    if not execute:
        trades = counted(len(record.plan.legs), "trade")
        report.statement = f"{decision.finding.statement}; {trades} shown, none sent"
        return report
    if desk.switch.is_paused():
        message = f"{decision.finding.statement}; no new plan: {desk.switch.reason()}"
        raise (Stopped if desk.switch.is_halted() else Paused)(message)
    return await _work(desk, open_plan(desk, record), sight, report)


def _plans_of_session(desk: Desk, sight: Sight) -> str | None:
    """Return why this session gets no further plan, or None: a loop of plans is a bug or a broker that refuses."""
    plans = desk.recorder.ledger.plans_since(sight.session.opens_at)
    given_up = [plan for plan in plans if plan.end == PlanEnd.ABANDONED.value]
    if given_up:
        plan_id = given_up[-1].plan.plan_id
        return f"plan {plan_id} was given up in this session: no other one before the next session"
    if len(plans) >= PLANS_PER_SESSION_MAX:
        return f"{len(plans)} plans were made in this session: no other one before the next session"
    return None


async def _go_on(desk: Desk, sight: Sight, plan: PlanRecord, *, execute: bool) -> LookReport:
    report = LookReport(sight.look_id, Outcome.PLAN_OPEN, "", plan=plan.plan)
    if not execute:
        report.statement = f"plan {plan.plan.plan_id} is open; {left_of(plan)}"
        return report
    pending = [leg.instrument for leg in plan.plan.legs if plan.remaining(leg)]
    market = await with_second_read(desk, sight.market, pending)
    lapse = lapse_of(desk.recorder.journal, plan, market)
    if lapse is not None:
        end_plan(desk.recorder, plan, PlanEnd.EXPIRED, lapse)
        report.outcome, report.statement, report.exit_code = Outcome.ABANDONED, lapse, 1
        report.plan_end = plan.end
        return report
    return await _work(desk, plan, replace(sight, market=market), report)


async def _work(desk: Desk, plan: PlanRecord, sight: Sight, report: LookReport) -> LookReport:
    """Work a plan and say how far it came; a stop in the middle leaves it open, and so does a question."""
    if not is_approved(desk.recorder.journal, plan):
        report.outcome, report.statement = Outcome.PLAN_OPEN, f"it waits: {question_of(plan)}"
        return report
    work = Work(desk, plan, sight.market)
    try:
        await work.run()
        _tell(desk, plan, work, report)
        if not plan.open_orders():
            await reconcile(desk, "a plan's orders are over", plan=plan)
    except (CycleSkipped, BrokerUnavailable, Stopped) as error:
        _tell_stop(plan, error, report)
    report.slippages = plan.slippages()
    return report


def _tell(desk: Desk, plan: PlanRecord, work: Work, report: LookReport) -> None:
    """Say how far a plan came, and end it if nothing more can be done for it."""
    held = tuple(breach for breaches in work.held.values() for breach in breaches)
    report.breaches = (*report.breaches, *held)
    stuck = work.stuck()
    left = [leg for leg in plan.plan.legs if plan.remaining(leg)]
    unsettled = [record.intent.order_ref for record in plan.open_orders()]
    if unsettled:
        report.outcome, report.exit_code = Outcome.UNKNOWN, ReadUnknown.exit_code
        report.statement = (
            f"{', '.join(unsettled)}: not known yet what became of it; {left_of(plan)}"
        )
    elif not left and not plan.orders:
        _give_up(desk, plan, "the cash allows none of its trades", report)
    elif not left:
        end_plan(desk.recorder, plan, PlanEnd.DONE, summary_of(plan))
        report.outcome, report.statement = Outcome.TRADED, summary_of(plan)
    elif len(stuck) == len(left):
        _give_up(desk, plan, "; ".join(stuck.values()), report)
    else:
        report.outcome, report.statement = Outcome.PLAN_OPEN, left_of(plan)
        if work.short_of_cash is not None:
            report.statement, report.exit_code = f"{report.statement}; {work.short_of_cash}", 1
    report.plan_end = plan.end


def _give_up(desk: Desk, plan: PlanRecord, reason: str, report: LookReport) -> None:
    end_plan(desk.recorder, plan, PlanEnd.ABANDONED, reason)
    report.outcome, report.statement, report.exit_code = Outcome.ABANDONED, reason, 1


def _tell_stop(plan: PlanRecord, error: BotError, report: LookReport) -> None:
    """Say what stopped the work on a plan, or what was found when it was over."""
    if report.plan_end is not None:
        report.statement = f"{report.statement}; but {error}"
        report.exit_code = report.exit_code or error.exit_code
        return
    stopped = stopped_report(report.look_id, error)
    report.outcome, report.exit_code = stopped.outcome, stopped.exit_code
    report.statement = f"{stopped.statement}; plan {plan.plan.plan_id} stays open"


def _nothing_to_do(desk: Desk, sight: Sight, verdict: Verdict, *, execute: bool) -> LookReport:
    """Say why nothing is traded; calendar occurrences that were due have been looked at and are done.

    Unless the account's value is in doubt: then the weights are, too, and nobody knows whether there is nothing to do.
    """
    decision = verdict.decision
    proposal = Proposal(lines=(), base=sight.valuation.base)
    breaches = nav_difference(proposal, sight.market, desk.mandate.limits)
    if breaches:
        statement = "; ".join(breach.statement for breach in breaches)
        return LookReport(
            sight.look_id, Outcome.BLOCKED, statement, 1, verdict=verdict, breaches=breaches
        )
    occurrences = verdict.occurrences()
    if execute and occurrences:
        desk.recorder.record(
            events.OCCURRENCES_DONE, {"occurrences": list(occurrences)}, look_id=sight.look_id
        )
    statement = decision.finding.statement
    if decision.rebalance:
        statement += f"; nothing is traded: {_why_nothing(verdict)}"
    return LookReport(sight.look_id, Outcome.NOTHING_TO_DO, statement, verdict=verdict)


def _why_nothing(verdict: Verdict) -> str:
    """Return why a rebalance that is asked for trades nothing, for a person; the journal has every reason."""
    told, rest = verdict.left_out[:REASONS_TOLD], verdict.left_out[REASONS_TOLD:]
    more = (f"{len(rest)} more likewise",) if rest else ()
    return "; ".join((*told, *more)) or "whole shares come no nearer"


def _end(desk: Desk, report: LookReport) -> None:
    body = {
        "outcome": report.outcome.value,
        "statement": report.statement,
        "breaches": [records.body_of(breach) for breach in report.breaches],
    }
    keys = {"look_id": report.look_id}
    if report.plan is not None:
        keys["plan_id"] = report.plan.plan_id
    desk.recorder.record(events.LOOK_ENDED, body, **keys)
