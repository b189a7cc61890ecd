"""`bot resume`: a person allows trading, with a reason, after a look at the account that found nothing unexplained."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bot.adapters.lease import holder
from bot.app import desk_of, memory_of, start_logs
from bot.cli.options import AsJson, Config, Reason, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.engine.recovery.clean import objections
from bot.errors import ConfigError, LeaseHeld, Stopped

if TYPE_CHECKING:
    from bot.adapters.switch import FileSwitch
    from bot.app import Memory
    from bot.core.domain.arming import Arming
    from bot.ports import Journal, Lease
    from bot.settings import Settings

#: How much of the account's id a person types to trade real money, characters from its end.
SUFFIX = 4


def resume(
    *,
    reason: Reason,
    account_suffix: Annotated[
        str, Parameter(help="The last four characters of the account, asked for in mode live.")
    ] = "",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Allow trading: the first time, after a halt or a pause, and before the arming runs out.

    The account is read first, over a connection that cannot send: whatever is unexplained refuses. Nothing starts by
    itself.
    """
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        if not reason.strip():
            message = "--reason must say why trading may go on"
            raise ConfigError(message)
        check_suffix(settings.mode, settings.account.id, account_suffix)
        memory = memory_of(settings)
        start_logs(settings, memory.clock)
        switch = memory.switch()
        switch.saw_owner()
        was_halted, was_paused, because = switch.is_latched(), switch.is_paused(), switch.reason()
        with ExitStack() as stack:
            # Nobody may begin to trade while it is found out what became of the orders.
            lease = None if _is_at_work(memory, is_halted=was_halted) else memory.lease()
            if lease is not None:
                stack.enter_context(lease)
            journal = stack.enter_context(memory.journal())
            asyncio.run(_reconcile(settings, memory, journal, lease))
            arming = memory.arming(reason, settings.switch.armed_days)
            _arm(journal, switch, arming, because)
        if was_halted or was_paused:
            voice.say(f"Resumed: {reason} (it was stopped: {because})")
        else:
            voice.say(f"Armed anew: {reason}")
        voice.say(
            f"Armed for account {settings.account.id}, mode {settings.mode}, until"
            f" {arming.expires_at:%Y-%m-%d %H:%M} UTC, these limits and this program."
        )
        voice.say("Nothing starts by itself: `bot run` or `bot look --execute` goes on.")
        voice.answer(
            {
                "halted": switch.is_halted(),
                "was_halted": was_halted,
                "was_paused": was_paused,
                "was": because,
                "reason": reason,
                "armed_until": arming.expires_at,
            }
        )
    return voice.code


def check_suffix(mode: str, account: str, typed: str) -> None:
    """Refuse to arm real money for an account that a person did not name.

    Raises:
        ConfigError: If the mode is live and `typed` is not the end of the account's id.
    """
    if mode == "live" and typed != account[-SUFFIX:]:
        message = (
            f'mode = "live": --account-suffix must be the last {SUFFIX} characters of the account'
        )
        raise ConfigError(message)


def _is_at_work(memory: Memory, *, is_halted: bool) -> bool:
    """Return whether a bot trades here now; it keeps its own books, paused or not.

    Raises:
        LeaseHeld: If it is halted and still winds up: what it does with its orders is not over.
    """
    pid = holder(memory.lock_path)
    if pid is not None and is_halted:
        message = f"process {pid} is halted and still at work: wait for its end, or end it with `bot kill`"
        raise LeaseHeld(message)
    return pid is not None


async def _reconcile(
    settings: Settings, memory: Memory, journal: Journal, lease: Lease | None
) -> None:
    """Raise unless the account is what the journal says.

    Raises:
        BrokerUnavailable: If the gateway cannot be reached.
        Stopped: If something is unexplained; with all of it.
    """
    # The line is a tool's and read-only; the lock is what lets this desk settle orders and journal holds.
    desk = replace(desk_of(settings, memory, journal, lease=None), lease=lease)
    await desk.broker.connect()
    try:
        found = await objections(desk)
    finally:
        await desk.broker.disconnect()
    if found:
        message = f"not resumed, for the account is not what the journal says: {'; '.join(found)}"
        raise Stopped(message)


def _arm(journal: Journal, switch: FileSwitch, arming: Arming, because: str) -> None:
    """Journal a person's word, then make it hold."""
    before = journal.events(kinds=[events.ARMED], newest=1)
    old = before[-1].body["digest"] if before else None
    journal.append(events.RESUMED, {"reason": arming.reason, "was": because})
    body = {
        "account": arming.terms.account,
        "mode": arming.terms.mode,
        "digest": arming.terms.digest,
        "digest_before": old,
        "build": arming.terms.build,
        "build_before": before[-1].body["build"] if before else None,
        "armed_at": arming.armed_at,
        "expires_at": arming.expires_at,
        "reason": arming.reason,
        "who": arming.who,
    }
    journal.append(events.ARMED, body)
    switch.resume(arming)
