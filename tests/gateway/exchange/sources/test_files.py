"""Files of bars: what they say is what is quoted, and every mistake is one line."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.prices import ONE_DAY, ONE_WEEK, Bar
from bot.gateway.exchange.sources.bars import FilePrices
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.files import FileBars, PriceFileError, read_bars

if TYPE_CHECKING:
    from pathlib import Path

STILL = Wobble(seed=1, step_s=0, intraday_volatility=0.01, gap_volatility=0.005)
MOVING = Wobble(seed=1, step_s=60, intraday_volatility=0.01, gap_volatility=0.005)

DAILY = """Date,Open,High,Low,Close,Volume
2020-05-29,10,12,9,11,1000
2020-06-01,11,13.5,10.25,10.5,2000
"""
#: 2020-06-01 had its open at 13:30 UTC. The first line lies before it.
MINUTES = """time,open,high,low,close
2020-06-01 09:29,1,1,1,1
2020-06-01 09:30,10,12,9,11
2020-06-01T13:31:00Z,11,11.5,10,10.5
2020-06-01 09:35,10.5,10.5,10.5,10.5
2020-06-01 15:59,20,20,19,19.5
"""
OPEN = datetime(2020, 6, 1, 13, 30, tzinfo=UTC)
CLOSE = datetime(2020, 6, 1, 20, tzinfo=UTC)


def write(folder: Path, text: str, name: str = "KO.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def prices(folder: Path, text: str, wobble: Wobble = STILL) -> FilePrices:
    write(folder, text)
    return FilePrices(read_bars(folder, ["KO"], NEW_YORK), {"KO": 7_000}, wobble=wobble)


def middles(source: FilePrices, *seconds: float) -> list[Decimal]:
    return [source.prices_at("KO", OPEN + timedelta(seconds=it)).middle for it in seconds]


def test_daily_bars_are_shown_as_they_are(tmp_path: Path) -> None:
    source = prices(tmp_path, DAILY)
    assert source.bars("KO", (OPEN - 5 * ONE_DAY, CLOSE), ONE_DAY)[1] == Bar(
        OPEN, Decimal("11.0"), Decimal("13.5"), Decimal("10.25"), Decimal("10.5"), 2000
    )
    assert middles(source, -3600, 0, 3600) == [Decimal("10.5")] * 3
    assert source.prices_at("KO", OPEN).prior_close == 11
    assert source.reach("KO") == (date(2020, 5, 29), date(2020, 6, 1))


def test_a_day_that_is_on_does_not_tell_its_high_and_low(tmp_path: Path) -> None:
    """Its price stands at the close, and no other one has been seen."""
    source = prices(tmp_path, DAILY)
    (bar,) = source.bars("KO", (OPEN, CLOSE - timedelta(seconds=1)), ONE_DAY)
    assert {bar.open, bar.high, bar.low, bar.close} == {Decimal("10.5")}


def test_a_bridge_goes_by_the_high_and_the_low_of_the_day(tmp_path: Path) -> None:
    source = prices(tmp_path, DAILY, MOVING)
    minutes = source.bars("KO", (OPEN, CLOSE), timedelta(minutes=1))
    assert (minutes[0].open, minutes[-1].close) == (11, Decimal("10.5"))
    assert min(bar.low for bar in minutes) == Decimal("10.25")
    assert max(bar.high for bar in minutes) == Decimal("13.5")
    assert sum(bar.volume for bar in minutes) == 2000
    assert middles(source, -1) == [11]


def test_intraday_bars_are_played_in_quarters(tmp_path: Path) -> None:
    """The first bar rises: open 10, low 9, high 12, close 11. The second one falls: 11, 11.5, 10, 10.5."""
    source = prices(tmp_path, MINUTES)
    assert middles(source, 0, 14.9, 15, 30, 45) == [10, 10, 9, 12, 11]
    assert middles(source, 60, 75, 90, 105) == [11, Decimal("11.5"), 10, Decimal("10.5")]
    # Without a bar the price stands, until 15:59, and after the close.
    assert middles(source, 3600, 6.5 * 3600 - 1, 6.5 * 3600, 9 * 3600) == [
        Decimal("10.5"),
        *[Decimal("19.5")] * 3,
    ]
    changes = [OPEN - timedelta(hours=1)]
    for _ in range(5):
        changes.append(source.next_change_after(changes[-1]))
    assert [(it - OPEN).total_seconds() for it in changes[1:]] == [0, 15, 30, 45, 60]


def test_bars_of_their_own_size_come_back_unchanged(tmp_path: Path) -> None:
    source = prices(tmp_path, MINUTES)
    minutes = source.bars("KO", (OPEN, CLOSE), timedelta(minutes=1))
    first, second = minutes[:2]
    assert (first.open, first.high, first.low, first.close) == (10, 12, 9, 11)
    assert (second.open, second.high, second.low, second.close) == (
        11,
        Decimal("11.5"),
        10,
        Decimal("10.5"),
    )
    (day,) = source.bars("KO", (OPEN, CLOSE), ONE_DAY)
    assert day == Bar(OPEN, Decimal(10), Decimal(20), Decimal(9), Decimal("19.5"), 7_000)
    assert sum(bar.volume for bar in minutes) == 7_000
    assert source.bars("KO", (OPEN, CLOSE), ONE_WEEK) == [day]


@st.composite
def walks(draw: st.DrawFn) -> str:
    """Minutes of one session, some missing, each with four prices of cents and a volume."""
    cents = st.integers(100, 10_000)
    lines = ["time,open,high,low,close,volume"]
    for minute in sorted(draw(st.sets(st.integers(0, 389), min_size=1, max_size=30))):
        low, opened, closed, high = sorted(draw(st.tuples(cents, cents, cents, cents)))
        if draw(st.booleans()):
            opened, closed = closed, opened
        at = OPEN + timedelta(minutes=minute)
        numbers = ",".join(f"{it / 100}" for it in (opened, high, low, closed))
        lines.append(f"{at.isoformat()},{numbers},{draw(st.integers(0, 999))}")
    return "\n".join(lines)


@given(walks(), st.integers(0, 23_400))
@settings(max_examples=50, deadline=None)
def test_quotes_lie_within_the_bars_of_the_day(
    tmp_path_factory: pytest.TempPathFactory, text: str, second: int
) -> None:
    source = prices(tmp_path_factory.mktemp("bars"), text)
    now = OPEN + timedelta(seconds=second)
    found = source.prices_at("KO", now)
    (day,) = source.bars("KO", (OPEN, CLOSE), ONE_DAY)
    minutes = source.bars("KO", (OPEN, CLOSE), timedelta(minutes=1))
    assert day.low <= found.middle <= day.high
    assert (minutes[-1].close, sum(bar.volume for bar in minutes)) == (day.close, day.volume)
    assert max(bar.high for bar in minutes) == day.high
    assert min(bar.low for bar in minutes) == day.low
    moment = now + (source.next_change_after(now) - now) * 0.999
    assert source.prices_at("KO", moment) == found


def test_one_file_can_have_all_symbols(tmp_path: Path) -> None:
    text = "symbol,date,open,high,low,close\n" + "".join(
        f"{symbol},2020-06-0{day},{price},{price},{price},{price}\n"
        for day in (1, 2)
        for symbol, price in (("KO", 50), ("PEP", 130), ("XX", -1))
    )
    file = write(tmp_path, text, "all.csv")
    found = read_bars(file, ["KO", "PEP"], NEW_YORK)
    assert {key: list(bars.closes) for key, bars in found.items()} == {
        "KO": [50, 50],
        "PEP": [130, 130],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,open,high,low\n", "there are no rows"),
        ("date,open,high,low\n2020-06-01,1,1,1\n", "column close is missing; there are date, open"),
        ("day,open,high,low,close\n1,1,1,1,1\n", "column date or time is missing"),
        (DAILY + "2020-06-02,1,x,1,1,1\n", "line 4, column high: 'x' is no number"),
        (DAILY + "2020-06-02,1,1,1,,1\n", "line 4, column close: '' is no number"),
        (DAILY + "2020-06-02,1,1,1,nan,1\n", "line 4, column close: 'nan' is no number"),
        (DAILY + "2020-06-02,1,inf,1,1,1\n", "line 4, column high: 'inf' is no number"),
        (DAILY + "2020-06-02,1,1,0,1,1\n", "line 4, column low: 0, expected a number above 0"),
        (DAILY + "2020-06-02,-1,1,1,1,1\n", "line 4, column open: -1, expected a number above 0"),
        (DAILY + "2020-06-02,1,1,1,1,-5\n", "line 4, column volume: -5, expected a number of 0 or"),
        (DAILY + "2020-06-02,1,1,1,2,1\n", "line 4, column high: 1 does not enclose"),
        (DAILY + "2020-06-02,1,2,2,2,1\n", "line 4, column low: 2 does not enclose"),
        (DAILY + "2020-06-01,1,1,1,1,1\n", "line 4, column date: '2020-06-01' is there twice"),
        (DAILY + "2020-05-30,1,1,1,1,1\n", "line 4, column date: '2020-05-30' is earlier than"),
        (DAILY + "1 June,1,1,1,1,1\n", "line 4, column date: '1 June', expected a date such as"),
        (DAILY + "2020-06-02 10:00,1,1,1,1,1\n", "has a time of day; call the column time"),
        (MINUTES + "16:00,1,1,1,1\n", "line 7, column time: '16:00', expected 2020-06-01 10:30:00"),
        ('a,b\n"1', "it cannot be read"),
        ("", "it cannot be read"),
        ("\0", "there are no rows"),
    ],
)
def test_mistakes_are_one_line_with_file_row_and_column(
    tmp_path: Path, text: str, words: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(PriceFileError) as caught:
        read_bars(tmp_path, ["KO"], NEW_YORK)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert words in message
    assert "\n" not in message


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match=r"nowhere: No such file or directory"):
        read_bars(tmp_path / "nowhere", ["KO"], NEW_YORK)
    with pytest.raises(PriceFileError, match=r"no prices for 'KO': expected KO.csv or KO.parquet"):
        read_bars(tmp_path, ["KO"], NEW_YORK)
    file = write(tmp_path, "symbol," + DAILY.replace("\n20", "\nPEP,20"))
    with pytest.raises(PriceFileError, match=r"no prices for 'KO': no row has this symbol"):
        read_bars(file, ["KO"], NEW_YORK)
    file = write(tmp_path, DAILY)
    with pytest.raises(PriceFileError, match=r"column symbol is missing"):
        read_bars(file, ["KO"], NEW_YORK)


def test_days_and_minutes_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path, DAILY)
    write(tmp_path, MINUTES, "PEP.csv")
    with pytest.raises(PriceFileError, match="some files have a column date and others"):
        read_bars(tmp_path, ["KO", "PEP"], NEW_YORK)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, DAILY)
    first = read_bars(tmp_path, ["KO"], NEW_YORK)
    write(tmp_path, DAILY + "2020-06-02,1,1,1,1,1\n")
    second = read_bars(tmp_path, ["KO"], NEW_YORK)
    assert [len(it["KO"].closes) for it in (first, second)] == [2, 3]


def test_bars_that_are_all_outside_regular_hours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no bar of KO lies in the regular hours"):
        prices(tmp_path, "time,open,high,low,close\n2020-06-01 08:00,1,1,1,1\n")


def test_parquet_without_its_engine_says_what_to_install(tmp_path: Path) -> None:
    write(tmp_path, "PAR1", "KO.parquet")
    # In a process in which importing it fails, as on a machine that does not have it.
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path; from bot.gateway.exchange.calendars import NEW_YORK\n"
        "from bot.gateway.exchange.sources.files import read_bars\n"
        "read_bars(Path(sys.argv[1]), ['KO'], NEW_YORK)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    last = ended.stderr.strip().splitlines()[-1]
    assert re.search(r"PriceFileError: .*KO.parquet: .* not installed: pip install pyarrow$", last)


def test_parquet_has_the_same_bars_as_text(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.mkdir()
    file = write(text, DAILY)
    columnar = tmp_path / "columnar"
    columnar.mkdir()
    pd.read_csv(file).to_parquet(columnar / "KO.parquet")
    one, other = (read_bars(folder, ["KO"], NEW_YORK)["KO"] for folder in (text, columnar))
    assert other.closes.tolist() == one.closes.tolist()
    assert other.begins.tolist() == one.begins.tolist()


def test_a_file_that_only_says_it_is_parquet_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "PAR1", "KO.parquet")
    with pytest.raises(PriceFileError, match=r"KO.parquet"):
        read_bars(tmp_path, ["KO"], NEW_YORK)


def test_numbers_keep_all_their_decimals(tmp_path: Path) -> None:
    bars: FileBars = read_bars(write(tmp_path, DAILY).parent, ["KO"], NEW_YORK)["KO"]
    assert bars.is_daily
    text = DAILY + "2020-06-02,0.1234567891234,0.3,0.1,0.2,1\n"
    source = prices(tmp_path, text)
    (day,) = source.bars("KO", (CLOSE, CLOSE + ONE_DAY), ONE_DAY)
    assert day.open == Decimal("0.1234567891234")
