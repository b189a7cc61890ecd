"""Each class of the table of codes, on the wire: what follows for the orders after the one that it names."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bot.core.domain.orders import Consequence, OrderError
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.report import Outcome


def orders_of(desk):
    return [
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    ]


def attempts(desk):
    """How many orders were journaled for each symbol."""
    return Counter(record.intent.instrument.symbol for record in orders_of(desk))


def of_first(desk):
    """The orders of the symbol that the first order was for."""
    first = orders_of(desk)[0].intent.instrument
    return [record for record in orders_of(desk) if record.intent.instrument == first]


async def test_notices_about_a_live_order_bring_no_second_one(world, desk):
    """What client libraries make a local Cancelled of: a preset, a closed exchange, an ignored flag, a locate."""
    world.behaviour.fill_delay_s = 0.2
    codes = (10349, 399, 2109, 404)
    for code in codes:
        world.gateway.strike("order-notice", code=code, count=0)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert set(attempts(desk).values()) == {1}
    told = desk.recorder.journal.events(kinds=[events.ORDER_ERROR])
    assert Counter(event.body["code"] for event in told) == dict.fromkeys(
        codes, len(orders_of(desk))
    )


async def test_an_unknown_code_is_looked_up_and_the_order_goes_on(world, desk):
    world.behaviour.fill_delay_s = 0.2
    world.gateway.strike("order-notice", code=4711, text="something new", count=0)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert set(attempts(desk).values()) == {1}


async def test_whatever_is_not_a_mere_notice_is_looked_up_in_the_lists(
    world, desk, opened, first_intent
):
    """A hint and no more: the order's state stays what it is."""
    body, ref = records.body_of(first_intent), first_intent.order_ref
    desk.recorder.record(events.ORDER_INTENT, body, plan_id=first_intent.plan_id, order_ref=ref)
    record = opened.orders[ref]
    desk.tracker.move(record, OrderEvent.SENT, "written")
    for consequence in Consequence:
        desk.tracker.perhaps_over.clear()
        error = OrderError(ref, 1, "words", is_refusal=False, consequence=consequence)
        desk.tracker.take(error)
        is_asked_about = ref in desk.tracker.perhaps_over
        assert is_asked_about == (consequence is not Consequence.INFORMATIONAL)
        assert record.state is OrderState.SENT


@pytest.mark.parametrize("code", [201, 200])
async def test_a_refused_order_or_symbol_is_not_tried_again_and_stops_no_other(world, desk, code):
    world.gateway.strike("rejected-order", code=code, text="no")
    report = await look(desk, execute=True)
    assert (report.outcome, report.exit_code) == (Outcome.ABANDONED, 1), report.statement
    assert [record.intent.attempt for record in of_first(desk)] == [1]
    assert f"refused by the broker, error {code}: no" in report.statement
    refused = of_first(desk)[0].intent.instrument.symbol
    filled = {symbol for symbol, shares in world.filled().items() if shares}
    assert filled == set(attempts(desk)) - {refused}
    assert any(record.intent.shares > 0 and record.filled for record in orders_of(desk))


@pytest.mark.parametrize(
    ("code", "text"),
    [(435, "You must specify an account."), (321, "The API is in Read-Only mode.")],
)
async def test_what_no_order_of_the_account_would_pass_ends_the_run(world, desk, code, text):
    """The sells of the first round are out already; not one buy follows."""
    world.gateway.strike("rejected-order", code=code, text=text)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert "nothing more is sent under this plan" in report.statement
    assert all(record.intent.shares < 0 for record in orders_of(desk))
    again = await look(desk, execute=True)
    assert "given up in this session" in again.statement


async def test_an_invalid_request_that_is_not_read_only_concerns_its_order_alone(world, desk):
    world.gateway.strike("rejected-order", code=321, text="Invalid something")
    await look(desk, execute=True)
    assert any(record.intent.shares > 0 and record.filled for record in orders_of(desk))


async def test_a_number_that_was_used_before_is_left_out_and_the_order_made_once_more(world, desk):
    world.gateway.strike("rejected-order", code=103)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    first, second = of_first(desk)
    assert (first.state, second.state) == (OrderState.NEVER_ARRIVED, OrderState.FILLED)
    assert first.intent.order_ref != second.intent.order_ref
    numbers = {order.ticket.order_ref: order.ticket.order_id for order in world.gateway.orders}
    others = [
        number
        for ref, number in numbers.items()
        if ref not in {first.intent.order_ref, second.intent.order_ref}
    ]
    assert numbers[second.intent.order_ref] > min(others) + 900


async def test_a_price_off_the_tick_is_rounded_once_more_to_a_coarser_grid(world, desk):
    world.gateway.strike("rejected-order", code=110)
    await look(desk, execute=True)
    first, second = of_first(desk)[:2]
    assert second.intent.limit_price % 1 * 10 % 1 == 0
    # A sale is rounded up: never more aggressive than the first one at the same quote.
    assert second.intent.limit_price >= first.intent.limit_price - 1
    assert first.consequence is Consequence.PRICE_GRID


async def test_a_price_that_is_off_the_tick_twice_gives_its_leg_up(world, desk):
    """Of the two sells in the first round the first is refused, and its second order too."""
    world.gateway.strike("rejected-order", code=110, count=4)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert len(of_first(desk)) == 2


@pytest.mark.settings('settle_s = 0.3\nladder = ["adaptive", "limit"]')
async def test_a_style_that_is_refused_makes_room_for_the_next(world, desk):
    world.gateway.strike("rejected-order", code=442, text="not with this order")
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert [record.intent.style for record in of_first(desk)] == ["adaptive", "limit"]
    assert {record.intent.style for record in orders_of(desk)[1:]} == {"adaptive", "limit"}


@pytest.mark.settings("settle_s = 0.3\norder_timeout_s = 0.3\nacknowledge_timeout_s = 0.5")
@pytest.mark.parametrize("code", [10147])
async def test_a_cancel_that_is_refused_brings_no_second_order_while_the_first_lives(
    world, desk, code, wait_until
):
    world.behaviour.fill = "none"
    world.gateway.strike("cancel-rejected", code=code, text="no")
    working = asyncio.create_task(look(desk, execute=True))
    await wait_until(lambda: len(of_first(desk)) == 2 if orders_of(desk) else False)
    by_ref = {order.ticket.order_ref: order for order in world.gateway.orders}
    first = of_first(desk)[0]
    assert by_ref[first.intent.order_ref].status.value == "Cancelled"
    assert first.state is OrderState.CANCELLED
    world.behaviour.fill = "full"
    report = await working
    assert report.outcome is Outcome.TRADED, report.statement


@pytest.mark.settings("settle_s = 0.3\norder_timeout_s = 0.3")
async def test_a_cancel_that_came_too_late_counts_the_fill(world, desk):
    """10148, the order is Filled: the broker traded before it looked at the cancel."""
    world.behaviour.fill = "none"
    world.gateway.strike("cancel-race", count=0)
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert set(attempts(desk).values()) == {1}
    assert {record.state for record in orders_of(desk)} == {OrderState.FILLED}
