"""Levels of market indices: live ones of this moment, or the reason why there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.core.domain.reading import Known, Unknown
from bot.gateway import GatewayConfig
from bot.gateway.config.prices import PricesTable

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from tests.adapters.ib.conftest import Rig, Tools


async def why_not(broker: IbBroker, name: str) -> str:
    reading = (await broker.read_levels([name]))[name]
    assert isinstance(reading, Unknown), reading
    assert reading.source == f"ib:levels:{name}"
    return reading.reason


async def test_a_level_is_the_last_one_of_the_index(
    rig: Rig, broker: IbBroker, tools: Tools
) -> None:
    reading = (await broker.read_levels(["VIX", "VIX"]))["VIX"]
    assert isinstance(reading, Known)
    assert reading.value == 20.0
    assert reading.source == "ib:levels:VIX"
    await tools.until(lambda: rig.asked.count("2") == 1)
    [asked] = [fields for fields in rig.tap.sent if fields[0] == "1"]
    assert {"VIX", "IND", "CBOE", "USD"} <= set(asked)


async def test_nothing_is_asked_for_nothing(rig: Rig, broker: IbBroker) -> None:
    assert await broker.read_levels([]) == {}
    assert rig.asked == []


async def test_a_name_that_means_no_index_is_unknown(rig: Rig, broker: IbBroker) -> None:
    assert await why_not(broker, "VOX") == "no such index is known here; there is VIX, SPX"
    assert rig.asked == []


@pytest.mark.parametrize("quotes", ["frozen", "delayed"])
async def test_a_level_that_is_not_live_is_unknown(rig: Rig, broker: IbBroker, quotes: str) -> None:
    rig.behaviour.quotes = quotes  # type: ignore[assignment]
    assert await why_not(broker, "VIX") == f"its level is {quotes}, a decision needs a live one"


async def test_yesterdays_close_is_not_todays_level(rig: Rig, broker: IbBroker) -> None:
    rig.tap.hold()

    def answer() -> None:
        request_id = rig.tap.sent[-1][2]
        rig.tap.say("1", "6", request_id, "9", "18.5", "0", "0")  # the close
        rig.tap.say("1", "6", request_id, "4", "-1", "0", "0")  # no last

    rig.tap.after["1"] = answer
    assert await why_not(broker, "VIX") == "IB says that it has no level now"
    rig.tap.release()


async def test_a_level_that_does_not_come_is_unknown(rig: Rig) -> None:
    broker = await rig.connected(quote_timeout_s=0.2)
    rig.tap.hold()
    assert await why_not(broker, "VIX") == "last did not come within 0.2 s"
    rig.tap.release()


class TestWithoutIndices:
    @pytest.fixture
    def gateway_config(self) -> GatewayConfig:
        return GatewayConfig(prices=PricesTable(indices={}))

    async def test_an_index_that_the_gateway_does_not_know_is_unknown(
        self, broker: IbBroker
    ) -> None:
        assert (await why_not(broker, "VIX")).startswith("200 ")


async def test_no_line_is_unknown(broker: IbBroker) -> None:
    await broker.disconnect()
    assert await why_not(broker, "VIX") != ""


async def test_a_fall_is_counted_from_the_prior_close(rig: Rig, broker: IbBroker) -> None:
    rig.tap.hold()

    def answer() -> None:
        request_id = rig.tap.sent[-1][2]
        rig.tap.say("1", "6", request_id, "4", "18.6", "0", "0")  # the last
        rig.tap.say("1", "6", request_id, "9", "20", "0", "0")  # the close

    rig.tap.after["1"] = answer
    reading = await broker.read_fall("VIX")
    rig.tap.release()
    assert isinstance(reading, Known)
    # From 20 to 18.6.
    assert reading.value == pytest.approx(0.07)


async def test_a_fall_without_a_prior_close_is_unknown(rig: Rig, broker: IbBroker) -> None:
    rig.tap.hold()

    def answer() -> None:
        rig.tap.say("1", "6", rig.tap.sent[-1][2], "4", "18.6", "0", "0")

    rig.tap.after["1"] = answer
    reading = await broker.read_fall("VIX")
    rig.tap.release()
    assert isinstance(reading, Unknown)
    assert reading.reason == "IB does not say where it closed before"
    assert isinstance(await broker.read_fall("VOX"), Unknown)


def test_the_gateway_declares_its_indices() -> None:
    assert GatewayConfig().prices.indices["VIX"] == Decimal(20)
