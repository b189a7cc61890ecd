"""A bot that can be made to die in the middle of a write, in the process that watches it.

Rule: from the moment of its death on it does nothing that a killed process would not do: no journal line, no order, no
cancel, no halt; its socket is gone and every one of its tasks is cancelled. What the dead still try is refused here.
Bytes that were handed to the system before that moment do arrive, as they do when a process is killed.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from tests.engine.scheduler.conftest import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.domain.event import Event
    from bot.core.domain.orders import OrderIntent
    from bot.ports import Broker, Journal, Switch
    from tests.crash.disks import Disk


class Died(BaseException):
    """The process is dead. No handler of the bot's catches it, as none catches SIGKILL."""


#: Whose tasks and sockets are made; nobody's are the gateway's and the watcher's.
_WHOSE: ContextVar[Life | None] = ContextVar("_WHOSE", default=None)


@dataclass(eq=False)
class Life:
    """One process of the bot, from its start to its end.

    Attributes:
        dies_at: At which of its points it dies, counted from 1; None never.
        points: What it came by so far, in words.
        is_dead: Whether it does nothing any more.
        died_at: Where that was, in words.
        refused: What it tried when it was dead.
        committed: Journal lines that it made durable.
        orders: References of the orders that it wrote.
        cancels: References of those that it asked to cancel.
        tasks: Tasks that it started.
        transports: Its sockets.
    """

    dies_at: int | None = None
    points: list[str] = field(default_factory=list)
    is_dead: bool = False
    died_at: str = "where it waited"
    refused: list[str] = field(default_factory=list)
    committed: int = 0
    orders: list[str] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)

    def come_by(self, point: str) -> None:
        """Count a point, and die if it is the one."""
        self.check(point)
        self.points.append(point)
        if len(self.points) == self.dies_at:
            self.come_to_its_end(point)

    def come_to_its_end(self, point: str) -> NoReturn:
        """Die here."""
        self.died_at = point
        self.die()
        raise Died(point)

    def check(self, attempt: str) -> None:
        """Refuse what the dead attempt."""
        if self.is_dead:
            self.refused.append(attempt)
            raise Died(attempt)

    def die(self) -> None:
        """Close the sockets without a word, what the system has not taken yet is lost, and stop every task."""
        self.is_dead = True
        for transport in self.transports:
            transport.abort()
        current = asyncio.current_task()
        for task in self.tasks:
            if task is not current:
                task.cancel()

    async def buried(self) -> None:
        """Wait until all of its tasks are over."""
        alive = {task for task in self.tasks if not task.done()}
        if alive:
            await asyncio.wait(alive)
        for task in self.tasks:  # taken, so that nobody complains that they were not
            if not task.cancelled():
                task.exception()

    def begin(self, start: Callable[[], Any]) -> asyncio.Task[Any]:
        """Run a coroutine function as a task of this life."""
        token = _WHOSE.set(self)
        try:
            return asyncio.get_running_loop().create_task(start())
        finally:
            _WHOSE.reset(token)


class MortalLoop(VirtualLoop):
    """A loop of virtual time that knows whose tasks and sockets there are."""

    def __init__(self, patience_s: float = 0.0) -> None:
        super().__init__(patience_s)
        self.set_task_factory(_owned_task)

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        """Connect, and remember for whom."""
        transport, protocol = await super().create_connection(*args, **options)
        life = _WHOSE.get()
        if life is not None:
            life.transports.append(transport)
            if life.is_dead:
                transport.abort()
        return transport, protocol


def _owned_task(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
    life = _WHOSE.get()
    if life is not None:
        life.tasks.append(task)
    return task


class MortalJournal:
    """The journal port, with a point before and after each commit."""

    def __init__(self, journal: Journal, life: Life, disk: Disk) -> None:
        self._journal = journal
        self._life = life
        self._disk = disk

    @property
    def name(self) -> str:
        return self._journal.name

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        self._life.come_by(f"before commit of {kind}")
        event = self._disk.write(lambda: self._journal.append(kind, body, **keys))
        self._life.committed += 1
        self._life.come_by(f"after commit of {kind}")
        return event

    async def append_remotely(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        return self.append(kind, body, **keys)

    def __getattr__(self, name: str) -> Any:
        self._life.check(f"journal {name}")
        return getattr(self._journal, name)


class MortalBroker:
    """The broker port, with a point before and after each order and each cancel is written."""

    def __init__(self, broker: Broker, life: Life) -> None:
        self._broker = broker
        self._life = life

    def place_order(self, intent: OrderIntent) -> None:
        side = "sell" if intent.shares < 0 else "buy"
        self._life.come_by(f"before write of {side} order")
        self._broker.place_order(intent)
        self._life.orders.append(intent.order_ref)
        self._life.come_by(f"after write of {side} order")

    async def cancel_order(self, order_ref: str, order_id: int) -> None:
        self._life.come_by("before write of cancel")
        await self._broker.cancel_order(order_ref, order_id)
        self._life.cancels.append(order_ref)
        self._life.come_by("after write of cancel")

    def __getattr__(self, name: str) -> Any:
        self._life.check(f"broker {name}")
        return getattr(self._broker, name)


class MortalSwitch:
    """The switch port; the dead do not halt."""

    def __init__(self, switch: Switch, life: Life) -> None:
        self._switch = switch
        self._life = life

    def halt(self, reason: str) -> None:
        self._life.check("halt")
        self._switch.halt(reason)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._switch, name)
