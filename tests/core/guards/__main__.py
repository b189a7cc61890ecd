"""Every guard on 10,000 generated snapshots against an oracle of its own: ``make guards``."""

from __future__ import annotations

import argparse
import json
import sys

from tests.core.guards.snapshots import judge_all

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    tallies = judge_all(given.count, given.seed)
    for name, tally in tallies.items():
        print(f"{name:20} held {tally.held:6} passed {tally.passed:6} escapes {tally.escapes}")  # noqa: T201
    wrong = sum(tally.escapes + tally.false_alarms for tally in tallies.values())
    answer = {
        "guards": len(tallies),
        "snapshots_each": given.count,
        "escapes": sum(tally.escapes for tally in tallies.values()),
        "false_alarms": sum(tally.false_alarms for tally in tallies.values()),
    }
    print(json.dumps(answer))  # noqa: T201
    sys.exit(1 if wrong else 0)
