"""What outlives the program: accounts, orders, fills, numbers, the replayed moment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.account.ledger import Ledger
from bot.gateway.orders.order import Status
from bot.gateway.recording.recorder import FileSink, Recorder
from bot.gateway.replay import replay
from bot.gateway.store.file import claim, read_state, write_state
from bot.gateway.store.state import BOOKS, NUMBERS, StateError, check_state, moment_of, resumed


@pytest.fixture
async def left_behind(
    start_gateway: Any, hand_clock: Any, connect: Any, library: Any, wait_for: Any
) -> tuple[Gateway, dict[str, Any]]:
    """A gateway that was stopped with a fill, a GTC and a DAY order, and its state as JSON had it."""
    config = GatewayConfig()
    running = await start_gateway(clock=hand_clock(config.at))
    client = await connect(running.port, client_id=5)
    ko = library.Stock("KO", "SMART", "USD")
    filled = client.placeOrder(ko, library.MarketOrder("SELL", 3, orderRef="sold"))
    resting = [
        client.placeOrder(ko, library.LimitOrder("BUY", 2, 1, tif=tif)) for tif in ("GTC", "DAY")
    ]
    await wait_for(filled.commissionReportEvent, filled.isDone)
    for trade in resting:
        await wait_for(trade.statusEvent, lambda it=trade: it.orderStatus.status == "Submitted")
    cancelled = client.placeOrder(ko, library.LimitOrder("BUY", 1, 1))
    await wait_for(cancelled.statusEvent, lambda: cancelled.orderStatus.status == "Submitted")
    client.cancelOrder(cancelled.order)
    await wait_for(cancelled.statusEvent, cancelled.isDone)
    client.disconnect()
    await running.gateway.stop()
    return running.gateway, json.loads(json.dumps(running.gateway.state()))


def again(state: dict[str, Any], hand_clock: Any, config: GatewayConfig | None = None) -> Gateway:
    config = resumed(config or GatewayConfig(), check_state(state, config or GatewayConfig()))
    return Gateway(config, hand_clock(config.at), Behaviour(fill_delay_s=0), state=state)


async def test_all_of_it_is_the_same_again(left_behind: Any, hand_clock: Any) -> None:
    before, state = left_behind
    after = again(state, hand_clock)
    assert after.state() == state
    # Field by field: those that were read again are of the kind that says what becomes of them.
    assert [*map(asdict, after.orders)] == [*map(asdict, before.orders)]
    assert [*map(asdict, after.executions)] == [*map(asdict, before.executions)]
    assert after.executions[0].order is after.orders[0]
    assert after.positions == before.positions
    assert after.cash == before.cash


async def test_orders_work_on_and_numbers_go_on(
    left_behind: Any, hand_clock: Any, connect: Any, dial: Any
) -> None:
    before, state = left_behind
    after = again(state, hand_clock)
    try:
        port = await after.start()
        raw = await dial(port)
        used = max(order.ticket.order_id for order in before.orders)
        assert (await raw.start(client_id=5))[1] == ["9", "1", str(used + 1)]
        raw.writer.write_eof()
        await raw.wait_closed()
        client = await connect(port, client_id=5)
        assert [trade.order.tif for trade in client.openTrades()] == ["GTC", "DAY"]
        assert [fill.execution.orderRef for fill in client.fills()] == ["sold"]
        completed = await client.reqCompletedOrdersAsync(apiOnly=False)
        assert [trade.orderStatus.status for trade in completed] == ["Filled", "Cancelled"]
    finally:
        await after.stop()


async def test_a_day_order_whose_day_is_over_expires_and_a_gtc_order_stays(
    left_behind: Any, hand_clock: Any
) -> None:
    _, state = left_behind
    config = GatewayConfig(at=datetime(2020, 6, 2, 14, 0, tzinfo=UTC))
    after = again(state, hand_clock, config)
    await after.start()
    try:
        found = {order.ticket.time_in_force: order.status for order in after.orders[1:3]}
        assert found == {"GTC": Status.SUBMITTED, "DAY": Status.CANCELLED}
    finally:
        await after.stop()


async def test_the_replayed_moment_goes_on_and_never_back(left_behind: Any) -> None:
    _, state = left_behind
    moment = moment_of(state)
    early, late = (GatewayConfig(at=datetime(2020, 6, day, 14, 0, tzinfo=UTC)) for day in (1, 2))
    assert resumed(early, state).at == moment
    assert resumed(late, state) == late


async def test_a_dividend_of_the_time_between_is_booked_once(hand_clock: Any) -> None:
    days = [datetime(2020, 6, day, 14, 0, tzinfo=UTC) for day in (1, 2, 2, 3)]
    config = GatewayConfig.from_mapping(
        {
            "positions": {"KO": 100},
            "cash": "1000",
            "actions": [
                {"symbol": "KO", "on": date(2020, 6, 2), "kind": "dividend", "amount": "2"}
            ],
        }
    )
    state, cash = None, []
    for day in days:
        config = replace(config, at=day)
        gateway = Gateway(config, hand_clock(day), state=state)
        await gateway.start()
        cash.append(gateway.cash)
        await gateway.stop()
        state = json.loads(json.dumps(gateway.state()))
    assert cash == [1000, 1200, 1200, 1200]  # 100 shares at 2 dollars, on the second day


async def test_a_recording_contains_the_state_that_it_began_with(
    left_behind: Any, hand_clock: Any, dial: Any, tmp_path: Path
) -> None:
    _, state = left_behind
    config = resumed(GatewayConfig(), state)
    path = tmp_path / "it.jsonl"
    recorder = Recorder(FileSink(path, print))
    gateway = Gateway(config, hand_clock(config.at), recorder=recorder, state=state)
    client = await dial(await gateway.start())
    await client.start(client_id=5)
    client.send(16, 1)
    assert len(await client.until(53)) > 2
    await gateway.stop()
    outcome = await replay(path, None, print)
    assert (outcome.difference, outcome.has_end) == (None, True)


def test_nothing_that_changes_in_the_books_or_numbers_is_forgotten() -> None:
    gateway = Gateway(GatewayConfig(), Still())
    books = gateway.accounts.of("")
    assert isinstance(books, Ledger)
    changing = {key for key, value in vars(books).items() if isinstance(value, (dict, list, set))}
    assert changing == set(BOOKS)
    assert set(vars(gateway._venue.desk.numbering)) == {*NUMBERS, "_source"}


class Still:
    """A clock that stands still."""

    speed = 0.0

    @staticmethod
    def now() -> datetime:
        return GatewayConfig().at.astimezone(UTC)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: [], "no state of a paper gateway"),
        (lambda _: {"kind": "recipe"}, "no state of a paper gateway"),
        (lambda state: state | {"format": 7}, "format 7, and this gateway reads format 2"),
        (lambda state: state | {"accounts": {"DU1": {}}}, "DU1, the configuration DU1234567"),
        (lambda state: state | {"accounts": None}, "it has no accounts"),
        (lambda state: state | {"seed": 2}, "seed 2, the configuration has 1"),
    ],
)
async def test_a_state_of_something_else_is_refused(
    left_behind: Any, change: Any, words: str
) -> None:
    with pytest.raises(StateError, match=words):
        check_state(change(left_behind[1]), GatewayConfig())


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state["orders"][0].update(quantity={"$decimal": "x"}),
        lambda state: state["orders"][0].update(nonsense=1),
        lambda state: state["orders"][0].update(instrument={"$instrument": "TSLA"}),
        lambda state: state["executions"][0].update(order={"$order": [9, 9]}),
        lambda state: state["accounts"]["DU1234567"].pop("balances"),
        lambda state: state.pop("numbers"),
        lambda state: state.update(orders=[1]),
        lambda state: state["accounts"]["DU1234567"]["balances"].update(USD={"$decimal": "NaN"}),
        lambda state: state["accounts"]["DU1234567"]["balances"].update(USD="lots"),
        lambda state: state["accounts"]["DU1234567"].update(positions="none"),
        lambda state: state["accounts"]["DU1234567"]["positions"].update(KO=5),
        lambda state: state["numbers"].update(_permanent_id="a"),
    ],
)
async def test_a_state_with_something_wrong_in_it_is_refused(
    left_behind: Any, hand_clock: Any, change: Any
) -> None:
    _, state = left_behind
    change(state)
    with pytest.raises(StateError, match="cannot be read"):
        again(state, hand_clock)


async def test_a_holding_that_is_not_in_the_universe_is_refused(hand_clock: Any) -> None:
    state = json.loads(json.dumps(Gateway(GatewayConfig(), Still()).state()))
    config = replace(GatewayConfig(), universe=("KO", "AAPL"), holdings=("KO",))
    with pytest.raises(StateError, match="'BAC' is missing, or not in the universe"):
        again(state, hand_clock, config)


async def test_a_state_of_another_universe_is_refused(left_behind: Any, hand_clock: Any) -> None:
    config = replace(GatewayConfig(), universe=("AAPL",), holdings=("AAPL",))
    with pytest.raises(StateError, match="cannot be read"):
        again(left_behind[1], hand_clock, config)


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) is None
    for number in range(3):
        write_state(path, {"number": number})
        assert read_state(path) == {"number": number}
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path: Path) -> None:
    link, path = tmp_path / "link.json", tmp_path / "state.json"
    link.symlink_to(path)
    write_state(link, {"number": 1})
    assert (link.is_symlink(), read_state(path)) == (True, {"number": 1})


def test_a_state_has_one_owner_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = claim(path)
    with pytest.raises(StateError, match="another gateway"):
        claim(path)
    first.close()
    claim(path).close()


def test_a_device_is_no_file_for_a_state() -> None:
    with pytest.raises(StateError, match="no file"):
        claim(Path(os.devnull))


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_state(path, {"number": 1})
    (tmp_path / "state.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_state(path, {"number": 2})
    assert read_state(path) == {"number": 1}


@pytest.mark.parametrize("text", [b"", b'{"kind": "paper', b"\xff\xfe", b"hello", b"[" * 100_000])
def test_a_torn_or_foreign_file_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(text)
    with pytest.raises(StateError):
        read_state(path)
