"""The switch is thrown blindly and put back with open eyes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.machines.switch import TABLE, SwitchEvent, SwitchState
from bot.errors import InvariantBroken


@given(st.lists(st.sampled_from(SwitchEvent)))
def test_a_halt_always_halts_whatever_came_before(events: list[SwitchEvent]) -> None:
    state = TABLE.initial
    for event in events:
        if event in TABLE.transitions[state]:
            state = TABLE.advance(state, event)
    assert TABLE.advance(state, SwitchEvent.HALT) is SwitchState.HALTED


def test_only_a_resume_leads_out_of_a_halt() -> None:
    ways_out = [
        event
        for event, following in TABLE.transitions[SwitchState.HALTED].items()
        if following is SwitchState.ACTIVE
    ]
    assert ways_out == [SwitchEvent.RESUME]


def test_what_runs_cannot_be_resumed() -> None:
    with pytest.raises(InvariantBroken, match="RESUME is illegal in the state ACTIVE"):
        TABLE.advance(SwitchState.ACTIVE, SwitchEvent.RESUME)
