"""An order's life: sent once, doubted rather than forgotten, final for good."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.machines.order import FINAL, TABLE, OrderEvent, OrderState
from bot.errors import InvariantBroken

ALIVE = [OrderState.SENT, OrderState.WORKING, OrderState.PARTIAL, OrderState.UNKNOWN]
ENDED_BY_BROKER = [OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED]
CONFIRMATION = {
    OrderState.CANCELLED: OrderEvent.CANCEL_CONFIRMED,
    OrderState.REJECTED: OrderEvent.REJECT_CONFIRMED,
    OrderState.EXPIRED: OrderEvent.EXPIRY_CONFIRMED,
    OrderState.FILLED: OrderEvent.FILLED,
    OrderState.NEVER_ARRIVED: OrderEvent.ABSENCE_CONFIRMED,
}


def life(*events: OrderEvent) -> OrderState:
    state = OrderState.INTENT
    for event in events:
        state = TABLE.advance(state, event)
    return state


@st.composite
def legal_lives(draw: st.DrawFn) -> list[tuple[OrderState, OrderEvent, OrderState]]:
    """Draw a walk through the table, as (from, event, to)."""
    state, steps = OrderState.INTENT, []
    for _ in range(draw(st.integers(0, 12))):
        row = TABLE.transitions[state]
        event = draw(st.sampled_from(sorted(row, key=lambda event: event.name)))
        steps.append((state, event, row[event]))
        state = row[event]
    return steps


def test_the_usual_life_ends_filled() -> None:
    sent, seen = OrderEvent.SENT, OrderEvent.ACKNOWLEDGED
    assert life(sent, seen, OrderEvent.PART_FILLED, OrderEvent.FILLED) is OrderState.FILLED


@given(legal_lives())
def test_an_order_is_sent_once_at_the_most(
    steps: list[tuple[OrderState, OrderEvent, OrderState]],
) -> None:
    counts = Counter(event for _, event, _ in steps)
    assert counts[OrderEvent.SENT] <= 1


@given(legal_lives())
def test_a_final_state_is_never_left_for_one_that_is_not(
    steps: list[tuple[OrderState, OrderEvent, OrderState]],
) -> None:
    for state, _, following in steps:
        if state in FINAL:
            assert following in FINAL


@given(legal_lives())
def test_never_arrived_stays_so_to_the_end(
    steps: list[tuple[OrderState, OrderEvent, OrderState]],
) -> None:
    for state, _, following in steps:
        if state is OrderState.NEVER_ARRIVED:
            assert following is OrderState.NEVER_ARRIVED


@given(legal_lives())
def test_what_is_proven_absent_was_doubted_or_withheld_before(
    steps: list[tuple[OrderState, OrderEvent, OrderState]],
) -> None:
    for index, (_, event, _) in enumerate(steps):
        if event is OrderEvent.ABSENCE_CONFIRMED:
            earlier = {event for _, event, _ in steps[:index]}
            assert earlier & {OrderEvent.DOUBTED, OrderEvent.WITHHELD}


def test_an_intent_can_only_be_sent_withheld_or_doubted() -> None:
    assert TABLE.transitions[OrderState.INTENT] == {
        OrderEvent.SENT: OrderState.SENT,
        OrderEvent.WITHHELD: OrderState.NEVER_ARRIVED,
        OrderEvent.DOUBTED: OrderState.UNKNOWN,
    }


def test_a_crash_between_intent_and_send_is_a_doubt() -> None:
    assert life(OrderEvent.DOUBTED) is OrderState.UNKNOWN
    assert life(OrderEvent.DOUBTED, OrderEvent.ABSENCE_CONFIRMED) is OrderState.NEVER_ARRIVED
    assert life(OrderEvent.DOUBTED, OrderEvent.FILLED) is OrderState.FILLED


@pytest.mark.parametrize("state", list(OrderState))
def test_only_the_process_that_did_not_call_may_withhold(state: OrderState) -> None:
    assert (OrderEvent.WITHHELD in TABLE.transitions[state]) == (state is OrderState.INTENT)


@pytest.mark.parametrize("state", [OrderState.SENT, OrderState.WORKING, OrderState.PARTIAL])
def test_an_order_that_may_be_alive_is_not_proven_absent_without_a_doubt(state: OrderState) -> None:
    with pytest.raises(InvariantBroken, match=f"ABSENCE_CONFIRMED is illegal .* {state.name}"):
        TABLE.advance(state, OrderEvent.ABSENCE_CONFIRMED)


@pytest.mark.parametrize("state", ALIVE)
def test_the_broker_can_end_every_order_that_may_be_alive(state: OrderState) -> None:
    for ended in (*ENDED_BY_BROKER, OrderState.FILLED):
        assert TABLE.advance(state, CONFIRMATION[ended]) is ended


@pytest.mark.parametrize("state", ALIVE)
def test_every_order_that_may_be_alive_can_be_doubted(state: OrderState) -> None:
    assert TABLE.advance(state, OrderEvent.DOUBTED) is OrderState.UNKNOWN


def test_unknown_is_resolved_to_anything_by_evidence() -> None:
    reached = set(TABLE.transitions[OrderState.UNKNOWN].values())
    assert reached == set(OrderState) - {OrderState.INTENT, OrderState.SENT}


def test_an_acknowledgement_does_not_forget_a_part_fill() -> None:
    assert TABLE.advance(OrderState.PARTIAL, OrderEvent.ACKNOWLEDGED) is OrderState.PARTIAL


@pytest.mark.parametrize("state", ENDED_BY_BROKER)
def test_a_late_fill_is_counted_after_the_broker_ended_the_order(state: OrderState) -> None:
    assert TABLE.advance(state, OrderEvent.PART_FILLED) is state
    assert TABLE.advance(state, OrderEvent.FILLED) is OrderState.FILLED


@pytest.mark.parametrize("event", [OrderEvent.PART_FILLED, OrderEvent.FILLED])
def test_a_fill_after_never_arrived_stops_everything(event: OrderEvent) -> None:
    with pytest.raises(InvariantBroken, match="NEVER_ARRIVED"):
        TABLE.advance(OrderState.NEVER_ARRIVED, event)


@pytest.mark.parametrize("event", list(OrderEvent))
def test_filled_accepts_only_its_own_repetition(event: OrderEvent) -> None:
    if event is OrderEvent.FILLED:
        assert TABLE.advance(OrderState.FILLED, event) is OrderState.FILLED
    else:
        with pytest.raises(InvariantBroken, match="FILLED"):
            TABLE.advance(OrderState.FILLED, event)


@pytest.mark.parametrize("state", sorted(FINAL, key=lambda state: state.name))
def test_a_final_state_accepts_its_own_repetition_and_no_doubt(state: OrderState) -> None:
    assert TABLE.advance(state, CONFIRMATION[state]) is state
    for event in (OrderEvent.DOUBTED, OrderEvent.SENT, OrderEvent.ACKNOWLEDGED):
        with pytest.raises(InvariantBroken):
            TABLE.advance(state, event)


def test_final_are_exactly_the_states_that_lead_nowhere_else_but_to_final_ones() -> None:
    closed = {
        state
        for state, row in TABLE.transitions.items()
        if all(following in FINAL for following in row.values())
    }
    assert closed == FINAL
