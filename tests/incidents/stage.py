"""A bot and a gateway in one loop of virtual time, over real sockets, told by a test what happens when."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import Memory, desk_of, terms_of
from bot.errors import BotError
from bot.gateway import Gateway, GatewayConfig
from bot.live.stopping import StoppableSwitch
from bot.live.supervisor import supervised_look
from bot.settings import load_settings
from tests.conftest import LIBRARY
from tests.engine.faults.trial import DEMO, PATIENCE_S, Look, SharedClock, wrongs
from tests.engine.scheduler.conftest import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.engine.desk import Desk
    from bot.engine.order_record import OrderRecord


@dataclass
class Stage:
    """What a test tells.

    Attributes:
        desk: The bot; another one after `restart`.
        gateway: The broker, whose books are the truth.
        port: Where it listens.
        make_desk: Makes a bot from the same journal.
        looks: How each look ended.
    """

    desk: Desk
    gateway: Gateway
    port: int
    make_desk: Callable[[], Desk]
    looks: list[Look] = field(default_factory=list)

    async def look(self) -> Look:
        """Make one look that may trade; what must never be, whatever happens, is asserted."""
        try:
            report = await supervised_look(self.desk, execute=True)
            orders = len(self.gateway.orders)
            look = Look(report.outcome.value, report.exit_code, report.statement, orders)
        except BotError as error:
            look = Look(type(error).__name__, error.exit_code, str(error), len(self.gateway.orders))
        self.looks.append(look)
        assert wrongs(self.desk, self.gateway, look) == []
        return look

    async def break_off_while_sells_rest(self) -> None:
        """Break a look off from outside while its two sells work and nothing of them is filled."""
        self.gateway.behaviour.fill = "none"
        working = asyncio.create_task(self.look())
        await self.until(lambda: len(self.our_orders()) == 2)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

    async def restart(self) -> None:
        """End the process without a word, and start another one."""
        await self.desk.broker.disconnect()
        self.desk = self.make_desk()

    async def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        await self.desk.clock.sleep(seconds)

    async def until(self, condition: Callable[[], object], within_s: float = 60.0) -> None:
        """Let time pass until something is so, or fail."""
        async with asyncio.timeout(within_s):
            while not condition():
                await self.desk.clock.sleep(0.05)

    @property
    def records(self) -> list[OrderRecord]:
        """Every order of the journal, oldest first."""
        plans = self.desk.recorder.ledger.plans.values()
        return [record for plan in plans for record in plan.orders.values()]

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the bodies of the journal's events of some kinds."""
        return [event.body for event in self.desk.recorder.journal.events(kinds=kinds)]

    def held(self) -> dict[str, str]:
        """Return what is held, by symbol."""
        return {hold.body["symbol"]: hold.body["kind"] for hold in self.desk.recorder.holds.all()}

    def our_orders(self) -> list[Any]:
        """Return the bot's orders as the gateway has them."""
        prefix = self.desk.own_prefix
        return [each for each in self.gateway.orders if each.ticket.order_ref.startswith(prefix)]


def play(
    folder: Path, story: Callable[[Stage], Awaitable[None]], replacements: dict[str, str]
) -> None:
    """Run a story in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(PATIENCE_S)) as runner:
        runner.run(_play(folder, story, replacements))


async def _play(
    folder: Path, story: Callable[[Stage], Awaitable[None]], replacements: dict[str, str]
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    config = GatewayConfig()
    gateway = Gateway(config, SharedClock(loop, config.at))
    text = DEMO.read_text(encoding="utf-8")
    port = await gateway.start()
    changes = {
        "port = 4002": f'port = {port}\nlibrary = "{LIBRARY}"',
        "settle_s = 2": "settle_s = 30",
    }
    for old, new in {**changes, **replacements}.items():
        assert old in text, f"{old!r} is not in the configuration"
        text = text.replace(old, new)
    path = folder / "bot.toml"
    path.write_text(text, encoding="utf-8")
    settings = load_settings(path, {})
    clock = SharedClock(loop, config.at)
    memory = Memory(Path(settings.state.dir), clock, terms=terms_of(settings))
    memory.switch().resume(memory.arming("incident", days=30))
    with closing(memory.journal()) as journal, memory.lease() as lease:

        def make_desk() -> Desk:
            switch = StoppableSwitch(memory.switch())
            return desk_of(settings, memory, journal, lease=lease, switch=switch)

        stage = Stage(make_desk(), gateway, port, make_desk)
        try:
            await story(stage)
        finally:
            await stage.desk.broker.disconnect()
            await gateway.stop()
