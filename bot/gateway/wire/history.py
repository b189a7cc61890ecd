"""The layouts of requests for bars, of their answers, and of what keeps them up to date."""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.answers import Answer, always, given, layout
from bot.gateway.wire.incoming import CONTRACT, LEGS
from bot.gateway.wire.requests import RequestLayout, plain, run

REQUEST_BARS: Final = RequestLayout(
    20,
    "reqHistoricalData",
    (
        run("request_id"),
        CONTRACT,
        run("include_expired end_time bar_size duration use_rth what_to_show date_format"),
        LEGS,
        run("keep_up_to_date options"),
    ),
)
CANCEL_BARS: Final = plain(25, "cancelHistoricalData", "version request_id")
REQUEST_FIVE_SECONDS: Final = RequestLayout(
    50,
    "reqRealTimeBars",
    (run("version request_id"), CONTRACT, run("bar_size what_to_show use_rth options")),
)
CANCEL_FIVE_SECONDS: Final = plain(51, "cancelRealTimeBars", "version request_id")
REQUEST_HEAD: Final = RequestLayout(
    87,
    "reqHeadTimeStamp",
    (run("request_id"), CONTRACT, run("include_expired use_rth what_to_show date_format")),
)
CANCEL_HEAD: Final = plain(90, "cancelHeadTimeStamp", "request_id")

#: A row of bars: time, open, high, low, close, volume, average price, number of trades.
BARS: Final = Answer(17, "historicalData", given("request_id start_time end_time bars"))
FIVE_SECONDS: Final = Answer(
    50,
    "realtimeBar",
    layout(
        always("3", "version"),
        given("request_id time open high low close volume average trades"),
    ),
)
HEAD: Final = Answer(88, "headTimestamp", given("request_id time"))
BAR_UPDATE: Final = Answer(
    90,
    "historicalDataUpdate",
    given("request_id trades time open close high low average volume"),
)
#: A row of sessions: first and last moment, date.
SCHEDULE: Final = Answer(
    106, "historicalSchedule", given("request_id start_time end_time time_zone sessions")
)
