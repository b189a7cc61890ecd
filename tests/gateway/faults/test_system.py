"""Faults of the gateway's links and of its login."""

from __future__ import annotations

from typing import Any

import pytest

from bot.gateway.orders.order import Status


async def test_connectivity_lost_keeps_orders_and_sends_them_on_later(rig: Any) -> None:
    rig.strike("connectivity-lost")
    rig.place()
    assert rig.codes(await rig.raw.answers()) == [("-1", "1100")]
    assert rig.gateway.orders == ()
    rig.end("connectivity-lost")
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["4", "5", "3", "11", "5", "3", "5", "59"]
    assert rig.codes(told) == [("-1", "1102")]
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]


async def test_connectivity_lost_may_lose_orders_and_subscriptions(rig: Any) -> None:
    await rig.quotes()
    rig.strike("connectivity-lost", data="lost", orders="lost")
    rig.place()
    assert rig.codes(await rig.raw.answers()) == [("-1", "1100")]
    rig.end("connectivity-lost")
    assert rig.codes(await rig.raw.answers()) == [("-1", "1101")]
    assert rig.gateway.orders == ()
    rig.raw.send(2, 2, 9)
    assert rig.codes(await rig.raw.answers()) == [("9", "300")]


async def test_connectivity_lost_tells_fills_and_lists_late(rig: Any) -> None:
    rig.behaviour.fill = "none"
    rig.place()
    await rig.raw.answers()
    rig.strike("connectivity-lost", for_s=30)
    rig.behaviour.fill = "full"
    # It trades at the broker: what is asked for still shows the moment of the break.
    assert [order.status for order in rig.gateway.orders] == [Status.FILLED]
    rig.raw.send(16, 1)
    rig.raw.send(7, 3, 5, 0, "", "", "", "", "", "")
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["4", "5", "3", "53", "55"]
    assert told[2][2] == "Submitted"
    rig.pass_s(30)
    told = await rig.raw.answers()
    assert [message[0] for message in told] == ["4", "11", "5", "3", "5", "59"]
    rig.raw.send(16, 1)
    assert [message[0] for message in await rig.raw.answers()] == ["53"]


async def test_connectivity_lost_stops_quotes(rig: Any) -> None:
    rig.strike("connectivity-lost")
    await rig.raw.answers()
    rig.subscribe()
    assert await rig.raw.answers() == []
    rig.pass_s(1)
    rig.end("connectivity-lost")
    assert rig.prices(await rig.raw.answers()).keys() >= {"1", "2", "4"}


async def test_server_connection_broken_is_told_as_2110(rig: Any) -> None:
    rig.strike("server-connection-broken", for_s=5)
    assert rig.codes(await rig.raw.answers()) == [("-1", "2110")]
    rig.pass_s(5)
    assert rig.codes(await rig.raw.answers()) == [("-1", "1102")]


async def test_connectivity_restored_ends_the_break_or_is_only_said(rig: Any) -> None:
    rig.strike("connectivity-lost")
    rig.strike("connectivity-restored", data="lost")
    assert rig.codes(await rig.raw.answers()) == [("-1", "1100"), ("-1", "1101")]
    assert rig.gateway.faults.active() == ()
    rig.strike("connectivity-restored")
    assert rig.codes(await rig.raw.answers()) == [("-1", "1102")]


async def test_farms_down_stop_quotes_and_leave_requests_unanswered(rig: Any, dial: Any) -> None:
    await rig.quotes()
    rig.strike("farms-down")
    assert [code for _, code in rig.codes(await rig.raw.answers())] == ["2103", "2105", "2157"]
    rig.subscribe(10)
    rig.raw.send(81, 7, "KO")
    assert await rig.raw.answers() == []
    other = await dial(rig.port)
    greeted = [code for _, code in rig.codes(await other.start(client_id=5))]
    assert greeted == ["2103", "2105", "2157"]
    rig.end("farms-down")
    rig.pass_s(1)
    told = await rig.raw.answers()
    assert [code for _, code in rig.codes(told)] == ["2104", "2106", "2158"]
    assert rig.prices([message for message in told if message[2] == "10"]).keys() >= {"1", "2"}


