"""Bars as the real client library and a client of bare frames see them.

The replayed moment is Monday 2020-06-01, 10:30 in New York, unless a test says otherwise.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.quotes import QuotesTable

CONTRACT = (265598, "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", 0)
SCHEDULE = "SCHEDULE"


def ask(raw: Any, request_id: int = 5, **terms: object) -> None:
    """Ask for bars; the terms replace the usual ones: one day of hours."""
    wanted: dict[str, object] = {
        "end": "",
        "size": "1 hour",
        "duration": "1 D",
        "kind": "TRADES",
        "date_format": 1,
        "live": 0,
        "contract": CONTRACT,
    } | terms
    raw.send(
        20,
        request_id,
        *wanted["contract"],  # type: ignore[misc]
        *(wanted["end"], wanted["size"], wanted["duration"], 1, wanted["kind"]),
        *(wanted["date_format"], wanted["live"], ""),
    )


def rows(message: list[str]) -> list[list[str]]:
    """The bars of an answer, eight fields each."""
    assert message[0] == "17"
    assert int(message[4]) * 8 == len(message) - 5
    return [message[start : start + 8] for start in range(5, len(message), 8)]


async def bars(raw: Any, **terms: object) -> list[list[str]]:
    """Ask for bars and return them."""
    ask(raw, **terms)
    (message,) = await raw.answers()
    return rows(message)


async def refusal(raw: Any, **terms: object) -> tuple[str, str]:
    """Ask for bars and return code and text of the refusal."""
    ask(raw, **terms)
    (message,) = await raw.answers()
    assert message[:3] == ["4", "2", "5"]
    return message[3], message[4]


async def library_bars(client: Any, contract: Any, **terms: Any) -> Any:
    asked = {
        "endDateTime": "",
        "durationStr": "10 D",
        "barSizeSetting": "1 day",
        "whatToShow": "TRADES",
        "useRTH": True,
    } | terms
    return await client.reqHistoricalDataAsync(contract, **asked)


async def test_daily_bars_end_today(client: Any, library: Any) -> None:
    """Ten sessions up to 2020-06-01; Monday 2020-05-25 was Memorial Day."""
    found = await library_bars(client, library.Stock("AAPL", "SMART", "USD"))
    assert len(found) == 10
    assert (found[0].date, found[-1].date) == (date(2020, 5, 18), date(2020, 6, 1))
    assert date(2020, 5, 25) not in [bar.date for bar in found]
    assert found[-1].close == 79.0  # 78.998 on a tick
    assert all(bar.low <= bar.open <= bar.high for bar in found)
    assert client.errors[3:] == []


async def test_bars_of_minutes_have_moments(client: Any, library: Any) -> None:
    """From 09:30 to 10:30 there are twelve bars of five minutes, and one has just begun."""
    stock = library.Stock("AAPL", "SMART", "USD")
    found = await library_bars(client, stock, durationStr="1 D", barSizeSetting="5 mins")
    assert len(found) == 13
    assert found[0].date.astimezone(UTC) == datetime(2020, 6, 1, 13, 30, tzinfo=UTC)
    assert found[-1].date.astimezone(UTC) == datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("duration", "size", "count"),
    [
        ("1 W", "1 day", 5),  # 05-26 to 06-01: Tuesday to Friday, and today
        ("1 M", "1 day", 20),  # from 05-04 on, without 05-25
        ("1 Y", "1 month", 13),  # June 2019 to June 2020
        ("4 W", "1 week", 5),  # of the first one, Monday is over
        ("3600 S", "1 min", 60),
        ("1800", "30 secs", 60),  # a number alone is seconds
        ("2 D", "1 hour", 9),  # seven on Friday, the first one half an hour long, and two today
    ],
)
async def test_durations_and_sizes(raw: Any, duration: str, size: str, count: int) -> None:
    assert len(await bars(raw, duration=duration, size=size)) == count


async def test_answer_tells_the_time_that_was_asked_for(raw: Any) -> None:
    ask(raw, duration="2 D")
    (message,) = await raw.answers()
    assert message[2] == "20200530 10:30:00 US/Eastern"
    assert message[3] == "20200601 10:30:00 US/Eastern"


@pytest.mark.parametrize(
    ("version", "date_format", "time"),
    [
        (176, 1, "20200601 09:30:00 US/Eastern"),
        (174, 1, "20200601 09:30:00 US/Eastern"),
        (173, 1, "20200601  09:30:00"),
        (173, 2, "1591018200"),
        (176, 2, "1591018200"),  # 2020-06-01 13:30 UTC
        (176, 3, "0601 09:30:00 US/Eastern"),
    ],
)
async def test_times_depend_on_version_and_format(
    running: Any, dial: Any, version: int, date_format: int, time: str
) -> None:
    raw = await dial(running.port)
    await raw.start(1, version)
    assert (await bars(raw, date_format=date_format))[0][0] == time


@pytest.mark.parametrize("date_format", [1, 2])
async def test_daily_bars_have_dates_in_every_format(raw: Any, date_format: int) -> None:
    found = await bars(raw, size="1 day", date_format=date_format)
    assert [bar[0] for bar in found] == ["20200601"]


@pytest.mark.parametrize(
    "end",
    ["20200529 16:00:00 US/Eastern", "20200529-20:00:00", "20200529 20:00:00 UTC"],
)
async def test_every_form_of_an_end_means_the_same(raw: Any, end: str) -> None:
    found = await bars(raw, end=end, size="1 day", duration="3 D")
    assert [bar[0] for bar in found] == ["20200527", "20200528", "20200529"]


async def test_an_end_without_zone_is_new_york_time_and_warned_about(raw: Any) -> None:
    ask(raw, end="20200529 16:00:00", size="1 day")
    warning, answer = await raw.answers()
    assert warning[2:4] == ["5", "2174"]
    assert rows(answer)[0][0] == "20200529"


async def test_the_library_passes_an_end(client: Any, library: Any) -> None:
    end = datetime(2020, 5, 29, 20, tzinfo=UTC)
    stock = library.Stock("KO", "SMART", "USD")
    found = await library_bars(client, stock, endDateTime=end, durationStr="2 D")
    assert [bar.date for bar in found] == [date(2020, 5, 28), date(2020, 5, 29)]


async def test_nothing_of_the_future_shows(raw: Any) -> None:
    found = await bars(raw, end="20210101-00:00:00", size="1 day", duration="1 M")
    assert found[-1][0] == "20200601"


async def test_each_kind_of_price(raw: Any) -> None:
    """The middle of 78.998 is 79.00 on a tick; half a spread of 1 bp makes 78.99 and 79.01."""
    kinds = ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST")
    found = {kind: (await bars(raw, kind=kind, size="1 day"))[0][1:] for kind in kinds}
    assert found["TRADES"][:4] == ["79"] * 4
    assert int(found["TRADES"][4]) > 0
    assert found["MIDPOINT"] == ["78.998"] * 4 + ["-1"] * 3
    assert found["BID"] == ["78.99"] * 4 + ["-1"] * 3
    assert found["ASK"] == ["79.01"] * 4 + ["-1"] * 3
    # Open and close are averages of bid and ask; high is the highest ask, low the lowest bid.
    assert found["BID_ASK"] == ["78.99", "79.01", "78.99", "79.01"] + ["-1"] * 3
    assert found["ADJUSTED_LAST"][:4] == found["TRADES"][:4]


async def test_volume_was_in_round_lots_once(running: Any, dial: Any) -> None:
    volumes = []
    for client_id, version in enumerate((174, 175)):
        raw = await dial(running.port)
        await raw.start(client_id + 1, version)
        volumes.append(int((await bars(raw, size="1 day"))[0][5]))
    assert volumes[0] == volumes[1] // 100 > 0


@pytest.mark.parametrize(
    ("terms", "code", "words"),
    [
        ({"end": "yesterday"}, 10314, "End Date/Time: The date, time, or time-zone"),
        ({"end": "20200230-10:00:00"}, 10314, "End Date/Time"),
        ({"end": "20200529 10:00:00 Mars/Olympus"}, 10314, "End Date/Time"),
        ({"duration": ""}, 321, "Historical data request duration not specified."),
        ({"duration": "1 Q"}, 321, "integer{SPACE}unit (S|D|W|M|Y)"),
        ({"duration": "366 D"}, 321, "longer than 365 days must be made in years"),
        ({"duration": "29 S"}, 321, "Historical data requested duration is invalid."),
        ({"size": "1 sec"}, 321, "Legal ones are: 1 secs, 5 secs, 10 secs,"),
        ({"size": "7 mins"}, 321, "bar size setting is invalid"),
        ({"kind": "PRICES"}, 321, "What to show value of PRICES rejected."),
        ({"date_format": 4}, 321, "Date formatting selection of 4 rejected."),
        (
            {"kind": "ADJUSTED_LAST", "end": "20200529-10:00:00"},
            321,
            "End date not supported with adjusted last",
        ),
        ({"kind": "ADJUSTED_LAST", "size": "1 week"}, 321, "Multi day bar size not supported"),
        ({"live": 1, "end": "20200529-10:00:00"}, 321, "End date not supported with live updates"),
        ({"live": 1, "kind": "BID_ASK"}, 321, "Source price not supported with live updates"),
        ({"kind": SCHEDULE}, 321, "Only daily resolution supported for Schedule requests"),
        (
            {"end": "19890101-10:00:00"},
            162,
            "Data Service error message:HMDS query returned no data: AAPL@SMART Trades",
        ),
        ({"duration": "1 Y", "size": "1 min"}, 162, "Time length exceed max."),
        ({"duration": "2 Y", "size": "1 hour"}, 162, "Time length exceed max."),
        ({"kind": "OPTION_IMPLIED_VOLATILITY"}, 162, "HMDS query returned no data"),
        ({"contract": (0, "NOPE", *CONTRACT[2:])}, 200, "No security definition"),
    ],
)
async def test_refusals_are_those_of_tws(
    raw: Any, terms: dict[str, object], code: int, words: str
) -> None:
    found_code, text = await refusal(raw, **terms)
    assert (found_code, words in text) == (str(code), True), text


async def test_a_schedule_lists_sessions(client: Any, library: Any) -> None:
    """Five sessions before Thanksgiving's Saturday; the Friday was a half day, its close 13:00."""
    stock = library.Stock("AAPL", "SMART", "USD")
    schedule = await client.reqHistoricalScheduleAsync(stock, 5, "20191130-00:00:00")
    assert [session.refDate for session in schedule.sessions] == [
        *("20191122", "20191125", "20191126", "20191127", "20191129")
    ]
    assert schedule.sessions[-1].endDateTime == "20191129-13:00:00"
    assert schedule.timeZone == "US/Eastern"


