"""`make clients`: the clients that others wrote, against our gateway.

Each environment below `.clients/` has one of them. A walk makes the steps of `steps.py` over a real
connection, at the client's highest server version and a few of them at each lower one, and sees that
the client's decoder takes every field of every message. What its encoder makes of requests is then
read by our layouts. Ends with 1 if anything is not as it must be.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from servers import HERE, ROOT, gateway
from verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Environment, and the walker that goes with its client.
CLIENTS = {
    "ibapi": "walk_official.py",
    "nautilus-ibapi": "walk_official.py",
    "ibapi-stable": "walk_official.py",
    "ibapi-latest": "walk_official.py",
    "ib_insync": "walk_python.py",
    "ib_async": "walk_python.py",
}

#: A walk that takes longer hangs.
WALK_S_MAX = 300


def lines_of(client: str, script: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a script in a client's environment and give what it prints, line by line."""
    python = ROOT / ".clients" / client / "bin" / "python"
    words = [str(python), str(HERE / script), *arguments]
    ended = subprocess.run(  # noqa: S603 - our script, in an environment of ours
        words, cwd=ROOT, capture_output=True, text=True, timeout=WALK_S_MAX, check=False
    )
    for line in ended.stdout.splitlines():
        yield json.loads(line)
    if ended.returncode:
        yield {"crash": ended.stderr[-2000:]}


def walk(client: str) -> Verdict:
    """Let one client make all its walks."""
    verdict = Verdict(client)
    with (
        gateway() as first,
        gateway("family.toml") as second,
        gateway("gateway.toml", "--quotes", "delayed") as third,
    ):
        for line in lines_of(client, CLIENTS[client], str(first), str(second), str(third)):
            verdict.take(line)
    for line in lines_of(client, "encode.py"):
        verdict.take(line)
    return verdict


def main() -> int:
    """Walk with every client and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="clients, separated by commas")
    only = parser.parse_args().only
    names = only.split(",") if only else list(CLIENTS)
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(walk, names))
    for verdict in verdicts:
        for line in verdict.problems():
            sys.stdout.write(f"{verdict.client}: {line}\n")
    sys.stdout.write(f"{Verdict.HEAD}\n")
    for verdict in verdicts:
        sys.stdout.write(f"{verdict.row()}\n")
    return int(any(verdict.problems() for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
