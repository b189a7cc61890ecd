"""`bot halt`: stop trading, now and until a person resumes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from bot.adapters.clock import WallClock
from bot.app import Memory, memory_of
from bot.cli.options import AsJson, Config, Reason, config_path, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.errors import BotError, ConfigError

if TYPE_CHECKING:
    from bot.ports import Switch


def halt(
    *, reason: Reason = "asked for by hand", config: Config = None, json: AsJson = False
) -> int:
    """Stop trading until `bot resume`: no further order leaves, the running bot cancels its own working orders.

    It writes one file and needs neither the broker nor a valid configuration.
    """
    voice = Voice(json)
    with voice.errors():
        memory = _memory(config)
        switch = memory.switch()
        was_halted = switch.is_halted()
        switch.halt(reason)
        journaled = was_halted or _journal(memory, reason)
        voice.say(f"Halted: {switch.reason()}")
        voice.say(
            f"The file {memory.folder / 'halted'} holds it; `bot resume --reason TEXT` ends it."
        )
        if not journaled:
            voice.say("The journal could not be written; the halt holds all the same.")
        voice.answer(_facts(switch, was_halted=was_halted, journaled=journaled))
    return voice.code


def _memory(named: Path | None) -> Memory:
    """Return the state folder, also of a configuration that has become invalid: stopping must not wait for that."""
    try:
        return memory_of(settings_of(named))
    except ConfigError as error:
        path = config_path(named)
        try:
            folder = tomllib.loads(path.read_text(encoding="utf-8"))["state"]["dir"]
        except (OSError, ValueError, KeyError, TypeError):
            message = (
                f"{error}; to stop all the same, make an empty file `halted` in the state folder"
            )
            raise ConfigError(message) from error
        return Memory((path.parent / str(folder)).resolve(), WallClock())


def _journal(memory: Memory, reason: str) -> bool:
    try:
        with memory.journal() as journal:
            journal.append(events.HALTED, {"reason": reason, "by": "command"})
    except BotError:
        return False
    return True


def _facts(switch: Switch, *, was_halted: bool, journaled: bool) -> dict[str, object]:
    return {
        "halted": switch.is_halted(),
        "reason": switch.reason(),
        "was_halted": was_halted,
        "journaled": journaled,
    }
