"""`python -m tests.crash`: a look dies at every point, then twenty real processes are killed; exit 1 if one did harm.

    --seeds 1 2 3    the markets
    --only 2:17      one story: seed 2, death at point 17; 2:17:40 dies again at the 40th point of its second life
    --only 2:at:3.25 one story: seed 2, death after 3.25 s, wherever the look is then
    --only 1:torn:9  one story: seed 1, the 9th write of the journal fails, full, unsynced or torn
    --kills 20       how many real processes are killed
    --workers 3      how many processes play stories side by side

A death is before and after each commit of the journal, and before and after each order and each cancel is written. Some
die twice, in the recovery too, and some at any moment. On the first seed every write of the journal fails, in three
ways.

The last line of standard output is a JSON object: points that were found, runs, duplicate orders, missing legs.
Without the settle window, which is removed in this harness only, the deaths after a write must make duplicates: a
harness that does not find them is blind, and that is an exit 1 as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from tests.crash.disks import KINDS
from tests.crash.kills import kill_runs
from tests.crash.story import Plot, dice, play

ROOT = Path(__file__).parents[2]
#: A progress line after so many runs.
TOLD_EVERY = 100
#: How many stories of each seed die a second time, and within how many points of the second life.
AGAIN = 40
AGAIN_WITHIN = 80
#: How many stories of each seed die at any moment, and how long a look takes about, seconds.
AT_ANY_TIME = 40
LOOK_S = 12.0


def quiet() -> None:
    """Keep what the dying log out of the way of what is said of them."""
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


def story_of(plot: Plot) -> dict[str, Any]:
    """Play a plot in a folder of its own, and return its verdict as plain values."""
    with tempfile.TemporaryDirectory() as folder:
        return {"plot": asdict(plot), **asdict(play(plot, Path(folder)))}


def plots_of(points: dict[int, list[str]]) -> list[Plot]:
    """Return a plot for each point, some that die twice, and one for each failing write of a journal."""
    plots = []
    for seed, found in points.items():
        plots += [Plot(seed, (number,)) for number in range(1, len(found) + 1)]
        chosen = dice("again", seed)
        plots += [
            Plot(seed, (chosen.randint(1, len(found)), chosen.randint(1, AGAIN_WITHIN)))
            for _ in range(AGAIN)
        ]
        plots += [
            Plot(seed, dies_after_s=round(chosen.uniform(0, LOOK_S), 4)) for _ in range(AT_ANY_TIME)
        ]
    seed, found = next(iter(points.items()))
    writes = sum(point.startswith("after commit") for point in found)
    plots += [Plot(seed, disk=kind, fails_at=n) for n in range(1, writes + 1) for kind in KINDS]
    return plots


def blind_plots_of(points: dict[int, list[str]]) -> list[Plot]:
    """Return a plot without the settle window for each order that was written: death comes right after it."""
    return [
        Plot(seed, (number,), settle_s=0.0)
        for seed, found in points.items()
        for number, point in enumerate(found, start=1)
        if point.startswith("after write of") and point.endswith("order")
    ]


def work() -> None:
    """Play the plots that come in, a line each, and answer each with its verdict."""
    quiet()
    for line in sys.stdin:
        told = json.loads(line)
        plot = Plot(**{**told, "dies_at": tuple(told["dies_at"])})
        sys.stdout.write(json.dumps(story_of(plot)) + "\n")
        sys.stdout.flush()


async def played(plots: list[Plot], workers: int) -> list[dict[str, Any]]:
    """Play plots on some processes side by side."""
    waiting, verdicts = list(reversed(plots)), []

    async def one() -> None:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.crash", "--work"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        assert worker.stdin is not None
        assert worker.stdout is not None
        while waiting:
            plot = waiting.pop()
            worker.stdin.write(f"{json.dumps(asdict(plot))}\n".encode())
            verdicts.append(json.loads(await worker.stdout.readline()))
            if plot.settle_s and is_harmed(verdicts[-1]):
                tell(verdicts[-1])
            if len(verdicts) % TOLD_EVERY == 0:
                say(f"{len(verdicts)} of {len(plots)} runs")
        worker.stdin.close()
        await worker.wait()

    await asyncio.gather(*(one() for _ in range(workers)))
    return verdicts


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def is_harmed(verdict: dict[str, Any]) -> bool:
    """Return whether anything is wrong with how a story ended."""
    return bool(verdict["duplicates"] or verdict["missing"] or verdict["wrong"])


def tell(verdict: dict[str, Any]) -> None:
    """Say what went wrong in a run, and with which words it comes again."""
    plot = verdict["plot"]
    at = plot["dies_at"]
    if plot.get("disk"):
        at = [plot["disk"], plot["fails_at"]]
    elif plot.get("dies_after_s"):
        at = ["at", plot["dies_after_s"]]
    name = ":".join(str(word) for word in (plot["seed"], *at))
    lines = [*verdict["ends"], *verdict["duplicates"], *verdict["missing"], *verdict["wrong"]]
    say("\n    ".join([f"{name} {'did harm' if is_harmed(verdict) else 'is well'}", *lines]))


def summary(points: int, verdicts: list[dict[str, Any]]) -> dict[str, int]:
    """Return the figures of the last line."""
    return {
        "points": points,
        "runs": len(verdicts),
        "duplicates": sum(len(verdict["duplicates"]) for verdict in verdicts),
        "missing": sum(len(verdict["missing"]) for verdict in verdicts),
    }


def enumerate_deaths(seeds: list[int], workers: int, kills: int) -> int:
    """Count the points of each seed, die at each of them, kill real processes, and say what came of it."""
    counted = asyncio.run(played([Plot(seed) for seed in seeds], workers))
    points = {verdict["plot"]["seed"]: verdict["points"] for verdict in counted}
    kinds = Counter(point for found in points.values() for point in found)
    for point, count in sorted(kinds.items()):
        say(f"{count:5} {point}")
    verdicts = [*counted, *asyncio.run(played(plots_of(points), workers))]
    blind = asyncio.run(played(blind_plots_of(points), workers))
    seen = sum(bool(verdict["duplicates"]) for verdict in blind)
    killed = asyncio.run(kill_runs(kills))
    for verdict in killed:
        tell(verdict)
    verdicts += killed
    ends = Counter(verdict["ends"][0].split(" ")[0].rstrip(":") for verdict in verdicts)
    say(", ".join(f"{count} first lives ended with {end}" for end, count in ends.most_common()))
    say(f"without the settle window {seen} of {len(blind)} runs made duplicates")
    say(json.dumps(summary(sum(map(len, points.values())), verdicts)))
    return 1 if any(map(is_harmed, verdicts)) or not seen else 0


def one_story(words: str) -> int:
    """Play one story and say everything about it."""
    quiet()
    seed, *rest = words.split(":")
    if rest and rest[0] in KINDS:
        plot = Plot(int(seed), disk=rest[0], fails_at=int(rest[1]))
    elif rest and rest[0] == "at":
        plot = Plot(int(seed), dies_after_s=float(rest[1]))
    else:
        plot = Plot(int(seed), tuple(map(int, rest)))
    verdict = story_of(plot)
    say("\n".join(f"{number} {point}" for number, point in enumerate(verdict["points"], start=1)))
    tell(verdict)
    say(json.dumps(summary(len(verdict["points"]), [verdict])))
    return 1 if is_harmed(verdict) else 0


def main() -> int:
    """Read the command line.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only")
    parser.add_argument("--kills", type=int, default=20)
    # One more than cores: a commit waits for the disk, and another story goes on meanwhile.
    parser.add_argument("--workers", type=int, default=(os.cpu_count() or 1) + 1)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work()
        return 0
    if chosen.only:
        return one_story(chosen.only)
    return enumerate_deaths(chosen.seeds, chosen.workers, chosen.kills)


if __name__ == "__main__":
    sys.exit(main())
