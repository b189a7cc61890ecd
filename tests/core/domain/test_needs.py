"""What two rules need is what each needs, and what is unknown ends the decision."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from bot.core.domain.needs import Needs, needed
from bot.errors import ReadUnknown


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Needs(history_sessions=5), Needs(history_sessions=9), Needs(history_sessions=9)),
        (Needs(values_sessions=5), Needs(values_sessions=9), Needs(values_sessions=9)),
        (
            Needs(levels=frozenset({"VIX"})),
            Needs(levels=frozenset({"VXN"})),
            Needs(levels=frozenset({"VIX", "VXN"})),
        ),
        (Needs(has_flows=True), Needs(), Needs(has_flows=True)),
        (Needs(has_last_trade=True), Needs(), Needs(has_last_trade=True)),
        (Needs(has_costs=True), Needs(), Needs(has_costs=True)),
        (Needs(), Needs(), Needs()),
    ],
)
def test_two_rules_need_what_each_needs(one: Needs, other: Needs, both: Needs) -> None:
    assert one | other == both
    assert other | one == both
    assert both | both == both


def test_nothing_is_needed_that_is_not_said() -> None:
    assert Needs() == Needs(0, frozenset(), 0, False, False, False)  # noqa: FBT003 - the defaults


def test_what_is_known_is_given_back_even_if_it_is_nothing() -> None:
    assert needed(0.0, "the flow", "cash_flow") == 0.0


def test_what_is_unknown_ends_the_decision_with_the_rule_and_the_thing() -> None:
    with pytest.raises(
        ReadUnknown,
        match=r"^cash_flow needs the flow, which is unknown: nothing is decided without it$",
    ):
        needed(None, "the flow", "cash_flow")


def test_needs_do_not_change_once_they_are_made() -> None:
    with pytest.raises(FrozenInstanceError):
        Needs().levels = frozenset({"VIX"})
    assert not hasattr(Needs(), "__dict__")
