"""Trading hours in the words of TWS."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.exchange.hours import currency_hours, stock_hours, zone_id
from bot.gateway.exchange.sessions import NEW_YORK, Sessions

NEW_YORK_SESSIONS = Sessions()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_liquid_hours_with_a_holiday_and_a_half_day() -> None:
    """From the Wednesday before Thanksgiving, 2020."""
    assert stock_hours(NEW_YORK_SESSIONS, utc("2020-11-25T15:00"), extended=False).split(";") == [
        "20201125:0930-20201125:1600",
        "20201126:CLOSED",
        "20201127:0930-20201127:1300",
        "20201128:CLOSED",
        "20201129:CLOSED",
        "20201130:0930-20201130:1600",
    ]


def test_trading_hours_are_the_extended_ones() -> None:
    text = stock_hours(NEW_YORK_SESSIONS, utc("2020-11-25T15:00"), extended=True)
    assert text.split(";")[:3] == [
        "20201125:0400-20201125:2000",
        "20201126:CLOSED",
        "20201127:0400-20201127:1700",
    ]


def test_the_first_day_told_is_that_of_the_exchange() -> None:
    """03:00 UTC is still the evening before in New York, and already noon in Tokyo."""
    moment = utc("2020-06-02T03:00")
    assert stock_hours(NEW_YORK_SESSIONS, moment, extended=False).startswith("20200601:0930-")
    assert stock_hours(Sessions("XTKS"), moment, extended=False).startswith("20200602:0900-")


def test_a_pause_at_noon_makes_two_spans() -> None:
    tokyo = Sessions("XTKS", extended_opens=time(8, 0), extended_closes=None)
    liquid = stock_hours(tokyo, utc("2020-06-01T00:00"), extended=False).split(";")
    assert liquid[:2] == ["20200601:0900-20200601:1130", "20200601:1230-20200601:1500"]
    trading = stock_hours(tokyo, utc("2020-06-01T00:00"), extended=True).split(";")
    assert trading[:2] == ["20200601:0800-20200601:1130", "20200601:1230-20200601:1500"]


def test_currencies_trade_from_evening_to_evening() -> None:
    """From Friday 2020-06-05 on."""
    assert currency_hours(utc("2020-06-05T15:00")).split(";") == [
        "20200604:1715-20200605:1700",
        "20200606:CLOSED",
        "20200607:1715-20200608:1700",
        "20200608:1715-20200609:1700",
        "20200609:1715-20200610:1700",
    ]


async def test_contract_details_tell_both_kinds_of_hours(
    start_gateway: Any, connect: Any, library: Any
) -> None:
    """On the Wednesday before Thanksgiving; the library reads them as moments."""
    config = GatewayConfig(at=datetime(2020, 11, 25, 10, tzinfo=NEW_YORK))
    client = await connect((await start_gateway(config)).port)
    (details,) = await client.reqContractDetailsAsync(library.Stock("KO", "SMART", "USD"))
    assert details.timeZoneId == "US/Eastern"
    assert "20201127:0400-20201127:1700" in details.tradingHours.split(";")
    assert "20201127:0930-20201127:1300" in details.liquidHours.split(";")


async def test_another_exchange_is_told_in_its_own_zone(
    start_gateway: Any, connect: Any, library: Any
) -> None:
    table = {"exchange": {"calendar": "XLON", "extended_opens": "", "extended_closes": ""}}
    client = await connect((await start_gateway(GatewayConfig.from_mapping(table))).port)
    (details,) = await client.reqContractDetailsAsync(library.Stock("KO", "SMART", "USD"))
    assert details.timeZoneId == "Europe/London"
    assert details.liquidHours.startswith("20200601:0800-20200601:1630;")
    assert details.tradingHours == details.liquidHours


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("America/New_York", "US/Eastern"),
        ("America/Chicago", "US/Central"),
        ("Europe/London", "Europe/London"),
    ],
)
def test_zones_have_the_names_that_tws_gives_them(key: str, name: str) -> None:
    assert zone_id(ZoneInfo(key)) == name
