"""Real processes, really killed: `bot look --execute` against a gateway, in real time, until the plan has ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.app import desk_of, memory_of
from bot.gateway import Gateway
from bot.gateway.__main__ import ReplayClock
from bot.settings import load_settings
from tests.crash.judge import Verdict, judge
from tests.crash.story import LAG_S, LOOKS_MAX, RESTS, arm, configuration, dice, market

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from bot.settings import Settings

#: Journal lines of a look that is not killed, about: a life ends at one of them.
LINES = 80
#: A look that takes longer hangs, seconds.
PATIENCE_S = 90.0
#: How often the journal is looked at while the victim lives, seconds.
POLL_S = 0.002
#: How many stories go on side by side: most of the time they wait.
SIDE_BY_SIDE = 4


async def kill_runs(count: int) -> list[dict[str, Any]]:
    """Kill so many processes, each in a story of its own, the moments spread over the look."""
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(seed: int) -> dict[str, Any]:
        lines = round(LINES * (seed + dice("kill", seed).random()) / count)
        async with turn:
            verdict = await _killed_in_time(seed, lines)
        return {"plot": {"seed": seed, "dies_at": [lines]}, **asdict(verdict)}

    return await asyncio.gather(*(one(seed) for seed in range(count)))


async def _killed_in_time(seed: int, lines: int) -> Verdict:
    """Kill earlier if the victim was through already."""
    while True:
        with tempfile.TemporaryDirectory() as folder:
            verdict = await kill_run(seed, lines, Path(folder))
        if verdict.ends[0].startswith("died") or verdict.duplicates or verdict.missing:
            return verdict
        lines //= 2


async def kill_run(seed: int, lines: int, folder: Path) -> Verdict:
    """Kill a process when its journal has so many lines, and let new ones go on."""
    config = market(seed)
    gateway = Gateway(config, ReplayClock(config.at))
    port = await gateway.start()
    gateway.strike("view-lag", lag_s=LAG_S)
    path = configuration(folder, port)
    settings = load_settings(path, {})
    arm(memory_of(settings))
    try:
        ends = [await _killed(path, folder / "state" / "journal.sqlite", lines)]
        while len(ends) <= LOOKS_MAX:
            ends.append(await _look(path))
            if ends[-1].startswith(RESTS):
                break
        return _judged(settings, gateway, ends)
    finally:
        await gateway.stop()


def _judged(settings: Settings, gateway: Gateway, ends: list[str]) -> Verdict:
    memory = memory_of(settings)
    journal = memory.journal_to_read()
    assert journal is not None
    with closing(journal):
        return judge(desk_of(settings, memory, journal, lease=None), gateway, [], ends)


async def _start(path: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "look", "--execute", "--json", "--config", str(path)),
        cwd=path.parent,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _killed(path: Path, journal: Path, lines: int) -> str:
    process = await _start(path)
    ended = asyncio.ensure_future(process.wait())
    while _lines(journal) < lines and not ended.done():
        await asyncio.wait({ended}, timeout=POLL_S)
    if ended.done():
        out, err = await process.communicate()
        return f"ended before {lines} lines: {_said(out, err)}"
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    return f"died by SIGKILL at line {_lines(journal)} ({lines} asked for)"


async def _look(path: Path) -> str:
    process = await _start(path)
    return _said(*await asyncio.wait_for(process.communicate(), PATIENCE_S))


def _said(out: bytes, err: bytes) -> str:
    """Return outcome and statement, as a look in process has them."""
    text = out.decode().strip()
    if not text:
        return err.decode().strip()[-500:]
    facts = json.loads(text.splitlines()[-1])
    return f"{facts.get('outcome', facts.get('error'))}: {facts.get('statement', facts)}"


def _lines(journal: Path) -> int:
    """Count journal lines beside whoever writes them."""
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("select count(*) from events").fetchone()[0])
        except sqlite3.OperationalError:  # made this moment, and empty yet
            return 0
