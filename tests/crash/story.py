"""A story: a look dies at one point, new processes look until the plan has ended, and the gateway's truth is judged.

Bot and gateway run in one loop of virtual time, over real sockets. Two are sold and two are bought; orders fill in
parts, some so slowly that they are cancelled and replaced; what the gateway shows lags what it knows by 100 ms, and
the settle window is 0.3 s. The seed shifts prices, sizes and delays.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import calendar_of, desk_of, memory_of
from bot.errors import BotError
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.config.market import BookTable
from bot.gateway.config.prices import PricesTable
from bot.gateway.config.reports import ReportsTable
from bot.live.stopping import StoppableSwitch
from bot.live.supervisor import supervised_look
from bot.settings import load_settings
from tests.crash.disks import Disk
from tests.crash.judge import Verdict, judge
from tests.crash.mortal import Died, Life, MortalBroker, MortalJournal, MortalLoop, MortalSwitch
from tests.engine.faults.trial import SharedClock

if TYPE_CHECKING:
    from bot.adapters.calendar import ExchangeCalendar
    from bot.adapters.journal import SqlJournal
    from bot.app import Memory
    from bot.engine.desk import Desk
    from bot.settings import Settings

DEMO = Path(__file__).parents[2] / "bot" / "cli" / "demo.toml"
#: How long the system gets to carry bytes between two sockets of this process before virtual time goes on, seconds.
PATIENCE_S = 0.0003
#: By how much the gateway's view lags, and the settle window, seconds.
LAG_S = 0.1
SETTLE_S = 0.3
#: Looks after the death, at most.
LOOKS_MAX = 6
#: How a look ends after which there is nothing left to do, or nothing that can be done without a person.
RESTS = ("traded", "nothing_to_do", "halted")
#: Shares held before the look: AAPL and MSFT are far above their targets, KO and XOM below.
HELD = {"AAPL": 1300, "KO": 700, "MSFT": 560, "XOM": 800}
CASH = Decimal(25_000)
HOLDINGS = """\
cash = 0.08
holdings = [
  { symbol = "AAPL", weight = 0.23 },
  { symbol = "KO", weight = 0.23 },
  { symbol = "MSFT", weight = 0.23 },
  { symbol = "XOM", weight = 0.23 },
]
"""


def dice(*words: object) -> random.Random:
    """Return what chooses by these words, the same every time."""
    return random.Random(" ".join(map(str, words)))  # noqa: S311 - no secret is made of it


@dataclass(frozen=True)
class Plot:
    """What happens in a story.

    Attributes:
        seed: Shifts prices, sizes and delays.
        dies_at: The deaths of the first lives: at which of its points, from 1.
        settle_s: The settle window; 0 removes the safeguard, in this harness only.
        dies_after_s: The first life dies after so many seconds, wherever it is then; 0 for not.
        disk: How the disk of the first life fails, a kind of `disks.py`; empty for a sound one.
        fails_at: In which of the journal's writes, from 1.
    """

    seed: int
    dies_at: tuple[int, ...] = ()
    settle_s: float = SETTLE_S
    dies_after_s: float = 0.0
    disk: str = ""
    fails_at: int = 0

    def pause_s(self, life: int) -> float:
        """Return how long after the end of a life the next one begins: at once, while the view lags, or later."""
        if self.settle_s < SETTLE_S:
            return 0.0
        return dice(self.seed, self.dies_at, self.dies_after_s, life).choice([0.0, 0.0, 0.04, 0.12])


@dataclass
class Stage:
    """What outlives every process of the bot: the broker, the folder, the configuration."""

    plot: Plot
    gateway: Gateway
    settings: Settings
    calendar: ExchangeCalendar
    lives: list[Life] = field(default_factory=list)
    journals: list[SqlJournal] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def play(plot: Plot, folder: Path) -> Verdict:
    """Play a story in virtual time."""
    with asyncio.Runner(loop_factory=lambda: MortalLoop(PATIENCE_S)) as runner:
        return runner.run(_play(plot, folder))


async def _play(plot: Plot, folder: Path) -> Verdict:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MortalLoop)
    config = market(plot.seed)
    gateway = Gateway(config, SharedClock(loop, config.at))
    port = await gateway.start()
    gateway.behaviour.fill_delay_s = dice("delay", plot.seed).choice([0.02, 0.05, 0.15])
    gateway.strike("view-lag", lag_s=LAG_S)
    settings = load_settings(configuration(folder, port), {})
    stage = Stage(plot, gateway, settings, _calendar(settings))
    try:
        return await _lives(stage)
    finally:
        for journal in stage.journals:
            journal.close()
        await gateway.stop()


def market(seed: int) -> GatewayConfig:
    """Return a market of the seed's: thin, so that orders fill in parts, and prices that move."""
    chosen = dice("market", seed)
    return GatewayConfig(
        positions=HELD,
        cash=CASH,
        seed=seed,
        prices=PricesTable(step_s=Decimal(1), intraday_volatility=Decimal("0.003")),
        book=BookTable(
            displayed_shares=chosen.randint(110, 190),
            refill_s=Decimal(chosen.randint(50, 90)) / 100,
        ),
        # Every other seed has the sequences of reports that real gateways were seen to send.
        reports=ReportsTable(sequences="plain" if seed % 2 else "recorded"),
    )


