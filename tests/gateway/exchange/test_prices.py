"""The bridge through a day, and bars: what holds for every seed, day and step."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.exchange.prices import ONE_DAY, ONE_MONTH, ONE_WEEK, Bar
from bot.gateway.exchange.sessions import NEW_YORK, Sessions, local
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.gateway.exchange.sources.noise import normals
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.exchange.sessions import Session

HISTORY = load_history()
SESSIONS = Sessions()
MINUTE = timedelta(minutes=1)

SYMBOLS = st.sampled_from(HISTORY.symbols)
DAYS = st.integers(1, len(HISTORY.dates) - 1).map(
    lambda row: date.fromisoformat(str(HISTORY.dates[row]))
)
WOBBLES = st.builds(
    Wobble,
    seed=st.integers(0, 99),
    step_s=st.sampled_from([7.0, 60.0, 300.0, 3600.0, 86400.0]),
    intraday_volatility=st.sampled_from([0.0, 0.01, 0.2]),
    gap_volatility=st.sampled_from([0.0, 0.005, 0.3]),
)
STANDING = DailyCloses(HISTORY)


def moving(step_s: float = 60, seed: int = 1) -> DailyCloses:
    return DailyCloses(HISTORY, SESSIONS, Wobble(seed, step_s, 0.01, 0.005))


MOVING = moving()


def session(day: date) -> Session:
    found = SESSIONS.on(day)
    assert found is not None
    return found


def close(symbol: str, day: date) -> Decimal:
    return STANDING.close_on(symbol, day, day)


@given(SYMBOLS, DAYS, WOBBLES)
@settings(deadline=None)
def test_a_day_ends_at_its_close_and_begins_at_the_one_before(
    symbol: str, day: date, wobble: Wobble
) -> None:
    source = DailyCloses(HISTORY, SESSIONS, wobble)
    hours = session(day)
    at_close = source.prices_at(symbol, hours.closes_at)
    assert at_close.middle == close(symbol, day)
    assert source.prices_at(symbol, hours.closes_at + timedelta(hours=3)) == at_close
    before = source.prices_at(symbol, hours.opens_at - timedelta(seconds=1))
    assert before.middle == before.prior_close == at_close.prior_close
    # A day without a gap opens where it stood; one with a gap not farther off than half.
    opened = source.prices_at(symbol, hours.opens_at).middle
    gap = abs(opened / before.middle - 1)
    assert gap <= (Decimal("0.5001") if wobble.gap_volatility else Decimal("0.0001"))


@given(SYMBOLS, DAYS, WOBBLES)
@settings(deadline=None)
def test_bars_nest_and_add_up(symbol: str, day: date, wobble: Wobble) -> None:
    source = DailyCloses(HISTORY, SESSIONS, wobble)
    hours = session(day)
    span = (hours.opens_at, hours.closes_at)
    (whole,) = source.bars(symbol, span, ONE_DAY)
    minutes = source.bars(symbol, span, MINUTE)
    assert [bar.at for bar in minutes] == sorted({bar.at for bar in minutes})
    assert (whole.open, whole.close) == (minutes[0].open, minutes[-1].close)
    assert whole.close == close(symbol, day)
    assert whole.low <= min(bar.low for bar in minutes)
    assert whole.high >= max(bar.high for bar in minutes)
    assert sum(bar.volume for bar in minutes) == whole.volume
    for bar in (whole, *minutes):
        assert 0 < bar.low <= min(bar.open, bar.close)
        assert max(bar.open, bar.close) <= bar.high
    # A path of some steps reaches the day's high and low.
    if wobble.step_s <= 60:
        extremes = min(bar.low for bar in minutes), max(bar.high for bar in minutes)
        assert extremes == (whole.low, whole.high)


@given(DAYS, st.sampled_from([5, 15, 30, 60, 120]))
@settings(deadline=None)
def test_larger_bars_are_those_within_them_put_together(day: date, minutes: int) -> None:
    hours = session(day)
    span = (hours.opens_at, hours.closes_at)
    small = MOVING.bars("KO", span, MINUTE)
    for bar in MOVING.bars("KO", span, timedelta(minutes=minutes)):
        bell = local(bar.at)
        ends = bar.at + timedelta(minutes=minutes - (bell.hour * 60 + bell.minute) % minutes)
        inner = [it for it in small if bar.at <= it.at < ends]
        assert bar == Bar(
            bar.at,
            inner[0].open,
            max(it.high for it in inner),
            min(it.low for it in inner),
            inner[-1].close,
            sum(it.volume for it in inner),
        )


@given(DAYS, st.integers(0, 23_399))
@settings(max_examples=50, deadline=None)
def test_bars_show_nothing_after_their_end(day: date, seconds: int) -> None:
    hours = session(day)
    now = min(hours.opens_at + timedelta(seconds=seconds), hours.closes_at)
    seen = MOVING.bars("KO", (hours.opens_at, now + MINUTE / 60_000), MINUTE)
    (today,) = MOVING.bars("KO", (hours.opens_at, now + MINUTE / 60_000), ONE_DAY)
    middle = MOVING.prices_at("KO", now)
    assert seen[-1].close == today.close == middle.middle
    assert sum(bar.volume for bar in seen) == today.volume == middle.volume
    moments = (
        hours.opens_at + minutes * MINUTE for minutes in range((now - hours.opens_at) // MINUTE + 1)
    )
    shown = [MOVING.prices_at("KO", moment).middle for moment in (*moments, now)]
    assert (today.high, today.low) == (max(shown), min(shown))
    assert today.high == max(bar.high for bar in seen)


@given(SYMBOLS, DAYS, st.integers(0, 86_399))
@settings(deadline=None)
def test_prices_stand_still_until_the_next_change(symbol: str, day: date, second: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
    now = midnight + timedelta(seconds=second)
    change = MOVING.next_change_after(now)
    assert now < change
    moment = now + (change - now) * 0.999
    assert MOVING.prices_at(symbol, moment) == MOVING.prices_at(symbol, now)


def test_days_are_random_access() -> None:
    """A day's path is the same whether days before were looked at or not."""
    moment = datetime(2020, 6, 1, 15, tzinfo=UTC)
    once = moving().prices_at("KO", moment)
    walked = moving()
    for day in range(30, 0, -1):
        walked.prices_at("KO", moment - timedelta(days=day))
    assert walked.prices_at("KO", moment) == once
    assert moving(seed=2).prices_at("KO", moment) != once