async def test_no_more_than_one_small_request_of_a_kind_in_15_seconds(
    start_gateway: Any, hand_clock: Any, dial: Any
) -> None:
    clock = hand_clock(datetime(2020, 6, 1, 14, 30, tzinfo=UTC))
    running = await start_gateway(GatewayConfig(), clock=clock)
    raw = await dial(running.port)
    await raw.start(1)
    assert len(await bars(raw, size="5 secs", duration="60 S")) == 12
    code, text = await refusal(raw, size="5 secs", duration="60 S")
    assert (code, text.endswith("Historical data request pacing violation")) == ("162", True)
    await bars(raw, size="1 min")
    await bars(raw, size="1 min")  # larger bars are not limited
    clock.moment += timedelta(seconds=15)
    assert await bars(raw, size="5 secs", duration="60 S")


async def test_pacing_can_be_switched_off(start_gateway: Any, dial: Any) -> None:
    config = dataclasses.replace(GatewayConfig(), quotes=QuotesTable(has_pacing=False))
    running = await start_gateway(config)
    raw = await dial(running.port)
    await raw.start(1)
    for _ in range(3):
        assert await bars(raw, size="5 secs", duration="60 S")


async def test_bars_kept_up_to_date_follow(start_gateway: Any, hand_clock: Any, dial: Any) -> None:
    """From 14:30:00 UTC on: at the first multiple of five seconds, a bar of a minute begins."""
    clock = hand_clock(datetime(2020, 6, 1, 14, 30, tzinfo=UTC) - timedelta(seconds=0.02))
    running = await start_gateway(GatewayConfig(), clock=clock)
    raw = await dial(running.port)
    await raw.start(1)
    ask(raw, size="1 min", duration="120 S", live=1)
    answer = (await raw.until(17))[-1]
    assert rows(answer)[-1][0] == "20200601 10:29:00 US/Eastern"
    ask(raw, size="1 min", duration="120 S", live=1)
    assert (await raw.answers())[0][2:4] == ["5", "322"]
    clock.moment += timedelta(seconds=6)
    updates = [message for message in await raw.answers() if message[0] == "90"]
    assert updates[-1][3] == "20200601 10:30:00 US/Eastern"
    assert len(updates[-1]) == 10
    raw.send(25, 1, 5)
    (ended,) = await raw.answers()
    assert ended[2:4] == ["5", "162"]
    assert "API historical data query cancelled: 5" in ended[4]
    clock.moment += timedelta(seconds=30)
    assert await raw.answers() == []


