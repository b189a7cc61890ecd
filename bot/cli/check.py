"""`bot check`: everything that would stop a run, found before one. Connects read-only and changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from bot.app import alerts_of, broker_of, calendar_of, mandate_of, memory_of, start_logs
from bot.cli.needs import read_needs
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.tables import add_symbol_column
from bot.cli.voice import Voice
from bot.core.domain.instrument import Instrument, Unresolved
from bot.core.domain.quote import QuoteKind
from bot.core.domain.reading import Known, Unknown
from bot.core.guards.proposal import is_beyond
from bot.core.planner.base import value
from bot.core.policy.gates_alone import gates_alone
from bot.engine.decide import target_state
from bot.engine.monitor.snapshot import take_snapshot
from bot.errors import BotError, ReadUnknown

if TYPE_CHECKING:
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.domain.snapshot import Snapshot
    from bot.core.planner.base import Valuation
    from bot.engine.knowledge import Knowledge
    from bot.engine.mandate import Mandate
    from bot.settings import Settings

#: What a person must set in IB Gateway or TWS; the API cannot read it (IBKR's API documentation, 2026).
GATEWAY_SETTINGS = (
    "Read-Only API: off (else error 321, and no order can be sent)",
    "Download open orders on connection: on (else our own orders are not seen after a restart)",
    "Maintain and resubmit orders when connection is restored: off (else old orders go out late)",
    "Reject messages above maximum allowed message rate: off (the gateway then paces)",
    "Master API client ID: blank, or one that no other program uses",
    "Auto restart: on, outside the exchange's session; the weekly login is yours",
    "API order precautions: on; their limits must be above those under [limits]",
)


@dataclass(slots=True)
class Checked:
    """What was found.

    Attributes:
        findings: What would stop a run or a trade, one line each.
        notes: What is worth knowing.
        symbols: One row a symbol of the mandate.
    """

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    symbols: list[dict[str, Any]] = field(default_factory=list)


def check(
    configuration: Annotated[Path | None, Parameter(help="Configuration (TOML).")] = None,
    /,
    *,
    offline: Annotated[
        bool, Parameter(negative="", help="Only validate the configuration; connect to nothing.")
    ] = False,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Check a configuration and, unless --offline, the gateway, the account and every symbol's market data."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(configuration or config)
        mandate = mandate_of(settings)
        if offline:
            # An exchange that nobody knows would stop the start.
            calendar_of(settings)
            voice.say(f"The configuration is valid: {len(mandate.specs)} instruments.")
            notes = [*_rule_notes(mandate), *_alert_notes(settings)]
            for note in notes:
                voice.say(f"note: {note}")
            voice.answer({"valid": True, "digest": settings.digest, "notes": notes, "exit_code": 0})
            return voice.code
        checked = asyncio.run(_check(settings, mandate))
        _show(voice, checked)
        voice.code = 1 if checked.findings else 0
        voice.answer(
            {
                "valid": True,
                "findings": checked.findings,
                "notes": checked.notes,
                "symbols": checked.symbols,
                "gateway_settings": list(GATEWAY_SETTINGS),
                "exit_code": voice.code,
            }
        )
    return voice.code


async def _check(settings: Settings, mandate: Mandate) -> Checked:
    memory = memory_of(settings)
    start_logs(settings, memory.clock)
    checked = Checked(notes=[*_rule_notes(mandate), *_alert_notes(settings)])
    if memory.exists() and memory.switch().is_latched():
        checked.findings.append(f"trading is halted: {memory.switch().reason()}")
    elif settings.mode != "observe" and (not memory.exists() or memory.switch().is_halted()):
        checked.notes.append('not armed: `bot resume --reason "first start"` arms it')
    if settings.mode == "observe":
        checked.notes.append('mode = "observe": looks are made and explained, nothing is sent')
    broker = broker_of(settings, memory.clock, own_prefix="check-", read_only=True)
    await broker.connect()
    try:
        answers = await broker.resolve(mandate.specs)
        instruments = tuple(answer for answer in answers if isinstance(answer, Instrument))
        calendar = calendar_of(settings)
        snapshot = await take_snapshot(broker, memory.clock, calendar, instruments)
        session = snapshot.session or calendar.next_session(snapshot.taken_at)
        needed = await read_needs(broker, calendar, mandate, instruments, session.held_on)
    finally:
        await broker.disconnect()
    checked.findings.extend(
        f"{answer.spec.symbol}: {answer.reason}"
        for answer in answers
        if isinstance(answer, Unresolved)
    )
    _check_reads(checked, snapshot, mandate)
    checked.findings.extend(needed.findings)
    checked.notes.extend(needed.notes)
    _check_base(checked, snapshot, mandate, _Day(session.held_on, needed.knowledge))
    _check_symbols(checked, snapshot, mandate.limits.spread_max_bps)
    if snapshot.session is None:
        opens_at = calendar.next_session(snapshot.taken_at).opens_at
        checked.notes.append(
            f"{settings.schedule.exchange} is closed now and opens {opens_at:%Y-%m-%d %H:%M} UTC"
        )
    return checked


def _rule_notes(mandate: Mandate) -> list[str]:
    """Return what a rule does that its author may not have meant."""
    gates = dict.fromkeys(gates_alone(mandate.policy))
    if not gates:
        return []
    note = (
        f"[policy] rule: {', '.join(gates)} only permits, and nothing else must agree with it here: it trades in every"
        " look in which it permits; for trades that another rule wants, write both into an all_of"
    )
    return [note]


def _alert_notes(settings: Settings) -> list[str]:
    """Return what is missing of the ways to a person; a channel that apprise does not know is an error."""
    if alerts_of(settings).channels:
        return []
    return ["[alerts] urls names no channel: nobody is told of a halt (see runbooks/alerts.md)"]


def _check_reads(checked: Checked, snapshot: Snapshot, mandate: Mandate) -> None:
    for reading in (snapshot.broker_time, snapshot.positions, snapshot.orders, snapshot.account):
        if isinstance(reading, Unknown):
            checked.findings.append(f"{reading.source} is unknown: {reading.reason}")
    if isinstance(snapshot.account, Known):
        account = snapshot.account.value
        if account.currency != mandate.currency:
            checked.findings.append(
                f"the account's base currency is {account.currency}; [account] currency says"
                f" {mandate.currency}, and every instrument must trade in it"
            )
        nav = account.net_liquidation
        checked.notes.append(f"net liquidation {nav} {account.currency}, cash {account.cash}")
    if isinstance(snapshot.positions, Known):
        ours = {instrument.con_id for instrument in snapshot.instruments}
        outside = [row.symbol for row in snapshot.positions.value if row.con_id not in ours]
        if outside:
            checked.notes.append(f"held outside the mandate, never touched: {', '.join(outside)}")


@dataclass(frozen=True, slots=True)
class _Day:
    """What target weights are a function of beside the account: the session's date, and what is known of the past."""

    session: date
    knowledge: Knowledge


