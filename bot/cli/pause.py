"""`bot pause`: no new plan until a person resumes; what is under way finishes."""

from __future__ import annotations

from bot.app import memory_of
from bot.cli.options import AsJson, Config, Reason, settings_of
from bot.cli.voice import Voice


def pause(
    *, reason: Reason = "asked for by hand", config: Config = None, json: AsJson = False
) -> int:
    """Open no new plan until `bot resume`: the open plan and its orders finish. `bot halt` stops those, too."""
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        switch = memory.switch()
        switch.saw_owner()
        journaled = memory.pause(reason, "command")
        halted = switch.is_halted()
        if halted:
            voice.say(f"Paused, and it is halted all the same: {switch.reason()}")
        else:
            voice.say(f"Paused: {switch.reason()}")
        voice.say(
            "No new plan until `bot resume --reason TEXT`; `bot halt` also cancels what works."
        )
        if not journaled:
            voice.say("The journal could not be written; the pause holds all the same.")
        facts = {"paused": True, "halted": halted, "reason": switch.reason()}
        voice.answer({**facts, "journaled": journaled})
    return voice.code
