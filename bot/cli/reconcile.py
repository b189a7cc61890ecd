"""`bot reconcile`: what the journal and the broker do not agree on, what that holds, and a person's word on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table

from bot.app import desk_of, memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.tables import add_symbol_column
from bot.cli.voice import Voice
from bot.engine.recovery.acknowledging import acknowledge as accept
from bot.engine.recovery.differences import RUNBOOKS, Effect, Kind, Reconciliation
from bot.engine.recovery.reconcile import held_now, reconcile_all
from bot.errors import BrokerUnavailable, ConfigError, ReadUnknown

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.app import Memory
    from bot.engine.recovery.differences import Difference
    from bot.settings import Settings

_HOLDS = {Effect.TOLD: "nothing", Effect.SYMBOL: "the symbol", Effect.ALL: "every order"}


def reconcile(
    *,
    acknowledge: Annotated[
        str | None,
        Parameter(help="A symbol, the reference of an UNKNOWN order that is over, or cash."),
    ] = None,
    reason: Annotated[str, Parameter(help="How you know, in words for the journal.")] = "",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Compare journal, orders, holdings and cash, and say of each difference what it holds and what you can do.

    It reads the broker and works beside a running daemon. Stop the daemon before --acknowledge, which takes its lock:
    the broker is read first, and what it reports at that moment is accepted.
    """
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        memory = memory_of(settings)
        accepted: tuple[str, ...] = ()
        if acknowledge is not None:
            accepted, result = asyncio.run(_acknowledge(settings, memory, acknowledge, reason))
            for line in accepted:
                voice.say(f"accepted: {line}")
        else:
            result = asyncio.run(_compare(settings, memory, voice))
        _show(voice, result)
        if not result.is_clean:
            voice.code = voice.code or 1
        voice.answer(
            {
                "unknown": _unknown(result),
                "differences": [each.body() for each in result.differences],
                "acknowledged": acknowledge,
                "accepted": list(accepted),
                "exit_code": voice.code,
            }
        )
    return voice.code


def _unknown(result: Reconciliation) -> list[str]:
    kinds = {Kind.UNKNOWN_ORDER, Kind.LOST_ORDER}
    return [each.subject for each in result.differences if each.kind in kinds]


async def _compare(settings: Settings, memory: Memory, voice: Voice) -> Reconciliation:
    """Compare now; where the broker cannot be asked, tell what the journal holds, and that this is all."""
    opened = memory.journal_to_read()
    if opened is None:
        voice.say("There is no journal yet: nothing was ever traded, and nothing is compared.")
        return Reconciliation("nothing was journaled", ())
    with opened as journal:
        # Without a lease of its own this desk is read-only: it asks and cannot send.
        desk = desk_of(settings, memory, journal, lease=None)
        try:
            await desk.broker.connect()
            return await reconcile_all(desk, "bot reconcile")
        except (BrokerUnavailable, ReadUnknown) as error:
            voice.warn(
                f"{error}; what follows is the journal's alone (runbooks/{error.runbook}.md)"
            )
            voice.code = error.exit_code
            return held_now(desk.recorder)
        finally:
            await desk.broker.disconnect()


async def _acknowledge(
    settings: Settings, memory: Memory, named: str, reason: str
) -> tuple[tuple[str, ...], Reconciliation]:
    if not reason.strip():
        message = "--reason must say how you know"
        raise ConfigError(message)
    memory.switch().saw_owner()
    with memory.lease() as lease, memory.journal() as journal:
        # The line is a tool's and read-only; the lock is what lets this desk journal holds and their end.
        desk = replace(desk_of(settings, memory, journal, lease=None), lease=lease)
        await desk.broker.connect()
        try:
            accepted = await accept(desk, named, reason)
            return accepted, await reconcile_all(desk, f"{named} was acknowledged")
        finally:
            await desk.broker.disconnect()


def _show(voice: Voice, result: Reconciliation) -> None:
    if not result.differences:
        voice.say(
            "Journal and broker agree: no order's fate is unknown, and every holding is explained."
        )
        return
    table = Table(title="Journal and broker", title_justify="left", pad_edge=False)
    add_symbol_column(table, [each.symbol for each in result.differences])
    for head in ("what", "journal", "broker", "unit", "holds"):
        is_number = head in {"journal", "broker"}
        table.add_column(head, justify="right" if is_number else "left", no_wrap=True)
    for each in result.differences:
        what = each.kind.value.replace("_", " ")
        numbers = (_number(each.journal), _number(each.broker))
        table.add_row(each.symbol, what, *numbers, each.unit, _HOLDS[each.effect])
    voice.say(table)
    for each in result.differences:
        voice.say(_told(each))


def _number(number: Decimal | None) -> str:
    return "none" if number is None else f"{number:,}"


def _told(difference: Difference) -> str:
    page = f"runbooks/{RUNBOOKS[difference.kind]}.md"
    return f"{difference.statement}: {difference.remedy} ({page})"
