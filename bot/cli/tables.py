"""Tables and lines for people: weights against bands, trades, orders. Units stand in the heads."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.domain.decision import Decision, Finding
    from bot.core.domain.plan import Plan

#: Steps of an order's life that its order and fill lines tell already.
AS_EXPECTED = frozenset({"sent", "acknowledged", "part_filled", "filled"})

#: Width of the drawn band, characters, the target in the middle.
STRIP = 21


def add_symbol_column(table: Table, symbols: Iterable[str], head: str = "") -> None:
    """Add the column that says what a row is about, whole also where the terminal is too narrow for the others."""
    table.add_column(head, no_wrap=True, min_width=max(map(len, symbols), default=0))


def weights_table(decision: Decision, title: str) -> Table:
    """Draw each weight against its target and band; percent of base, drift in percentage points."""
    table = Table(title=title, title_justify="left", pad_edge=False)
    add_symbol_column(table, decision.symbols)
    for head in ("weight %", "target %", "drift pp", "band pp"):
        table.add_column(head, justify="right", no_wrap=True)
    # Two numbers for a band leave no room for all the words on 80 columns.
    has_sides = any(map(operator.ne, decision.below, decision.above))
    words = "target in the middle" if has_sides else "band, target in the middle"
    table.add_column(words, no_wrap=True)
    rows = zip(
        decision.symbols,
        decision.weights,
        decision.targets,
        decision.below,
        decision.above,
        strict=True,
    )
    for symbol, weight, target, below, above in rows:
        drift = weight - target
        width = above if drift >= 0 else below
        outside = width is not None and abs(drift) > width
        table.add_row(
            symbol,
            f"{weight * 100:.2f}",
            f"{target * 100:.2f}",
            f"{drift * 100:+.2f}",
            _band_text(below, above),
            "" if width is None else _strip(drift, width),
            style="bold yellow" if outside else None,
        )
    return table


def _band_text(below: float | None, above: float | None) -> str:
    """Return the band's half-widths in percentage points, one number where both sides are alike."""
    if below == above:
        return "" if above is None else f"±{above * 100:.2f}"
    return " ".join(
        f"{sign}{width * 100:.2f}"
        for sign, width in (("-", below), ("+", above))
        if width is not None
    )


def _strip(drift: float, width: float) -> str:
    """Draw the band's edges as brackets and the weight as a dot; what is far outside sits at the end."""
    middle = STRIP // 2
    edge = middle // 2
    cells = ["·"] * STRIP
    cells[middle], cells[middle - edge], cells[middle + edge] = "|", "[", "]"
    position = middle + round(drift / width * edge)
    cells[max(0, min(STRIP - 1, position))] = "●"
    return "".join(cells)


def style_of(intent: Mapping[str, Any]) -> str:
    """Return how an order is worked, before its limit; older journals have marketable limits only."""
    return str(intent.get("style", "limit")).replace("_", " ")


def plan_table(plan: Plan) -> Table:
    """Show the trades of a plan with their reasons."""
    title = (
        f"Plan {plan.plan_id}: {len(plan.legs)} trades, turnover {plan.turnover * 100:.2f} % of base"
        f" {plan.base:,.2f} {plan.currency}"
    )
    table = Table(title=title, title_justify="left", pad_edge=False)
    add_symbol_column(table, [leg.instrument.symbol for leg in plan.legs])
    for head in ("shares", f"mid {plan.currency}", f"value {plan.currency}"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("why")
    for leg in plan.legs:
        table.add_row(
            leg.instrument.symbol,
            f"{leg.shares:+,}",
            f"{leg.arrival_price:,.2f}",
            f"{leg.shares * leg.arrival_price:+,.2f}",
            leg.reason,
        )
    return table


def decision_lines(body: Mapping[str, Any], finding: Finding) -> list[str]:
    """Return what a DECISION says beside its weights: the source of the targets, the rules, what was left out."""
    source = body.get("source")
    lines = [] if source is None else [f"targets: {source}"]
    lines.extend(finding_lines(finding))
    knowledge = body.get("knowledge", {})
    lines.extend(f"unknown: {reason}" for reason in knowledge.get("unknown", ()))
    lines.extend(f"left out: {reason}" for reason in body.get("left_out", ()))
    return lines


def finding_lines(finding: Finding, depth: int = 0) -> list[str]:
    """Return what each rule found, indented as the rules are nested."""
    mark = "fired" if finding.fired else "quiet"
    lines = [f"{'  ' * depth}{mark}  {finding.rule}: {finding.statement}"]
    for part in finding.parts:
        lines.extend(finding_lines(part, depth + 1))
    return lines