def _check_base(checked: Checked, snapshot: Snapshot, mandate: Mandate, day: _Day) -> None:
    try:
        valuation = value(snapshot, mandate.reserved_cash)
    except BotError as error:
        checked.findings.append(str(error))
        return
    difference, limit = abs(valuation.nav_difference), mandate.limits.nav_difference_max
    if difference > limit:
        checked.findings.append(
            f"our count of the base and the broker's differ by {difference:.4f} of it, limit {limit}"
        )
    # A symbol that was not found is a finding already, and leaves nothing to compare.
    if len(valuation.weights) == len(mandate.symbols):
        _check_targets(checked, valuation, mandate, day)


def _check_targets(checked: Checked, valuation: Valuation, mandate: Mandate, day: _Day) -> None:
    state = target_state(mandate, valuation, day.session, day.knowledge)
    try:
        targets = mandate.targets.weights(state)[0]
        checked.notes.append(f"targets: {mandate.targets.statement(state)}")
    except (ReadUnknown, ValueError) as error:
        # The account's own past is the journal's to know: without it nothing can be said here.
        is_past_missing = isinstance(error, ReadUnknown) and mandate.targets.needs().values_sessions
        lines = checked.notes if is_past_missing else checked.findings
        lines.append(f"the target weights cannot be told now: {error}")
        return
    _note_first_purchase(checked, valuation.weights, targets, mandate.limits.plan_turnover_max)


