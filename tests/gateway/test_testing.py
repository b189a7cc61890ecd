"""The fixtures for strangers, used as a stranger uses them: in a test suite of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.control import ControlError
from bot.gateway.testing import PaperGateway

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")

BLOCKING = f"""
import pytest
from {LIBRARY} import IB, MarketOrder, Stock

@pytest.fixture
def ib(paper_gateway):
    ib = IB()
    ib.connect(paper_gateway.host, paper_gateway.port, clientId=1)
    yield ib
    ib.disconnect()

def test_a_purchase(ib, paper_gateway):
    before = paper_gateway.positions["KO"]
    trade = ib.placeOrder(Stock("KO", "SMART", "USD"), MarketOrder("BUY", 10))
    while not trade.isDone():
        ib.waitOnUpdate(5)
    assert trade.orderStatus.status == "Filled"
    assert paper_gateway.positions["KO"] == before + 10
    assert [order["filled"] for order in paper_gateway.orders] == [10]
    assert [execution["shares"] for execution in paper_gateway.executions] == [10]

@pytest.mark.paper_gateway(positions={{"KO": 7}}, cash="1000", account="DU7654321")
def test_a_portfolio_of_ones_own(ib, paper_gateway):
    assert {{it.contract.symbol: it.position for it in ib.positions()}} == {{"KO": 7}}
    assert paper_gateway.account == "DU7654321"

@pytest.mark.paper_gateway({{"positions": {{"KO": 7}}, "cash": 5}})
def test_keys_as_a_table(paper_gateway):
    assert paper_gateway.positions == {{"KO": 7}}

@pytest.mark.parametrize("paper_gateway", [{{"positions": {{}}, "cash": 5}}], indirect=True)
def test_a_parameter(ib, paper_gateway):
    assert ib.positions() == []
    assert paper_gateway.truth["accounts"][paper_gateway.account]["cash"] == {{"USD": "5.00"}}

def test_quotes_and_faults(ib, paper_gateway):
    codes = []
    ib.errorEvent += lambda request_id, code, text, contract: codes.append(code)
    ticker = ib.reqMktData(*ib.qualifyContracts(Stock("KO", "SMART", "USD")))
    paper_gateway.set(quotes="frozen")
    while ticker.marketDataType != 2:
        ib.waitOnUpdate(5)
    paper_gateway.strike("connectivity-lost")
    paper_gateway.end("connectivity-lost")
    while 1102 not in codes:
        ib.waitOnUpdate(0.1)
    assert 1100 in codes

def test_two_at_once(paper_gateway_factory):
    first, second = paper_gateway_factory(), paper_gateway_factory(account="DU7654321")
    for gateway in (first, second):
        ib = IB()
        ib.connect(gateway.host, gateway.port, clientId=1)
        assert ib.managedAccounts() == [gateway.account]
        ib.disconnect()
"""

ASYNC = f"""
import asyncio
from {LIBRARY} import IB, LimitOrder, Stock
def test_an_order_rests(paper_gateway):
    async def trade():
        ib = IB()
        await ib.connectAsync(paper_gateway.host, paper_gateway.port, clientId=1)
        trade = ib.placeOrder(Stock("KO", "SMART", "USD"), LimitOrder("BUY", 1, 1))
        while trade.orderStatus.status != "Submitted":
            await trade.statusEvent
        ib.disconnect()

    asyncio.run(trade())
    assert [order["status"] for order in paper_gateway.orders] == ["Submitted"]
"""


@pytest.mark.parametrize(("text", "passed"), [(BLOCKING, 6), (ASYNC, 1)], ids=["sync", "async"])
async def test_a_strangers_tests_pass(tmp_path: Path, text: str, passed: int) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["bot.gateway.testing"]\n')
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert f"{passed} passed" in out.decode()


def test_a_gateway_is_a_context_manager_and_can_be_stopped_twice() -> None:
    with PaperGateway() as gateway:
        assert gateway.truth["clients"] == []
        gateway.stop()
        gateway.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = gateway.positions


def test_what_there_is_not_is_refused_by_name() -> None:
    with PaperGateway() as gateway:
        for ask in (
            lambda: gateway.strike("nonsense"),
            lambda: gateway.end("nonsense"),
            lambda: gateway.set(quotes="blue"),
            lambda: gateway.set(colour="blue"),
        ):
            with pytest.raises(ControlError):
                ask()


def test_a_gateway_that_cannot_start_says_why() -> None:
    gateway = PaperGateway(GatewayConfig())
    gateway.host = "no such host.invalid"
    with pytest.raises(OSError, match=r".+"):
        gateway.start()
    gateway.stop()


@pytest.mark.parametrize("speed", [0, -1, float("nan"), 1e9])
def test_a_speed_that_cannot_be_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=r"speed = .*: expected a number above 0"):
        PaperGateway(speed=speed).start()


def test_a_gateway_is_not_started_twice() -> None:
    with PaperGateway() as gateway:
        with pytest.raises(RuntimeError, match="runs already"):
            gateway.start()
        assert gateway.truth["clients"] == []
        gateway.stop()
        gateway.start()
        assert gateway.truth["clients"] == []
