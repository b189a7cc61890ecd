"""The command: measures, prints one table, and last one line of JSON."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from benchmarks.registry import GROUPS
from benchmarks.rows import Row, render

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure and print.

    Returns:
        The exit code: 0, or 1 if a goal is missed.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=sorted(GROUPS), help="measure one group")
    chosen = parser.parse_args(arguments)
    rows: list[Row] = []
    for name, measure in GROUPS.items():
        if chosen.only in (None, name):
            rows += measure()
    sys.stdout.write(f"{render(rows)}\n")
    sys.stdout.write(json.dumps({"rows": [row.as_json() for row in rows]}) + "\n")
    return 0 if all(row.is_reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
