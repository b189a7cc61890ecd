"""Why a look did what it did: data, with the numbers that each rule saw."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule of the policy found in one look.

    Attributes:
        rule: The rule's name, e.g. ``absolute_band``.
        fired: Whether it asks for a rebalance.
        statement: One line for a person, with the numbers and their units.
        numbers: The numbers it saw, by name with the unit at the end (``drift_fraction``: fraction of base). Those that
            begin with ``distance`` say what is left until it fires, negative once it is beyond.
        parts: Findings of the rules inside an any_of, all_of or not, in their order.
        occurrence: The calendar occurrence that is due now, e.g. ``month:2020-03``, or None.
        asks: What it asks for, a name of `Ask`, e.g. ``rebalance``; ``nothing`` if it did not fire.
    """

    rule: str
    fired: bool
    statement: str
    numbers: dict[str, float | str]
    parts: tuple[Finding, ...] = ()
    occurrence: str | None = None
    asks: str = "nothing"

    def occurrences(self) -> tuple[str, ...]:
        """Return every occurrence due in this finding and its parts, each once, in order."""
        found = [] if self.occurrence is None else [self.occurrence]
        for part in self.parts:
            found.extend(part.occurrences())
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's verdict of one look.

    Attributes:
        rebalance: Whether to trade.
        finding: Why, as a tree of findings.
        symbols: Display names in array order, cash last (named ``cash``).
        weights: Current weights in that order, fractions of base.
        targets: Target weights in that order, fractions of base.
        below: How far under its target each may be, fractions of base, None where there is no band.
        above: How far over its target each may be.
        desired: Where the plan wants to go, in that order; equals `weights` when nothing is to be done.
    """

    rebalance: bool
    finding: Finding
    symbols: tuple[str, ...]
    weights: tuple[float, ...]
    targets: tuple[float, ...]
    below: tuple[float | None, ...]
    above: tuple[float | None, ...]
    desired: tuple[float, ...]