def test_paths_are_no_smoother_for_some_than_for_others() -> None:
    """Over 250 days, the middle of the session is off the line from open to close by 0.5 % x close.

    The bridge has a standard deviation of s / 2 at half of its time, s being 1 %; stretching it to
    the day's extremes changes that a little.
    """
    off = []
    for row in range(7000, 7250):
        day = date.fromisoformat(str(HISTORY.dates[row]))
        hours = session(day)
        half = hours.opens_at + (hours.closes_at - hours.opens_at) / 2
        opened, middle, closed = (
            float(MOVING.prices_at("KO", at).middle)
            for at in (hours.opens_at, half, hours.closes_at)
        )
        off.append((middle - (opened + closed) / 2) / closed)
    spread = (sum(it * it for it in off) / len(off)) ** 0.5
    assert 0.004 < spread < 0.006


def test_noise_has_mean_zero_and_variance_one_and_a_fixed_beginning() -> None:
    numbers = normals("a", 20_000)
    assert abs(numbers.mean()) < 0.03
    assert abs(numbers.std() - 1) < 0.03
    assert (normals("a", 100) == numbers[:100]).all()
    assert (normals("b", 100) != numbers[:100]).any()


def test_half_days_end_early_and_have_their_whole_volume() -> None:
    hours = session(date(2020, 11, 27))
    bars = MOVING.bars("AAPL", (hours.opens_at, hours.closes_at), MINUTE)
    assert len(bars) == 210  # 09:30 to 13:00
    assert sum(bar.volume for bar in bars) == 100_000_000


