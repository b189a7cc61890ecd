"""Tables fit on 80 columns, heads with units and all."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.cli.tables import weights_table
from bot.core.domain.decision import Decision, Finding


def drawn(below: float, above: float) -> list[str]:
    """Draw one instrument at 10 % over a target of 20 %, on a terminal of 80 columns."""
    finding = Finding(rule="some", fired=False, statement="", numbers={}, asks="nothing")
    decision = Decision(
        rebalance=False,
        finding=finding,
        symbols=("BRK B", "cash"),
        weights=(0.3, 0.7),
        targets=(0.2, 0.8),
        below=(below, None),
        above=(above, None),
        desired=(0.3, 0.7),
    )
    text = io.StringIO()
    Console(file=text, width=80).print(weights_table(decision, "Look L1"))
    return text.getvalue().splitlines()


@pytest.mark.parametrize(
    ("below", "above", "band", "words"),
    [
        (0.05, 0.05, "±5.00", "band, target in the middle"),
        (0.1, 0.125, "-10.00 +12.50", "target in the middle"),
    ],
)
def test_weights_and_bands_fit_on_80_columns(below, above, band, words):
    _, _, head, _, row, *_ = drawn(below, above)
    assert [cell.strip() for cell in head.strip("┃").split("┃")] == [
        "",
        "weight %",
        "target %",
        "drift pp",
        "band pp",
        words,
    ]
    # 10 points over; half of the strip's ten steps are the half-width above: 10 at twice it, 4 at 10 of 12.5.
    strip = "·····[····|····]····●" if above == 0.05 else "·····[····|···●]·····"
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "BRK B",
        "30.00",
        "20.00",
        "+10.00",
        band,
        strip,
    ]
    assert "…" not in "".join(drawn(below, above))
