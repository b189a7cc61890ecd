"""`bot demo`: the whole road on real prices, with nothing to configure: two looks at a portfolio that drifted."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import desk_of, memory_of, start_logs
from bot.cli.look import facts_of, show
from bot.cli.options import AsJson
from bot.cli.progress import Progress
from bot.cli.voice import Voice
from bot.engine.report import Outcome
from bot.errors import require
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.live.supervisor import supervised_look
from bot.prices import load_history
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.report import LookReport
    from bot.settings import Settings

LIBRARY = "BOT_BROKER__LIBRARY"


def demo(*, json: AsJson = False) -> int:
    """Show one look, end to end: a real client, a real connection, real closes, a paper account of our own.

    Starts a paper gateway on a free port, lets a portfolio drift for years, rebalances it, and looks again.
    """
    voice = Voice(json)
    with voice.errors():
        folder = Path(tempfile.mkdtemp(prefix="bot-demo-"))
        try:
            first, second = asyncio.run(_demo(folder, voice))
        finally:
            shutil.rmtree(folder)
        in_band = _inside(second)
        if not in_band or second.outcome is not Outcome.NOTHING_TO_DO:
            voice.code = 1
        voice.answer(
            {
                "first": facts_of(first),
                "second": facts_of(second),
                "every_weight_in_band": in_band,
                "exit_code": voice.code,
            }
        )
    return voice.code


async def _demo(folder: Path, voice: Voice) -> tuple[LookReport, LookReport]:
    config = GatewayConfig()
    gateway = Gateway(config, ReplayClock(config.at))
    port = await gateway.start()
    try:
        settings = _settings(folder, port)
        voice.say(_introduction(config, settings))
        memory = memory_of(settings)
        start_logs(settings, memory.clock)
        # What `bot resume` does for an account of yours, after a look at it; this one was made a moment ago.
        memory.switch().resume(memory.arming("demo", settings.switch.armed_days))
        with memory.lease() as lease, memory.journal() as journal:
            progress = Progress(voice)
            desk = desk_of(settings, memory, journal, lease=lease, listener=progress)
            return await _two_looks(desk, voice, progress)
    finally:
        await gateway.stop()


async def _two_looks(desk: Desk, voice: Voice, progress: Progress) -> tuple[LookReport, LookReport]:
    try:
        voice.say("\nFirst look: weights, plan, orders as they fill.", "bold")
        first = await supervised_look(desk, execute=True)
        show(voice, first, progress)
        voice.say("\nSecond look, on what the broker reports now:", "bold")
        second = await supervised_look(desk, execute=True)
        show(voice, second, progress)
    finally:
        await desk.broker.disconnect()
    return first, second


def _settings(folder: Path, port: int) -> Settings:
    """Write the demo's configuration with this run's port and folder, and load it like any other."""
    text = files("bot.cli").joinpath("demo.toml").read_text(encoding="utf-8")
    require(text.count("port = 4002") == 1, "the demo's configuration names its port once")
    path = folder / "demo.toml"
    path.write_text(text.replace("port = 4002", f"port = {port}"), encoding="utf-8")
    chosen = {LIBRARY: os.environ[LIBRARY]} if LIBRARY in os.environ else {}
    return load_settings(path, chosen)


def _introduction(config: GatewayConfig, settings: Settings) -> str:
    history = load_history()
    return (
        f"A paper account {config.account} at {config.at:%Y-%m-%d %H:%M} New York."
        f" {config.initial_cash:,} {config.currency} were put equally into"
        f" {len(config.holdings)} stocks on {config.invested_on} and left alone.\n"
        f"Prices are real daily closes of {len(history.symbols)} US stocks, adjusted for splits and"
        " dividends, so costs are in basis points of the traded value and dividends are in the"
        " prices.\n"
        f"The client library is {settings.broker.library}, over TCP to a gateway on port"
        f" {settings.broker.port}. Rule: trade when a weight is more than 5 points off, back to"
        " halfway between the band's edge and the target."
    )


def _inside(report: LookReport) -> bool:
    decision = report.decision
    if decision is None:
        return False
    rows: Any = zip(decision.weights, decision.targets, decision.below, decision.above, strict=True)
    return all(
        (below is None or target - weight <= below) and (above is None or weight - target <= above)
        for weight, target, below, above in rows
    )
