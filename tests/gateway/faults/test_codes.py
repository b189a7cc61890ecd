"""Codes that are only said, about anything."""

from __future__ import annotations

from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError
from bot.gateway.orders.order import Status


@pytest.mark.parametrize("code", [10349, 399, 2109, 404, 110, 201, 103, 104, 105, 10147, 10148])
async def test_say_any_code_about_a_live_order_which_stays_live(rig: Any, code: int) -> None:
    await rig.placed(limit=1000)
    rig.strike("say", code=code, id=1)
    (told,) = await rig.raw.answers()
    assert told[2:4] == ["1", str(code)]
    assert told[4]
    assert [order.status for order in rig.gateway.orders] == [Status.SUBMITTED]


async def test_say_something_to_one_client_in_other_words(rig: Any, dial: Any) -> None:
    other = await dial(rig.port)
    await other.start(client_id=78)
    rig.strike("say", code=1300, text="TWS has a new port for {id}", id=9, client=78)
    assert await other.answers() == [["4", "2", "9", "1300", "TWS has a new port for 9", ""]]
    assert await rig.raw.answers() == []


async def test_words_are_asked_for_where_none_are_known(rig: Any) -> None:
    with pytest.raises(FaultError, match="text is missing; there are words only for 103, 104"):
        rig.strike("say", code=7)
    with pytest.raises(FaultError, match="text is missing"):
        rig.strike("order-notice", code=7)
    assert rig.gateway.faults.active() == ()


async def test_delisted_instruments_are_not_found_any_more(rig: Any) -> None:
    await rig.placed(limit=1000)
    rig.strike("delisted", symbol="KO")
    rig.subscribe(9)
    rig.place(2)
    rig.raw.send(
        9, 8, 10, 0, "KO", "STK", "", 0.0, "", "", "SMART", "", "USD", "", "", 0, "", "", ""
    )
    assert rig.codes(await rig.raw.answers()) == [("9", "200"), ("2", "200"), ("10", "200")]
    assert len(rig.gateway.orders) == 1
    rig.subscribe(11, "MSFT")
    assert rig.prices(await rig.raw.answers()) != {}
    with pytest.raises(FaultError, match="there is no symbol 'KOO'; did you mean 'KO'"):
        rig.strike("delisted", symbol="KOO")


async def test_order_notice_comes_with_the_next_order_which_trades(rig: Any) -> None:
    rig.strike("order-notice", code=10349)
    rig.place()
    told = await rig.raw.answers()
    assert rig.codes(told) == [("1", "10349")]
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]
    assert "4" not in await rig.placed(order_id=2)