async def test_farms_down_may_leave_quotes_dead(rig: Any) -> None:
    await rig.quotes()
    rig.strike("farms-down", farm="quotes", quotes="stay-dead")
    rig.end("farms-down")
    rig.gateway.behaviour.quotes = "frozen"
    assert [code for _, code in rig.codes(await rig.raw.answers())] == ["2103", "2104"]
    rig.raw.send(2, 2, 9)
    assert rig.codes(await rig.raw.answers()) == [("9", "300")]


async def test_nightly_restart_shuts_the_port_and_forgets_order_ids(rig: Any, dial: Any) -> None:
    for order_id in (1, 2, 3):
        rig.place(order_id)
    await rig.raw.answers()
    rig.strike("nightly-restart", for_s=0.05, ids_back=2)
    await rig.raw.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await dial(rig.port)
    client = await rig.redial(dial)
    greeted = await client.start(client_id=77)
    # After ids 1 to 3 the next one is 4; two forgotten make it 2, which has been used.
    assert greeted[1] == ["9", "1", "2"]
    assert len(rig.gateway.orders) == 3
    rig.raw = client
    assert (await rig.placed(order_id=2))[0] == "4"
    assert len(rig.gateway.orders) == 3


async def test_weekly_login_answers_nobody_until_login(rig: Any, dial: Any) -> None:
    rig.strike("weekly-login", style="close")
    await rig.raw.wait_closed()
    client = await dial(rig.port)
    await client.wait_closed()
    assert rig.strike("login") == "login: weekly-login: ended"
    assert (await (await dial(rig.port)).start(client_id=77))[0][0] == "15"


async def test_login_without_a_reason_changes_nothing(rig: Any) -> None:
    assert rig.strike("login") == "login: weekly-login: was not on"
    assert await rig.raw.answers() == []


async def test_read_only_refuses_orders_and_their_lists_with_321(rig: Any) -> None:
    rig.strike("read-only")
    rig.place(7)
    rig.cancel(8)
    rig.raw.send(5, 1)
    told = await rig.raw.answers()
    assert rig.codes(told) == [("7", "321"), ("8", "321"), ("-1", "321")]
    assert "Read-Only mode" in told[0][4]
    assert rig.gateway.orders == ()
    rig.raw.send(61, 1)
    assert (await rig.raw.answers())[-1][0] == "62"


async def test_pacing_refuses_what_is_too_much_and_cuts_the_third_time(rig: Any) -> None:
    rig.strike("pacing", messages=2)
    for violation in (1, 2):
        rig.raw.send(8, 1, 1)
        rig.raw.send(8, 1, 1)
        rig.raw.send(8, 1, 1)
        await rig.raw.receive()
        await rig.raw.receive()
        refusal = await rig.raw.receive()
        assert refusal[2:4] == ["-1", "100"]
        assert refusal[4].endswith(f"max=2 rec=3 ({violation})")
        rig.pass_s(1)
    for _ in range(3):
        rig.raw.send(8, 1, 1)
    await rig.raw.until(4)
    await rig.raw.wait_closed()


async def test_competing_session_stops_quotes_with_10197(rig: Any) -> None:
    await rig.quotes()
    rig.strike("competing-session")
    rig.subscribe(10)
    told = await rig.raw.answers()
    assert ("9", "10197") in rig.codes(told)
    assert ("10", "10197") in rig.codes(told)
    assert rig.prices(told) == {}
    rig.pass_s(1)
    rig.end("competing-session")
    assert rig.prices(await rig.raw.answers()).keys() >= {"1", "2"}


async def test_competing_session_may_log_out(rig: Any) -> None:
    rig.strike("competing-session", connections="cut")
    await rig.raw.wait_closed()
