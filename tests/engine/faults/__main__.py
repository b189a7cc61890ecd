"""`python -m tests.engine.faults [words]`: every fault, at every moment, on a calm and on a lifelike market.

Words choose the faults whose names begin with one of them. A line for each trial; exit 1 if one did harm.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bot.gateway import GatewayConfig
from bot.gateway.faults.parameters import FaultError
from bot.gateway.faults.registry import REGISTRY
from tests.engine.faults.trial import Trial, quiet, run

LIFELIKE = Path(__file__).parents[3] / "config" / "gateway-lifelike.toml"
MOMENTS = ("before", "place", "fill")
#: What a fault must be told, or is nastier with.
TOLD = {
    "foreign-order": {"symbol": "MSFT", "shares": -10},
    "liquidation": {"symbol": "MSFT"},
    "foreign-position": {"symbol": "MSFT"},
    "split": {"symbol": "MSFT"},
    "dividend": {"symbol": "MSFT"},
    "say": {"code": 504, "text": "Not connected"},
    "connectivity-lost": {"for_s": 20.0},
    "server-connection-broken": {"for_s": 20.0},
    # A piece of three bytes is a turn of the loop: minutes of work, if it lasts.
    "split-frames": {"for_s": 2.0},
}


def play(choice: tuple[str, str, bool]) -> tuple[str, list[str]]:
    """Run one trial; return its line, and what it did wrong."""
    name, moment, is_lifelike = choice
    quiet()
    config = GatewayConfig.from_toml(LIFELIKE) if is_lifelike else GatewayConfig()
    trial = Trial(name, TOLD.get(name, {}), moment, config)
    with tempfile.TemporaryDirectory() as folder:
        try:
            story = run(trial, Path(folder))
        except FaultError as error:
            return f"{trial}: {error}", []
    ends = ", ".join(f"{look.outcome} {look.code}" for look in story.looks)
    return f"{trial}{' lifelike' if is_lifelike else ''}: {ends}", story.wrong


def main(words: list[str]) -> int:
    """Run all trials that were chosen, on every core."""
    names = [name for name in REGISTRY if not words or name.startswith(tuple(words))]
    choices = [
        (name, moment, is_lifelike)
        for is_lifelike in (False, True)
        for name in names
        for moment in MOMENTS
    ]
    harmed = 0
    with ProcessPoolExecutor() as pool:
        for line, wrong in pool.map(play, choices):
            harmed += bool(wrong)
            sys.stdout.write("\n    ".join([line, *wrong]) + "\n")
    sys.stdout.write(f"{len(choices)} trials, {harmed} did harm\n")
    return 1 if harmed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