async def test_to_cancel_what_was_answered_is_error_366(raw: Any) -> None:
    await bars(raw)
    raw.send(25, 1, 5)
    (message,) = await raw.answers()
    assert message[2:5] == ["5", "366", "No historical data query found for ticker id:5"]


async def test_bars_of_five_seconds(start_gateway: Any, hand_clock: Any, dial: Any) -> None:
    clock = hand_clock(datetime(2020, 6, 1, 14, 30, 1, tzinfo=UTC))
    running = await start_gateway(GatewayConfig(), clock=clock)
    raw = await dial(running.port)
    await raw.start(1)
    raw.send(50, 3, 6, *CONTRACT[:-1], 5, "TRADES", 1, "")
    assert await raw.answers() == []
    clock.moment += timedelta(seconds=10)
    first, second = await raw.answers()
    # 14:30:00 and 14:30:05 UTC.
    assert (first[:4], second[3]) == (["50", "3", "6", "1591021800"], "1591021805")
    assert first[4:8] == ["79"] * 4
    raw.send(51, 1, 6)
    raw.send(51, 1, 6)
    (message,) = await raw.answers()
    assert message[2:4] == ["6", "300"]
    clock.moment += timedelta(seconds=10)
    assert await raw.answers() == []


async def test_bars_of_five_seconds_stop_with_their_client(
    start_gateway: Any, hand_clock: Any, dial: Any
) -> None:
    """Another client under the same id does not inherit them."""
    clock = hand_clock(datetime(2020, 6, 1, 14, 30, 1, tzinfo=UTC))
    running = await start_gateway(GatewayConfig(), clock=clock)
    raw = await dial(running.port)
    await raw.start(1)
    raw.send(50, 3, 6, *CONTRACT[:-1], 5, "MIDPOINT", 1, "")
    await raw.answers()
    running.gateway.drop_connections()
    await raw.wait_closed()
    again = await dial(running.port)
    await again.start(1)
    clock.moment += timedelta(seconds=10)
    assert await again.answers() == []


