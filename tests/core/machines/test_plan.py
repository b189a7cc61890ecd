"""A plan ends, and ends once."""

from __future__ import annotations

import pytest

from bot.core.domain.plan import PlanEnd
from bot.core.machines.plan import FINAL, TABLE, PlanState
from bot.errors import InvariantBroken


@pytest.mark.parametrize("end", list(PlanEnd))
def test_an_open_plan_can_end_in_every_way_and_takes_its_name(end: PlanEnd) -> None:
    assert TABLE.advance(PlanState.OPEN, end).value == end.value


@pytest.mark.parametrize("state", sorted(FINAL, key=lambda state: state.name))
@pytest.mark.parametrize("end", list(PlanEnd))
def test_a_plan_that_ended_does_not_end_again(state: PlanState, end: PlanEnd) -> None:
    with pytest.raises(InvariantBroken, match=f"{end.name} is illegal in the state {state.name}"):
        TABLE.advance(state, end)


def test_every_state_but_open_is_final() -> None:
    assert set(PlanState) - FINAL == {PlanState.OPEN}
