"""Writes the tables of docs/paper-gateway.md from the registries: `python tests/gateway/make_page.py`.

With `--check` it writes nothing and ends with 1 if the page has other tables.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bot.gateway.behaviour import Behaviour
from bot.gateway.control import SWITCHES
from bot.gateway.faults.registry import FAMILIES, describe, summary
from bot.gateway.handlers.registry import HANDLERS

PAGE = Path(__file__).parents[2] / "docs" / "paper-gateway.md"


def served() -> str:
    """Return the table of requests."""
    rows = ["| id | request | what the gateway does |", "| --- | --- | --- |"]
    for number, (layout, handler) in sorted(HANDLERS.items(), key=lambda item: int(item[0])):
        does = (handler.__doc__ or "").partition("\n")[0]
        rows.append(f"| {number} | `{layout.name}` | {does} |")
    return "\n".join(rows)


def faults() -> str:
    """Return the tables of faults, one a family."""
    parts = []
    for title, kinds in FAMILIES.items():
        rows = [f"**{title}**", "", "| fault | what it does | parameters |", "| --- | --- | --- |"]
        for kind in kinds:
            told = ", ".join(f"`{name}`" for name in describe(kind))
            rows.append(f"| `{kind.NAME}` | {summary(kind)} | {told} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def switches() -> str:
    """Return the table of switches."""
    usual = Behaviour()
    rows = ["| switch | positions | usually |", "| --- | --- | --- |"]
    for name, (expected, _) in SWITCHES.items():
        position = getattr(usual, name)
        shown = "none" if position is None or position == set() else str(position).lower()
        rows.append(f"| `{name}` | {expected} | {shown} |")
    return "\n".join(rows)


def made(page: str) -> str:
    """Return the page with its tables made anew, each between two marks."""
    for name, table in (("served", served()), ("faults", faults()), ("switches", switches())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page, count = pattern.subn(lambda it, table=table: f"{it[1]}{table}\n{it[2]}", page)
        if count != 1:
            sys.exit(f"{PAGE.name} has {count} places for {name}, expected one")
    return page


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = made(before)
    if "--check" not in sys.argv:
        PAGE.write_text(after, encoding="utf-8")
    elif before != after:
        sys.exit(f"{PAGE.name} is behind the code: run python tests/gateway/make_page.py")
