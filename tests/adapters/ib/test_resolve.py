"""What a person wrote becomes an instrument, or one clear line why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.domain.instrument import Instrument, InstrumentSpec, PriceBand, Unresolved
from bot.gateway import GatewayConfig

if TYPE_CHECKING:
    from bot.adapters.ib import IbBroker
    from tests.adapters.ib.conftest import Rig

APPLE_ID = 265598


async def one(broker: IbBroker, spec: InstrumentSpec) -> Instrument | Unresolved:
    [answer] = await broker.resolve([spec])
    return answer


async def why_not(broker: IbBroker, spec: InstrumentSpec) -> str:
    answer = await one(broker, spec)
    assert isinstance(answer, Unresolved)
    assert answer.spec == spec
    assert "\n" not in answer.reason
    return answer.reason


async def test_a_symbol_becomes_an_instrument_with_its_price_grid(broker: IbBroker) -> None:
    apple = await one(broker, InstrumentSpec("AAPL", "USD"))
    assert isinstance(apple, Instrument)
    assert (apple.con_id, apple.symbol, apple.currency) == (APPLE_ID, "AAPL", "USD")
    assert (apple.exchange, apple.primary_exchange) == ("SMART", "NASDAQ")
    assert apple.price_bands == (PriceBand(0.0, 0.0001), PriceBand(1.0, 0.01))
    assert apple.time_zone == "US/Eastern"
    assert apple.liquid_hours.startswith("20200601:0930-20200601:1600;")


async def test_answers_come_in_the_order_of_the_questions(broker: IbBroker) -> None:
    symbols = ["XOM", "NOPE", "AAPL", "BAC", "XOM"]
    answers = await broker.resolve([InstrumentSpec(symbol, "USD") for symbol in symbols])
    found = [answer.symbol if isinstance(answer, Instrument) else None for answer in answers]
    assert found == ["XOM", None, "AAPL", "BAC", "XOM"]


async def test_a_market_rule_is_asked_for_once_in_a_connection(rig: Rig, broker: IbBroker) -> None:
    specs = [InstrumentSpec(symbol, "USD") for symbol in ("XOM", "AAPL", "BAC")]
    await broker.resolve(specs)
    await broker.resolve(specs)
    assert rig.tap.count(91) == 1
    await broker.disconnect()
    await broker.connect()
    await broker.resolve(specs)
    assert rig.tap.count(91) == 2


async def test_nothing_to_resolve_asks_nothing(rig: Rig, broker: IbBroker) -> None:
    assert await broker.resolve([]) == ()
    assert rig.asked == []


async def test_an_unknown_symbol_is_a_value(rig: Rig, broker: IbBroker) -> None:
    reason = await why_not(broker, InstrumentSpec("NOPE", "USD", primary_exchange="NASDAQ"))
    assert reason.startswith("IB knows no STK NOPE in USD on SMART (NASDAQ): check")
    assert rig.tap.count(91) == 0
    assert broker.is_connected


async def test_a_con_id_wins_and_the_rest_is_verified(broker: IbBroker) -> None:
    apple = await one(broker, InstrumentSpec("aapl", "usd", con_id=APPLE_ID))
    assert isinstance(apple, Instrument)
    assert apple.con_id == APPLE_ID
    reason = await why_not(broker, InstrumentSpec("XOM", "USD", con_id=APPLE_ID))
    assert reason == (f"expected STK XOM in USD on SMART, but conId {APPLE_ID} is STK AAPL in USD")
    assert "in EUR" in await why_not(broker, InstrumentSpec("AAPL", "EUR", con_id=APPLE_ID))


async def test_several_matches_are_named_and_none_is_guessed(rig: Rig, broker: IbBroker) -> None:
    def say_another() -> None:
        request_id = rig.tap.sent[-1][2]
        twin = ("AAPL", "STK", "", 0, "", "SMART", "USD", "AAPL", "NMS", "NMS", 4242, 0.01, "")
        venue = (
            "LMT",
            "SMART",
            1,
            0,
            "TWIN",
            "LSE",
            "",
            "",
            "",
            "",
            "US/Eastern",
            "",
            "",
            "",
            "",
            0,
        )
        rig.tap.say(10, request_id, *twin, *venue, 1, "", "", "26", "", "COMMON", 1, 1, 100)

    rig.tap.after["9"] = say_another
    reason = await why_not(broker, InstrumentSpec("AAPL", "USD"))
    assert "IB knows 2 contracts as STK AAPL in USD on SMART" in reason
    assert "conId 4242 on LSE" in reason
    assert f"conId {APPLE_ID} on NASDAQ" in reason
    assert rig.tap.count(91) == 0


async def test_an_exchange_without_a_price_grid_is_not_guessed(broker: IbBroker) -> None:
    reason = await why_not(broker, InstrumentSpec("AAPL", "USD", exchange="LSE", con_id=APPLE_ID))
    assert "no price grid" in reason or "IB knows no" in reason


@pytest.mark.parametrize(
    ("muted", "words"), [(52, "contract details"), (93, "price grid (market rule 26) was not read")]
)
async def test_a_lost_answer_leaves_it_unresolved(rig: Rig, muted: int, words: str) -> None:
    broker = await rig.connected(request_timeout_s=0.1)
    rig.behaviour.muted = {muted}
    reason = await why_not(broker, InstrumentSpec("AAPL", "USD"))
    assert words in reason
    assert "did not come within 0.1 s" in reason
    rig.behaviour.muted = set()
    assert isinstance(await one(broker, InstrumentSpec("AAPL", "USD")), Instrument)


async def test_a_line_that_drops_leaves_it_unresolved(rig: Rig, broker: IbBroker) -> None:
    rig.tap.after["9"] = rig.tap.cut
    assert "the line dropped" in await why_not(broker, InstrumentSpec("AAPL", "USD"))
    assert "AAPL was not looked up" in await why_not(broker, InstrumentSpec("AAPL", "USD"))


@pytest.mark.parametrize(
    "gateway_config", [GatewayConfig(universe=("AAPL", "XOM"), holdings=("AAPL",))]
)
async def test_many_questions_at_once_are_all_answered(broker: IbBroker) -> None:
    specs = [InstrumentSpec("AAPL", "USD"), InstrumentSpec("BAC", "USD")] * 10
    answers = await broker.resolve(specs)
    assert [isinstance(answer, Instrument) for answer in answers] == [True, False] * 10
