"""Run mutmut, compare what survived with `survivors.toml`, and say how much was killed.

It runs on a copy without `@override`: mutmut passes over methods that have a decorator, and most of a rule is in such
methods. At run time the decorator does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
#: The copy; mutmut keeps its own beside it.
COPY: Final = Path("mutants")
MUTANTS: Final = COPY / "mutants"
#: What the tests of the rooms need.
PARTS: Final = ("bot", "tests", "config")
#: So many of a room's mutants must be killed.
KILLED_MIN: Final = 0.9
ROOMS: Final = ("bot.core.policy", "bot.core.planner")
#: Examples of each property: every test runs thousands of times.
EXAMPLES: Final = "12"
#: Exit codes by which mutmut says that the tests passed in spite of the mutant, or that none reached it.
SURVIVED: Final = {0: "survived", 33: "no test reaches it", 5: "no test reaches it"}


@dataclass(frozen=True, slots=True)
class Change:
    """One mutant: where, and which line became which."""

    function: str
    was: str
    became: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How the mutants of one module ended."""

    module: str
    mutants: int
    survivors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Changes of the same kind: those that differ in nothing but `text`."""

    text: re.Pattern[str]
    reason: str

    def has(self, change: Change) -> bool:
        """Return whether `change` is of this kind."""
        was, became = (
            re.sub(r"\s|,(?=\s*\))", "", self.text.sub("", text))
            for text in (change.was, change.became)
        )
        return was == became


def copy() -> None:
    """Copy what is needed, and take `@override` from the rooms; what mutmut knows from an earlier run stays."""
    for part in PARTS:
        shutil.rmtree(COPY / part, ignore_errors=True)
        shutil.copytree(part, COPY / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("pyproject.toml", COPY)
    for room in ROOMS:
        for file in (COPY / room.replace(".", "/")).glob("*.py"):
            text = file.read_text(encoding="utf-8")
            file.write_text(re.sub(r"(?m)^ +@override\n", "", text), encoding="utf-8")


def tallies(only: str) -> list[Tally]:
    """Return how the mutants of each module whose name contains `only` ended, as mutmut left it on disk."""
    found = []
    for file in sorted(MUTANTS.rglob("*.py.meta")):
        codes: dict[str, int | None] = json.loads(file.read_text())["exit_code_by_key"]
        module = ".".join(file.relative_to(MUTANTS).with_suffix("").with_suffix("").parts)
        if not module.startswith(ROOMS) or only not in module:
            continue
        unfinished = [name for name, code in codes.items() if code is None]
        if unfinished:
            sys.exit(f"{module}: {len(unfinished)} mutants were not tried; run it again")
        survivors = tuple(name for name, code in codes.items() if code in SURVIVED)
        found.append(Tally(module, len(codes), survivors))
    return found


def change_of(name: str) -> Change:
    """Return what a mutant changed, by mutmut's own words."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++"))]
    was = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    became = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Change(
        re.sub(r"\.x_|__mutmut_\d+$", lambda it: "." if it[0] == ".x_" else "", name), was, became
    )


def explained() -> tuple[dict[Change, str], tuple[Kind, ...]]:
    """Return the survivors that are no defect, each with its reason, and the kinds of them."""
    listed = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8"))
    changes = {
        Change(each["function"], each["was"], each["became"]): each["reason"]
        for each in listed.get("survivors", [])
    }
    kinds = tuple(
        Kind(re.compile(each["text"]), each["reason"]) for each in listed.get("kinds", [])
    )
    return changes, kinds


def is_wording(change: Change) -> bool:
    """Return whether only the text of a message changed: tests match what it must say, not every word."""
    blank = re.compile(r"""(?:XX)?f?"[^"]*"(?:XX)?""")
    was, became = (blank.sub('""', text) for text in (change.was, change.became))
    return '"' in change.was and was == became


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Run, count and compare; 1 if too few were killed or a survivor has no reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--only", default="", help="modules whose name contains this")
    parser.add_argument("--report", action="store_true", help="only report on the last run")
    chosen = parser.parse_args()
    if not chosen.report:
        copy()
        pattern = [f"*{chosen.only}*"] if chosen.only else []
        command = [
            sys.executable,
            "-m",
            "mutmut",
            "run",
            "--max-children",
            str(os.cpu_count() or 1),
            *pattern,
        ]
        few = {**os.environ, "CORE_EXAMPLES": EXAMPLES}
        subprocess.run(command, cwd=COPY, check=False, env=few)  # noqa: S603 - our own words
    reasons, kinds = explained()
    killed = dict.fromkeys(ROOMS, 0)
    total = dict.fromkeys(ROOMS, 0)
    open_survivors: list[tuple[str, Change]] = []
    for tally in tallies(chosen.only):
        room = next(room for room in ROOMS if tally.module.startswith(room))
        total[room] += tally.mutants
        killed[room] += tally.mutants - len(tally.survivors)
        share = 1 - len(tally.survivors) / max(tally.mutants, 1)
        _say(f"{tally.module:48} {tally.mutants:5} mutants {share:7.1%} killed")
        changes = [(name, change_of(name)) for name in tally.survivors]
        open_survivors += [
            each
            for each in changes
            if each[1] not in reasons
            and not is_wording(each[1])
            and not any(kind.has(each[1]) for kind in kinds)
        ]
    for name, change in open_survivors:
        _say(f"without a reason: {name}\n    was    {change.was}\n    became {change.became}")
    _say(f"{len(open_survivors)} survivors without a reason")
    is_enough = True
    for room in ROOMS:
        share = killed[room] / max(total[room], 1)
        is_enough &= share >= KILLED_MIN or not total[room]
        _say(
            f"{room}: {killed[room]} of {total[room]} mutants killed, {share:.1%}; goal {KILLED_MIN:.0%}"
        )
    return 0 if is_enough and not open_survivors else 1


if __name__ == "__main__":
    sys.exit(main())
