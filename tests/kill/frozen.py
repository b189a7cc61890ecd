"""Freeze a bot of its own process in the middle of its orders, and let `bot kill` end it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.adapters.clock import WallClock
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from tests.conftest import World, until
from tests.kill.states import CANCEL, PLACE

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.kill.disks import Disk

#: Latest death of a frozen bot after `bot kill` was started, and latest cancel after its id was free, seconds.
LATEST_DEATH_S = 1.0
LATEST_CANCEL_S = 3.0
#: A shell that may write no byte, for a disk that cannot be made really full.
NO_BYTE = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")


CLOCK = WallClock()


@dataclass
class Frozen:
    """What one kill of a frozen bot came to.

    Attributes:
        trouble: What else was broken.
        dead_s: From the start of `bot kill` to the death of the bot, seconds.
        cancels_s: From the moment in which the gateway had freed the client id to the last cancel, seconds.
        late_orders: Orders that the gateway read after the freeze.
        asked: Cancels that it read.
        is_verified: Whether `bot kill` ended with 0 and nothing of the bot worked at the gateway.
        told: What it said.
    """

    trouble: str
    dead_s: float
    cancels_s: float
    late_orders: int
    asked: int
    is_verified: bool
    told: str

    @property
    def is_kept(self) -> bool:
        return (
            self.is_verified
            and not self.late_orders
            and self.dead_s <= LATEST_DEATH_S
            and self.cancels_s <= LATEST_CANCEL_S
        )


def damage(folder: Path) -> None:
    """Make the journal unreadable."""
    for file in folder.glob("state/journal.sqlite*"):
        file.write_bytes(b"no database")


async def frozen(trouble: str, folder: Path, random: Random, disk: Disk | None) -> Frozen:
    """Freeze, kill, look."""
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at))
    world = World(gateway, await gateway.start(), folder)
    world.behaviour.fill = "none"
    try:
        process = await world.start("look", "--execute", "--config", str(world.config))
        await until(lambda: sum(order.is_working for order in gateway.orders) == 2)
        await CLOCK.sleep(random.random() * 0.3)
        process.send_signal(signal.SIGSTOP)
        if "journal" in trouble:
            damage(folder)
        if disk is not None:
            disk.fill()
        return await _kill(world, process, trouble, disk)
    finally:
        await world.end()


async def _kill(
    world: World, process: asyncio.subprocess.Process, trouble: str, disk: Disk | None
) -> Frozen:
    before = NO_BYTE if disk is not None and disk.kind == "limit" else ()
    words = (
        *before,
        sys.executable,
        "-m",
        "bot",
        "kill",
        "--config",
        str(world.folder / "bot.toml"),
        "--json",
    )
    started_s = CLOCK.monotonic()
    killer = await asyncio.create_subprocess_exec(
        *words,
        cwd=world.folder,
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    world.processes.append(killer)
    answer = asyncio.ensure_future(killer.communicate())
    await process.wait()
    dead_s = CLOCK.monotonic() - started_s
    await until(lambda: _was_freed(world))
    freed_s = CLOCK.monotonic()
    out, err = await answer
    told = json.loads(out.decode().splitlines()[-1]) if out else {"error": err.decode()}
    messages = list(world.gateway.messages)
    cancels = [each.received_s for each in messages if each.fields[0] == CANCEL]
    return Frozen(
        trouble=trouble,
        dead_s=dead_s,
        cancels_s=max(cancels, default=float("inf")) - freed_s,
        late_orders=sum(
            each.fields[0] == PLACE and each.received_s > started_s for each in messages
        ),
        asked=len(cancels),
        is_verified=killer.returncode == 0
        and not any(order.is_working for order in world.gateway.orders),
        told=json.dumps(told),
    )


def _was_freed(world: World) -> bool:
    """Return whether the dead bot's id is free, or the killer has it already."""
    return 17 not in world.gateway.client_ids or any(
        each.fields[0] == CANCEL for each in world.gateway.messages
    )
