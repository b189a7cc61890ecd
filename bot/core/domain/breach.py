"""A guard's verdict: what was found, what the limit is, and what it stops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """One reason not to trade.

    Attributes:
        guard: The guard's name; its runbook is ``guard-<name>`` with dashes.
        statement: One line: what was expected, what was found, the unit.
        con_id: The instrument it holds, or None if it stops the whole plan.
        found: The number that was found, or None where there was none (unknown).
        limit: The number that was allowed, or None where the limit is no number.
        unit: Unit of both.
    """

    guard: str
    statement: str
    con_id: int | None
    found: float | None
    limit: float | None
    unit: str

    @property
    def runbook(self) -> str:
        """Slug of the page that says what to do."""
        return "guard-" + self.guard.replace("_", "-")
