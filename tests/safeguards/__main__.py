"""`python -m tests.safeguards [words]`: take each safeguard away, and see its tests fail; exit 1 if one does not.

Words choose the safeguards whose names begin with one of them. First all their tests must pass on the sources as they
are; then each safeguard is removed in a copy of its own. The last line is a JSON object: safeguards, and unnoticed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.safeguards.listing import ROOT, Safeguard, safeguards

#: What the tests need.
PARTS = ("bot", "tests", "config", "runbooks", "docs", "pyproject.toml", "Makefile")
#: A test that hangs without its safeguard has noticed it, seconds.
PATIENCE_S = 300
FAILED = 1  # pytest's word for: tests ran, and some failed


def run(tests: tuple[str, ...], folder: Path) -> tuple[int, str]:
    """Run tests on the sources in a folder; return pytest's exit code and its last line."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(  # noqa: S603 - our own tests
            words,
            cwd=folder,
            # Before the installed project, also for the processes that tests start.
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"hung for {PATIENCE_S} s"
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()]
    return done.returncode, lines[-1]


def copy_to(folder: Path) -> None:
    """Copy what the tests need."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy2(source, folder / part)


def tried(safeguard: Safeguard) -> bool:
    """Take a safeguard away, and return whether each of its tests noticed."""
    noticed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        safeguard.remove_from(folder)
        for test in safeguard.tests:
            code, line = run((test,), folder)
            noticed.append(code == FAILED)
            word = "noticed" if code == FAILED else f"UNNOTICED (exit {code})"
            say(f"{safeguard.name}: {word} by {test.rpartition('::')[2]}: {line}")
    return all(noticed)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Try all safeguards that were chosen, on every core."""
    chosen = [each for each in safeguards() if not words or each.name.startswith(tuple(words))]
    tests = tuple(dict.fromkeys(test for each in chosen for test in each.tests))
    with tempfile.TemporaryDirectory() as name:
        copy_to(Path(name))
        code, line = run(tests, Path(name))
    say(f"with every safeguard: {line}")
    if code:
        return 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        noticed = list(pool.map(tried, chosen))
    unnoticed = [each.name for each, seen in zip(chosen, noticed, strict=True) if not seen]
    say(json.dumps({"safeguards": len(chosen), "unnoticed": unnoticed}))
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
