"""Cash that own fills do not explain: a flow, a flow that is told, a hold of everything; at the exact limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.engine import events
from bot.engine.recovery.differences import Effect
from bot.engine.recovery.flows import flow_difference


def valued(recorder, base, cash):
    body = {"session": "2020-06-01", "base": base, "cash": cash, "held": {}, "flow": "0"}
    recorder.record(events.VALUED, {**body, "unit": 1.0, "is_gap": False})


@pytest.mark.parametrize(
    ("cash", "effect"),
    [
        # Of a base of 100,000: 2 % are 2,000, 10 % are 10,000; 5,000 were there.
        ("5000", None),
        ("6999.99", None),
        ("7000", Effect.TOLD),
        ("3000", Effect.TOLD),
        ("14999.99", Effect.TOLD),
        ("15000", Effect.ALL),
        ("-5000", Effect.ALL),
    ],
)
def test_the_effect_follows_the_part_of_the_base(recorder, cash, effect):
    valued(recorder, 100_000.0, "5000")
    found = flow_difference(recorder.worth, Decimal(cash), "USD", 0.1)
    assert (None if found is None else found.effect) is effect
    if found is not None:
        assert (found.journal, found.broker, found.unit) == (5000, Decimal(cash), "USD")


def test_before_the_first_look_was_valued_no_cash_is_a_flow(recorder):
    assert flow_difference(recorder.worth, Decimal(10**9), "USD", 0.1) is None


def test_accepted_cash_is_explained_until_it_is_valued(recorder):
    """20,000 come in and are accepted; 9,999 more are a flow that is told, and 10,000 more hold again."""
    valued(recorder, 100_000.0, "5000")
    recorder.record(events.FLOW_ACCEPTED, {"amount": "20000"})
    assert flow_difference(recorder.worth, Decimal(25_000), "USD", 0.1) is None
    told = flow_difference(recorder.worth, Decimal(34_999), "USD", 0.1)
    held = flow_difference(recorder.worth, Decimal(35_000), "USD", 0.1)
    assert told is not None
    assert held is not None
    assert (told.effect, held.effect) == (Effect.TOLD, Effect.ALL)
    # The next look that is valued counts it as a flow, once.
    valued(recorder, 120_000.0, "25000")
    assert recorder.worth.cash_expected() == 25_000
