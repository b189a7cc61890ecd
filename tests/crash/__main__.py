"""`python -m tests.crash`: a look dies at every point, then twenty real processes are killed; exit 1 if one did harm.

    --seeds 1 2 3    the markets
    --only 2:17      one story: seed 2, death at point 17; 2:17:40 dies again at the 40th point of its second life
    --kills 20       how many real processes are killed
    --workers 3      how many processes play stories side by side

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

from tests.crash.kills import kill_runs
from tests.crash.story import SETTLE_S, Plot, play

ROOT = Path(__file__).parents[2]
#: A progress line after so many runs.
TOLD_EVERY = 100


def quiet() -> None:
    """Keep what the dying log out of the way of what is said of them."""
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())


def story_of(plot: Plot) -> dict[str, Any]:
    """Play a plot in a folder of its own, and return its verdict as plain values."""
    with tempfile.TemporaryDirectory() as folder:
        return {"plot": asdict(plot), **asdict(play(plot, Path(folder)))}


def plots_of(points: dict[int, list[str]]) -> list[Plot]:
    """Return a plot for each point, and the blind one beside it for each order that was written."""
    plots = []
    for seed, found in points.items():
        for number, point in enumerate(found, start=1):
            plots.append(Plot(seed, (number,)))
            if point.startswith("after write of") and point.endswith("order"):
                plots.append(Plot(seed, (number,), settle_s=0.0))
    return plots


def work() -> None:
    """Play the plots that come in, a line each, and answer each with its verdict."""
    quiet()
    for line in sys.stdin:
        seed, dies_at, settle_s = json.loads(line)
        sys.stdout.write(json.dumps(story_of(Plot(seed, tuple(dies_at), settle_s))) + "\n")
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
            line = json.dumps([plot.seed, plot.dies_at, plot.settle_s])
            worker.stdin.write(f"{line}\n".encode())
            verdicts.append(json.loads(await worker.stdout.readline()))
            if len(verdicts) % TOLD_EVERY == 0:
                say(f"{len(verdicts)} of {len(plots)} runs")
        worker.stdin.close()
        await worker.wait()

    await asyncio.gather(*(one() for _ in range(workers)))
    return verdicts


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(verdict: dict[str, Any]) -> None:
    """Say what went wrong in a run, and with which words it comes again."""
    plot = verdict["plot"]
    name = ":".join(str(number) for number in (plot["seed"], *plot["dies_at"]))
    lines = [*verdict["ends"], *verdict["duplicates"], *verdict["missing"], *verdict["wrong"]]
    say("\n    ".join([f"{name} did harm", *lines]))


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
    everything = asyncio.run(played(plots_of(points), workers))
    verdicts = [*counted, *(each for each in everything if each["plot"]["settle_s"] == SETTLE_S)]
    blind = [each for each in everything if each["plot"]["settle_s"] != SETTLE_S]
    seen = sum(bool(verdict["duplicates"]) for verdict in blind)
    verdicts += asyncio.run(kill_runs(kills))
    harmed = [each for each in verdicts if each["duplicates"] or each["missing"] or each["wrong"]]
    for verdict in harmed:
        tell(verdict)
    reached = sum(verdict["ends"][0].startswith("died") for verdict in verdicts)
    say(f"{reached} of {len(verdicts)} runs died; {kills} of them were killed processes")
    say(f"without the settle window {seen} of {len(blind)} runs made duplicates")
    say(json.dumps(summary(sum(map(len, points.values())), verdicts)))
    return 1 if harmed or not seen else 0


def one_story(words: str) -> int:
    """Play one story and say everything about it."""
    quiet()
    seed, *dies_at = map(int, words.split(":"))
    verdict = story_of(Plot(seed, tuple(dies_at)))
    say("\n".join(f"{number} {point}" for number, point in enumerate(verdict["points"], start=1)))
    tell(verdict)
    say(json.dumps(summary(len(verdict["points"]), [verdict])))
    return 1 if verdict["duplicates"] or verdict["missing"] or verdict["wrong"] else 0


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
