"""The row of the table: one figure against a peer or a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The peer of a figure that is measured against a fixed number.
LIMIT: Final = "limit"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure.

    Attributes:
        name: What was measured, with its unit.
        ours: The figure.
        peer: Against what: the name of another program, or `limit`.
        ratio: How many times better ours is than the peer's; oriented so that more is better.
        goal: The ratio that is wanted.
    """

    name: str
    ours: float
    peer: str
    ratio: float
    goal: float

    @property
    def is_reached(self) -> bool:
        """Tell whether the goal is reached."""
        return self.ratio >= self.goal

    def as_json(self) -> dict[str, object]:
        """Return the row as the last line of the output has it."""
        return {
            "name": self.name,
            "ours": round(self.ours, 3),
            "peer": self.peer,
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "ok": self.is_reached,
        }


def at_most(name: str, ours: float, limit: float) -> Row:
    """Return the row of a figure that should be small."""
    return Row(name, ours, LIMIT, limit / ours, 1.0)


def at_least(name: str, ours: float, limit: float) -> Row:
    """Return the row of a figure that should be large."""
    return Row(name, ours, LIMIT, ours / limit, 1.0)


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a table of plain text."""
    lines = [("", "ours", "peer", "ratio", "goal", "")]
    lines += [
        (
            row.name,
            f"{row.ours:,.2f}",
            row.peer,
            f"{row.ratio:.2f}",
            f"{row.goal:g}",
            "ok" if row.is_reached else "MISSED",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, 2, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
