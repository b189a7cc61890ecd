"""Gateways that record, and replays of what they recorded."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.gateway.recording.recorder import FileSink, Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

REPLAY_TIMEOUT_S = 30


@dataclass
class Recorded:
    """A gateway that records to a file."""

    gateway: Gateway
    port: int
    path: Path
    said: list[str] = field(default_factory=list)

    async def lines(self) -> list[str]:
        """Stop the gateway and return what it recorded."""
        await self.gateway.stop()
        return self.path.read_text(encoding="ascii").splitlines()


@pytest.fixture
async def record(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Recorded]]]:
    """Start gateways that record; all of them are stopped at the end."""
    started: list[Gateway] = []

    async def start(
        config: GatewayConfig | None = None, behaviour: Behaviour | None = None, **options: Any
    ) -> Recorded:
        config = config or GatewayConfig()
        path = options.pop("path", tmp_path / f"live{len(started)}.jsonl")
        said: list[str] = []
        clock = ReplayClock(config.at, options.pop("speed", 1.0))
        recorder = Recorder(FileSink(path, said.append))
        gateway = Gateway(config, clock, behaviour, recorder=recorder, **options)
        started.append(gateway)
        return Recorded(gateway, await gateway.start(), path, said)

    yield start
    for gateway in started:
        await gateway.stop()


@pytest.fixture
def play_apart(tmp_path: Path) -> Callable[[Path, int], Awaitable[tuple[int, str, bytes]]]:
    """Replay in a process of its own; returns its exit code, what it said and what it recorded."""

    async def play(path: Path, hash_seed: int) -> tuple[int, str, bytes]:
        copy = tmp_path / f"copy{hash_seed}.jsonl"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "gateway", "replay", str(path), "--record", str(copy)),
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(REPLAY_TIMEOUT_S):
            out, _ = await process.communicate()
        return process.returncode or 0, out.decode(), copy.read_bytes()

    return play
