"""Turns: one logical moment each, what is due comes first, and the order never depends on the machine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bot.gateway
from bot.gateway.turns import Turns

START = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


@pytest.fixture
def clock(hand_clock: Any) -> Any:
    return hand_clock(START)


@pytest.fixture
async def turns(clock: Any) -> Any:
    made = Turns(clock)
    yield made
    made.cancel_all()


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def test_what_is_due_happens_before_an_event_and_at_its_own_moment(
    turns: Any, clock: Any
) -> None:
    seen: list[Any] = []
    turns.after(20, lambda: seen.append(("second", turns.now())))
    turns.after(10, lambda: seen.append(("first", turns.now())))
    clock.moment = later(30)
    turns.take(lambda: seen.append(("event", turns.now())))
    assert seen == [("first", later(10)), ("second", later(20)), ("event", later(30))]


async def test_a_turn_has_one_moment_however_the_clock_runs(turns: Any, clock: Any) -> None:
    seen = []

    def event() -> None:
        seen.append(turns.now())
        clock.moment = later(5)
        seen.append(turns.now())

    turns.take(event)
    assert seen == [START, START]
    assert turns.now() == later(5)


async def test_time_never_goes_back(turns: Any, clock: Any) -> None:
    clock.moment = later(9)
    turns.take(lambda: None)
    clock.moment = START
    assert turns.now() == later(9)
    seen = []
    turns.take(lambda: seen.append(turns.now()))
    assert seen == [later(9)]


async def test_timers_of_one_moment_come_in_the_order_in_which_they_were_set(
    turns: Any, clock: Any
) -> None:
    seen: list[int] = []
    for number in range(5):
        turns.at(later(1), lambda number=number: seen.append(number))
    clock.moment = later(1)
    turns.take(lambda: seen.append(99))
    assert seen == [0, 1, 2, 3, 4, 99]


async def test_what_is_put_off_to_the_end_belongs_to_the_turn(turns: Any) -> None:
    seen: list[str] = []

    def event() -> None:
        turns.at_end(lambda: seen.append("end"))
        turns.take(lambda: seen.append("brought about"))
        seen.append("event")

    turns.take(event)
    assert seen == ["brought about", "event", "end"]


async def test_a_timer_taken_back_does_not_happen(turns: Any, clock: Any) -> None:
    seen: list[str] = []
    turns.cancel(turns.after(1, lambda: seen.append("cancelled")))
    turns.after(1, lambda: seen.append("kept"))
    clock.moment = later(2)
    turns.take(lambda: None)
    assert seen == ["kept"]


async def test_the_event_loop_comes_back_by_itself(turns: Any) -> None:
    rang = asyncio.Event()
    turns.after(0.01, rang.set)
    async with asyncio.timeout(5):
        await rang.wait()
    assert turns.now() == later(0.01)  # its own moment, though the clock stands still


async def test_watchers_see_the_end_of_every_turn_until_they_stop(turns: Any, clock: Any) -> None:
    seen: list[str] = []

    def watcher() -> None:
        seen.append("watched")
        turns.at_end(lambda: seen.append("after it"))

    def event() -> None:
        turns.at_end(lambda: seen.append("put off"))
        seen.append("event")

    turns.watch(watcher)
    turns.take(event)
    turns.after(5, lambda: turns.unwatch(watcher))
    clock.moment = later(10)
    turns.take(lambda: seen.append("unwatched"))
    assert seen == ["event", "put off", "watched", "after it", "unwatched"]


async def test_a_failing_event_ends_its_turn(turns: Any) -> None:
    def fail() -> None:
        turns.at_end(lambda: None)
        message = "as asked"
        raise LookupError(message)

    with pytest.raises(LookupError):
        turns.take(fail)
    seen: list[str] = []
    turns.take(lambda: seen.append("next"))
    assert seen == ["next"]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=20),
    st.lists(st.integers(0, 30), min_size=1),
)
@settings(max_examples=100, deadline=None)
def test_the_order_depends_on_the_moments_alone(
    timers: list[tuple[int, int]], steps: list[int]
) -> None:
    """Chains of two timers each; the clock is looked at often or seldom, and nothing changes."""
    assert asyncio.run(_story(timers, steps)) == asyncio.run(_story(timers, [sum(steps)]))


async def _story(timers: list[tuple[int, int]], steps: list[int]) -> list[Any]:
    class Clock:
        moment = START
        speed = 1.0

        def now(self) -> datetime:
            return self.moment

    clock, seen = Clock(), []
    turns = Turns(clock)
    for number, (first_s, then_s) in enumerate(timers):

        def come_due(number: int = number, then_s: int = then_s) -> None:
            seen.append((number, turns.now()))
            turns.after(then_s, lambda: seen.append((-number, turns.now())))

        turns.after(first_s, come_due)
    for step in steps:
        clock.moment += timedelta(seconds=step)
        turns.take(lambda: None)
    turns.cancel_all()
    return seen


def test_nothing_else_in_the_gateway_waits_on_the_event_loop() -> None:
    """`turns.py` sets the one alarm, `client.py` cuts what was said into chunks; the others run gateways."""
    allowed = {"turns.py", "client.py", "__main__.py", "testing.py", "replay.py"}
    folder = Path(bot.gateway.__file__).parent
    words = ("call_later", "call_soon", "call_at", "asyncio.sleep", "loop.time")
    found = {
        path.name
        for path in folder.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    }
    assert found <= allowed, found - allowed
