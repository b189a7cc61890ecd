from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.adapters.clock import WallClock


def test_now_is_the_machines_time_in_utc() -> None:
    clock = WallClock()
    before = datetime.now(UTC)  # noqa: TID251 - this is the clock's own test
    now = clock.now()
    after = datetime.now(UTC)  # noqa: TID251
    assert now.tzinfo is UTC
    assert before <= now <= after


def test_an_offset_moves_now_and_can_be_taken_back() -> None:
    clock = WallClock()
    clock.follow(timedelta(days=-1000))
    now, machine = clock.now(), datetime.now(UTC)  # noqa: TID251
    assert timedelta(0) <= machine - timedelta(days=1000) - now < timedelta(seconds=10)
    clock.follow(timedelta(0))
    assert clock.now() >= machine


def test_offsets_replace_each_other_and_do_not_add_up() -> None:
    clock = WallClock()
    clock.follow(timedelta(hours=5))
    clock.follow(timedelta(hours=1))
    assert clock.now() - datetime.now(UTC) <= timedelta(hours=1)  # noqa: TID251


def test_an_offset_leaves_intervals_alone() -> None:
    clock = WallClock()
    before = clock.monotonic()
    clock.follow(timedelta(days=-1))
    assert 0 <= clock.monotonic() - before < 10


async def test_sleep_waits_for_real_time_and_not_for_the_offset() -> None:
    clock = WallClock()
    clock.follow(timedelta(days=1))
    before = clock.monotonic()
    await clock.sleep(0.01)
    # The loop's clock and ours may round differently by a hair.
    assert 0.009 <= clock.monotonic() - before < 10
