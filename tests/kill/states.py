"""Bring a bot into a state, halt it there, and read in the gateway's own record what it sent after that, and when.

The gateway is the paper gateway, over TCP; its record has every message with the moment at which it was read. The halt
is what a hand does: a file that appears, made here in the moment that is measured from.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.adapters.arming import ARMED
from bot.adapters.clock import WallClock
from bot.adapters.switch import SENTINEL
from bot.app import daemon_of
from bot.engine import events, records
from bot.engine.cycle import look
from bot.errors import BotError
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from tests.conftest import World, until
from tests.kill.disks import ReadOnlyJournal

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from bot.live.daemon import Daemon
    from tests.kill.disks import Disk

#: IB's numbers of the messages that place and cancel an order.
PLACE, CANCEL = "3", "4"
#: Latest order byte, and latest beginning of the cancels, after a halt, seconds: promise 3 of DESIGN.
LATEST_ORDER_S = 0.25
LATEST_CANCEL_S = 1.0
#: How long after the halt is looked on, seconds.
LOOK_ON_S = 3.0
#: Messages that end an answer, without which a look waits: contracts, open orders, account, positions, completed.
END_MARKERS = ("52", "53", "54", "62", "102")

CLOCK = WallClock()

Reach = Callable[["Scene"], Awaitable[None]]


@dataclass
class Figures:
    """What one halt came to.

    Attributes:
        state: Where the bot was.
        late_orders: Orders that the gateway read later than allowed after the halt.
        last_order_s: When the last order byte was read after the halt, seconds; None if none was.
        working: Own orders at work in the moment of the halt, or on their way.
        first_cancel_s: When the first cancel was read after the halt, seconds; 0 if before it, None if none was.
        last_cancel_s: Likewise when each of them had been asked for.
        left: Own orders that still worked at the end.
        trouble: What else was broken.
    """

    state: str
    trouble: str = ""
    late_orders: int = 0
    last_order_s: float | None = None
    working: int = 0
    first_cancel_s: float | None = None
    last_cancel_s: float | None = None
    left: int = 0

    @property
    def is_kept(self) -> bool:
        if self.late_orders or self.left:
            return False
        return not self.working or (
            self.first_cancel_s is not None and self.first_cancel_s <= LATEST_CANCEL_S
        )


@dataclass
class Scene:
    """A bot in this process, and its gateway."""

    world: World
    daemon: Daemon
    random: Random
    trouble: str = ""
    disk: Disk | None = None
    halted_at_s: float | None = None
    working: list[tuple[int, int]] = field(default_factory=list)
    tasks: list[asyncio.Task[object]] = field(default_factory=list)

    def begin(self, work: Awaitable[object]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    def halt(self) -> None:
        """Do what a hand does; the first time counts."""
        if self.halted_at_s is not None:
            return
        self.working = [
            order.key
            for order in self.world.gateway.orders
            if order.is_working and order.ticket.order_ref
        ]
        if self.trouble == "journal":
            recorder = self.daemon.desk.recorder
            recorder.journal = ReadOnlyJournal(recorder.journal)
        if self.disk is not None:
            self.disk.fill()
        folder = self.world.memory.folder
        self.halted_at_s = CLOCK.monotonic()
        try:
            os.close(os.open(folder / SENTINEL, os.O_CREAT | os.O_WRONLY))
        except OSError:  # no room for a name more
            (folder / ARMED).unlink()

    async def after(self, longest_s: float) -> None:
        """Let some time pass, as long as chance says."""
        await self.daemon.desk.clock.sleep(self.random.random() * longest_s)

    async def leave_orders_at_work(self) -> None:
        """Break a look off while its two sells work, as a time-out or a crash would."""
        self.world.behaviour.fill = "none"
        broken_off = asyncio.ensure_future(look(self.daemon.desk, execute=True))
        await until(lambda: sum(order.is_working for order in self.world.gateway.orders) == 2)
        broken_off.cancel()
        with suppress(asyncio.CancelledError):
            await broken_off


async def idle(scene: Scene) -> None:
    await scene.leave_orders_at_work()
    scene.begin(scene.daemon.run())
    await until(lambda: scene.world.events(events.DAEMON_STARTED))
    await scene.after(0.5)
    scene.halt()


async def planning(scene: Scene) -> None:
    await scene.leave_orders_at_work()
    scene.world.gateway.strike("mute", ids=scene.random.choice(END_MARKERS))
    scene.begin(scene.daemon.scheduled_look())
    await scene.after(0.3)
    scene.halt()


async def sending(scene: Scene) -> None:
    """Halt between an intent and its order, or right behind an order: in the listener, which is told in between."""
    count = scene.random.randrange(1, 19)
    scene.world.behaviour.fill_delay_s = 1.0
    seen = 0

    def hear(event: object) -> None:
        nonlocal seen
        body = getattr(event, "body", {})
        is_sent = getattr(event, "kind", "") == events.ORDER_STATE and body["event"] == "sent"
        seen += is_sent or getattr(event, "kind", "") == events.ORDER_INTENT
        if seen == count:
            scene.halt()

    scene.daemon.desk.recorder._listener = hear
    scene.begin(scene.daemon.scheduled_look())
    await until(lambda: scene.halted_at_s is not None or scene.tasks[0].done())
    scene.halt()  # a plan with fewer orders than that


async def working(scene: Scene) -> None:
    scene.world.behaviour.fill = "none"
    scene.begin(scene.daemon.scheduled_look())
    await until(lambda: sum(order.is_working for order in scene.world.gateway.orders) == 2)
    await scene.after(0.5)
    scene.halt()


async def cancelling(scene: Scene) -> None:
    """Orders have run out of time, their cancels are asked for, and the broker takes two seconds."""
    scene.world.behaviour.fill = "none"
    scene.world.gateway.strike("slow-cancel", late_s=2.0)
    scene.begin(scene.daemon.scheduled_look())
    await until(lambda: any(each.fields[0] == CANCEL for each in scene.world.gateway.messages))
    await scene.after(0.5)
    scene.halt()


async def settling(scene: Scene) -> None:
    """What became of an order is not known, and the window of twenty seconds runs; another order works."""
    await scene.leave_orders_at_work()
    desk = scene.daemon.desk
    plan = desk.recorder.ledger.open_plan()
    assert plan is not None
    lost = next(iter(plan.orders.values())).intent
    body = records.body_of(lost) | {"leg": 2, "order_ref": f"{lost.order_ref[:-3]}2-1"}
    keys = {"plan_id": lost.plan_id, "order_ref": body["order_ref"]}
    desk.recorder.record(events.ORDER_INTENT, body, **keys)
    scene.begin(scene.daemon.scheduled_look())
    await until(
        lambda: any(
            each.body["event"] == "doubted" for each in scene.world.events(events.ORDER_STATE)
        )
    )
    await scene.after(1.0)
    scene.halt()


STATES: dict[str, Reach] = {
    reach.__name__: reach for reach in (idle, planning, sending, working, cancelling, settling)
}
#: What the configuration says otherwise, by state.
EXECUTION = {
    "cancelling": "settle_s = 0.3\norder_timeout_s = 0.3",
    "settling": "settle_s = 20",
}


async def trial(
    state: str, folder: Path, random: Random, trouble: str = "", disk: Disk | None = None
) -> Figures:
    """Halt a bot in a state and look on."""
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at))
    world = World(gateway, await gateway.start(), folder)
    world.replacements = {"settle_s = 0.3": EXECUTION.get(state, "settle_s = 0.3")}
    world.arm()
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        daemon = daemon_of(world.settings, memory, journal, lease)
        scene = Scene(world, daemon, random, trouble, disk)
        try:
            await STATES[state](scene)
            return await _look_on(scene, Figures(state, trouble))
        finally:
            for task in scene.tasks:
                task.cancel()
                with suppress(asyncio.CancelledError, BotError):
                    await task
            await daemon.desk.broker.disconnect()
            await world.end()


async def _look_on(scene: Scene, figures: Figures) -> Figures:
    gateway, halted_at_s = scene.world.gateway, scene.halted_at_s
    assert halted_at_s is not None

    def is_quiet() -> bool:
        is_late = CLOCK.monotonic() - halted_at_s > 2 * LATEST_ORDER_S
        return is_late and not any(_works(order) for order in gateway.orders)

    with suppress(TimeoutError):
        await until(is_quiet, LOOK_ON_S)
    after = [each for each in gateway.messages if each.received_s > halted_at_s]
    orders = [each.received_s - halted_at_s for each in after if each.fields[0] == PLACE]
    figures.late_orders = sum(late_s > LATEST_ORDER_S for late_s in orders)
    figures.last_order_s = max(orders, default=None)
    # What was on its way in that moment works, too, a little later.
    scene.working += [(0, int(each.fields[1])) for each in after if each.fields[0] == PLACE]
    figures.working = len(scene.working)
    asked = {
        int(each.fields[2]): max(each.received_s - halted_at_s, 0.0)
        for each in reversed(gateway.messages)
        if each.fields[0] == CANCEL
    }
    times = [asked[number] for _, number in scene.working if number in asked]
    if times:
        figures.first_cancel_s = min(times)
    if times and len(times) == len(scene.working):
        figures.last_cancel_s = max(times)
    figures.left = sum(_works(order) for order in gateway.orders)
    return figures


def _works(order: object) -> bool:
    return bool(order.is_working and order.ticket.order_ref)  # type: ignore[attr-defined]
