"""What must hold of the source itself: one send, one importer, one place for sentinels."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import bot.adapters.ib
from bot import ports
from bot.adapters.clock import WallClock
from bot.adapters.ib import IbBroker, IbSettings
from bot.core.domain.reading import Known
from bot.gateway import Gateway
from bot.gateway.__main__ import ReplayClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.gateway import GatewayConfig
    from tests.adapters.ib.conftest import Rig

PACKAGE = Path(bot.adapters.ib.__file__).parent
LIBRARY = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")
FILES = sorted(PACKAGE.glob("*.py"))


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            yield file, node


def test_an_order_is_handed_to_the_library_in_one_place() -> None:
    uses = [
        file.name
        for file, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr == "placeOrder"
    ]
    assert uses == ["orders.py"]


def test_the_call_that_sends_is_no_coroutine_and_waits_for_nothing() -> None:
    tree = ast.parse((PACKAGE / "orders.py").read_text(encoding="utf-8"))
    [place] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "place"
    ]
    assert not any(isinstance(node, ast.Await) for node in ast.walk(place))


def test_the_client_library_is_named_in_one_file() -> None:
    importers = {
        file.name
        for file, node in nodes()
        if (
            isinstance(node, ast.Import)
            and any(alias.name.startswith(("ib_", "eventkit")) for alias in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and str(node.module).startswith(("ib_", "eventkit")))
        or (isinstance(node, ast.Attribute) and node.attr == "import_module")
    }
    assert importers == {"client.py"}


def test_sentinels_are_known_in_one_file() -> None:
    sentinels = {1e300, 2**31 - 1, 2147483647}
    holders = {
        file.name
        for file, node in nodes()
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, (int, float))
            and node.value in sentinels
        )
        or (isinstance(node, ast.Attribute) and node.attr in {"isnan", "nan", "inf"})
    }
    assert holders == {"translate.py"}


def test_the_facade_of_the_libraries_is_not_used() -> None:
    names = {"IB", "Trade", "Ticker", "Wrapper", "Watchdog", "startLoop", "patchAsyncio"}
    found = [
        f"{file.name}: {node.id if isinstance(node, ast.Name) else node.attr}"
        for file, node in nodes()
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
    ]
    assert found == []


def test_the_broker_is_the_port() -> None:
    settings = IbSettings("127.0.0.1", 4004, 1, "ib_insync", "DU1", "paper")
    broker: ports.Broker = IbBroker(settings, WallClock())
    assert not broker.is_connected


def test_a_loop_that_a_factory_made_will_do(gateway_config: GatewayConfig) -> None:
    """Then the thread has no current loop, and ib_insync asks for just that: as in virtual time."""

    async def connect() -> None:
        clock = WallClock()
        gateway = Gateway(gateway_config, ReplayClock(gateway_config.at))
        port = await gateway.start()
        settings = IbSettings("127.0.0.1", port, 1, LIBRARY, "DU1234567", "paper")  # type: ignore[arg-type]
        broker = IbBroker(settings, clock)
        await broker.connect()
        assert isinstance(await broker.read_positions(), Known)
        await broker.disconnect()
        await gateway.stop()

    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(connect())
    finally:
        asyncio.set_event_loop(None)


def test_importing_the_adapter_does_not_import_a_library() -> None:
    check = (
        "import sys, bot.adapters.ib; "
        "sys.exit(any(name.split('.')[0] in {'ib_insync', 'ib_async', 'eventkit'} for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", check], check=True)  # noqa: S603 - our own words


@pytest.mark.parametrize("inside", [True, False], ids=["in-a-loop", "without-a-loop"])
async def test_loading_the_library_warns_of_nothing_and_leaves_no_loop(
    rig: Rig, *, inside: bool
) -> None:
    """On 3.12 and later eventkit 1.0.3 warns at import unless a loop is set."""
    name = rig.settings.library
    body = f"""
import asyncio, warnings
warnings.simplefilter("error")
from bot.adapters.ib.client import load_library
async def load():
    before = asyncio.get_running_loop()
    load_library({name!r})
    assert asyncio.get_event_loop_policy().get_event_loop() is before
{"asyncio.run(load())" if inside else f"load_library({name!r}); asyncio.run(load())"}
"""
    subprocess.run([sys.executable, "-X", "dev", "-c", body], check=True)  # noqa: S603, ASYNC221 - our own words
