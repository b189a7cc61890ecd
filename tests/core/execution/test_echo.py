"""The broker's echo must be what was sent; each term that is not is found, and what is grave is called so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import OpenOrder, OrderIntent
from bot.core.execution.echo import differences

MSFT = Instrument(272093, "MSFT", "USD", "SMART", "NASDAQ", (PriceBand(0, 0.01),), "US/Eastern", "")
SENT = OrderIntent(
    order_ref="a1b2c3-P1-0-1",
    plan_id="P1",
    leg=0,
    attempt=1,
    instrument=MSFT,
    shares=-10,
    limit_price=Decimal("177.30"),
    account="DU1234567",
    time_in_force="GTD",
    algorithm="Adaptive",
    algorithm_parameters=(("adaptivePriority", "Normal"),),
)
#: What a broker that does as it is told answers. 177.3 is 177.30.
ECHO = OpenOrder(
    order_ref=SENT.order_ref,
    perm_id=1,
    order_id=1,
    client_id=17,
    con_id=272093,
    symbol="MSFT",
    shares=Decimal(-10),
    limit_price=Decimal("177.3"),
    status="Submitted",
    order_type="LMT",
    time_in_force="GTD",
    account="DU1234567",
    algorithm="Adaptive",
    algorithm_parameters=(("adaptivePriority", "Normal"),),
)


def test_the_same_terms_are_no_difference() -> None:
    assert differences(SENT, ECHO) == ()


@pytest.mark.parametrize(
    ("change", "term", "is_grave"),
    [
        ({"order_type": "MKT"}, "order type", True),
        ({"order_type": ""}, "order type", True),
        ({"order_type": "MIDPRICE"}, "order type", False),
        ({"account": "DU7654321"}, "account", True),
        ({"account": ""}, "account", False),
        ({"con_id": 1}, "instrument", True),
        ({"shares": Decimal(10)}, "shares", True),
        ({"shares": Decimal(-11)}, "shares", True),
        ({"shares": Decimal(0)}, "shares", True),
        ({"shares": Decimal(-9)}, "shares", False),
        ({"limit_price": Decimal("177.31")}, "limit", False),
        ({"limit_price": None}, "limit", True),
        ({"time_in_force": "DAY"}, "time in force", False),
        ({"algorithm": "", "algorithm_parameters": ()}, "algorithm", False),
        ({"algorithm_parameters": (("adaptivePriority", "Urgent"),)}, "algorithm", False),
    ],
)
def test_each_term_that_came_back_as_another_one_is_found(
    change: dict[str, Any], term: str, *, is_grave: bool
) -> None:
    (found,) = differences(SENT, replace(ECHO, **change))
    assert (found.term, found.is_grave) == (term, is_grave)
    assert found.words.startswith(f"{term}: sent ")


def test_an_algorithm_that_became_a_market_order_is_told_with_every_term() -> None:
    echo = replace(ECHO, order_type="MKT", limit_price=None, algorithm="", algorithm_parameters=())
    assert [each.words for each in differences(SENT, echo)] == [
        "order type: sent LMT, found MKT",
        "limit: sent 177.30, found None",
        "algorithm: sent Adaptive (adaptivePriority=Normal), found none",
    ]