def test_hours_begin_on_the_clock_except_for_the_first_one() -> None:
    hours = session(date(2020, 6, 1))
    bars = MOVING.bars("KO", (hours.opens_at, hours.closes_at), timedelta(hours=1))
    begins = [f"{local(bar.at):%H:%M}" for bar in bars]
    assert begins == ["09:30", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]


def test_weeks_and_months_are_dated_by_their_last_session() -> None:
    span = (datetime(2020, 5, 4, 4, tzinfo=UTC), datetime(2020, 6, 13, tzinfo=UTC))
    days = MOVING.bars("KO", span, ONE_DAY)
    weeks = MOVING.bars("KO", span, ONE_WEEK)
    may, june = MOVING.bars("KO", span, ONE_MONTH)
    assert [bar.at.day for bar in weeks] == [8, 15, 22, 29, 5, 12]
    assert (may.at.date(), june.at.date()) == (date(2020, 5, 29), date(2020, 6, 12))
    first = days[:5]
    assert weeks[0] == Bar(
        first[-1].at,
        first[0].open,
        max(day.high for day in first),
        min(day.low for day in first),
        first[-1].close,
        sum(day.volume for day in first),
    )
    with pytest.raises(ValueError, match="expected less than a day, a day, a week or a month"):
        MOVING.bars("KO", span, timedelta(days=2))


def test_where_prices_stand_still_bars_do_too() -> None:
    hours = session(date(2020, 6, 1))
    bars = STANDING.bars("AAPL", (hours.opens_at, hours.closes_at), timedelta(minutes=30))
    assert len(bars) == 13
    assert {(bar.open, bar.high, bar.low, bar.close) for bar in bars} == {(Decimal("78.998"),) * 4}
    # Heavy at both ends.
    assert bars[0].volume > bars[6].volume < bars[12].volume
    assert sum(bar.volume for bar in bars) == 100_000_000


def test_volume_grows_through_the_session() -> None:
    hours = session(date(2020, 6, 1))
    volumes = [
        MOVING.prices_at("AAPL", hours.opens_at + timedelta(minutes=minute)).volume
        for minute in (-1, 0, 195, 390)
    ]
    # Half of the session has half of the volume, since both halves are mirror images.
    assert volumes == [0, 0, 50_000_000, 100_000_000]


def test_there_is_no_price_before_the_first() -> None:
    too_early = datetime(1990, 1, 1, 12, tzinfo=UTC)
    with pytest.raises(LookupError, match="no price of KO on or before 1990-01-01"):
        MOVING.prices_at("KO", too_early)
    assert MOVING.first_at("KO") == session(date(1990, 1, 2)).opens_at
    assert MOVING.bars("KO", (too_early, too_early + ONE_DAY), ONE_DAY) == []
    assert MOVING.close_before("KO", date(1990, 1, 2)) is None


FINGERPRINT = """
import hashlib
from datetime import UTC, datetime, timedelta
from bot.gateway.exchange.prices import ONE_DAY
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.gateway.exchange.sources.synthetic import SyntheticPrices, Walk
from bot.prices import load_history
wobble, end = Wobble(5, 10, 0.01, 0.005), datetime(2020, 6, 1, 17, tzinfo=UTC)
walks = {"A": Walk(50, 0.3, 0.1, 1000), "B": Walk(20, 0.2, 0.0, 1000)}
starts_on = datetime(2018, 1, 2, tzinfo=UTC).date()
made = SyntheticPrices(walks, wobble=wobble, starts_on=starts_on, correlation=0.5)
found = [
    source.bars(key, (end - 400 * ONE_DAY, end), size)
    for source, key in ((DailyCloses(load_history(), None, wobble), "KO"), (made, "A"), (made, "B"))
    for size in (ONE_DAY, timedelta(hours=1))
]
print(hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_prices_are_the_same_in_every_process() -> None:
    """The digest was taken once: another one means that recordings of before no longer replay."""
    digests = {
        subprocess.run(  # noqa: S603  the program is ours
            [sys.executable, "-c", FINGERPRINT],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    assert digests == {"294bd1449472d563997242e5197eb69738698d0872f28c95cad8b3a79af2d66a"}
