"""Faults of what is told about orders; the truth is as it should be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError
from bot.gateway.orders.order import Status


async def lists(rig: Any) -> dict[str, Any]:
    """Return what the lists show: KO's shares, executions, open orders, orders that are final."""
    rig.raw.send(61, 1)
    rig.raw.send(7, 3, 5, 0, "", "", "", "", "", "")
    rig.raw.send(16, 1)
    rig.raw.send(99, 1)
    told = await rig.raw.answers()
    shares = [int(message[14]) for message in told if message[0] == "61" and message[4] == "KO"]
    return {
        "KO": shares[0] if shares else 0,
        "fills": sum(message[0] == "11" for message in told),
        "open": [message[2] for message in told if message[0] == "3"],
        "final": sum(message[0] == "101" for message in told),
    }


async def test_view_lag_shows_reports_and_lists_late(rig: Any) -> None:
    held = rig.gateway.positions["KO"].shares
    rig.strike("view-lag", lag_s=5)
    rig.place()
    assert await rig.raw.answers() == []
    assert await lists(rig) == {"KO": held, "fills": 0, "open": [], "final": 0}
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]
    assert rig.gateway.positions["KO"].shares == held - 10
    rig.pass_s(4.999)
    assert await lists(rig) == {"KO": held, "fills": 0, "open": [], "final": 0}
    rig.pass_s(0.001)
    told = [message[0] for message in await rig.raw.answers()]
    assert [each for each in told if each != "61"] == ["5", "3", "11", "5", "3", "5", "59"]
    assert await lists(rig) == {"KO": held - 10, "fills": 1, "open": [], "final": 1}


async def test_view_lag_shows_each_state_for_as_long_as_it_lasted(rig: Any) -> None:
    rig.strike("view-lag", lag_s=5)
    rig.place(limit=1000)
    await rig.raw.answers()
    rig.pass_s(2)
    rig.cancel()
    await rig.raw.answers()
    assert [order.status for order in rig.gateway.orders] == [Status.CANCELLED]
    rig.pass_s(3)
    told = await rig.raw.answers()
    assert [message[2] for message in told if message[0] == "3"] == ["PreSubmitted", "Submitted"]
    assert (await lists(rig))["open"] == ["Submitted"]
    rig.pass_s(2)
    assert [message[0] for message in await rig.raw.answers()] == ["3", "3", "4"]
    seen = await lists(rig)
    assert (seen["open"], seen["final"]) == ([], 1)


async def test_view_lag_is_in_account_updates_too(rig: Any) -> None:
    rig.raw.send(6, 2, 1, "")
    await rig.raw.answers()
    cash = rig.gateway.cash
    rig.strike("view-lag", lag_s=5)
    rig.place()
    told = [message[3] for message in await rig.raw.answers() if message[2] == "TotalCashValue"]
    assert told in ([], [str(cash)])
    assert rig.gateway.cash > cash
    rig.pass_s(5)
    told = [message[3] for message in await rig.raw.answers() if message[2] == "TotalCashValue"]
    assert told == [str(rig.gateway.cash)]


async def test_view_lag_tells_who_has_the_client_id_by_then(rig: Any, dial: Any) -> None:
    rig.strike("view-lag", lag_s=5)
    rig.place()
    await rig.raw.answers()
    rig.strike("drop-connection")
    raw = await dial(rig.port)
    greeted = await raw.start(client_id=77)
    assert [message[0] for message in greeted[:2]] == ["15", "9"]
    rig.pass_s(5)
    assert [message[0] for message in await raw.answers()] == ["5", "3", "11", "5", "3", "5", "59"]


async def test_view_lag_ends_with_all_that_was_late(rig: Any) -> None:
    held = rig.gateway.positions["KO"].shares
    rig.raw.send(61, 1)
    await rig.raw.answers()
    rig.strike("view-lag", lag_s=60)
    rig.place()
    await rig.raw.answers()
    rig.end("view-lag")
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["5", "3", "11", "5", "3", "5", "59", "61"]
    assert int(told[-1][14]) == held - 10
    assert (await lists(rig))["fills"] == 1


async def test_late_commission_follows_its_execution(rig: Any) -> None:
    rig.strike("late-commission", late_s=3)
    assert "59" not in await rig.placed()
    rig.pass_s(3)
    assert [message[0] for message in await rig.raw.answers()] == ["59"]


