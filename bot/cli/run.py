"""`bot run`: the daemon."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from functools import partial

from bot.app import Memory, alerts_of, daemon_of, memory_of, start_logs
from bot.cli.options import AsJson, Config, arm_command, settings_of
from bot.cli.signals import on_end, on_halt
from bot.cli.voice import Voice
from bot.errors import BotError, HaltRequired, Stopped
from bot.live.alerting import announce
from bot.live.stopping import refuse_while_halted
from bot.live.supervisor import stop_on_signal
from bot.settings import Settings


def run(*, config: Config = None, json: AsJson = False) -> int:
    """Look by the calendar and trade, until SIGTERM or a halt. Refuses to start while trading is halted."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        asyncio.run(_run(settings, voice, arm_command(config)))
        voice.say("Stopped as asked.")
        voice.answer({"stopped": "asked to stop", "exit_code": 0})
    return voice.code


async def _cancel_left_behind(settings: Settings, memory: Memory) -> None:
    """Cancel what a process that died left at work: halted means that nothing of ours works."""
    if memory.server is None and not memory.journal_path.exists():
        return
    # A halted one that still winds up does that itself, and a journal that is broken is told of when somebody resumes.
    with suppress(BotError), memory.lease() as lease, memory.journal() as journal:
        await daemon_of(settings, memory, journal, lease).cancel_left_behind()


async def _run(settings: Settings, voice: Voice, arm: str) -> None:
    memory = memory_of(settings)
    start_logs(settings, memory.clock)
    try:
        refuse_while_halted(memory.switch(), arm)
    except Stopped:
        await _cancel_left_behind(settings, memory)
        raise
    with ExitStack() as stack:
        lease = stack.enter_context(memory.lease())
        try:
            journal = stack.enter_context(memory.journal())
        except HaltRequired as error:
            # There is nothing to put an alert into; a person hears of it all the same.
            await announce(alerts_of(settings), error, settings.account.id)
            raise
        daemon = daemon_of(settings, memory, journal, lease)
        on_end(daemon.request_stop)
        on_halt(partial(stop_on_signal, daemon.desk))
        looks = ", ".join(settings.schedule.looks)
        voice.say(
            f"Running: account {settings.account.id}, mode {settings.mode}, looks at {looks}"
            f" of {settings.schedule.exchange}. `bot halt` stops trading, SIGTERM ends this process."
        )
        await daemon.run()
