"""`python -m tests.kill [--runs 200] [--frozen 20] [--seed 1]`: halt a bot in every state, and measure.

A line for each promise that was not kept; the last line is JSON with counts and times. Exit 1 if one was not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random

import structlog

from tests.kill.disks import small_disk
from tests.kill.frozen import Frozen, frozen
from tests.kill.states import STATES, Figures, trial

#: What else is broken while the bot is halted; most of the time nothing.
TROUBLES = ("", "", "", "journal", "disk")


def spread(values: list[float]) -> dict[str, float | int]:
    """Return how many there are, the middle one, the one below which are 99 of 100, and the largest; seconds."""
    ranked = sorted(values)
    if not ranked:
        return {"count": 0}
    return {
        "count": len(ranked),
        "p50": round(ranked[len(ranked) // 2], 4),
        "p99": round(ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))], 4),
        "max": round(ranked[-1], 4),
    }


def halts(runs: int, random: Random) -> list[Figures]:
    """Halt a bot in this process, in each state in turn."""
    figures = []
    names = list(STATES)
    for number in range(runs):
        state, trouble = names[number % len(names)], random.choice(TROUBLES)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            disk = stack.enter_context(small_disk(folder)) if trouble == "disk" else None
            done = asyncio.run(trial(state, folder, random, trouble, disk))
        if not done.is_kept:
            sys.stdout.write(f"NOT KEPT: {done}\n")
        figures.append(done)
    return figures


def kills(runs: int, random: Random) -> list[Frozen]:
    """Freeze a bot in a process of its own and kill it."""
    figures = []
    for number in range(runs):
        trouble = TROUBLES[-1 - number % 3]
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            disk = stack.enter_context(small_disk(folder)) if trouble == "disk" else None
            done = asyncio.run(frozen(trouble, folder, random, disk))
        if not done.is_kept:
            sys.stdout.write(f"NOT KEPT: {done}\n")
        figures.append(done)
    return figures


def summary(halted: list[Figures], killed: list[Frozen]) -> dict[str, object]:
    """Return counts and times of all runs."""
    return {
        "runs": len(halted),
        "kept": sum(each.is_kept for each in halted),
        "late_orders": sum(each.late_orders for each in halted),
        "last_order_s": spread(
            [each.last_order_s for each in halted if each.last_order_s is not None]
        ),
        "with_orders_at_work": sum(each.working > 0 for each in halted),
        "first_cancel_s": spread(
            [each.first_cancel_s for each in halted if each.first_cancel_s is not None]
        ),
        "last_cancel_s": spread(
            [each.last_cancel_s for each in halted if each.last_cancel_s is not None]
        ),
        "left": sum(each.left for each in halted),
        "first_cancel_max_by_state": {
            state: max(
                (each.first_cancel_s or 0.0 for each in halted if each.state == state), default=None
            )
            for state in STATES
        },
        "troubles": {
            name: sum(each.trouble == name for each in halted) for name in ("", "journal", "disk")
        },
        "frozen": {
            "runs": len(killed),
            "kept": sum(each.is_kept for each in killed),
            "late_orders": sum(each.late_orders for each in killed),
            "verified": sum(each.is_verified for each in killed),
            "dead_s": spread([each.dead_s for each in killed]),
            "cancels_after_free_s": spread([each.cancels_s for each in killed]),
        },
    }


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--frozen", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    random = Random(options.seed)  # noqa: S311 - no secret
    halted = halts(options.runs, random)
    killed = kills(options.frozen, random)
    sys.stdout.write(f"{json.dumps(summary(halted, killed))}\n")
    return 0 if all(each.is_kept for each in (*halted, *killed)) else 1


if __name__ == "__main__":
    sys.exit(main())
