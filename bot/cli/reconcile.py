"""`bot reconcile`: what the journal and the broker do not agree on, and a person's word on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bot.app import desk_of, memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.voice import Voice
from bot.engine.recorder import Recorder
from bot.engine.recovery.acknowledging import (
    acknowledge_order,
    acknowledge_position,
    differing_positions,
)
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.app import Memory
    from bot.engine.ledger import OrderRecord
    from bot.ports import Journal
    from bot.settings import Settings


def reconcile(
    *,
    acknowledge: Annotated[
        str | None,
        Parameter(help="Reference of an UNKNOWN order that is over, or symbol of a holding."),
    ] = None,
    reason: Annotated[str, Parameter(help="How you know, in words for the journal.")] = "",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """List orders whose fate is UNKNOWN and holdings that our fills do not explain; --acknowledge settles one of them.

    Listing works beside a running daemon; stop it before --acknowledge, which takes its lock. For an order the broker's
    lists are asked first, and its plan ends. A holding is accepted as the last look found it.
    """
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        memory = memory_of(settings)
        if acknowledge is not None:
            _acknowledge(settings, memory, acknowledge, reason)
        unknown, differing = _open_questions(memory)
        for record in unknown:
            voice.say(
                f"UNKNOWN: {record.intent.order_ref}, {record.intent.shares:+,}"
                f" {record.intent.instrument.symbol} limit {record.intent.limit_price},"
                f" sent {record.recorded_at:%Y-%m-%d %H:%M:%S} UTC, {record.filled} filled"
            )
        for row in differing:
            voice.say(
                f"DIFFERS: {row['symbol']}, {row['found']} shares held, {row['expected']} explained by our fills"
            )
        if not unknown and not differing:
            voice.say("No order's fate is unknown, and every holding is explained.")
        voice.code = 1 if unknown or differing else 0
        voice.answer(
            {
                "unknown": [record.intent.order_ref for record in unknown],
                "differing": differing,
                "acknowledged": acknowledge,
                "exit_code": voice.code,
            }
        )
    return voice.code


def _open_questions(memory: Memory) -> tuple[list[OrderRecord], list[dict[str, Any]]]:
    journal_to_read = memory.journal_to_read()
    if journal_to_read is None:
        return [], []
    with journal_to_read as journal:
        recorder = Recorder(journal)
        return recorder.ledger.unknown(), differing_positions(recorder)


def _acknowledge(settings: Settings, memory: Memory, named: str, reason: str) -> None:
    if not reason.strip():
        message = "--reason must say how you know"
        raise ConfigError(message)
    with memory.lease(), memory.journal() as journal:
        if Recorder(journal).ledger.order(named) is None:
            acknowledge_position(Recorder(journal), named, reason)
        else:
            asyncio.run(_acknowledge_order(settings, memory, journal, named, reason))


async def _acknowledge_order(
    settings: Settings, memory: Memory, journal: Journal, order_ref: str, reason: str
) -> None:
    # Without a lease of its own this desk is read-only: it asks and cannot send.
    desk = desk_of(settings, memory, journal, lease=None)
    await desk.broker.connect()
    try:
        await acknowledge_order(desk, order_ref, reason)
    finally:
        await desk.broker.disconnect()
