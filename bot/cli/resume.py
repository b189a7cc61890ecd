"""`bot resume`: a person allows trading again, with a reason."""

from __future__ import annotations

from bot.app import memory_of
from bot.cli.options import AsJson, Config, Reason, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.errors import ConfigError


def resume(*, reason: Reason, config: Config = None, json: AsJson = False) -> int:
    """Allow trading again after a halt. The reason is journaled first; the next look settles what is unclear."""
    voice = Voice(json)
    with voice.errors():
        if not reason.strip():
            message = "--reason must say why trading may go on"
            raise ConfigError(message)
        memory = memory_of(settings_of(config))
        switch = memory.switch()
        was_halted, because = switch.is_halted(), switch.reason()
        if was_halted:
            with memory.journal() as journal:
                journal.append(events.RESUMED, {"reason": reason, "was": because})
            switch.resume(reason)
            voice.say(f"Resumed: {reason} (it was halted: {because})")
            voice.say("Nothing starts by itself: `bot run` or `bot look --execute` goes on.")
        else:
            voice.say("Trading was not halted; nothing changed.")
        voice.answer({"halted": switch.is_halted(), "was_halted": was_halted, "reason": reason})
    return voice.code
