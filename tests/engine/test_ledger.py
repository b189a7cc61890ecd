"""The ledger's arithmetic, in worked numbers, and fills counted once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.orders import Commission
from bot.core.machines.order import OrderState
from bot.engine.cycle import look
from bot.engine.order_record import OrderRecord, fill_key


@given(st.from_regex(r"[0-9a-f]{8}\.[0-9a-f]{8}\.[0-9a-f]{2}", fullmatch=True), st.integers(0, 99))
def test_a_correction_names_the_same_fill_with_a_higher_revision(fill, revision):
    assert fill_key(f"{fill}.{revision:02d}") == (fill, revision)


def test_an_id_of_another_form_is_a_fill_of_its_own():
    assert fill_key("manual") == ("manual", 0)
    assert fill_key("a.b.xx") == ("a.b.xx", 0)


async def test_a_fill_is_counted_once_and_a_correction_replaces_it(world, desk):
    await look(desk, execute=True)
    record = next(iter(next(iter(desk.recorder.ledger.plans.values())).orders.values()))
    fill = next(iter(record.fills.values()))
    before = record.filled
    desk.tracker.count(fill)
    assert record.filled == before
    assert record.has(fill.execution_id)
    assert not record.has(fill.execution_id[:-2] + "02")


async def test_cash_for_buys_is_start_plus_proceeds_less_costs_less_working_buys(
    desk, opened, first_intent
):
    """5,000.00 at the start; 10 sold at 100.00 for 1.00 commission; a buy of 3 at 50.00 still works.

    5,000 + 1,000 - 1 - 150 = 5,849.
    """
    sell = OrderRecord(replace(first_intent, shares=-10), OrderState.FILLED, desk.clock.now())
    sell.fills["a"] = _fill(first_intent, -10, "100.00")
    sell.commissions["a.01"] = Commission("a.01", Decimal("1.00"), "USD")
    working = replace(first_intent, order_ref="w", shares=3, limit_price=Decimal("50.00"), leg=2)
    buy = OrderRecord(working, OrderState.WORKING, desk.clock.now())
    opened.orders.update({"s": sell, "w": buy})
    assert opened.cash_now() == Decimal("5849.00")
    # Of the working buy, one share is filled at 49.00: 5,000 + 1,000 - 1 - 49 - 100 = 5,850.
    buy.fills["b"] = _fill(working, 1, "49.00")
    assert opened.cash_now() == Decimal("5850.00")


async def test_what_is_left_of_a_leg_counts_what_may_still_fill(desk, opened, first_intent):
    """A leg of -474: 100 filled of a cancelled attempt, then nothing works: 374 left; trimmed by 74: 300."""
    leg = opened.plan.legs[0]
    assert leg.shares == -474
    first = OrderRecord(first_intent, OrderState.WORKING, desk.clock.now())
    opened.orders["1"] = first
    assert opened.remaining(leg) == 0
    first.fills["a"] = _fill(first_intent, -100, "177.00")
    first.state = OrderState.CANCELLED
    assert opened.remaining(leg) == -374
    opened.trimmed[0] = -74
    assert opened.remaining(leg) == -300


async def test_what_a_session_traded_adds_up_both_sides_and_what_may_still_fill(
    desk, opened, first_intent
):
    """A sell of 474, of which 100 filled before it was cancelled; 30 bought back; a buy of 5 that may still fill.

    100 + 30 + 5 = 135. The plan was made at its `created_at`: from a moment later on there is nothing.
    """
    cancelled = OrderRecord(first_intent, OrderState.CANCELLED, desk.clock.now())
    cancelled.fills["a"] = _fill(first_intent, -100, "177.00")
    bought = OrderRecord(replace(first_intent, shares=30), OrderState.FILLED, desk.clock.now())
    bought.fills["b"] = _fill(first_intent, 30, "177.00")
    working = OrderRecord(replace(first_intent, shares=5), OrderState.WORKING, desk.clock.now())
    opened.orders.update({"1": cancelled, "2": bought, "3": working})
    con_id, made_at = first_intent.instrument.con_id, opened.plan.created_at
    ledger = desk.recorder.ledger
    assert ledger.shares_traded(made_at) == {con_id: Decimal(135)}
    assert ledger.shares_traded(made_at + timedelta(microseconds=1)) == {}


def _fill(intent, shares, price):
    from datetime import UTC, datetime  # noqa: PLC0415

    from bot.core.domain.orders import Execution  # noqa: PLC0415

    return Execution(
        execution_id="a.01",
        order_ref=intent.order_ref,
        perm_id=1,
        order_id=1,
        client_id=17,
        con_id=intent.instrument.con_id,
        symbol=intent.instrument.symbol,
        shares=Decimal(shares),
        price=Decimal(price),
        executed_at=datetime(2020, 6, 1, 15, 0, tzinfo=UTC),
    )
