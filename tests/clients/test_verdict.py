"""A verdict finds what is wrong in the lines of a walk, and finds nothing in a right one."""

from __future__ import annotations

from typing import Any

import pytest
from steps import DELAYED_STEPS, FAMILY_STEPS, SINCE, STEPS
from verdict import FAULTY_MESSAGE, FAULTY_VERSION, INSTRUMENTS, RECORDED, Verdict

from bot.gateway.handlers.registry import HANDLERS


def report(version: int, **facts: Any) -> dict[str, Any]:
    plain = {"seen": {}, "counts": {}, "left_over": {}, "errors": [], "logged": []}
    return {"version": version, "asked": sorted(HANDLERS), **plain, **facts}


def right(client: str = "ibapi-latest") -> Verdict:
    verdict = Verdict(client)
    for name in (INSTRUMENTS, *STEPS, *FAMILY_STEPS, *DELAYED_STEPS):
        verdict.take({"step": name, "ok": True, "version": 178, "detail": ""})
    verdict.take(report(178))
    return verdict


def test_a_right_walk_has_no_problem() -> None:
    assert right().problems() == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            {"step": "ids", "ok": False, "version": 160, "detail": "none"},
            "ids at 160: none",
        ),
        ({"crash": "boom"}, "it crashed: boom"),
        (report(170, left_over={"5": 2}), "version 170: message 5: 2 fields left over"),
        (report(170, errors=["message 5: short"]), "version 170: message 5: short"),
        (report(170, logged=["a line"]), "version 170: a line"),
    ],
)
def test_a_problem_is_told(line: dict[str, Any], problem: str) -> None:
    verdict = right()
    verdict.take(line)
    assert verdict.problems() == [problem]


def test_a_step_that_was_not_made_is_told() -> None:
    verdict = right()
    verdict.steps.remove("cancel")
    assert verdict.problems() == ["no step cancel"]


def test_a_step_is_not_asked_of_a_client_that_is_older_than_it() -> None:
    verdict = right("ibapi")
    verdict.reports = [report(157)]
    verdict.steps -= set(SINCE)
    assert verdict.problems() == []


def test_a_request_that_is_served_and_never_made_is_told() -> None:
    verdict = right()
    verdict.reports = [report(178, asked=sorted(set(HANDLERS) - {"58"}))]
    assert verdict.problems() == ["never asked: reqGlobalCancel"]


@pytest.mark.parametrize(
    ("counts", "problems"),
    [
        (RECORDED, []),
        (RECORDED | {"5": 135}, ["message 5 has [135] fields, the recorded one 136"]),
    ],
)
def test_field_counts_are_compared_with_the_recorded_ones(
    counts: dict[str, int], problems: list[str]
) -> None:
    verdict = right()
    verdict.take(report(173, counts={number: [count] for number, count in counts.items()}))
    assert verdict.problems() == problems


@pytest.mark.parametrize(
    ("client", "left_over", "wrong_by"),
    [
        ("ib_async", 1, 0),
        ("ib_async", 2, 1),
        # The library was mended: the note about its fault has to go.
        ("ib_async", 0, -1),
        ("ibapi-latest", 1, 1),
    ],
)
def test_the_known_fault_of_the_python_libraries_is_one_field_and_no_more(
    client: str, left_over: int, wrong_by: int
) -> None:
    verdict = right(client)
    found = {FAULTY_MESSAGE: left_over} if left_over else {}
    verdict.take(report(FAULTY_VERSION, left_over=found))
    text = f"version 158: message 5: {wrong_by} fields left over"
    assert verdict.problems() == ([text] if wrong_by else [])


def test_the_row_has_a_figure_under_each_word() -> None:
    verdict = right()
    verdict.take(report(157, seen={"5": 3, "3": 4}, errors=["an error"]))
    # Two reports, 157 and 178; every step once; 3 + 4 messages of 2 kinds; one error, nothing else.
    steps = 1 + len(STEPS) + len(FAMILY_STEPS) + len(DELAYED_STEPS)
    assert verdict.row().split() == ["ibapi-latest", "157-178", str(steps), *"07201000"]
    assert len(verdict.row()) == len(Verdict.HEAD)
