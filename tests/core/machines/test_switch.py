"""The switch: the worst fact wins, and only a person's word leads back."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.machines.switch import TABLE, SwitchEvent, SwitchState, standing

STOPS = [SwitchEvent.HALTED, SwitchEvent.DOUBTED]


def test_without_any_fact_trading_is_active() -> None:
    assert standing([]) is SwitchState.ACTIVE


@pytest.mark.parametrize("event", STOPS)
@pytest.mark.parametrize("state", SwitchState)
def test_a_halt_and_a_doubt_halt_from_everywhere(state: SwitchState, event: SwitchEvent) -> None:
    assert TABLE.advance(state, event) is SwitchState.HALTED


def test_a_pause_never_weakens_a_halt() -> None:
    assert standing([SwitchEvent.PAUSED]) is SwitchState.PAUSED
    assert standing([SwitchEvent.HALTED, SwitchEvent.PAUSED]) is SwitchState.HALTED


@given(st.lists(st.sampled_from([event for event in SwitchEvent if event.name != "RESUMED"])))
def test_nothing_but_a_resume_leads_out_of_a_halt(events: list[SwitchEvent]) -> None:
    assert standing([SwitchEvent.HALTED, *events]) is SwitchState.HALTED


@pytest.mark.parametrize("state", SwitchState)
def test_a_resume_leads_to_active_from_everywhere(state: SwitchState) -> None:
    assert TABLE.advance(state, SwitchEvent.RESUMED) is SwitchState.ACTIVE


@pytest.mark.parametrize("event", SwitchEvent)
@pytest.mark.parametrize("state", SwitchState)
def test_said_twice_is_said_once(state: SwitchState, event: SwitchEvent) -> None:
    once = TABLE.advance(state, event)
    assert TABLE.advance(once, event) is once


def test_the_order_in_which_facts_are_found_does_not_matter() -> None:
    facts = [SwitchEvent.PAUSED, SwitchEvent.HALTED, SwitchEvent.DOUBTED]
    for count in range(1, len(facts) + 1):
        ends = {standing(found) for found in permutations(facts, count) if found[0] is facts[0]}
        assert len(ends) == 1 or count > 1
    assert {standing(found) for found in permutations(facts)} == {SwitchState.HALTED}
    assert {standing(found) for found in permutations(facts[:2])} == {SwitchState.HALTED}
