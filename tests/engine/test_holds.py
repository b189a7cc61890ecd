"""Holds begin and end by journaled facts alone, so that a restart knows the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.engine import events
from bot.engine.recorder import Recorder
from tests.engine.recovery.conftest import ListJournal


def body(key: str, con_id: int | None, statement: str = "it differs") -> dict[str, object]:
    effect = "all" if con_id is None else "symbol"
    return {"key": key, "con_id": con_id, "effect": effect, "statement": statement}


def test_a_hold_keeps_its_beginning_while_its_numbers_change() -> None:
    recorder = Recorder(ListJournal())
    recorder.record(events.HELD, body("shares:1", 1, "99 held"))
    first = recorder.holds.get("shares:1")
    recorder.record(events.HELD, body("shares:1", 1, "98 held"))
    now = recorder.holds.get("shares:1")
    assert first is not None
    assert now is not None
    assert (now.since, now.statement) == (first.since, "98 held")


def test_reasons_are_told_by_instrument_and_under_none_for_everything() -> None:
    recorder = Recorder(ListJournal())
    recorder.record(events.HELD, body("shares:1", 1, "a"))
    recorder.record(events.HELD, body("foreign_order:7", 1, "b"))
    recorder.record(events.HELD, body("cash:cash", None, "c"))
    assert recorder.holds.reasons() == {1: "a; b", None: "c"}


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=20))
def test_what_is_held_is_what_was_held_and_not_released_also_after_a_restart(
    steps: list[tuple[str, bool]],
) -> None:
    journal = ListJournal()
    recorder = Recorder(journal)
    expected: set[str] = set()
    for key, is_held in steps:
        if is_held:
            recorder.record(events.HELD, body(key, 1))
            expected.add(key)
        else:
            recorder.record(events.RELEASED, {"key": key})
            expected.discard(key)
    for each in (recorder, Recorder(journal)):
        assert {hold.key for hold in each.holds.all()} == expected
