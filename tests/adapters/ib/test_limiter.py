"""Never more than 45 messages in any rolling second, 5 of them only for cancels; and no smoothing below."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.ib.limiter import CAPACITY, RESERVE, WINDOW_S, Lane, Limiter

if TYPE_CHECKING:
    from tests.adapters.ib.conftest import SimulatedClock

    ClockKind = type[SimulatedClock]

SECOND_S = 1.0


def busiest_second(times_s: list[float]) -> int:
    """Most messages in any rolling second, both ends included."""
    ordered = sorted(times_s)
    return max(
        (sum(start <= time <= start + SECOND_S for time in ordered) for start in ordered),
        default=0,
    )


class Sender:
    """Takes places and notes when and for whom."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.limiter = Limiter(clock)
        self.sent: list[tuple[float, Lane]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, lane: Lane) -> None:
        self.tasks.append(asyncio.ensure_future(self._send(lane)))

    async def _send(self, lane: Lane) -> None:
        place = await self.limiter.acquire(lane)
        assert self.limiter.renew(place)
        self.sent.append((self.clock.monotonic(), lane))
        assert self.limiter.renew(place)

    @property
    def times_s(self) -> list[float]:
        return [time_s for time_s, _ in self.sent]

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()


@pytest.fixture
def clock(simulated_clock: ClockKind) -> SimulatedClock:
    return simulated_clock()


@pytest.mark.parametrize(
    ("lane", "at_once"), [(Lane.NORMAL, 40), (Lane.URGENT, 45), (Lane.BACKGROUND, 20)]
)
async def test_a_burst_up_to_the_cap_leaves_at_once(
    clock: SimulatedClock, lane: Lane, at_once: int
) -> None:
    sender = Sender(clock)
    for _ in range(100):
        sender.ask(lane)
    await clock.advance(0.0)
    assert sender.times_s == [0.0] * at_once
    await clock.advance(WINDOW_S + 0.01)
    assert len(sender.sent) == 2 * at_once
    sender.close()


async def test_cancels_find_a_place_when_orders_have_taken_theirs(clock: SimulatedClock) -> None:
    sender = Sender(clock)
    for _ in range(100):
        sender.ask(Lane.NORMAL)
    await clock.advance(0.0)
    for _ in range(RESERVE + 3):
        sender.ask(Lane.URGENT)
    await clock.advance(0.0)
    assert Counter(lane for _, lane in sender.sent) == {Lane.NORMAL: 40, Lane.URGENT: RESERVE}
    sender.close()


async def test_housekeeping_waits_for_orders(clock: SimulatedClock) -> None:
    sender = Sender(clock)
    for _ in range(30):
        sender.ask(Lane.BACKGROUND)
    for _ in range(60):
        sender.ask(Lane.NORMAL)
    await clock.advance(WINDOW_S + 0.01)
    lanes = Counter(lane for _, lane in sender.sent)
    assert lanes[Lane.NORMAL] == 60
    assert lanes[Lane.BACKGROUND] == 20
    await clock.advance(2 * WINDOW_S)
    assert len(sender.sent) == 90
    sender.close()


async def test_within_a_lane_the_first_comes_first(clock: SimulatedClock) -> None:
    limiter, order = Limiter(clock), []

    async def take(number: int) -> None:
        await limiter.acquire()
        order.append(number)

    tasks = [asyncio.ensure_future(take(number)) for number in range(90)]
    await clock.advance(5.0)
    assert order == list(range(90))
    await asyncio.gather(*tasks)


async def test_one_who_gives_up_waiting_holds_up_nobody(clock: SimulatedClock) -> None:
    sender = Sender(clock)
    for _ in range(50):
        sender.ask(Lane.NORMAL)
    await clock.advance(0.1)
    for task in sender.tasks[40:45]:
        task.cancel()
    await clock.advance(WINDOW_S)
    assert len(sender.sent) == 45
    sender.close()


async def test_a_place_counts_from_its_use_not_from_its_taking(clock: SimulatedClock) -> None:
    limiter = Limiter(clock)
    place = await limiter.acquire()
    await clock.advance(1.0)
    assert limiter.renew(place)
    await clock.advance(1.0)
    assert limiter.holds(place)
    assert limiter.in_window == 1
    await clock.advance(0.03)
    assert limiter.in_window == 0


async def test_a_place_that_lapsed_is_taken_anew_only_if_one_is_free(
    clock: SimulatedClock,
) -> None:
    limiter = Limiter(clock)
    place = await limiter.acquire()
    await clock.advance(2.0)
    others = [limiter.take_now(Lane.NORMAL) for _ in range(41)]
    assert others[-1] is None
    assert not limiter.renew(place)
    await clock.advance(2.0)
    assert limiter.renew(place)
    assert limiter.in_window == 1


def test_the_window_is_longer_than_the_second_that_ib_counts() -> None:
    assert WINDOW_S > SECOND_S
    assert CAPACITY < 50


actions = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(Lane), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.just(Lane.NORMAL), st.integers(1, 1500)),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(actions=actions)
def test_no_rolling_second_ever_holds_more_than_the_cap(
    simulated_clock: ClockKind, actions: list[tuple[str, Lane, int]]
) -> None:
    async def run() -> None:
        sender = Sender(simulated_clock())
        for action, lane, amount in actions:
            if action == "wait":
                await sender.clock.advance(amount / 1000)
            else:
                for _ in range(amount):
                    sender.ask(lane)
                await sender.clock.settle()
        assert busiest_second(sender.times_s) <= CAPACITY
        others = [time for time, lane in sender.sent if lane is not Lane.URGENT]
        assert busiest_second(others) <= CAPACITY - RESERVE
        await sender.clock.advance(90.0)
        assert busiest_second(sender.times_s) <= CAPACITY
        assert all(task.done() for task in sender.tasks)
        await asyncio.gather(*sender.tasks)

    asyncio.run(run())


@settings(deadline=None, max_examples=60)
@given(
    orders=st.integers(0, 200),
    cancels=st.integers(1, RESERVE),
    after_ms=st.integers(0, 3000),
)
def test_a_cancel_within_the_reserve_never_waits(
    simulated_clock: ClockKind, orders: int, cancels: int, after_ms: int
) -> None:
    async def run() -> None:
        sender = Sender(simulated_clock())
        for _ in range(orders):
            sender.ask(Lane.NORMAL)
        await sender.clock.advance(after_ms / 1000)
        asked_s = sender.clock.monotonic()
        for _ in range(cancels):
            sender.ask(Lane.URGENT)
        await sender.clock.settle()
        assert [time for time, lane in sender.sent if lane is Lane.URGENT] == [asked_s] * cancels
        sender.close()

    asyncio.run(run())
