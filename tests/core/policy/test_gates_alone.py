"""A gate that need not agree with anybody trades by itself: it is found wherever it stands."""

from __future__ import annotations

import pytest

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.cooldown import Cooldown
from bot.core.policy.gates_alone import gates_alone
from bot.core.policy.not_rule import NotRule
from bot.core.policy.trend import Trend

BAND = AbsoluteBand(width=0.05)
DATE = Calendar(every="quarter")
WAIT = Cooldown(sessions=5)
TREND = Trend(symbol="AAPL", sessions=20)


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        (BAND, ()),
        (DATE, ()),
        (WAIT, ("cooldown",)),
        (NotRule(rule=DATE), ("not",)),
        # Beside a wish or a date in an all_of a gate is what it is meant to be.
        (AllOf(rules=(BAND, WAIT)), ()),
        (AllOf(rules=(TREND, DATE)), ()),
        (AllOf(rules=(WAIT, TREND)), ("cooldown", "trend")),
        # In an any_of it needs nobody.
        (AnyOf(rules=(BAND, DATE)), ()),
        (AnyOf(rules=(BAND, TREND, WAIT)), ("trend", "cooldown")),
        (AnyOf(rules=(AllOf(rules=(BAND, WAIT)), DATE)), ()),
        (AllOf(rules=(AnyOf(rules=(BAND, TREND)), BAND)), ()),
        (AllOf(rules=(AnyOf(rules=(BAND, TREND)), WAIT)), ("trend", "cooldown")),
    ],
)
def test_gates_that_trade_by_themselves_are_found(policy, found) -> None:
    assert gates_alone(policy) == found
