"""The plans of one session trade no more of an instrument than one plan may: what was traded of it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.policy.absolute_band import AbsoluteBand
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.knowledge import Knowledge, knowledge_from
from bot.engine.recorder import Recorder
from bot.engine.replay import decide_again
from bot.engine.report import Outcome

if TYPE_CHECKING:
    from typing import Any

    from bot.engine.desk import Desk
    from tests.conftest import World

# Of GE, of which 10 million shares a day are traded, 1e-5 are 100, and 1,652 are wanted.
PART = 1e-5


def with_participation(desk: Desk) -> Desk:
    rules = replace(desk.mandate.planner_rules, participation_max=PART)
    mandate = replace(desk.mandate, planner_rules=rules, policy=AbsoluteBand(width=0.02))
    return replace(desk, mandate=mandate)


def decisions(desk: Desk) -> list[dict[str, Any]]:
    return [event.body for event in desk.recorder.journal.events(kinds=[events.DECISION])]


def traded_by_symbol(desk: Desk) -> dict[str, int]:
    """Count what was filled, both sides, from the plans themselves."""
    found: dict[str, int] = {}
    for plan in desk.recorder.ledger.plans.values():
        for leg in plan.plan.legs:
            symbol = leg.instrument.symbol
            found[symbol] = found.get(symbol, 0) + abs(int(plan.filled(leg)))
    return found


async def test_a_second_plan_of_the_session_has_what_the_first_one_left(
    world: World, desk: Desk
) -> None:
    """The part of GE is 100 shares: the first plan takes them all, the second one gets none, nor after a restart."""
    desk = with_participation(desk)
    first = await look(desk, execute=True)
    assert first.outcome is Outcome.TRADED, first.statement
    assert traded_by_symbol(desk)["GE"] == 100
    count = len(world.gateway.orders)
    for again in (desk, replace(desk, recorder=Recorder(desk.recorder.journal))):
        report = await look(again, execute=False)
        assert report.outcome is Outcome.NOTHING_TO_DO, report.statement
        assert report.statement.count("no trade: its part of the daily volume is used up") == 3
    before, after, restarted = (each["knowledge"]["shares_traded"] for each in decisions(desk))
    assert before == {}
    assert after == restarted
    ge = next(leg.instrument.con_id for leg in first.plan.legs if leg.instrument.symbol == "GE")
    assert after[str(ge)] == 100.0
    assert len(world.gateway.orders) == count


async def test_what_was_traded_in_an_earlier_session_does_not_count(
    world: World, desk: Desk
) -> None:
    desk = with_participation(desk)
    await look(desk, execute=True)
    session = desk.calendar.session_at(desk.clock.now())
    assert session is not None
    ledger = desk.recorder.ledger
    assert ledger.shares_traded(session.opens_at) != {}
    assert ledger.shares_traded(session.opens_at + timedelta(days=1)) == {}
    assert world.gateway.orders


async def test_decisions_are_made_again_also_of_a_journal_that_did_not_count(
    world: World, desk: Desk
) -> None:
    """Where the journal does not say what was traded, the decision was made without, and is made so again."""
    desk = with_participation(desk)
    for _ in range(2):
        await look(desk, execute=True)
    journal = desk.recorder.journal
    made = journal.events(kinds=[events.DECISION])
    assert [bool(event.body["legs"]) for event in made] == [True, False]
    for event in made:
        again = decide_again(desk.mandate, journal, str(event.look_id))
        assert journal.append("probe", again.body()).body == event.body
    # The second look as a bot would have journaled it that did not count.
    older = {**made[1].body, "knowledge": dict(made[1].body["knowledge"])}
    del older["knowledge"]["shares_traded"]
    journal.append(events.DECISION, older, look_id=str(made[1].look_id))
    uncounted = decide_again(desk.mandate, journal, str(made[1].look_id))
    assert "shares_traded" not in uncounted.knowledge.body()
    legs = {leg.instrument.symbol: leg.shares for leg in uncounted.legs}
    assert legs["GE"] == 100
    assert world.gateway.orders


def test_what_was_traded_comes_back_from_the_journal_by_number() -> None:
    knowledge = Knowledge(shares_traded={7: 100.0, 9: 0.0})
    assert knowledge.body()["shares_traded"] == {"7": 100.0, "9": 0.0}
    assert knowledge_from(knowledge.body(), None) == knowledge
    assert "shares_traded" not in Knowledge().body()
