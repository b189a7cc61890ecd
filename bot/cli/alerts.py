"""`bot alerts`: what nobody has heard of yet, whether the channels work, and a person's word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cyclopts import App

from bot.app import alerts_of, memory_of
from bot.cli.options import AsJson, Config, Reason, settings_of
from bot.cli.voice import Voice
from bot.core.domain.alert import Alert, Level
from bot.engine import events
from bot.engine.outbox import Outbox
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.adapters.alerts import AppriseAlerts
    from bot.app import Memory
    from bot.engine.outbox import Waiting

alerts = App(
    name="alerts",
    help="What must be told: what no channel took yet, a test of the channels, and a person's word.",
    result_action="return_value",
)


@alerts.default
def undelivered(*, config: Config = None, json: AsJson = False) -> int:
    """List the alerts that no channel took yet; exit 1 if there is one."""
    voice = Voice(json)
    with voice.errors():
        outbox = _outbox(memory_of(settings_of(config)))
        rows = [] if outbox is None else [_facts(each) for each in outbox.waiting()]
        for row in rows:
            voice.say(
                f"{row['alert']}  {row['at']:%Y-%m-%d %H:%M} UTC  {row['level']}: {row['title']}: {row['text']}"
            )
        if not rows:
            voice.say("No alert waits.")
        voice.code = 1 if rows else 0
        voice.answer({"undelivered": rows})
    return voice.code


@alerts.command(name="test")
def send_test(*, config: Config = None, json: AsJson = False) -> int:
    """Send a test through every channel and say which took it; exit 1 if one did not, or there is none."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        channels = alerts_of(settings)
        took = asyncio.run(_send_test(channels))
        for channel, is_taken in took.items():
            voice.say(f"{channel}: {'took it' if is_taken else 'did NOT take it'}")
        if not took:
            voice.say("No channel: give BOT_ALERTS__URLS, or the secret file alerts__urls.")
        voice.code = 0 if took and all(took.values()) else 1
        voice.answer({"channels": took})
    return voice.code


@alerts.command
def acknowledge(*, reason: Reason, config: Config = None, json: AsJson = False) -> int:
    """Say that you have seen what no channel took: it blocks no plan any more, and is not sent."""
    voice = Voice(json)
    with voice.errors():
        if not reason.strip():
            message = "--reason must say that you know, in words for the journal"
            raise ConfigError(message)
        memory = memory_of(settings_of(config))
        numbers = _acknowledge(memory, reason)
        voice.say(f"Acknowledged: {len(numbers)} alerts.")
        voice.answer({"acknowledged": numbers})
    return voice.code


def _outbox(memory: Memory) -> Outbox | None:
    journal = memory.journal_to_read()
    if journal is None:
        return None
    outbox = Outbox()
    with journal:
        outbox.follow(journal)
    return outbox


def _acknowledge(memory: Memory, reason: str) -> list[int]:
    """Journal the word of whoever runs this; it works beside a running daemon."""
    if memory.exists():
        memory.switch().saw_owner()
    outbox = _outbox(memory)
    numbers = [] if outbox is None else [each.number for each in outbox.waiting()]
    if numbers:
        with memory.journal() as journal:
            journal.append(events.ALERT_ACKNOWLEDGED, {"alerts": numbers, "reason": reason})
    return numbers


async def _send_test(channels: AppriseAlerts) -> dict[str, bool]:
    text = "It was asked for by hand; nothing is wrong."
    alert = Alert(Level.INFO, "[info] A test of the bot's alerts", text, "", "test")
    took = await asyncio.gather(*(channels.send(each, alert) for each in channels.channels))
    return dict(zip(channels.channels, took, strict=True))


def _facts(each: Waiting) -> dict[str, Any]:
    return {
        "alert": each.number,
        "at": each.at,
        "level": each.alert.level.value,
        "title": each.alert.title,
        "text": each.alert.text,
        "attempts": each.attempts,
    }
