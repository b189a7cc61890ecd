"""What recovery needs comes back from the journal as it went in, and from older journals too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from bot.adapters.journal.canonical import canonical_json
from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import OrderIntent
from bot.engine.records import body_of, intent_from

MSFT = Instrument(272093, "MSFT", "USD", "SMART", "NASDAQ", (PriceBand(0.0, 0.01),), "UTC", "")
PLAIN = OrderIntent("a-P1-0-1", "P1", 0, 1, MSFT, -10, Decimal("177.30"), "DU1234567")
RICH = replace(
    PLAIN,
    time_in_force="GTD",
    order_type="LMT",
    algorithm="Adaptive",
    algorithm_parameters=(("adaptivePriority", "Normal"),),
    good_till=datetime(2026, 1, 5, 15, 3, tzinfo=UTC),
    style="adaptive",
    rung=2,
    slice_number=1,
)


def journaled(intent: OrderIntent) -> dict[str, object]:
    body: dict[str, object] = json.loads(canonical_json(body_of(intent)))
    return body


def test_an_intent_comes_back_with_every_term() -> None:
    assert intent_from(journaled(RICH)) == RICH
    assert intent_from(journaled(PLAIN)) == PLAIN


def test_an_intent_of_an_older_journal_is_a_limit_order() -> None:
    newer = {
        *("order_type", "algorithm", "algorithm_parameters", "good_till"),
        *("style", "rung", "slice_number"),
    }
    body = {key: value for key, value in journaled(PLAIN).items() if key not in newer}
    assert intent_from(body) == PLAIN
