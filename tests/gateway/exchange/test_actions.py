"""Dividends and splits: what they do to prices before them, and when they take effect."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from bot.gateway.exchange.actions import ALL, NOTHING, SPLITS, Action, ActionKind, Actions
from bot.gateway.exchange.prices import ONE_DAY, Bar
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.prices import PriceHistory

#: Friday, Monday, Tuesday, Wednesday.
DAYS = [date(2020, 5, 29), date(2020, 6, 1), date(2020, 6, 2), date(2020, 6, 3)]
WOBBLE = Wobble(seed=1, step_s=60, intraday_volatility=0.01, gap_volatility=0.005)

SPLIT = Action("KO", DAYS[2], "split", Decimal(4))
DIVIDEND = Action("KO", DAYS[1], "dividend", Decimal(1))


def history(*closes: float) -> PriceHistory:
    return PriceHistory(
        dates=np.array(DAYS, dtype="datetime64[D]"),
        symbols=("KO",),
        closes=np.array(closes).reshape(-1, 1),
    )


def source(*actions: Action, wobble: Wobble | None = None) -> DailyCloses:
    return DailyCloses(history(100, 100, 25, 26), None, wobble, actions)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def prices(replay: DailyCloses, day: date) -> tuple[Decimal, Decimal | None]:
    found = replay.prices_at("KO", noon(day))
    return found.middle, found.prior_close


def test_before_a_split_the_raw_price_is_higher_by_its_ratio() -> None:
    """The close 100 is adjusted for 4 new shares out of 1: 400 was paid."""
    replay = source(SPLIT)
    assert prices(replay, DAYS[1]) == (Decimal(400), Decimal(400))
    # On the day itself, the close before counts in new shares: 100.
    assert prices(replay, DAYS[2]) == (Decimal(25), Decimal(100))
    assert prices(replay, DAYS[3]) == (Decimal(26), Decimal(25))


def test_before_a_dividend_the_raw_price_is_higher_by_what_was_paid_out() -> None:
    """Adjusted 100 and a dividend of 1: raw c with c (1 - 1/c) = 100, so c = 101, 1.01 times 100."""
    replay = source(DIVIDEND)
    assert prices(replay, DAYS[0])[0] == Decimal(101)
    assert replay.actions.factor("KO", DAYS[0], DAYS[0]) == Decimal("1.01")
    # The prior close is what was paid, as on real screens: 101 on the first day without.
    assert prices(replay, DAYS[1]) == (Decimal(100), Decimal(101))


def test_later_splits_scale_the_price_that_a_dividend_is_paid_on() -> None:
    """After the split 4:1 on Tuesday is undone, Friday's 100 is 400; with 1 paid on Monday it was 401."""
    replay = source(SPLIT, DIVIDEND)
    assert prices(replay, DAYS[0])[0] == Decimal(401)
    assert prices(replay, DAYS[1]) == (Decimal(400), Decimal(401))


@pytest.mark.parametrize(
    ("worked_in", "wanted", "factor"),
    [
        # Closes 100 on Friday; 4:1 on Tuesday.
        (ALL, NOTHING, "4"),
        (ALL, SPLITS, "1"),
        (NOTHING, NOTHING, "1"),
        (NOTHING, SPLITS, "0.25"),
        (SPLITS, NOTHING, "4"),
    ],
)
def test_factors_go_both_ways(
    worked_in: frozenset[ActionKind], wanted: frozenset[ActionKind], factor: str
) -> None:
    actions = Actions([SPLIT], lambda _key, _day: Decimal(100), worked_in)
    assert actions.factor("KO", DAYS[0], DAYS[3], wanted) == Decimal(factor)


def test_a_dividend_is_worked_into_raw_closes() -> None:
    """Raw close 100, dividend 1: 99 of 100 are left."""
    actions = Actions([DIVIDEND], lambda _key, _day: Decimal(100), NOTHING)
    adjusted = 100 * actions.factor("KO", DAYS[0], DAYS[3], ALL)
    assert adjusted.quantize(Decimal("1.000000")) == Decimal(99)
    assert actions.factor("KO", DAYS[0], DAYS[3], SPLITS) == 1


def closes(bars: list[Bar]) -> list[Decimal]:
    return [bar.close for bar in bars]


def test_bars_are_adjusted_as_asked_and_only_for_what_has_happened() -> None:
    replay = source(SPLIT, DIVIDEND)
    span = (noon(DAYS[0]) - timedelta(hours=5), noon(DAYS[3]))
    raw = replay.bars("KO", span, ONE_DAY, adjusted="nothing")
    assert closes(raw) == [Decimal(401), Decimal(400), Decimal(25), Decimal(26)]
    # 401 / 4 = 100.25: a split counts, a dividend does not.
    assert closes(replay.bars("KO", span, ONE_DAY))[:2] == [Decimal("100.25"), Decimal(100)]
    assert closes(replay.bars("KO", span, ONE_DAY, adjusted="all"))[:2] == [100, 100]
    monday = (span[0], noon(DAYS[1]))
    assert closes(replay.bars("KO", monday, ONE_DAY)) == [401, 400]
    assert closes(replay.bars("KO", monday, ONE_DAY, as_of=noon(DAYS[2]))) == [
        Decimal("100.25"),
        Decimal(100),
    ]


def test_no_value_comes_or_goes_at_the_midnight_of_an_action() -> None:
    """1 share at 401 becomes 1 share at 400 and 1 in cash; 1 share at 400 becomes 4 at 100."""
    replay = source(SPLIT, DIVIDEND, wobble=WOBBLE)
    for action, kept in ((DIVIDEND, Decimal(1)), (SPLIT, Decimal(0))):
        midnight = replay.actions.moment_of(action)
        before = replay.prices_at("KO", midnight - timedelta(seconds=1)).middle
        after = replay.prices_at("KO", midnight).middle
        shares = action.value if action.kind == "split" else Decimal(1)
        assert before == shares * after + kept
        assert replay.next_change_after(midnight - timedelta(seconds=1)) == midnight


def test_actions_take_effect_at_midnight_and_are_due_once() -> None:
    actions = Actions([SPLIT, DIVIDEND])
    monday, tuesday = (datetime(2020, 6, day, 4, tzinfo=UTC) for day in (1, 2))
    before = monday - timedelta(days=3)
    assert actions.moment_of(DIVIDEND) == monday
    assert actions.next_after(before) == monday
    assert actions.next_after(monday) == tuesday
    assert actions.next_after(tuesday) is None
    assert actions.due(before, monday) == (DIVIDEND,)
    assert actions.due(monday, tuesday) == (SPLIT,)
    assert actions.due(tuesday, tuesday + timedelta(days=9)) == ()


def test_a_purchase_before_a_split_counts_in_shares_of_later() -> None:
    replay = source(SPLIT)
    assert replay.close_on("KO", DAYS[0], DAYS[0]) == 400
    assert replay.close_on("KO", DAYS[0], DAYS[2]) == 100
