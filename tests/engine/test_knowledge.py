"""What a decision knows: only what is asked for, the same after a crash, and enough in the journal to decide again."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from bot.core.domain.history import History
from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.cooldown import Cooldown
from bot.core.policy.drawdown import Drawdown
from bot.core.policy.minimum_interval import MinimumInterval
from bot.core.policy.trend import Trend
from bot.core.policy.volatility_index import VolatilityIndex
from bot.core.targets.static import StaticWeights
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.histories import history_body, history_from
from bot.engine.knowledge import VOLUME_SESSIONS, Knowledge, knowledge_from, needs_of
from bot.engine.recorder import Recorder
from bot.engine.replay import decide_again, snapshot_from
from bot.engine.report import Outcome
from bot.errors import InvariantBroken

BAND = AbsoluteBand(width=0.05)
TREND = Trend(symbol="AAPL", sessions=50)
QUIET = VolatilityIndex(index="VIX", level_max=30.0)
EVERYTHING = AllOf(
    (
        BAND,
        AnyOf((TREND, QUIET)),
        Drawdown(enter=0.2, leave=0.1),
        Cooldown(sessions=3),
        MinimumInterval(days=2),
    )
)


def with_rule(desk, rule):
    return replace(desk, mandate=replace(desk.mandate, policy=rule))


def bodies(desk, kind):
    return [event.body for event in desk.recorder.journal.events(kinds=[kind])]


def asked(world, message_id):
    return sum(message.fields[0] == message_id for message in world.gateway.messages)


async def test_what_no_rule_asks_for_is_not_told_to_any(world, desk):
    report = await look(desk, execute=False)
    assert report.outcome is Outcome.WOULD_TRADE
    (decision,) = bodies(desk, events.DECISION)
    assert decision["knowledge"] == {
        "history": "",
        "history_sessions": 0,
        "values": None,
        "flows": None,
        "sessions_since_trade": None,
        "days_since_trade": None,
        "levels": {},
        "unknown": [],
    }
    # Guards ask for a month of volumes all the same, one request for an instrument.
    (history,) = bodies(desk, events.HISTORY)
    assert (len(history["sessions"]), len(history["volumes"])) == (20, 20)
    assert asked(world, "20") == 10


async def test_what_is_asked_for_is_known_and_journaled_with_the_decision(world, desk):
    desk = with_rule(desk, EVERYTHING)
    report = await look(desk, execute=False)
    assert report.outcome is Outcome.WOULD_TRADE, report.statement
    (decision,) = bodies(desk, events.DECISION)
    (history,) = bodies(desk, events.HISTORY)
    assert decision["knowledge"] == {
        "history": history["digest"],
        "history_sessions": 50,
        "values": [1.0],
        "flows": None,
        "sessions_since_trade": "never",
        "days_since_trade": "never",
        "levels": {"VIX": 20.0},
        "unknown": [],
    }
    assert decision["source"] == "the weights as written, 1.00 % cash"
    assert len(history["sessions"]) == 50
    assert history["sessions"][-1] == "2020-05-29"
    assert len(history["con_ids"]) == 10


async def test_a_history_is_asked_for_once_a_session_also_across_a_restart(world, desk):
    desk = with_rule(desk, AllOf((BAND, TREND)))
    for _ in range(2):
        await look(desk, execute=False)
    again = replace(desk, recorder=Recorder(desk.recorder.journal))
    await look(again, execute=False)
    assert asked(world, "20") == 10
    assert len(bodies(desk, events.HISTORY)) == 1
    digests = {decision["knowledge"]["history"] for decision in bodies(desk, events.DECISION)}
    assert len(digests) == 1


async def test_a_shorter_need_is_met_by_the_history_that_is_there(world, desk):
    await look(with_rule(desk, AllOf((BAND, TREND))), execute=False)
    shorter = with_rule(desk, AllOf((BAND, replace(TREND, sessions=20))))
    await look(shorter, execute=False)
    assert asked(world, "20") == 10
    first, second = bodies(desk, events.DECISION)
    assert first["knowledge"]["history"] == second["knowledge"]["history"]
    assert second["knowledge"]["history_sessions"] == 20
    longer = with_rule(desk, AllOf((BAND, replace(TREND, sessions=60))))
    await look(longer, execute=False)
    assert asked(world, "20") == 20
    assert len(bodies(desk, events.HISTORY)) == 2


async def test_a_history_that_cannot_be_had_ends_the_look_as_unknown(world, desk):
    """The line names the rule, what it needs, the instrument and the broker's reason; nothing is decided."""
    world.gateway.strike("farms-down", farm="history")
    report = await look(with_rule(desk, AllOf((BAND, TREND))), execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.UNKNOWN, 69)
    assert report.statement.startswith("trend needs 50 sessions of price history, which is unknown")
    assert "ib:history: AAPL: 162 " in report.statement
    assert bodies(desk, events.DECISION) == []
    assert bodies(desk, events.LOOK_ENDED)[0]["statement"] == report.statement
    assert world.gateway.orders == ()


