"""A trial: the bot looks while something goes wrong at the gateway, and after it is over.

Bot and gateway run in one loop of virtual time, over real sockets: half an hour of waiting takes a second, so every
time-out and the settle window have the length that they have in use. What is checked is checked on the gateway's truth.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import Memory, desk_of, terms_of
from bot.errors import BotError
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.faults.script import read
from bot.live.stopping import StoppableSwitch
from bot.live.supervisor import supervised_look
from bot.settings import load_settings
from tests.engine.scheduler.conftest import VirtualClock, VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.domain.orders import OrderIntent
    from bot.engine.desk import Desk
    from bot.gateway.orders.order import Order

DEMO = Path(__file__).parents[3] / "bot" / "cli" / "demo.toml"
#: How long the system gets to carry bytes between two sockets of this process before virtual time goes on, seconds.
PATIENCE_S = 0.0005
#: Looks after the fault is over, at most: one settles, one trades, one finds nothing to do.
LOOKS_AFTER_MAX = 3


class SharedClock(VirtualClock):
    """Virtual time for the bot, which may follow the gateway's, and for the gateway."""

    speed = 1.0

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        super().__init__(loop, start)
        self._followed = timedelta(0)

    def follow(self, offset: timedelta) -> None:
        self.set_by(offset - self._followed)
        self._followed = offset


@dataclass(frozen=True)
class Trial:
    """What goes wrong, and when.

    Attributes:
        fault: Name of the fault, or empty for none.
        parameters: What it is told.
        when: `before` the first look, or the event that it is struck at: `place`, `fill`.
        config: The gateway's.
        restarts: Whether each look after the fault is one of a new process.
        execution: Further lines of [execution].
    """

    fault: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    when: str = "before"
    config: GatewayConfig = field(default_factory=GatewayConfig)
    restarts: bool = False
    execution: str = ""

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{self.fault}({told}) {self.when}"


@dataclass(frozen=True)
class Look:
    """How a look ended, and how many orders the broker had by then."""

    outcome: str
    code: int
    statement: str
    orders: int


@dataclass
class Story:
    """What became of a trial.

    Attributes:
        during: Looks while the fault was on.
        after: Looks when it was over.
        wrong: What must never be, a line each.
        intents: Every order that was meant, as the journal has it.
        orders: Every order that the broker took.
    """

    during: list[Look] = field(default_factory=list)
    after: list[Look] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    intents: list[OrderIntent] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def looks(self) -> list[Look]:
        return self.during + self.after