def _note_first_purchase(
    checked: Checked, weights: NDArray[np.float64], targets: NDArray[np.float64], limit: float
) -> None:
    """Note it when cash above its target is so much that the plan that invests it would be refused."""
    if weights[-1] <= targets[-1]:
        return
    # As the guard counts, buys and sells together; out of cash alone they are buys alone.
    turnover = float(abs(targets - weights)[:-1].sum())
    if is_beyond(turnover, limit):
        checked.notes.append(
            f"cash is {weights[-1] * 100:.2f} % of the base, its target {targets[-1] * 100:.2f} %: all the way to the"
            f" targets is a plan of {turnover * 100:.2f} % of the base, and [limits] plan_turnover_max allows"
            f" {limit * 100:.2f} %"
        )


def _check_symbols(checked: Checked, snapshot: Snapshot, spread_max_bps: float) -> None:
    for instrument in snapshot.instruments:
        reading = snapshot.quotes[instrument.con_id]
        quote = reading.value if isinstance(reading, Known) else None
        trouble = _trouble(reading, quote, spread_max_bps)
        if trouble is not None:
            checked.findings.append(f"{instrument.symbol}: {trouble}")
        checked.symbols.append(
            {
                "symbol": instrument.symbol,
                "con_id": instrument.con_id,
                "listed_at": instrument.primary_exchange,
                "currency": instrument.currency,
                "market_data": None if quote is None or quote.kind is None else quote.kind.value,
                "bid": None if quote is None else quote.bid,
                "ask": None if quote is None else quote.ask,
                "trouble": trouble,
            }
        )


def _trouble(reading: Reading[Quote], quote: Quote | None, spread_max_bps: float) -> str | None:
    if isinstance(reading, Unknown):
        return reading.reason
    if quote is None or quote.mid is None:
        return "no two-sided price"
    if quote.kind is not QuoteKind.LIVE:
        kind = "of unknown kind" if quote.kind is None else quote.kind.value
        return f"market data is {kind}, trading needs live"
    if quote.spread_bps is not None and is_beyond(quote.spread_bps, spread_max_bps):
        return f"the spread is {quote.spread_bps:.1f} bps, [limits] spread_max_bps is {spread_max_bps:g}"
    return None


def _show(voice: Voice, checked: Checked) -> None:
    table = Table(title="Mandate", title_justify="left", pad_edge=False)
    add_symbol_column(table, [row["symbol"] for row in checked.symbols], "symbol")
    for head in ("conId", "listed at", "market data", "bid", "ask", "currency", ""):
        right = head in {"conId", "bid", "ask"}
        table.add_column(head, justify="right" if right else "left", no_wrap=True)
    for row in checked.symbols:
        table.add_row(
            row["symbol"],
            str(row["con_id"]),
            row["listed_at"],
            row["market_data"] or "unknown",
            "" if row["bid"] is None else f"{row['bid']:,.2f}",
            "" if row["ask"] is None else f"{row['ask']:,.2f}",
            row["currency"],
            "ok" if row["trouble"] is None else "below",
        )
    voice.say(table)
    for note in checked.notes:
        voice.say(f"note: {note}")
    voice.say("To set by hand in IB Gateway (the API cannot read these):")
    for line in GATEWAY_SETTINGS:
        voice.say(f"  - {line}")
    for finding in checked.findings:
        voice.say(f"stops trading: {finding}", "bold red")
    if not checked.findings:
        voice.say("Nothing found that would stop a run.", "bold")
