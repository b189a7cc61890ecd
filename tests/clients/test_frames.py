"""Encoded requests are read by our layouts: a value under another name, a field too many, nothing proved."""

from __future__ import annotations

import math
from typing import Any

import pytest
from frames import Frames, is_same


def line(fields: list[str], texts: dict[str, Any], **facts: Any) -> dict[str, Any]:
    plain = {"version": 176, "case": "a case", "fields": fields, "refused": [], "rows": {}}
    return {**plain, "texts": texts, **facts}


def read(*lines: dict[str, Any]) -> Frames:
    frames = Frames("ib_async")
    for each in lines:
        frames.take(each)
    return frames


EXECUTIONS = ["7", "3", "83", "5", "A1", "T1", "S1", "K1", "E1", "D1"]
TEXTS = {"request_id": 83, "client_id": 5, "account": "A1", "time": "T1", "symbol": "S1"}
TEXTS |= {"security_type": "K1", "exchange": "E1", "side": "D1"}


def test_a_right_request_has_no_problem() -> None:
    frames = read(line(EXECUTIONS, TEXTS))
    assert (frames.read, frames.found, frames.unproved()) == (1, {}, [])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"fields": [*EXECUTIONS, "x"]}, "a case: reqExecutions: 1 fields are left over"),
        ({"fields": EXECUTIONS[:-1]}, "a case: reqExecutions: 9 fields are too few"),
        ({"texts": TEXTS | {"side": "D2"}}, "a case: side is 'D1', sent was 'D2'"),
        ({"texts": TEXTS | {"name": "N"}}, "a case: name is None, sent was 'N'"),
        ({"refused": ["no"]}, "a case: the client did not send it: ['no']"),
        ({"fields": []}, "a case: the client did not send it: []"),
        ({"fields": ["12345"]}, "a case: the gateway has no layout for message 12345"),
        ({"rows": {"legs": [{"ratio": 1}]}}, "a case: legs: 0 rows, sent were 1"),
    ],
)
def test_a_problem_is_told_with_the_versions(changed: dict[str, Any], problem: str) -> None:
    frames = read(line(EXECUTIONS, TEXTS) | changed)
    assert frames.found == {problem: [176]}


def test_two_fields_that_changed_places_are_told() -> None:
    fields = [*EXECUTIONS[:4], "T1", "A1", *EXECUTIONS[6:]]
    assert len(read(line(fields, TEXTS)).found) == 2


def test_a_row_with_another_value_is_told() -> None:
    fields = ["1", "11", "8", "0", "", "BAG", "", "0", "", "", "SMART", "", "USD", "", ""]
    fields += ["1", "71", "72", "BUY", "X", "0", "", "0", "0", ""]
    rows = {"legs": [{"contract_id": 71, "ratio": 73}]}
    frames = read(line(fields, {}, rows=rows))
    assert frames.found == {"a case: legs: ratio is '72', sent was 73": [176]}


def test_a_field_that_nothing_proves_is_told() -> None:
    texts = {name: value for name, value in TEXTS.items() if name != "side"}
    assert read(line(EXECUTIONS, texts)).unproved() == ["reqExecutions: nothing proves side"]


@pytest.mark.parametrize(
    ("text", "wanted", "answer"),
    [
        ("1", True, True),
        ("0", True, False),
        ("True", True, False),
        ("5001", 5001, True),
        ("6000.25", 6000.25, True),
        ("", 5001, False),
        ("Infinity", math.inf, True),
        ("Infinite", math.inf, True),
        ("text", "text", True),
    ],
)
def test_a_field_carries_a_value_as_clients_print_it(
    text: str, wanted: object, *, answer: bool
) -> None:
    assert is_same(text, wanted) is answer
