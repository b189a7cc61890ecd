"""The recorded ways of reporting: each one told right, and each one understood by a real client."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.reports import SEQUENCES, ReportsTable
from bot.gateway.orders.sequences import RECORDED, Sequence, sequence_for

NAMES = ["plain", *SEQUENCES]

#: What is told of an order that trades at once, beside the account's change at the end.
TOLD = {
    "plain": "open status fill open status open commission",
    "filled again": "open status fill open status open status commission",
    "status first": "open status open status fill open commission",
    "late execution": "open status open status LATE fill open commission",
    "late commission": "open status fill open status LATE open commission",
    "commission first": "open status fill open commission status",
    "no status": "open fill open open commission",
    "no terms": "open status fill status open commission",
    "everything twice": (
        "open status open status fill open status open status open status commission"
    ),
    "pending first": "open status status fill open status open commission",
    "API pending first": "open status status open status fill open status open commission",
    "late rest": "open status fill open status open commission",
    "notice first": "open status fill open status open commission",
    "silent cancel": "open status fill open status open commission",
}


def reports(name: str) -> ReportsTable:
    return ReportsTable(sequences=name, late_s=Decimal("0.05"))


def test_every_way_can_be_asked_for_by_its_name() -> None:
    assert [sequence.name for sequence in RECORDED] == NAMES
    for name in NAMES:
        assert sequence_for(name, 1, 1).name == name


@pytest.mark.parametrize("sequence", RECORDED, ids=lambda sequence: sequence.name)
def test_every_way_tells_the_facts(sequence: Sequence) -> None:
    """A fill and its commission once each; that an order is there, and that it is gone."""
    for word in ("executed", "charged", "commission"):
        assert sequence.filled.count(word) == 1
    assert "opened" in sequence.accepted
    assert "status" in sequence.cancelled
    assert sequence.cancelled.count("notice") == 1


def test_the_seed_chooses_the_way_of_each_order() -> None:
    """Of 700 orders each of the 14 ways gets about 50."""
    chosen = [sequence_for("recorded", 7, number).name for number in range(700)]
    assert chosen == [sequence_for("recorded", 7, number).name for number in range(700)]
    assert chosen != [sequence_for("recorded", 8, number).name for number in range(700)]
    assert all(20 <= chosen.count(name) <= 90 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_a_fill_is_told_in_its_way(bench_class: Any, name: str) -> None:
    bench = bench_class(reports=reports(name))
    bench.place(order_type="MKT", limit=None)
    at_once = [line.split()[0] for line in bench.told]
    bench.go(seconds=1)
    told = ["fill" if line.startswith("exec") else line.split()[0] for line in bench.told]
    told.remove("account")
    words = TOLD[name].split()
    assert told == [word for word in words if word != "LATE"]
    assert ("LATE" in words) is (at_once.index("account") < len(told))
    bench.turns.cancel_all()


async def test_late_reports_come_before_those_of_the_next_event(bench_class: Any) -> None:
    bench = bench_class(reports=reports("late execution"))
    bench.behaviour.fill = "partial"
    bench.place(order_type="MKT", limit=None)
    assert not any("execution" in line for line in bench.told)
    bench.behaviour.fill = "full"
    bench.desk.look_again()
    bench.go(seconds=1)
    told = [line for line in bench.told if not line.startswith(("open", "account"))]
    assert told == [
        "status PreSubmitted 0/10",
        "status Submitted 5/10",
        "execution 5 at 79.01",
        "commission 0.04",
        "status Filled 10/10",
        "execution 5 at 79.01",
        "commission 0.04",
    ]
    bench.turns.cancel_all()


async def test_what_is_late_when_the_gateway_stops_is_told(bench_class: Any) -> None:
    bench = bench_class(reports=reports("late commission"))
    order = bench.place(order_type="MKT", limit=None)
    assert order.commission == 0
    bench.desk.stop()
    assert (order.commission, bench.told[-1]) == (Decimal("0.08"), "commission 0.08")
    bench.turns.cancel_all()


@pytest.mark.parametrize("name", NAMES)
async def test_a_real_client_ends_with_the_right_facts(
    start_gateway: Any, connect: Any, library: Any, wait_for: Any, name: str
) -> None:
    running = await start_gateway(GatewayConfig(reports=reports(name)))
    client = await connect(running.port)
    stock = library.Stock("AAPL", "SMART", "USD")
    done = client.placeOrder(stock, library.MarketOrder("BUY", 10, tif="DAY"))
    gone = client.placeOrder(stock, library.LimitOrder("BUY", 10, 50, tif="DAY"))
    await wait_for(gone.statusEvent, lambda: gone.orderStatus.status == "Submitted")
    client.cancelOrder(gone.order)
    await wait_for(gone.statusEvent, gone.isDone)
    if not (done.fills and done.fills[0].commissionReport.execId):
        await wait_for(
            client.commissionReportEvent,
            lambda: bool(done.fills and done.fills[0].commissionReport.execId),
        )
    await client.reqCurrentTimeAsync()
    assert [(fill.execution.shares, fill.execution.cumQty) for fill in done.fills] == [(10, 10)]
    assert done.fills[0].commissionReport.commission == 0.08
    if name != "no status":  # then only the fills tell, and a client that waits for a status waits
        assert done.orderStatus.status == "Filled"
        assert (done.orderStatus.filled, done.orderStatus.remaining) == (10, 0)
    assert (gone.orderStatus.status, gone.fills) == ("Cancelled", [])
    assert [error[1] for error in client.errors if error[1] == 202] == [202]
    assert {position.contract.symbol: position.position for position in client.positions()}[
        "AAPL"
    ] == running.gateway.positions["AAPL"].shares