@pytest.mark.parametrize(("size", "kind"), [(1, "TRADES"), (5, "BID_ASK")])
async def test_other_real_time_bars_are_refused(raw: Any, size: int, kind: str) -> None:
    raw.send(50, 3, 6, *CONTRACT[:-1], size, kind, 1, "")
    (message,) = await raw.answers()
    assert message[2:4] == ["6", "321"]


async def test_head_timestamp(client: Any, library: Any) -> None:
    """The history begins on 1990-01-02, at 09:30, which is 14:30 UTC."""
    stock = library.Stock("AAPL", "SMART", "USD")
    found = await client.reqHeadTimeStampAsync(stock, "TRADES", useRTH=True, formatDate=1)
    assert found.replace(tzinfo=None) == datetime(1990, 1, 2, 14, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("version", "date_format", "text"),
    [
        (176, 1, "19900102-14:30:00"),
        (173, 1, "19900102  14:30:00"),
        (176, 2, "631290600"),
    ],
)
async def test_head_timestamp_by_version_and_format(
    running: Any, dial: Any, version: int, date_format: int, text: str
) -> None:
    raw = await dial(running.port)
    await raw.start(1, version)
    raw.send(87, 9, *CONTRACT, 1, "TRADES", date_format)
    raw.send(90, 9)
    assert await raw.answers() == [["88", "9", text]]


async def test_without_its_farm_there_is_no_history(running: Any, raw: Any) -> None:
    running.gateway._venue.publisher.feed.set_farm("history", "broken")
    assert (await raw.answers())[0][2:4] == ["-1", "2105"]
    code, text = await refusal(raw)
    assert (code, "HMDS connection attempt failed" in text) == ("162", True)
    running.gateway._venue.publisher.feed.set_farm("history", "ok")
    assert (await raw.answers())[0][3] == "2106"
    assert await bars(raw)


async def test_average_price_lies_within_the_bar(raw: Any) -> None:
    for bar in await bars(raw, duration="1 M", size="1 day"):
        assert float(bar[3]) <= float(bar[6]) <= float(bar[2])
        assert math.isclose(float(bar[6]), float(bar[4]), rel_tol=0.5)