def run(trial: Trial, folder: Path) -> Story:
    """Run a trial in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(PATIENCE_S)) as runner:
        return runner.run(_play(trial, folder))


async def _play(trial: Trial, folder: Path) -> Story:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    strike = {"name": trial.fault, **trial.parameters, "when": trial.when}
    script = read({"seed": 7, "fault": [strike] if trial.when != "before" else []})
    config = trial.config
    gateway = Gateway(config, SharedClock(loop, config.at), script=script)
    port = await gateway.start()
    path = folder / "bot.toml"
    text = DEMO.read_text(encoding="utf-8").replace("port = 4002", f"port = {port}")
    rules = f"settle_s = 30\n{trial.execution}"
    path.write_text(text.replace("settle_s = 2", rules), encoding="utf-8")
    settings = load_settings(path, {})
    clock = SharedClock(loop, config.at)
    memory = Memory(Path(settings.state.dir), clock, terms=terms_of(settings))
    memory.switch().resume(memory.arming("trial", days=30))
    with closing(memory.journal()) as journal, memory.lease() as lease:

        def make_desk() -> Desk:
            switch = StoppableSwitch(memory.switch())
            return desk_of(settings, memory, journal, lease=lease, switch=switch)

        story = Story()
        desk = make_desk()
        if trial.fault and trial.when == "before":
            gateway.strike(trial.fault, **trial.parameters)
        for _ in range(2 if trial.fault else 1):
            story.during.append(await _look(desk, gateway, story))
        gateway.faults.end_all()
        for _ in range(LOOKS_AFTER_MAX):
            if trial.restarts:
                await desk.broker.disconnect()
                desk = make_desk()
            await desk.clock.sleep(1)
            story.after.append(await _look(desk, gateway, story))
            if story.after[-1].outcome == "nothing_to_do":
                break
        await desk.broker.disconnect()
        plans = desk.recorder.ledger.plans.values()
        story.intents = [order.intent for plan in plans for order in plan.orders.values()]
    story.orders = list(gateway.orders)
    await gateway.stop()
    return story


async def _look(desk: Desk, gateway: Gateway, story: Story) -> Look:
    try:
        report = await supervised_look(desk, execute=True)
        look = Look(report.outcome.value, report.exit_code, report.statement, len(gateway.orders))
    except BotError as error:
        name = type(error).__name__
        look = Look(name, error.exit_code, str(error), len(gateway.orders))
    story.wrong += wrongs(desk, gateway, look)
    return look


def wrongs(desk: Desk, gateway: Gateway, look: Look) -> list[str]:
    """Return what must never be, whatever the broker does: on its truth, beside what the bot believes."""
    filled, believed = filled_by_order(gateway), believed_by_order(desk)
    found = [f"sent twice: {ref}" for ref, count in references(gateway).items() if count > 1]
    found += _overfilled(desk, filled)
    found += [f"short: {symbol}" for symbol, row in gateway.positions.items() if row.shares < 0]
    if look.code == 70:
        found.append(f"a bug: {look.statement}")
    if look.code == 0 and filled != believed:
        found.append(f"said to be well, with fills {filled} where {believed} are believed")
    if look.code == 0:
        found += _unexplained(desk, gateway)
    return found


def references(gateway: Gateway) -> Counter[str]:
    return Counter(order.ticket.order_ref for order in gateway.orders if order.ticket.order_ref)


def filled_by_order(gateway: Gateway) -> dict[str, int]:
    """Net shares that the broker filled for the bot: the truth."""
    filled: Counter[str] = Counter()
    for execution in gateway.executions:
        order = execution.order
        if order.ticket.order_ref:
            filled[order.ticket.order_ref] += order.side.value * int(execution.shares)
    return {ref: shares for ref, shares in filled.items() if shares}


def believed_by_order(desk: Desk) -> dict[str, int]:
    """Net shares that the bot's journal has."""
    records = [
        record for plan in desk.recorder.ledger.plans.values() for record in plan.orders.values()
    ]
    return {record.intent.order_ref: int(record.filled) for record in records if record.filled}


def _overfilled(desk: Desk, filled: dict[str, int]) -> list[str]:
    plans = desk.recorder.ledger.plans
    by_leg: Counter[tuple[str, int]] = Counter()
    for ref, shares in filled.items():
        _, plan_id, leg, _ = ref.split("-")
        by_leg[plan_id, int(leg)] += shares
    return [
        f"overfilled: {shares} of {plans[plan_id].plan.legs[leg].shares} in leg {leg} of {plan_id}"
        for (plan_id, leg), shares in by_leg.items()
        if not 0 <= shares / plans[plan_id].plan.legs[leg].shares <= 1
    ]


def _unexplained(desk: Desk, gateway: Gateway) -> list[str]:
    held: dict[Any, Decimal] = {}
    for instrument in desk.mandate.specs:
        row = gateway.positions.get(instrument.symbol)
        held[instrument.symbol] = Decimal(0 if row is None else row.shares)
    expected = desk.recorder.ledger.expected
    names = {
        leg.instrument.con_id: leg.instrument.symbol
        for plan in desk.recorder.ledger.plans.values()
        for leg in plan.plan.legs
    }
    return [
        f"said to be well, with {held[names[con_id]]} {names[con_id]} where {shares} are believed"
        for con_id, shares in expected.items()
        if con_id in names and held[names[con_id]] != shares
    ]


def quiet() -> None:
    """Keep what the bot logs of broken lines out of the way of what a sweep says."""
    logging.disable(logging.CRITICAL)
