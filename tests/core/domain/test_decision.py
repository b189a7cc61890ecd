"""A finding gathers the occurrences of its parts."""

from __future__ import annotations

from bot.core.domain.decision import Finding


def finding(occurrence: str | None = None, *parts: Finding) -> Finding:
    return Finding(
        rule="test",
        fired=occurrence is not None,
        statement="",
        numbers={},
        parts=parts,
        occurrence=occurrence,
    )


def test_a_finding_without_occurrence_has_none() -> None:
    assert finding().occurrences() == ()


def test_occurrences_come_from_all_depths_in_order() -> None:
    inner = finding(None, finding("week:2020-W12"), finding("year:2020"))
    assert finding("month:2020-03", inner, finding()).occurrences() == (
        "month:2020-03",
        "week:2020-W12",
        "year:2020",
    )


def test_an_occurrence_that_two_parts_have_counts_once() -> None:
    assert finding(None, finding("year:2020"), finding("year:2020")).occurrences() == ("year:2020",)