async def test_late_commission_is_told_when_the_fault_ends(rig: Any) -> None:
    rig.strike("late-commission", late_s=3)
    await rig.placed()
    rig.end("late-commission")
    assert [message[0] for message in await rig.raw.answers()] == ["59"]


async def test_mute_swallows_messages_by_their_id(rig: Any) -> None:
    rig.strike("mute", ids="53, 102 62")
    for fields in ((61, 1), (99, 1), (16, 1)):
        rig.raw.send(*fields)
    assert {message[0] for message in await rig.raw.answers()} == {"61"}
    rig.end("mute")
    rig.raw.send(16, 1)
    assert {message[0] for message in await rig.raw.answers()} == {"53"}
    with pytest.raises(FaultError, match="ids = 'ends': expected message ids such as 53 62"):
        rig.strike("mute", ids="ends")


async def test_ack_withheld_until_it_ends(rig: Any) -> None:
    rig.strike("ack-withheld", for_s=10)
    assert await rig.placed() == []
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]
    rig.pass_s(10)
    assert [message[0] for message in await rig.raw.answers()] == [
        "5", "3", "11", "5", "3", "5", "59"
    ]  # fmt: skip


async def test_execution_before_status_tells_the_fill_first(rig: Any) -> None:
    rig.strike("execution-before-status")
    assert await rig.placed() == ["11", "5", "3", "5", "3", "5", "59"]


async def test_execution_before_status_tells_a_resting_order_in_the_end(rig: Any) -> None:
    rig.strike("execution-before-status", wait_s=5)
    assert await rig.placed(limit=1000) == []
    rig.pass_s(5)
    assert [message[0] for message in await rig.raw.answers()] == ["5", "3", "5", "3"]


async def test_altered_echo_tells_another_term_than_the_order_has(rig: Any) -> None:
    rig.strike("altered-echo", term="order_type", value="MKT")
    rig.place(limit=1000)
    # 5|id|conId|symbol|type|expiry|strike|right|multiplier|exchange|currency|local|class|side|quantity|type|limit
    told = [message for message in await rig.raw.answers() if message[0] == "5"]
    assert {(message[13], message[14], message[15]) for message in told} == {("SELL", "10", "MKT")}
    assert rig.gateway.orders[0].ticket.order_type == "LMT"
    rig.raw.send(16, 1)
    (listed,) = [message for message in await rig.raw.answers() if message[0] == "5"]
    assert listed[15] == "MKT"
    rig.end("altered-echo")
    rig.strike("altered-echo", term="quantity", value="1000", symbol="JPM")
    rig.raw.send(16, 1)
    (listed,) = [message for message in await rig.raw.answers() if message[0] == "5"]
    assert (listed[14], listed[15]) == ("10", "LMT")


async def test_no_status_leaves_terms_and_fills(rig: Any) -> None:
    rig.strike("no-status")
    assert await rig.placed() == ["5", "11", "5", "5", "59"]
    rig.end("no-status")
    rig.strike("no-status", terms="untold")
    assert await rig.placed(order_id=2) == ["11", "59"]


async def test_duplicate_execution_is_one_fill(rig: Any) -> None:
    rig.strike("duplicate-execution", times=3)
    rig.place()
    told = [message for message in await rig.raw.answers() if message[0] == "11"]
    assert len(told) == 3
    assert told[0] == told[1] == told[2]
    assert len(rig.gateway.executions) == 1


async def test_duplicate_commission_is_one_charge(rig: Any) -> None:
    rig.strike("duplicate-commission")
    assert await rig.placed() == ["5", "3", "11", "5", "3", "5", "59", "59"]


async def test_duplicate_status_is_told_twice(rig: Any) -> None:
    rig.strike("duplicate-status")
    assert await rig.placed() == ["5", "3", "3", "11", "5", "3", "3", "5", "59"]


async def test_unset_commission_has_no_amount(rig: Any) -> None:
    rig.strike("unset-commission")
    rig.place()
    told = [message for message in await rig.raw.answers() if message[0] == "59"]
    assert told[0][3] == "-1"
    assert rig.gateway.executions[0].commission > 0


async def test_silent_after_partial_trades_the_rest_untold(rig: Any) -> None:
    rig.strike("silent-after-partial", rest_s=2)
    assert await rig.placed() == ["5", "3", "11", "5", "3", "5", "59"]
    assert rig.gateway.orders[0].filled == 5
    rig.pass_s(2)
    assert await rig.raw.answers() == []
    assert [execution.shares for execution in rig.gateway.executions] == [5, 5]
    assert (await lists(rig))["fills"] == 2
