"""`bot status`: what this configuration's bot is doing, from its journal, switch and lock alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from bot.adapters.lease import holder
from bot.app import memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.voice import Voice
from bot.engine import events
from bot.engine.recorder import Recorder
from bot.errors import ConfigError, JournalWriteFailed

if TYPE_CHECKING:
    from bot.adapters.switch import FileSwitch
    from bot.app import Memory
    from bot.core.domain.event import Event
    from bot.settings import Settings


def status(*, config: Config = None, json: AsJson = False) -> int:
    """Say whether the bot runs, whether trading is halted, how the last look ended and what is still open."""
    voice = Voice(json)
    with voice.errors():
        settings = settings_of(config)
        memory = memory_of(settings)
        if memory.exists():
            memory.switch().saw_owner()
        facts = _facts(settings, memory)
        voice.code = 1 if facts["journal_error"] else 0
        table = Table(show_header=False, box=None, pad_edge=False)
        for name, text in _rows(facts):
            table.add_row(name, text)
        voice.say(table)
        voice.answer(facts)
    return voice.code


def _facts(settings: Settings, memory: Memory) -> dict[str, Any]:
    exists = memory.exists()
    switch = memory.switch() if exists else None
    facts: dict[str, Any] = {
        "mode": settings.mode,
        "account": settings.account.id,
        "state_dir": str(memory.folder),
        "state_dir_exists": exists,
        **_switch_facts(switch),
        "trader_pid": holder(memory.lock_path) if exists else None,
        "looks": 0,
        "last_look": None,
        "open_plan": None,
        "unsettled_orders": [],
        "held": [],
        "journal": None,
        "journal_error": None,
    }
    try:
        _add_journal(facts, memory)
    except (ConfigError, JournalWriteFailed) as error:
        # What halts and who trades is known all the same; what only the journal knows is unknown, not none.
        facts["journal_error"] = str(error)
        facts.update(dict.fromkeys(("looks", "last_look", "open_plan", "unsettled_orders", "held")))
    return facts


def _switch_facts(switch: FileSwitch | None) -> dict[str, Any]:
    """Return what trading may do; without a state folder nobody has allowed anything yet."""
    arming = switch.arming() if switch else None
    return {
        "trading": "halted" if switch is None else switch.state().value,
        "halted": switch.is_latched() if switch else False,
        "halt_reason": switch.reason() if switch else "not armed: nothing was ever run",
        "not_armed": "nothing was ever run" if switch is None else switch.lapse(),
        "armed_until": arming.expires_at if arming else None,
        "armed_by": arming.who if arming else None,
    }


def _add_journal(facts: dict[str, Any], memory: Memory) -> None:
    journal = memory.journal_to_read()
    if journal is None:
        return
    with journal:
        recorder = Recorder(journal)
        ledger = recorder.ledger
        ended = journal.events(kinds=(events.LOOK_ENDED,))
        tip = journal.found.tip
    facts["journal"] = {"events": tip.sequence, "tip": {"sequence": tip.sequence, "hash": tip.hash}}
    facts["looks"] = len(ended)
    facts["last_look"] = _told(ended[-1]) if ended else None
    plan = ledger.open_plan()
    if plan is not None:
        facts["open_plan"] = {
            "plan_id": plan.plan.plan_id,
            "expires_at": plan.plan.expires_at,
            "remaining": {leg.instrument.symbol: plan.remaining(leg) for leg in plan.plan.legs},
        }
    facts["held"] = [{"since": hold.since, **hold.body} for hold in recorder.holds.all()]
    facts["unsettled_orders"] = [
        {"order_ref": record.intent.order_ref, "state": record.state}
        for record in ledger.unsettled()
    ]


def _told(event: Event) -> dict[str, Any]:
    return {
        "look_id": event.look_id,
        "at": event.recorded_at,
        "outcome": event.body["outcome"],
        "statement": event.body["statement"],
    }


def _trading(facts: dict[str, Any]) -> str:
    if facts["trading"] == "paused":
        return f"PAUSED: {facts['halt_reason']}"
    if facts["trading"] == "active":
        until = facts["armed_until"]
        return "not halted" + (f"; armed until {until:%Y-%m-%d %H:%M} UTC" if until else "")
    if facts["halted"] or facts["not_armed"] is None:
        return f"HALTED: {facts['halt_reason']}"
    return f"NOT ARMED: {facts['not_armed']}; `bot resume --reason TEXT` arms it"


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    pid, plan, last = facts["trader_pid"], facts["open_plan"], facts["last_look"]
    rows = [
        ("trading", _trading(facts)),
        ("running", f"process {pid} holds the lock" if pid else "no process trades"),
        ("mode", f"{facts['mode']}, account {facts['account']}"),
    ]
    if not facts["state_dir_exists"]:
        gone = (
            f"state folder {facts['state_dir']} is not there: nothing was ever run with this configuration, or it is"
            " not mounted"
        )
        rows.append(("state", gone))
    if facts["journal_error"] is not None:
        return [*rows, ("journal", facts["journal_error"])]
    told, left = "none yet", "none"
    if last is not None:
        when = f"{last['look_id']} at {last['at']:%Y-%m-%d %H:%M:%S} UTC"
        told = f"{when}, {last['outcome']}: {last['statement']}"
    if plan is not None:
        legs = ", ".join(f"{symbol} {shares:+,}" for symbol, shares in plan["remaining"].items())
        left = (
            f"{plan['plan_id']} until {plan['expires_at']:%Y-%m-%d %H:%M} UTC; shares left: {legs}"
        )
    if facts["journal"] is not None:
        tip = facts["journal"]["tip"]
        rows.append(("journal", f"chain ok, {tip['sequence']:,} events, tip {tip['hash'][:16]}"))
    rows += [("looks", f"{facts['looks']:,} ended"), ("last look", told), ("open plan", left)]
    rows.extend(
        ("unsettled", f"{order['order_ref']} is {order['state'].value}")
        for order in facts["unsettled_orders"]
    )
    rows.extend(
        ("held", f"since {hold['since']:%Y-%m-%d %H:%M} UTC: {hold['statement']}")
        for hold in facts["held"]
    )
    return rows
