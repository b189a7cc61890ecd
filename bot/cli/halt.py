"""`bot halt`: stop trading, now and until a person resumes.

Rule: it says Halted only when the file that halts is there, in the folder that the running bot looks into; else one
line that begins with NOT HALTED. Why: whoever halts walks away from a bot that they believe has stopped.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.adapters.arming import ARMED
from bot.adapters.clock import WallClock
from bot.adapters.lease import holder
from bot.adapters.switch import SENTINEL
from bot.app import Memory, memory_of
from bot.cli.folder import likely_sentinel, state_folder
from bot.cli.options import AsJson, Config, Reason, config_path, settings_of
from bot.cli.voice import Voice
from bot.errors import BotError, ConfigError, HaltRequired


def halt(
    *, reason: Reason = "asked for by hand", config: Config = None, json: AsJson = False
) -> int:
    """Stop trading until `bot resume`: no further order leaves, the running bot cancels its own working orders.

    It writes one file and needs neither the broker nor a valid configuration.
    """
    voice = Voice(json)
    try:
        memory = _memory(config)
    except ConfigError as error:
        _not_halted(voice, str(error), error, error.exit_code)
        return voice.code
    try:
        _halt(voice, memory, reason)
    except (HaltRequired, ConfigError) as error:
        _not_halted(voice, _why_not(memory, error), error, 1)
    return voice.code


def _halt(voice: Voice, memory: Memory, reason: str) -> None:
    switch = memory.switch()
    switch.saw_owner()
    was_halted, not_durable, journaled = switch.is_latched(), "", True
    try:
        journaled = memory.halt(reason, "command")
    except HaltRequired as error:
        if not os.path.lexists(switch.sentinel):
            raise
        not_durable = str(error)
    voice.say(f"Halted: {switch.reason()}")
    if os.path.lexists(switch.sentinel):
        voice.say(f"The file {switch.sentinel} holds it; `bot resume --reason TEXT` ends it.")
    else:
        voice.say(
            f"There was no room for {switch.sentinel}: that {memory.folder / ARMED} is gone holds it."
        )
    if not_durable:
        voice.say(not_durable)
    if not journaled:
        voice.say("The journal could not be written; the halt holds all the same.")
    facts = {"reason": switch.reason(), "was_halted": was_halted, "journaled": journaled}
    voice.answer({"halted": switch.is_halted(), **facts})


def _not_halted(voice: Voice, why: str, error: BotError, code: int) -> None:
    voice.code = code
    facts = {"halted": False, "error": why, "kind": type(error).__name__, "runbook": "halted"}
    voice.fail(f"NOT HALTED: {why} (see runbooks/halted.md)", facts)


def _why_not(memory: Memory, error: BotError) -> str:
    """Return the file that could not be made, why, and whom to stop by other means."""
    cause = error.__cause__
    reason = cause.strerror if isinstance(cause, OSError) else str(error)
    pid = holder(memory.lock_path)
    # Without a holder a bot may still be starting: nothing is promised.
    advice = (
        "no process is seen to hold the lock there; run this as the bot's user or root"
        if pid is None
        else f"process {pid} trades on: run this as its user or root, or kill {pid}"
    )
    return f"{memory.folder / SENTINEL} cannot be made ({reason}); {advice}"


def _memory(named: Path | None) -> Memory:
    """Return the state folder, also of a configuration that has become invalid: stopping must not wait for that.

    Raises:
        ConfigError: If the folder is not known; with what to do by hand.
    """
    try:
        return memory_of(settings_of(named))
    except ConfigError as error:
        # A new configuration is no help to somebody who wants the running bot stopped.
        invalid = str(error).partition("; write one with: ")[0]
    path = config_path(named)
    try:
        return Memory(state_folder(path), WallClock())
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{invalid}; to stop all the same: touch {likely_sentinel(path)}"
        raise ConfigError(message) from error
