"""What `bot kill` did and found, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.adapters.process import Fate
from bot.cli.voice import Voice
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.adapters.ib.takeover import Takeover
    from bot.adapters.process import Stopped
    from bot.errors import BotError

#: The code of an end that is not the one that was asked for.
NOT_DONE = 1

_FATES = {
    Fate.NONE: "no process of the bot runs",
    Fate.KILLED: "process {pid} is dead",
    Fate.STILL_THERE: "process {pid} was killed and is STILL THERE: a dead disk may hold it; restart the machine",
    Fate.OUT_OF_SIGHT: "A PROCESS THAT CANNOT BE SEEN FROM HERE holds the lock: stop it in its container or machine",
    Fate.FORBIDDEN: "process {pid} is another user's: run this as root, or as that user",
}


def answer(
    as_json: bool,  # noqa: FBT001 - what the command was told
    halted: tuple[bool, str],
    stopped: Stopped,
    took_over: Takeover | None,
    error: BotError | None,
) -> int:
    """Say what became of switch, process and orders; return the exit code."""
    voice = Voice(as_json)
    is_verified = took_over is not None and took_over.is_verified
    holds, words = halted
    is_done = holds and stopped.is_over and is_verified
    voice.code = 0 if is_done else _code(took_over, error)
    voice.say(f"switch   {'halted' if holds else 'NOT HALTED'}: {words}")
    voice.say(f"process  {_FATES[stopped.fate].format(pid=stopped.pid)}")
    for line in _orders(took_over, error):
        voice.say(f"orders   {line}")
    voice.say(
        "Verified: nothing of the bot works at the broker, and nothing leaves. What is held stays held."
        if is_done
        else "NOT VERIFIED: look at the working orders in TWS now (see runbooks/kill.md).",
        "bold",
    )
    voice.answer(_facts(halted, stopped, took_over, error) | {"verified": is_done})
    return voice.code


def _orders(took_over: Takeover | None, error: BotError | None) -> list[str]:
    if took_over is None:
        return [str(error)]
    lines = []
    if took_over.connected is None:
        lines += [
            f"the gateway did not let us in: {took_over.trouble}",
            "the last step cancels every order of the login, also yours: bot kill --cancel-everything",
        ]
        return lines
    if took_over.asked_for_everything:
        lines.append("asked to cancel EVERY order of the login")
    lines += [f"asked to cancel {name}" for name in took_over.asked]
    if took_over.left is None:
        lines.append(f"what is left is not known: {took_over.trouble}")
    lines += [f"STILL WORKS: {name}" for name in took_over.left or ()]
    if took_over.left == []:
        lines.append("none of ours is left in the broker's list of open orders")
    if took_over.others:
        lines.append(f"{took_over.others} of others, not touched")
    return lines


def _code(took_over: Takeover | None, error: BotError | None) -> int:
    if error is not None:
        return error.exit_code
    if took_over is not None and took_over.connected is None:
        return BrokerUnavailable.exit_code
    return NOT_DONE


def _facts(
    halted: tuple[bool, str], stopped: Stopped, took_over: Takeover | None, error: BotError | None
) -> dict[str, Any]:
    done = took_over
    return {
        "halted": halted[0],
        "process": stopped.fate.value,
        "pid": stopped.pid,
        "connected_as": done.connected if done else None,
        "asked": done.asked if done else [],
        "left": done.left if done else None,
        "others": done.others if done else None,
        "asked_for_everything": bool(done and done.asked_for_everything),
        "error": str(error) if error else (done.trouble if done else None),
    }