async def test_an_index_that_cannot_be_read_ends_the_look_as_unknown(world, desk):
    rule = AllOf((BAND, VolatilityIndex(index="VOX", level_max=30.0)))
    report = await look(with_rule(desk, rule), execute=True)
    assert report.outcome is Outcome.UNKNOWN
    assert report.statement == (
        "volatility_index needs the level of VOX, which is unknown: nothing is decided without it;"
        " ib:levels:VOX: no such index is known here; there is VIX, SPX"
    )
    assert world.gateway.orders == ()


async def test_after_a_trade_the_sessions_since_are_counted(world, desk):
    first = await look(desk, execute=True)
    assert first.outcome is Outcome.TRADED
    desk = with_rule(desk, AllOf((AbsoluteBand(width=0.0001), Cooldown(sessions=3))))
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.NOTHING_TO_DO, report.statement
    knowledge = bodies(desk, events.DECISION)[-1]["knowledge"]
    assert (knowledge["sessions_since_trade"], knowledge["days_since_trade"]) == (0, 0)


def with_participation(desk, part):
    rules = replace(desk.mandate.planner_rules, participation_max=part)
    return replace(desk, mandate=replace(desk.mandate, planner_rules=rules))


async def test_a_participation_needs_volumes_of_a_month(world, desk):
    """The gateway declares 10 million shares of GE a day: 1e-5 of them are 100, where 1,652 are wanted."""
    assert needs_of(desk.mandate).history_sessions == 0
    desk = with_participation(desk, 1e-5)
    assert needs_of(desk.mandate).history_sessions == VOLUME_SESSIONS == 20
    report = await look(desk, execute=False)
    assert report.outcome is Outcome.WOULD_TRADE, report.statement
    (history,) = bodies(desk, events.HISTORY)
    for leg in report.plan.legs:
        column = history["con_ids"].index(leg.instrument.con_id)
        volume = sum(row[column] for row in history["volumes"]) / 20
        assert abs(leg.shares) <= volume * 1e-5
    legs = {leg.instrument.symbol: leg for leg in report.plan.legs}
    assert legs["GE"].shares == 100
    assert legs["GE"].reason.endswith("cut: its part of the daily volume is used up")


async def test_a_history_that_a_rule_asked_for_serves_the_guards_as_well(world, desk):
    trend = with_rule(desk, AllOf((BAND, TREND)))
    await look(trend, execute=False)
    assert len(bodies(desk, events.HISTORY)[0]["volumes"]) == 50
    await look(with_participation(trend, 0.05), execute=False)
    await look(desk, execute=False)
    assert asked(world, "20") == 10


async def test_a_history_without_volumes_is_asked_for_again(world, desk):
    """As an older journal has it: closes alone, which no order can be measured by."""
    await look(desk, execute=False)
    (history,) = bodies(desk, events.HISTORY)
    desk.recorder.record(events.HISTORY, {**history, "volumes": None})
    await look(desk, execute=False)
    assert asked(world, "20") == 20


async def test_without_volumes_no_order_leaves_and_the_look_says_why(world, desk):
    world.gateway.strike("farms-down", farm="history")
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.BLOCKED
    assert "the daily volume is unknown: AAPL: 162 " in report.statement
    assert world.gateway.orders == ()


async def test_a_look_that_trades_nothing_of_what_is_asked_says_why_in_one_line(world, desk):
    """With 1e-9 of the volume nobody may trade a share: every reason is in the journal, three are told."""
    report = await look(with_participation(desk, 1e-9), execute=False)
    assert report.outcome is Outcome.NOTHING_TO_DO
    (decision,) = bodies(desk, events.DECISION)
    missing = decision["left_out"]
    assert len(missing) > 3
    told = "; ".join(missing[:3])
    end = f"; nothing is traded: {told}; {len(missing) - 3} more likewise"
    assert report.statement == report.decision.finding.statement + end


async def test_without_volumes_nothing_is_planned(world, desk):
    world.gateway.strike("farms-down", farm="history")
    report = await look(with_participation(desk, 0.05), execute=True)
    assert report.outcome is Outcome.UNKNOWN
    assert report.statement.startswith("participation_max needs the average daily volumes")
    assert "ib:history: AAPL: 162 " in report.statement
    assert world.gateway.orders == ()


