"""Questions, the event queue and order ids, without a gateway."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.ib.events import EventQueue
from bot.adapters.ib.own_orders import OwnOrders
from bot.adapters.ib.pending import Failed, Key, PendingQuestions
from bot.core.domain.orders import Disconnected, SystemMessage
from bot.errors import InvariantBroken

NUMBERED: Key[int] = Key("rows", 5)
PLAIN: Key[int] = Key("rows")


async def test_rows_go_to_the_question_that_waits_for_them() -> None:
    questions = PendingQuestions()
    pending = questions.open(PLAIN)
    assert questions.add(PLAIN, 1)
    assert not questions.add(NUMBERED, 2)
    questions.end(PLAIN)
    assert await pending.outcome is None
    assert pending.rows == [1]
    questions.close(pending)
    assert not questions.add(PLAIN, 3)
    assert questions.owed == frozenset()


async def test_one_kind_is_asked_for_once_at_a_time() -> None:
    questions = PendingQuestions()
    questions.open(PLAIN)
    with pytest.raises(InvariantBroken, match="asked for twice"):
        questions.open(PLAIN)


async def test_what_was_given_up_is_owed_until_its_end_comes() -> None:
    questions = PendingQuestions()
    questions.close(questions.open(PLAIN))
    assert questions.is_owed(PLAIN)
    assert questions.owed == {"rows"}
    questions.end(PLAIN)
    assert not questions.is_owed(PLAIN)


async def test_a_numbered_question_owes_nothing() -> None:
    questions = PendingQuestions()
    questions.close(questions.open(NUMBERED, request_id=5))
    assert questions.owed == frozenset()
    assert not questions.fail(5, Failed("late"))


async def test_the_first_outcome_stays() -> None:
    questions = PendingQuestions()
    pending = questions.open(NUMBERED, request_id=9)
    assert questions.fail(9, Failed("first", 200))
    questions.end(NUMBERED)
    questions.fail_all(Failed("second"))
    assert await pending.outcome == Failed("first", 200)


async def test_remarks_reach_those_whose_errors_have_no_id() -> None:
    questions = PendingQuestions()
    plain, numbered = questions.open(PLAIN), questions.open(NUMBERED, request_id=5)
    questions.remark("321 read-only")
    assert plain.remarks == ["321 read-only"]
    assert numbered.remarks == []


async def test_the_queue_gives_events_in_order_and_none_when_there_is_none() -> None:
    queue = EventQueue(2)
    first, second = SystemMessage(1, "a"), SystemMessage(2, "b")
    assert queue.put(first)
    assert queue.put(second)
    assert not queue.put(SystemMessage(3, "c"))
    assert await queue.get(0) == first
    assert await queue.get(5.0) == second
    assert await queue.get(0) is None
    assert await queue.get(0.01) is None


async def test_a_full_queue_still_takes_one_disconnected() -> None:
    queue = EventQueue(1)
    queue.put(SystemMessage(1, "a"))
    assert queue.put(Disconnected("first"))
    assert queue.put(Disconnected("again"))
    assert await queue.get(0) == SystemMessage(1, "a")
    assert await queue.get(0) == Disconnected("first")
    assert await queue.get(0) is None


async def test_a_waiting_reader_gets_the_event_as_it_comes() -> None:
    queue = EventQueue(1)
    waiting = asyncio.ensure_future(queue.get(5.0))
    asyncio.get_running_loop().call_soon(queue.put, Disconnected("now"))
    assert await waiting == Disconnected("now")


def test_own_orders_are_those_of_our_client_id() -> None:
    orders = OwnOrders(7)
    orders.learn("T-1", 5, 7, 100)
    orders.learn("T-2", 6, 8, 200)
    assert orders.id_of("T-1") == 5
    assert orders.ref_of(5) == "T-1"
    assert orders.id_of("T-2") is None
    assert orders.ref_of(6) is None
    assert orders.highest_id == 5


def test_a_status_line_finds_its_order_by_id_or_by_permanent_id() -> None:
    orders = OwnOrders(7)
    orders.learn("T-1", 5, 7, 100)
    orders.learn("T-2", 6, 8, 200)
    assert orders.ref_of_status(5, 7, 0) == "T-1"
    assert orders.ref_of_status(0, 0, 100) == "T-1"
    assert orders.ref_of_status(6, 8, 200) == "T-2"
    assert orders.ref_of_status(5, 8, 0) is None


def test_an_order_that_was_not_written_is_forgotten_but_its_id_is_not_used_again() -> None:
    orders = OwnOrders(7, highest_id=4)
    orders.learn("T-1", 5, 7)
    orders.forget("T-1")
    orders.forget("T-1")
    assert orders.id_of("T-1") is None
    assert orders.ref_of(5) is None
    assert orders.highest_id == 5
