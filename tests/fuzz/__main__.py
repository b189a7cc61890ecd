"""`python -m tests.fuzz [--frames 1000000] [--seed 1] [--workers 2]`: fuzz the gateway, and count."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.attack import attack
from tests.fuzz.frames import FRAMES

#: Frames of one attack. Few of them would spend the time on new gateways; hypothesis bounds how much one example may
#: draw.
FRAMES_MIN = 15
FRAMES_MAX = 40

#: How many frames leave in one write.
CHUNK_MAX = 7

PROGRESS_EVERY_S = 10.0


def fuzz(frames: int, seed_number: int) -> dict[str, int]:
    """Attack until so many frames were sent; the first failure is shrunk and raised."""
    sent = {"frames": 0, "attacks": 0}
    said_s = time.monotonic()

    @seed(seed_number)
    @settings(
        max_examples=10**9,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(FRAMES, min_size=FRAMES_MIN, max_size=FRAMES_MAX), st.integers(1, CHUNK_MAX))
    def run(found: list[bytes], chunk: int) -> None:
        nonlocal said_s
        if sent["frames"] >= frames:
            raise Enough
        asyncio.run(attack([b"".join(found[i : i + chunk]) for i in range(0, len(found), chunk)]))
        sent["frames"] += len(found)
        sent["attacks"] += 1
        if time.monotonic() - said_s > PROGRESS_EVERY_S:
            said_s = time.monotonic()
            sys.stdout.write(f"seed {seed_number}: {sent['frames']:,} of {frames:,} frames\n")
            sys.stdout.flush()

    with contextlib.suppress(Enough):
        run()
    return sent


class Enough(BaseException):
    """So many frames were sent as were asked for. No error, and none that hypothesis would shrink."""


def main() -> int:
    """Read the command line, fuzz on some processes, and say how much was sent.

    Returns:
        The exit code: 0, or 1 if any of the processes found a failure; it has printed it.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    if chosen.workers == 1:
        started_s = time.monotonic()
        sent = fuzz(chosen.frames, chosen.seed)
        taken_s = time.monotonic() - started_s
        sys.stdout.write(
            f"seed {chosen.seed}: {sent['frames']:,} frames in {sent['attacks']:,} attacks,"
            f" {taken_s:.0f} s, no failure\n"
        )
        return 0
    share = -(-chosen.frames // chosen.workers)
    command = [sys.executable, "-m", "tests.fuzz", "--workers", "1", "--frames", str(share)]
    workers = [
        # The command is our own, word for word.
        subprocess.Popen([*command, "--seed", str(chosen.seed + number)])  # noqa: S603
        for number in range(chosen.workers)
    ]
    codes = [worker.wait() for worker in workers]  # all of them, also after a failure
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