@pytest.mark.parametrize("rule", [BAND, EVERYTHING])
async def test_a_decision_is_made_again_from_the_journal_alone(world, desk, rule):
    desk = with_rule(desk, rule)
    world.gateway.strike("cash-flow", amount="5000")
    for execute in (False, True, True):
        await look(desk, execute=execute)
    made = desk.recorder.journal.events(kinds=[events.DECISION])
    assert len(made) == 3
    for event in made:
        again = decide_again(desk.mandate, desk.recorder.journal, str(event.look_id))
        probe = desk.recorder.journal.append("probe", again.body())
        assert probe.body == event.body


async def test_a_look_that_decided_nothing_cannot_be_decided_again(world, desk):
    desk.switch.halt("test")
    report = await look(desk, execute=True)
    with pytest.raises(InvariantBroken, match=f"look {report.look_id} asked no policy"):
        decide_again(desk.mandate, desk.recorder.journal, report.look_id)


async def test_a_look_outside_a_session_cannot_have_decided(world, desk):
    report = await look(desk, execute=False)
    journal = desk.recorder.journal
    (seen,) = journal.events(kinds=[events.SNAPSHOT])
    (decided,) = journal.events(kinds=[events.DECISION])
    journal.append(events.SNAPSHOT, {**seen.body, "session": None}, look_id="L999")
    journal.append(events.DECISION, decided.body, look_id="L999")
    with pytest.raises(InvariantBroken, match="look L999 decided outside a session"):
        decide_again(desk.mandate, journal, "L999")
    lost = {**decided.body, "knowledge": {**decided.body["knowledge"], "history": "beef"}}
    journal.append(events.DECISION, lost, look_id=report.look_id)
    with pytest.raises(InvariantBroken, match="the journal has no history beef"):
        decide_again(desk.mandate, journal, report.look_id)


class Nowhere(StaticWeights):
    """A source that has no weights today."""

    __slots__ = ()

    def weights(self, state):
        message = f"no weights on {state.on}"
        raise ValueError(message)


async def test_a_source_without_weights_ends_the_look_with_its_reason(world, desk):
    desk = replace(desk, mandate=replace(desk.mandate, targets=Nowhere()))
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.BLOCKED, 1)
    assert report.statement == "there are no target weights now: no weights on 2020-06-01"
    assert world.gateway.orders == ()


# -- values, there and back


@pytest.mark.settings("settle_s = 0.3", **{"port = ": "request_timeout_s = 0.5\nport = "})
async def test_a_snapshot_comes_back_from_the_journal_as_it_went_in(world, desk):
    """All but the orders. One read did not end, and one account has no position at all."""
    await look(desk, execute=False)
    world.gateway.strike("positions-empty")
    await look(desk, execute=False)
    world.gateway.strike("positions-endless")
    await look(desk, execute=False)
    kinds = []
    for event in desk.recorder.journal.events(kinds=[events.SNAPSHOT]):
        snapshot = snapshot_from(event.body)
        kinds.append(type(snapshot.positions))
        probe = desk.recorder.journal.append("probe", records.body_of(snapshot)).body
        assert {**probe, "orders": None} == {**event.body, "orders": None}
    assert kinds == [Known, ConfirmedEmpty, Unknown]


def test_knowledge_comes_back_from_the_journal_as_it_went_in():
    days = (date(2020, 5, 28), date(2020, 5, 29))
    history = History(days, np.array([[[1.0, 2.0], [1.5, 2.5]]]))
    knowledge = Knowledge(
        history=history,
        history_digest="abc",
        values=(1.0, 1.25),
        flows=-0.01,
        sessions_since_trade=math.inf,
        days_since_trade=4.0,
        levels={"VIX": 17.5},
        unknown=("a: b",),
    )
    body = knowledge.body()
    assert (body["sessions_since_trade"], body["days_since_trade"]) == ("never", 4.0)
    again = knowledge_from(body, history)
    assert again.history is not None
    assert again.history.closes.tolist() == history.closes.tolist()
    assert replace(again, history=None) == replace(knowledge, history=None)
    assert knowledge_from(Knowledge().body(), None) == Knowledge()


@pytest.mark.parametrize("volumes", [None, np.array([[[7.0], [9.0]]])])
async def test_a_history_comes_back_from_the_journal_bit_for_bit(desk, opened, volumes):
    days = (date(2020, 5, 28), date(2020, 5, 29))
    history = History(days, np.array([[[0.1 + 0.2], [1 / 3]]]), volumes)
    instruments = [opened.plan.legs[0].instrument]
    body = history_body(instruments, history)
    event = desk.recorder.journal.append(events.HISTORY, body)
    again = history_from(event.body)
    assert again.sessions == days
    assert np.array_equal(again.closes, history.closes)
    assert (again.volumes is None) == (volumes is None)
    other = replace(history, closes=history.closes * 2)
    assert history_body(instruments, other)["digest"] != body["digest"]
    assert len(body["digest"]) == 64
