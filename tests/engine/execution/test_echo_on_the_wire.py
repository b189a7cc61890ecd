"""An order that the broker has with other terms than were sent: cancelled, its leg stopped, and what is grave halts."""

from __future__ import annotations

import pytest

from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recorder import Recorder
from bot.engine.report import Outcome
from bot.errors import HaltRequired
from bot.live.supervisor import supervised_look


def orders_of(desk):
    return [
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    ]


@pytest.mark.settings('settle_s = 0.3\nladder = ["adaptive"]')
@pytest.mark.parametrize(
    ("term", "value", "found"),
    [
        ("order_type", "MKT", "MKT"),
        ("account", "DU7654321", "DU7654321"),
        ("action", "BUY", "found 474"),
    ],
)
async def test_a_market_order_or_another_account_halts_and_what_works_is_cancelled(
    world, desk, term, value, found, wait_until
):
    """Adaptive that the gateway turned into a market order; a default account in place of ours."""
    world.behaviour.fill = "none"
    world.gateway.strike("altered-echo", term=term, value=value, symbol="MSFT")
    with pytest.raises(HaltRequired, match=r"MSFT: the broker has .* with other terms"):
        await supervised_look(desk, execute=True)
    assert desk.switch.is_halted()
    assert found in desk.switch.reason()
    await wait_until(
        lambda: {order.status.value for order in world.gateway.orders} == {"Cancelled"}
    )
    sent = len(world.gateway.orders)
    world.gateway.end_fault("altered-echo")
    assert (await look(desk, execute=True)).outcome is Outcome.HALTED
    assert len(world.gateway.orders) == sent


@pytest.mark.settings('settle_s = 0.3\nladder = ["adaptive", "limit"]\norder_timeout_s = 30')
@pytest.mark.parametrize(
    ("term", "value"),
    [("algorithm", ""), ("time_in_force", "GTC")],
)
async def test_another_term_cancels_the_order_and_stops_its_leg_and_no_other(
    world, desk, term, value
):
    world.behaviour.fill_delay_s = 0.5
    world.gateway.strike("altered-echo", term=term, value=value, symbol="MSFT")
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.ABANDONED, report.statement
    assert "with other terms than were sent" in report.statement
    (altered,) = [record for record in orders_of(desk) if record.intent.instrument.symbol == "MSFT"]
    by_ref = {order.ticket.order_ref: order for order in world.gateway.orders}
    assert by_ref[altered.intent.order_ref].status.value == "Cancelled"
    (told,) = desk.recorder.journal.events(kinds=[events.ORDER_ALTERED])
    assert told.order_ref == altered.intent.order_ref
    others = [record for record in orders_of(desk) if record is not altered]
    assert others
    assert all(record.filled == record.intent.shares for record in others)


@pytest.mark.settings('settle_s = 0.3\nladder = ["adaptive"]')
async def test_the_terms_that_were_sent_come_back_as_they_were(world, desk):
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert desk.recorder.journal.events(kinds=[events.ORDER_ALTERED]) == ()
    assert {order.ticket.algorithm for order in world.gateway.orders} == {"Adaptive"}


async def test_a_restart_still_knows_that_an_order_was_altered(world, desk):
    world.behaviour.fill_delay_s = 0.5
    world.gateway.strike("altered-echo", term="time_in_force", value="GTC", symbol="MSFT")
    await look(desk, execute=True)
    again = Recorder(desk.recorder.journal)
    assert again.ledger.plans == desk.recorder.ledger.plans
    assert [record.altered is not None for record in orders_of(desk)].count(True) == 1
