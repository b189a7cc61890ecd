"""What differs, from a ledger and one read of the lists; nothing is asked and nothing is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.domain.account import Position
from bot.core.domain.orders import Execution, OpenOrder, OrderBooks
from bot.engine import events, records
from bot.engine.recorder import Recorder
from bot.engine.recovery.compare import compare
from bot.engine.recovery.differences import (
    RUNBOOKS,
    Effect,
    Kind,
    Reconciliation,
    difference_from,
)
from bot.engine.recovery.seen import Before, Seen
from tests.engine.recovery.conftest import CLOSE, NOW, SYMBOLS, ListJournal, intend, open_plan

NOTHING = OrderBooks((), (), ())


def seen(held, books=NOTHING, before=None, symbols=SYMBOLS):
    rows = tuple(
        Position(con_id, symbols.get(con_id, "X"), "STK", "USD", Decimal(count), Decimal(100))
        for con_id, count in held.items()
        if count
    )
    return Seen(symbols, rows, books, {}, before or Before())


def differences(recorder, now_seen, now=NOW, *, is_working=False):
    return compare(recorder, now_seen, "a1b2c3-", now, is_working=is_working)


def fill(recorder, plan_id, leg, shares, number=1):
    ref = f"a1b2c3-{plan_id}-{leg}-1"
    con_id = recorder.ledger.order(ref).intent.instrument.con_id
    execution = Execution(
        f"e.{leg}.{number}.01", ref, 1, 1, 17, con_id, "S", Decimal(shares), Decimal(100), NOW
    )
    body = records.body_of(execution)
    recorder.record(events.EXECUTION, body, plan_id=plan_id, order_ref=ref)


def working(con_id=1, order_ref="", status="Submitted", perm_id=77):
    symbol = SYMBOLS.get(con_id, "X")
    return OpenOrder(order_ref, perm_id, 0, 0, con_id, symbol, Decimal(10), None, status)


def test_before_the_first_plan_nothing_is_expected(recorder):
    assert differences(recorder, seen({1: 5})) == ()


def test_a_holding_that_differs_holds_its_symbol_and_no_other(recorder):
    open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    assert differences(recorder, seen({1: 100, 2: 50})) == ()
    (found,) = differences(recorder, seen({1: 100, 2: 49}))
    assert (found.kind, found.effect, found.symbol) == (Kind.SHARES, Effect.SYMBOL, "MSFT")
    assert (found.journal, found.broker, found.unit) == (50, 49, "shares")
    assert "MSFT is held: 49 shares held, 50 explained by our fills" in found.statement
    assert "--acknowledge MSFT" in found.remedy


def test_a_holding_that_is_gone_from_the_list_is_none_and_differs(recorder):
    open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    assert [each.broker for each in differences(recorder, seen({}))] == [0, 0]


@given(st.integers(-100, 100).filter(bool), st.integers(0, 100), st.integers(0, 100))
def test_what_own_orders_may_have_done_is_explained_and_nothing_else(wanted, part, more):
    """An order for `wanted`, of which `part` in a hundred is counted: from there to the whole it is on its way."""
    recorder = Recorder(ListJournal())
    plan_id = open_plan(recorder, {1: wanted}, {1: 1000})
    intend(recorder, plan_id, 0, "sent", "acknowledged")
    counted = wanted * part // 100 if wanted > 0 else -(-wanted * part // 100)
    if counted:
        fill(recorder, plan_id, 0, counted)
    way = (wanted - counted) * more // 100
    assert differences(recorder, seen({1: 1000 + counted + way})) == ()
    beyond = 1 if wanted > 0 else -1
    assert differences(recorder, seen({1: 1000 + wanted + beyond}))
    behind = differences(recorder, seen({1: 1000 + counted - beyond}))
    assert behind
    # While it is worked, the broker's list may be behind our fills, back to where the plan started.
    assert differences(recorder, seen({1: 1000}), is_working=True) == ()
    assert differences(recorder, seen({1: 1000 - beyond}), is_working=True)


def test_an_order_whose_fate_nobody_tells_holds_its_symbol_once_its_session_is_over(recorder):
    plan_id = open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    ref = intend(recorder, plan_id, 0, "doubted")
    (found,) = differences(recorder, seen({1: 100, 2: 50}))
    assert (found.kind, found.effect, found.subject) == (Kind.UNKNOWN_ORDER, Effect.ALL, ref)
    (found,) = differences(recorder, seen({1: 100, 2: 50}), CLOSE - timedelta(seconds=1))
    assert found.effect is Effect.ALL
    (found,) = differences(recorder, seen({1: 100, 2: 50}), CLOSE)
    assert (found.kind, found.effect, found.con_id) == (Kind.LOST_ORDER, Effect.SYMBOL, 1)
    assert "--acknowledge AAPL" in found.remedy
    # It explains no holding any more: a person is to see both.
    kinds = [each.kind for each in differences(recorder, seen({1: 93, 2: 50}), CLOSE)]
    assert kinds == [Kind.LOST_ORDER, Kind.SHARES]


def test_a_foreign_order_holds_its_symbol_and_outside_the_mandate_it_is_told(recorder):
    books = replace(NOTHING, open_orders=(working(1), working(9, perm_id=78)))
    ours, others = differences(recorder, seen({}, books))
    assert (ours.kind, ours.effect, ours.con_id) == (Kind.FOREIGN_ORDER, Effect.SYMBOL, 1)
    assert (others.effect, others.con_id) == (Effect.TOLD, 9)
    assert ours.key != others.key


def test_two_orders_without_id_and_reference_are_two(recorder):
    """Both have order id 0 and no reference: only the permId tells them apart."""
    books = replace(NOTHING, open_orders=(working(perm_id=1), working(perm_id=2)))
    assert len({each.key for each in differences(recorder, seen({}, books))}) == 2


@pytest.mark.parametrize("end", ["cancel_confirmed", "reject_confirmed", "expiry_confirmed"])
def test_an_own_order_that_works_although_the_journal_has_it_as_over_holds_its_symbol(
    recorder, end
):
    plan_id = open_plan(recorder, {1: -10}, {1: 100})
    ref = intend(recorder, plan_id, 0, "sent", end)
    books = replace(NOTHING, open_orders=(working(1, ref),))
    (found,) = differences(recorder, seen({1: 100}, books))
    assert (found.kind, found.effect) == (Kind.OVER_ORDER, Effect.SYMBOL)


def test_an_own_order_at_work_is_no_difference(recorder):
    plan_id = open_plan(recorder, {1: -10}, {1: 100})
    ref = intend(recorder, plan_id, 0, "sent", "acknowledged")
    books = replace(NOTHING, open_orders=(working(1, ref),))
    assert differences(recorder, seen({1: 100}, books)) == ()
    fill(recorder, plan_id, 0, -10)
    recorder.record(
        events.ORDER_STATE, {"event": "filled", "evidence": "test"}, plan_id=plan_id, order_ref=ref
    )
    # The list of open orders is read before the executions: it may be a moment behind.
    assert differences(recorder, seen({1: 90}, books)) == ()


def test_a_symbol_that_means_another_contract_is_held_until_a_person_accepts_it(recorder):
    """AAPL was conId 1 with 100 shares, and is conId 3 now, of which the account has 40."""
    open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    renamed = {3: "AAPL", 2: "MSFT"}
    before = Before(con_ids={"AAPL": 1, "MSFT": 2})
    now = seen({3: 40, 2: 50}, NOTHING, before, renamed)
    (found,) = differences(recorder, now)
    assert (found.kind, found.con_id, found.was) == (Kind.CONTRACT, 3, 1)
    assert (found.journal, found.broker) == (100, 40)
    recorder.record(events.HELD, found.body())
    # The next look's "look before" knows conId 3 only; the hold remembers.
    later = seen({3: 40, 2: 50}, NOTHING, Before(con_ids={"AAPL": 3, "MSFT": 2}), renamed)
    assert [each.kind for each in differences(recorder, later)] == [Kind.CONTRACT]
    recorder.record(events.POSITION_ACCEPTED, {"con_id": 3, "shares": "40"})
    assert differences(recorder, later) == ()


def test_a_new_symbol_of_the_mandate_is_no_difference(recorder):
    open_plan(recorder, {1: -10}, {1: 100})
    assert differences(recorder, seen({1: 100, 2: 7}, NOTHING, Before({"AAPL": 1}))) == ()


def test_a_plan_of_the_others_does_not_accept_what_differs(recorder):
    """MSFT is 49 where 50 are expected; the next plan brings in 49 as its start, and 50 is still expected."""
    open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    recorder.record(events.PLAN_ENDED, {"end": "expired"}, plan_id="P200601.1")
    open_plan(recorder, {1: -10}, {1: 100, 2: 49})
    assert [each.symbol for each in differences(recorder, seen({1: 100, 2: 49}))] == ["MSFT"]


def test_every_difference_comes_back_from_the_journal_as_it_went_in(recorder):
    plan_id = open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    intend(recorder, plan_id, 0, "doubted")
    books = replace(NOTHING, open_orders=(working(2),))
    found = differences(recorder, seen({1: 100, 2: 49}, books))
    assert len(found) == 3
    for each in found:
        event = recorder.journal.append(events.HELD, each.body())
        assert difference_from(event.body) == each


def test_a_result_says_what_is_held_and_what_can_be_done():
    assert set(RUNBOOKS) == set(Kind)
    recorder = Recorder(ListJournal())
    open_plan(recorder, {1: -10}, {1: 100, 2: 50})
    result = Reconciliation("test", differences(recorder, seen({1: 90, 2: 50})))
    assert (result.is_clean, result.held, result.holds_all) == (False, {1}, False)
    assert result.told().endswith("`bot reconcile --acknowledge AAPL --reason TEXT`")
    assert Reconciliation("test", ()).is_clean
