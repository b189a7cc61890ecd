"""A broker's cash that is behind our fills buys nothing, and is no deposit: it would be spent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.any_of import AnyOf
from bot.core.policy.cash_flow import CashFlow
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recorder import Recorder
from bot.engine.report import Outcome

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.order_record import OrderRecord
    from tests.conftest import World

CASH = "TotalCashValue"


@pytest.fixture
async def traded(world: World, desk: Desk) -> Desk:
    """The demo's first plan was carried out: two sells, then seven buys. Cash above 1.1 % is invested."""
    rule = AnyOf((AbsoluteBand(width=0.05), CashFlow(excess_max=0.001)))
    desk = replace(desk, mandate=replace(desk.mandate, policy=rule))
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert len(world.gateway.orders) == 9
    return desk


def orders_of(desk: Desk) -> list[OrderRecord]:
    return [each for plan in desk.recorder.ledger.plans.values() for each in plan.orders.values()]


def cash_then(desk: Desk) -> Decimal:
    """What the newest look that was journaled found."""
    newest = desk.recorder.worth.newest
    assert newest is not None
    return newest.cash


async def test_a_deposit_is_not_invested_twice_while_the_cash_stands_still(
    world: World, traded: Desk
) -> None:
    await look(traded, execute=True)
    world.gateway.strike("cash-flow", amount="5000")
    stale = cash_then(traded) + 5000
    world.gateway.strike("account-value", key=CASH, value=str(stale))
    report = await look(traded, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    count, last = len(world.gateway.orders), orders_of(traded)[-1].intent.order_ref
    assert count == 10
    again = await look(traded, execute=True)
    assert (again.outcome, again.exit_code) == (Outcome.UNKNOWN, 69)
    assert again.statement == (
        f"the broker's cash is {stale} USD, without what {last} filled: it is behind, and nothing is decided until it"
        " is not"
    )
    assert len(world.gateway.orders) == count
    # Nor is it a step of the path: a flow that came and went.
    valued = traded.recorder.journal.events(kinds=[events.VALUED])
    assert [event.body["flow"] for event in valued] == ["0", "0.00", "5000.00"]
    world.gateway.faults.end_all()
    after = await look(traded, execute=True)
    assert after.outcome is Outcome.NOTHING_TO_DO, after.statement
    assert traded.recorder.worth.newest is not None
    assert traded.recorder.worth.newest.flow == 0


async def test_cash_that_has_the_sells_and_not_the_buys_is_behind(traded: Desk) -> None:
    worth, orders = traded.recorder.worth, orders_of(traded)
    session = traded.calendar.session_at(traded.clock.now())
    assert session is not None
    # Buys and sells alternate nowhere: sells first. Of nine orders the cash has two.
    assert [order.intent.shares < 0 for order in orders] == [True] * 2 + [False] * 7
    taken_in = cash_then(traded) + orders[0].cash_flow + orders[1].cash_flow
    late = tuple(order.intent.order_ref for order in orders[2:])
    assert worth.lacking(session.held_on, taken_in) == late
    # To a cent for each order and one: the broker rounds.
    assert worth.lacking(session.held_on, taken_in + Decimal("0.10")) == late
    assert worth.lacking(session.held_on, taken_in + Decimal("0.11")) == ()
    # With all of them, and with a deposit on top, nothing lacks.
    explained = cash_then(traded) + sum((order.cash_flow for order in orders), Decimal(0))
    assert worth.lacking(session.held_on, explained) == ()
    assert worth.lacking(session.held_on, explained + 5000) == ()
    # A restart knows the same; by the next session the broker has closed its books.
    again = Recorder(traded.recorder.journal).worth
    assert again.lacking(session.held_on, taken_in) == late
    assert again.lacking(session.held_on + timedelta(days=1), taken_in) == ()


async def test_a_commission_that_is_reported_late_was_in_the_cash_all_along(traded: Desk) -> None:
    await look(traded, execute=True)
    session = traded.calendar.session_at(traded.clock.now())
    assert session is not None
    order, cash = orders_of(traded)[0], cash_then(traded)
    fill = next(iter(order.fills.values())).execution_id
    before = order.costs
    body = {"execution_id": fill, "amount": str(before + 7), "currency": "USD"}
    keys = {"plan_id": order.intent.plan_id, "order_ref": order.intent.order_ref}
    traded.recorder.record(events.COMMISSION, body, **keys)
    assert order.costs > before
    assert traded.recorder.worth.lacking(session.held_on, cash) == ()
    report = await look(traded, execute=True)
    assert report.outcome is Outcome.NOTHING_TO_DO, report.statement


async def test_before_the_first_look_nothing_lacks(desk: Desk) -> None:
    assert desk.recorder.worth.lacking(date(2020, 6, 1), Decimal(1)) == ()
