"""`bot init`: a first configuration from the account as it is: targets are the holdings, nothing is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from bot.adapters.clock import WallClock
from bot.app import stranger_of
from bot.cli.options import AsJson, Port
from bot.cli.voice import Voice
from bot.core.domain.reading import known, rows
from bot.errors import ConfigError, ReadUnknown
from bot.settings.schema import schema_text
from bot.settings.template import Draft, DraftHolding, render_config

if TYPE_CHECKING:
    from bot.core.domain.account import AccountState, Position

Library = Annotated[
    Literal["ib_insync", "ib_async"], Parameter(help="The installed client library.")
]

#: A real gateway's clock is right to seconds; one this far off replays another day.
REPLAY_BEYOND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Where:
    """The gateway and account to ask."""

    account: str
    host: str
    port: int
    library: Literal["ib_insync", "ib_async"]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the gateway said; `replays` is whether its clock is so far from ours that it must be a replay."""

    account: AccountState
    positions: tuple[Position, ...]
    replays: bool


def init(
    *,
    account: Annotated[str, Parameter(help="IB's id of the account, e.g. DU1234567.")],
    host: Annotated[str, Parameter(help="Where the gateway listens.")] = "127.0.0.1",
    port: Annotated[Port, Parameter(help="The gateway's API port.")] = 4002,
    output: Annotated[Path, Parameter(help="The file to write; it must not exist.")] = Path(
        "bot.toml"
    ),
    library: Library = "ib_insync",
    json: AsJson = False,
) -> int:
    """Write a commented configuration whose targets are the account's holdings, in mode observe.

    Caps are proposals from the account's size: read them before you change the mode.
    """
    voice = Voice(json)
    with voice.errors():
        if output.exists():
            message = f"{output} exists: expected a new file; name another with --output"
            raise ConfigError(message)
        where = _Where(account, host, port, library)
        found = asyncio.run(_read(where))
        draft, left_out = _draft(where, found)
        text = render_config(draft)
        _write(output, text)
        voice.say(
            f"Wrote {output}: {len(draft.holdings)} targets, base {draft.base:,.2f} {draft.currency}."
        )
        for line in left_out:
            voice.say(f"left outside the mandate, never touched: {line}")
        voice.say(f"Read it, then: bot check --config {output}")
        voice.answer(
            {
                "file": str(output),
                "targets": {holding.symbol: holding.weight for holding in draft.holdings},
                "base": f"{draft.base:.2f}",
                "currency": draft.currency,
                "left_out": left_out,
            }
        )
    return voice.code


def _write(output: Path, text: str) -> None:
    """Write the configuration, and beside it the schema that editors complete its keys from."""
    schema = output.parent / "bot.schema.json"
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
        if not schema.exists():
            schema.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise ConfigError(message) from error


async def _read(where: _Where) -> _Found:
    clock = WallClock()
    broker = stranger_of(where.account, where.host, where.port, where.library, clock)
    await broker.connect()
    try:
        ahead = known(await broker.read_time()) - clock.now()
        account = known(await broker.read_account())
        positions = rows(await broker.read_positions())
    finally:
        await broker.disconnect()
    return _Found(account, positions, replays=abs(ahead) > REPLAY_BEYOND)


def _draft(where: _Where, found: _Found) -> tuple[Draft, list[str]]:
    """Return what the configuration starts from, and what it leaves out with the reason."""
    state = found.account
    if state.cash is None:
        message = "the account's cash is unknown: no weights without it"
        raise ReadUnknown(message)
    if state.cash < 0:
        message = (
            f"the account's cash is {state.cash:,.2f} {state.currency}: expected at least 0, since borrowed money has"
            " no place in a target; pay it back first"
        )
        raise ConfigError(message)
    kept, left_out = [], []
    for position in found.positions:
        reason = _why_not(state, position)
        if reason is None:
            kept.append((position, float(state.market_values[position.con_id])))
        else:
            left_out.append(f"{position.symbol} ({reason})")
    base = sum(value for _, value in kept) + float(state.cash)
    if not kept:
        held = f"left out {'; '.join(left_out)}" if left_out else "it holds nothing"
        message = (
            f"no holding of account {state.account} can have a target: {held}; buy a first one by hand, or write the"
            " targets yourself as in config/paper.toml"
        )
        raise ConfigError(message)
    if base <= 0:
        message = f"the base must be above 0, found {base:,.2f} {state.currency}"
        raise ConfigError(message)
    holdings = tuple(
        DraftHolding(position.symbol, value / base, position.con_id) for position, value in kept
    )
    draft = Draft(
        account=state.account,
        currency=state.currency,
        port=where.port,
        state_dir="state",
        holdings=holdings,
        base=base,
        host=where.host,
        library=where.library,
        follow_gateway_time=found.replays,
    )
    return draft, left_out


def _why_not(state: AccountState, position: Position) -> str | None:
    """Return why a position cannot have a target, or None."""
    if position.security_type != "STK":
        return f"{position.security_type} is not a stock or fund"
    if position.currency != state.currency:
        return f"trades in {position.currency}, the account is in {state.currency}"
    if position.quantity < 0:
        return f"short {position.quantity} shares"
    if position.con_id not in state.market_values:
        return "the broker gives no value for it"
    return None
