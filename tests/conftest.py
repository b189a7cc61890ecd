"""The world that tests run the bot in: a real gateway on a real port, a folder of its own, real processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from bot.app import Memory, desk_of, memory_of
from bot.errors import BotError
from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.engine.desk import Desk
    from bot.settings import Settings

# How long an example takes says how busy the machine is, and nothing about the rule.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

LIBRARY = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")
PROCESS_TIMEOUT_S = 60
DEMO = Path(__file__).parent.parent / "bot" / "cli" / "demo.toml"


@dataclass
class Answer:
    """What a command of the bot ended with."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object on the last line."""
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found


def _take_hangups() -> None:
    """Undo nohup, under which a test run would pass on to the bot that a hangup is to be ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass
class World:
    """A gateway in this process and the bot's configuration for it; the bot runs in this process or in others."""

    gateway: Gateway
    port: int
    folder: Path
    replacements: dict[str, str] = field(default_factory=dict)
    processes: list[Any] = field(default_factory=list)
    #: Whether commands that trade find that a person allowed it.
    arms: bool = True

    @property
    def behaviour(self) -> Behaviour:
        return self.gateway.behaviour

    @property
    def config(self) -> Path:
        """Write the demo's configuration for this world, with the test's replacements, and return its path."""
        text = DEMO.read_text(encoding="utf-8")
        for old, new in {
            "port = 4002": f'port = {self.port}\nlibrary = "{LIBRARY}"',
            "settle_s = 2": "settle_s = 0.3",
            **self.replacements,
        }.items():
            assert old in text, f"{old!r} is not in the configuration"
            text = text.replace(old, new)
        path = self.folder / "bot.toml"
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def settings(self) -> Settings:
        return load_settings(self.config, {})

    @property
    def memory(self) -> Memory:
        return memory_of(self.settings)

    def arm(self, settings: Settings | None = None, *, is_resumed: bool = False) -> None:
        """Allow trading as `bot resume` does after its look at the account; unless told, what was halted stays so."""
        memory = memory_of(settings or self.settings)
        switch = memory.switch()
        if is_resumed or not switch.is_latched():
            switch.resume(memory.arming("test", days=30))

    async def start(self, *words: str, environment: dict[str, str] | None = None) -> Any:
        """Start a command of the bot as a process of its own, in this world's folder; where it trades, armed."""
        if self.arms and (words[0] == "run" or "--execute" in words):
            with suppress(BotError):  # what cannot be used is the command's to refuse
                named = Path(words[words.index("--config") + 1])
                self.arm(load_settings(named, environment or {}))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *words,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=_take_hangups,
        )
        self.processes.append(process)
        return process

    async def end(self) -> None:
        """Leave nothing running, whatever a test did."""
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        await self.gateway.stop()

    async def bot(self, *words: str, environment: dict[str, str] | None = None) -> Answer:
        """Run a command of the bot to its end."""
        process = await self.start(*words, environment=environment)
        out, err = await asyncio.wait_for(process.communicate(), PROCESS_TIMEOUT_S)
        return Answer(process.returncode, out.decode(), err.decode())

    def filled(self) -> dict[str, int]:
        """Net shares that the broker has filled, by symbol: the truth."""
        filled: dict[str, int] = {}
        for order in self.gateway.orders:
            symbol = order.instrument.symbol
            filled[symbol] = filled.get(symbol, 0) + order.ticket.side.value * int(order.filled)
        return filled

    def events(self, *kinds: str) -> list[Any]:
        """Read the journal beside whoever writes it, all kinds unless some are named."""
        path = self.folder / "state" / "journal.sqlite"
        if not path.exists():
            return []
        # Plain SQL and not the journal's own reader: it is asked a hundred times a second, in the gateway's loop.
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            try:
                rows = connection.execute("select kind, body from events order by sequence")
                found = [SimpleNamespace(kind=kind, body=json.loads(body)) for kind, body in rows]
            except sqlite3.OperationalError:  # made this moment, and empty yet
                return []
        return [event for event in found if not kinds or event.kind in kinds]


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for a condition of the outside world, or fail."""
    never = asyncio.Event()
    async with asyncio.timeout(within_s):
        while not condition():
            try:
                await asyncio.wait_for(never.wait(), 0.02)
            except TimeoutError:
                continue


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    return until


@pytest.fixture
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A gateway that replays the demo's day, or the moment that the test's `at` mark names (UTC)."""
    config = GatewayConfig()
    mark = request.node.get_closest_marker("at")
    if mark is not None:
        config = GatewayConfig(at=datetime.fromisoformat(mark.args[0]).replace(tzinfo=UTC))
    gateway = Gateway(config, ReplayClock(config.at))
    port = await gateway.start()
    made = World(gateway, port, tmp_path)
    mark = request.node.get_closest_marker("settings")
    if mark is not None:
        made.replacements = {"settle_s = 0.3": mark.args[0], **mark.kwargs}
    yield made
    await made.end()


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    """Everything the engine needs to trade in this world, in this process."""
    world.arm()
    memory = world.memory
    journal = memory.journal()
    with memory.lease() as lease:
        made = desk_of(world.settings, memory, journal, lease=lease)
        yield made
        await made.broker.disconnect()
    journal.close()
