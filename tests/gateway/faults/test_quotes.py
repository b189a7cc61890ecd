"""Faults of quotes: what a line of market data shows, and that orders trade at true prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError

BID, ASK, LAST = "1", "2", "4"


async def shown(rig: Any, request_id: int = 9, symbol: str = "KO") -> dict[str, Decimal]:
    """Subscribe; returns bid, ask and last."""
    seen = await rig.quotes(request_id, symbol)
    return {kind: Decimal(seen[kind]) for kind in (BID, ASK, LAST)}


async def test_quotes_scaled_are_ten_times_off_and_orders_trade_at_true_ones(rig: Any) -> None:
    true = await shown(rig)
    rig.pass_s(1)
    rig.strike("quotes-scaled")
    updates = rig.prices(await rig.raw.answers())
    assert {kind: Decimal(updates[kind]) for kind in true} == {k: 10 * v for k, v in true.items()}
    rig.place()
    await rig.raw.answers()
    assert rig.gateway.executions[0].price == true[BID]
    rig.pass_s(1)
    rig.end("quotes-scaled")
    updates = rig.prices(await rig.raw.answers())
    assert {kind: Decimal(updates[kind]) for kind in true} == true


async def test_quotes_of_one_symbol_leave_the_others(rig: Any) -> None:
    true = await shown(rig, 9, "MSFT")
    rig.strike("quotes-scaled", symbol="KO", factor=0.1)
    rig.raw.send(2, 2, 9)
    assert await shown(rig, 10, "MSFT") == true
    assert (await shown(rig, 11, "KO"))[BID] < 10
    with pytest.raises(FaultError, match="there is no symbol 'MSF'; did you mean 'MSFT'"):
        rig.strike("quotes-nan", symbol="MSF")


async def test_quotes_crossed_have_the_bid_above_the_ask(rig: Any) -> None:
    rig.strike("quotes-crossed")
    seen = await shown(rig)
    assert seen[BID] > seen[LAST] > seen[ASK]


async def test_quotes_wide_are_far_from_each_other(rig: Any) -> None:
    true = await shown(rig)
    rig.strike("quotes-wide", by_fraction=0.1)
    seen = await shown(rig, 10)
    # Each side moves by a tenth of its price, rounded to the cent.
    assert abs(seen[BID] - true[BID] * Decimal("0.9")) <= Decimal("0.01")
    assert abs(seen[ASK] - true[ASK] * Decimal("1.1")) <= Decimal("0.01")


async def test_quotes_nan_are_no_number(rig: Any) -> None:
    rig.strike("quotes-nan")
    assert all(price.is_nan() for price in (await shown(rig)).values())


async def test_quotes_that_are_wrong_in_two_ways_are_shown_all_the_same(rig: Any) -> None:
    for name in ("quotes-nan", "quotes-scaled", "quotes-crossed"):
        rig.strike(name)
    assert all(price.is_nan() for price in (await shown(rig)).values())


async def test_quotes_zero_are_zero(rig: Any) -> None:
    rig.strike("quotes-zero")
    assert set((await shown(rig)).values()) == {Decimal(0)}


async def test_quotes_absent_are_minus_one_without_a_size(rig: Any) -> None:
    rig.strike("quotes-absent", symbol="KO")
    rig.subscribe()
    ticks = [message for message in await rig.raw.answers() if message[0] == "1"]
    sizes = {message[3]: (message[4], message[5]) for message in ticks}
    assert sizes[BID] == sizes[ASK] == sizes[LAST] == ("-1.0", "0")


async def test_quotes_silent_send_not_even_the_end_of_a_snapshot(rig: Any) -> None:
    rig.strike("quotes-silent", symbol="KO")
    rig.subscribe(9, "KO", snapshot=1)
    assert await rig.raw.answers() == []
    rig.subscribe(10, "MSFT", snapshot=1)
    assert (await rig.raw.answers())[-1][0] == "57"


async def test_quotes_stale_do_not_move_and_say_an_old_time(rig: Any) -> None:
    true = await shown(rig)
    rig.strike("quotes-stale", age_s=600)
    # At midnight in New York, 13.5 hours later, the history has another close.
    rig.pass_s(14 * 3600)
    assert rig.prices(await rig.raw.answers()) == {}
    rig.subscribe(10)
    told = await rig.raw.answers()
    seen = rig.prices(told)
    assert {kind: Decimal(seen[kind]) for kind in true} == true
    (time,) = [message[4] for message in told if message[0] == "46" and message[3] == "45"]
    # 2020-06-01 14:20:00 UTC, ten minutes before the strike.
    assert time == "1591021200"
    rig.end("quotes-stale")
    rig.pass_s(1)
    updates = [message for message in await rig.raw.answers() if message[2] == "9"]
    assert Decimal(rig.prices(updates)[LAST]) != true[LAST]


async def test_quotes_delayed_come_without_notice(rig: Any) -> None:
    rig.strike("quotes-delayed")
    rig.subscribe()
    told = await rig.raw.answers()
    assert rig.codes(told) == []
    assert "58" not in [message[0] for message in told]
    assert rig.prices(told).keys() >= {"66", "67", "68"}
    rig.end("quotes-delayed")
    assert rig.behaviour.quotes == "live"


async def test_halt_keeps_orders_until_it_ends(rig: Any) -> None:
    rig.strike("halt", symbol="KO", for_s=300)
    assert "11" not in await rig.placed()
    assert rig.gateway.executions == ()
    rig.pass_s(300)
    assert "11" in [message[0] for message in await rig.raw.answers()]
    assert len(rig.gateway.executions) == 1
