"""What is kept of orders and fills, and found again by the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

MONDAY, TUESDAY = date(2020, 6, 1), date(2020, 6, 2)


async def test_a_day_has_what_ended_and_traded_on_it(bench: Any) -> None:
    """01:00 in UTC is still the day before in New York."""
    bench.desk.start()
    first = bench.place()
    expires = bench.place(limit=Decimal(50))
    bench.go("2020-06-01T20:00:00")
    waits = bench.place(limit=Decimal(50), time_in_force="GTC")
    bench.go("2020-06-02T01:00:00")
    bench.desk.cancel(*waits.key)
    bench.go("2020-06-02T14:00:00")
    second = bench.place()
    assert bench.desk.records.completed_on(MONDAY) == [first, expires, waits]
    assert bench.desk.records.completed_on(TUESDAY) == [second]
    assert [fill.order for fill in bench.desk.records.executed_on(MONDAY)] == [first]
    assert [fill.order for fill in bench.desk.records.executed_on(TUESDAY)] == [second]
    assert bench.desk.records.executed_on(date(2020, 6, 3)) == []


async def test_rejected_orders_are_kept_and_those_that_never_were_are_not(bench: Any) -> None:
    bench.place(action="SELL", quantity=Decimal(100_000), limit=Decimal(500))
    bench.place(limit=Decimal("80.001"))
    (rejected,) = bench.desk.records.completed_on(MONDAY)
    assert rejected.end_text.startswith("Order rejected - reason:")
    assert list(bench.desk.orders.values()) == [rejected]


async def test_numbers_can_be_rolled_back(bench: Any) -> None:
    for _ in range(3):
        bench.place(limit=Decimal(50))
    numbering = bench.desk.numbering
    numbering.roll_back(2)
    assert numbering.next_order_id(1) == 2
    numbering.roll_back(100)
    assert numbering.next_order_id(1) == 1
