"""What a handler of the Python libraries leaves of a message is seen in its local variables."""

from __future__ import annotations

import logging

from python_client import left_over
from tally import ErrorLines, Tally

MESSAGE = ["93", "26", "1", "0", "0.01"]


def test_what_an_iterator_still_has_is_left_over() -> None:
    get = iter(["0", "0.01", "x", "y"]).__next__
    assert [get(), get()] == ["0", "0.01"]
    assert left_over("marketRule", {"fields": ["0", "0.01", "x", "y"], "get": get}, MESSAGE) == 2


def test_the_rest_of_a_list_is_left_over() -> None:
    assert left_over("contractDetails", {"fields": ["x"]}, MESSAGE) == 1
    assert left_over("contractDetails", {"fields": []}, MESSAGE) == 0


def test_a_message_that_was_unpacked_as_a_whole_leaves_nothing() -> None:
    assert left_over("position", {"fields": MESSAGE}, MESSAGE) == 0


def test_a_simple_message_has_as_many_fields_as_types() -> None:
    found = {"fields": MESSAGE, "types": [int, str, str], "skip": 2}
    assert left_over("handler", found, MESSAGE) == 0
    assert left_over("handler", found, [*MESSAGE, "x"]) == 1
    assert left_over("handler", found, MESSAGE[:-1]) == 1


def test_error_lines_are_kept_but_for_what_the_gateway_itself_said() -> None:
    tallies = [Tally(), Tally(176)]
    handler = ErrorLines(tallies)
    for name, text in (("ib_async.wrapper", "Error 200"), ("ib_async.Decoder", "Error handling")):
        handler.handle(logging.LogRecord(name, logging.ERROR, "", 0, text, None, None))
    tallies[-1].is_closing = True
    handler.handle(logging.LogRecord("ibapi.reader", logging.ERROR, "", 0, "late", None, None))
    assert [tally.logged for tally in tallies] == [[], ["ib_async.Decoder: Error handling"]]


def test_the_largest_number_of_fields_left_is_kept() -> None:
    tally = Tally(176)
    for left in (0, 2, 1):
        tally.leave(5, left)
    tally.saw(5, 136)
    assert tally.report()["left_over"] == {5: 2}
    assert tally.report()["counts"] == {5: [136]}
