"""What the journal costs: one durable intent, a whole look, and the check at every start.

An intent is measured in turn with the plainest write of the same bytes that is as durable: the standard library's
sqlite3, WAL and FULL, one insert and one commit. Both wait for the same disk, so their ratio says what chain, triggers
and indexes add.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.rows import Row, at_most
from bot.adapters.clock import WallClock
from bot.adapters.journal import FilePlace, SqlJournal
from bot.adapters.journal.chain import Stored, start_of
from bot.app import desk_of, memory_of
from bot.engine.cycle import look
from bot.engine.events import ORDER_INTENT
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.gateway.config.prices import InstrumentTable, PricesTable
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.core.domain.event import Event

_INTENTS: Final = 1_000
_P50_LIMIT_MS: Final = 1.0
_P99_LIMIT_MS: Final = 15.0
#: Ours may take so many times as long as the plainest durable insert.
_PLAIN_GOAL: Final = 0.2

_LEGS: Final = 30
_LOOK_LIMIT_PERCENT: Final = 5.0

_EVENTS: Final = 100_000
_CHECK_LIMIT_S: Final = 1.0

#: An intent as the engine writes it, by size.
_BODY: Final = {"order_ref": "abc123-P200601.42-0-1", "shares": 100, "instrument": "x" * 600}


def _write_times_ms(folder: Path) -> tuple[list[float], list[float]]:
    """Return how long each intent and each plain insert took, in turn, milliseconds."""
    ours, plain = [], []
    path = folder / "plain.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE events (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    text = str(_BODY)
    with SqlJournal.open(folder / "journal.sqlite", WallClock(), config="c" * 64) as journal:
        for number in range(_INTENTS):
            started_s = time.perf_counter()
            journal.append(ORDER_INTENT, _BODY, plan_id="P200601.42", order_ref=f"r-{number}")
            ours.append((time.perf_counter() - started_s) * 1e3)
            started_s = time.perf_counter()
            connection.execute("INSERT INTO events (body) VALUES (?)", (text,))
            plain.append((time.perf_counter() - started_s) * 1e3)
    connection.close()
    return ours, plain


class _TimedJournal(SqlJournal):
    """A journal that adds up what its appends take, seconds."""

    spent_s = 0.0

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        started_s = time.perf_counter()
        try:
            return super().append(kind, body, **keys)
        finally:
            self.spent_s += time.perf_counter() - started_s


def _configuration(folder: Path, port: int, symbols: list[str]) -> Path:
    """Write a configuration for equal weights of `symbols`, none of which may stay where it is."""
    weight = 0.99 / len(symbols)
    holdings = "".join(f'  {{ symbol = "{each}", weight = {weight:.6f} }},\n' for each in symbols)
    text = (Path(__file__).parent.parent / "bot" / "cli" / "demo.toml").read_text(encoding="utf-8")
    head, _, rest = text.partition("holdings = [\n")
    text = f"{head}holdings = [\n{holdings}{rest[rest.index(']') :]}"
    for old, new in {
        "cash = 0.01": f"cash = {1 - float(f'{weight:.6f}') * len(symbols):.6f}",
        "port = 4002": f"port = {port}",
        "width = 0.05": "width = 0.001",
        'destination = "halfway"': 'destination = "target"',
        "plan_turnover_max = 0.5": "plan_turnover_max = 2",
    }.items():
        text = text.replace(old, new)
    path = folder / "bot.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def _look_share(folder: Path) -> tuple[int, float]:
    """Return how many legs a look traded, and the part of its wall time that was spent in appends, percent."""
    symbols = [f"S{number:02d}" for number in range(_LEGS)]
    shipped = GatewayConfig()
    config = replace(
        shipped,
        universe=tuple(symbols),
        holdings=tuple(symbols[: _LEGS // 3]),
        prices=PricesTable(source="synthetic"),
        instruments=tuple(InstrumentTable(each, price=Decimal(50)) for each in symbols),
    )
    gateway = Gateway(config, ReplayClock(config.at))
    port = await gateway.start()
    settings = load_settings(_configuration(folder, port, symbols), {})
    memory = memory_of(settings)
    memory.switch().resume(memory.arming("benchmark", days=1))
    with (
        memory.lease() as lease,
        _TimedJournal.open(memory.place, memory.clock, config=settings.digest) as journal,
    ):
        desk = desk_of(settings, memory, journal, lease=lease)
        await desk.broker.connect()
        started_s = time.perf_counter()
        report = await look(desk, execute=True)
        taken_s = time.perf_counter() - started_s
        await desk.broker.disconnect()
    await gateway.stop()
    sys.stderr.write(
        f"look: {report.outcome.value}, {taken_s:.2f} s, {journal.spent_s:.3f} s of it in appends;"
        f" load of the machine {os.getloadavg()[0]:.1f}\n"
    )
    if report.plan is None or len(report.plan.legs) != _LEGS:
        message = f"the look was to trade {_LEGS} legs: {report.statement}"
        raise RuntimeError(message)
    return len(report.plan.legs), journal.spent_s / taken_s * 100


def _check_s(folder: Path) -> float:
    """Return how long it takes to check a journal of `_EVENTS` events, seconds; the best of three."""
    facts = {"name": "abc123", "made_at": "2026-01-02T14:30:00.000000+00:00"}
    place = FilePlace(folder / "large.sqlite")
    previous, rows = start_of(facts["name"], facts["made_at"]), []
    for number in range(1, _EVENTS + 1):
        row = Stored(
            number, "2026-01-02T14:30:00.000001+00:00", "order_state", f"L{number // 30}",
            f"P{number // 30}", f"r-{number}", "b" * 64, "c" * 64, f'{{"x":"{"y" * 300}"}}',
        ).following(previous)  # fmt: skip
        rows.append(row)
        previous = row.hash
    place.make(facts, rows)
    taken_s = []
    for _ in range(3):
        started_s = time.perf_counter()
        SqlJournal.open(place, WallClock(), read_only=True).close()
        taken_s.append(time.perf_counter() - started_s)
    return min(taken_s)


def measure() -> list[Row]:
    """Measure everything in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, plain = _write_times_ms(folder)
        p50, p99 = statistics.median(ours), statistics.quantiles(ours, n=100)[98]
        plain_p50 = statistics.median(plain)
        legs, share = asyncio.run(_look_share(folder))
        check_s = _check_s(folder)
    return [
        at_most("journal: intent p50, ms", p50, _P50_LIMIT_MS),
        at_most("journal: intent p99, ms", p99, _P99_LIMIT_MS),
        Row("journal: intent p50, ms", p50, "sqlite3", plain_p50 / p50, _PLAIN_GOAL),
        at_most(f"journal: part of a look of {legs} legs, %", share, _LOOK_LIMIT_PERCENT),
        at_most(f"journal: check of {_EVENTS:,} events, s", check_s, _CHECK_LIMIT_S),
    ]