@cache
def _calendar(settings: Settings) -> ExchangeCalendar:
    return calendar_of(settings)


def configuration(folder: Path, port: int) -> Path:
    text = DEMO.read_text(encoding="utf-8").replace("port = 4002", f"port = {port}")
    first, last = text.index("cash = 0.01"), text.index("[policy]")
    text = f"{text[:first]}{HOLDINGS}\n{text[last:]}"
    rules = (
        f"settle_s = {SETTLE_S}\norder_timeout_s = 1.5\nacknowledge_timeout_s = 2\nattempts_max = 8"
    )
    path = folder / "bot.toml"
    path.write_text(text.replace("settle_s = 2", rules), encoding="utf-8")
    return path


def arm(memory: Memory) -> None:
    """Allow trading, as `bot resume` does after its look at the account."""
    memory.switch().resume(memory.arming("a story", days=30))


async def _lives(stage: Stage) -> Verdict:
    arm(memory_of(stage.settings))
    if stage.plot.disk or stage.plot.dies_after_s:
        await _live(stage, None, stage.plot.disk, stage.plot.dies_after_s)
    for dies_at in stage.plot.dies_at:
        await _live(stage, dies_at)
    desk = None
    for _ in range(LOOKS_MAX):
        desk = await _live(stage, None)
        if stage.ends[-1].startswith(RESTS):
            break
    assert desk is not None
    verdict = judge(desk, stage.gateway, stage.lives, stage.ends)
    verdict.wrong += stage.wrong
    return verdict


async def _live(
    stage: Stage, dies_at: int | None, disk_kind: str = "", dies_after_s: float = 0.0
) -> Desk:
    """Let a process look once, to its end or to its death."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MortalLoop)
    life = Life(dies_at)
    stage.lives.append(life)
    clock = SharedClock(loop, stage.gateway.config.at)
    memory = replace(memory_of(stage.settings), clock=clock)
    journal = memory.journal()
    stage.journals.append(journal)
    disk = Disk(disk_kind, stage.plot.fails_at, memory.folder, life)
    with memory.lease() as lease:
        made = desk_of(
            stage.settings,
            memory,
            MortalJournal(journal, life, disk),
            lease=lease,
            switch=MortalSwitch(StoppableSwitch(memory.switch()), life),
        )
        execution = replace(made.mandate.execution, settle_s=stage.plot.settle_s)
        desk = replace(
            made,
            broker=MortalBroker(made.broker, life),
            calendar=stage.calendar,
            mandate=replace(made.mandate, execution=execution),
        )
        lines = len(journal.events())
        if dies_after_s:
            loop.call_later(dies_after_s, life.die)
        stage.ends.append(await _end_of(life, desk))
        if not life.is_dead:
            await life.begin(desk.broker.disconnect)
        await life.buried()
        assert len(journal.events()) == lines + life.committed, "the dead wrote into the journal"
        if disk.has_failed:
            _mend(stage, disk, memory)
    while stage.gateway.client_ids:  # it sees that the line is closed
        await clock.sleep(0)
    await clock.sleep(stage.plot.pause_s(len(stage.lives)))
    return desk


def _mend(stage: Stage, disk: Disk, memory: Memory) -> None:
    """Check that nothing left after the disk had failed, and do what a person does then."""
    after = stage.lives[-1].orders[len(disk.written_before) :]
    if after:
        stage.wrong.append(f"sent although the journal could not be written: {after}")
    switch = memory.switch()
    if disk.kind != "torn":
        if not stage.ends[-1].startswith("JournalWriteFailed"):
            stage.wrong.append(f"a failed write ended a look with {stage.ends[-1]}")
        if not switch.is_halted():
            stage.wrong.append("trading was not halted although the journal could not be written")
    stage.journals.pop().close()
    disk.mend()
    arm(memory)


async def _end_of(life: Life, desk: Desk) -> str:
    try:
        report = await life.begin(lambda: supervised_look(desk, execute=True))
    except (Died, asyncio.CancelledError):
        return f"died {life.died_at}"
    except BotError as error:
        return f"{type(error).__name__}: {error}"
    return f"{report.outcome.value}: {report.statement}"
