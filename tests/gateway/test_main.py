"""The gateway as a program of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.__main__ import ReplayClock, Serving, Trouble, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOT = Path(__file__).parents[2]
ANNOUNCED = re.compile(
    r"paper gateway: account (\w+) on 127\.0\.0\.1:(\d+), replaying 2020-06-01 10:30 New York,"
    r" 20 symbols\n"
)


@pytest.fixture
async def run() -> AsyncIterator[Callable[..., Awaitable[asyncio.subprocess.Process]]]:
    """Start gateways as processes; all of them are killed at the end."""
    started: list[asyncio.subprocess.Process] = []

    async def start(*words: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "gateway",
            *words,
            cwd=ROOT,
            env={**os.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def first_line(process: Any) -> str:
    async with asyncio.timeout(20):
        line: bytes = await process.stdout.readline()
    return line.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_prints_one_line_serves_and_ends_cleanly(
    run: Any, connect: Any, number: signal.Signals
) -> None:
    process = await run("--port", "0")
    matched = ANNOUNCED.fullmatch(await first_line(process))
    assert matched is not None
    client = await connect(int(matched[2]))
    assert client.managedAccounts() == [matched[1]]
    process.send_signal(number)
    async with asyncio.timeout(20):
        rest, errors = await process.communicate()
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_port_in_use_is_one_line_and_exit_69(running: Any) -> None:
    said: list[object] = []
    code = await serve(GatewayConfig(), Serving(port=running.port), said.append)
    expected = f"cannot listen on 127.0.0.1:{running.port}: Address already in use"
    assert (code, said) == (69, [Trouble(expected, 69)])


async def test_a_configuration_file_is_read(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text('account = "DU7654321"\n', encoding="utf-8")
    process = await run("--port", "0", "--config", str(path))
    assert "account DU7654321 on 127.0.0.1:" in await first_line(process)


async def test_the_module_alone_names_the_command() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.gateway", cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (64, b"start it with: bot gateway\n")


def test_replay_clock_starts_at_its_moment_and_advances() -> None:
    config = GatewayConfig()
    clock = ReplayClock(config.at)
    first, second = clock.now(), clock.now()
    assert config.at <= first <= second < config.at + timedelta(seconds=10)
    assert first.utcoffset() == timedelta(0)


async def test_the_gateway_pulls_in_no_other_room_of_the_bot() -> None:
    program = (
        "import sys, bot.gateway.__main__;"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('bot.')};"
        "sys.exit(str(rooms - {'gateway', 'prices'}) if rooms - {'gateway', 'prices'} else 0)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT)
    assert await process.wait() == 0
