"""Changes: put into the state that they went on from, they make the state that there is now."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, Gateway, GatewayConfig
from bot.gateway.client import Client, Hooks
from bot.gateway.config.accounts import AccountTable
from bot.gateway.orders.order import Status
from bot.gateway.store.changes import fold
from bot.gateway.store.file import StateFile, read_state
from bot.gateway.store.keeper import Keeper
from bot.gateway.store.state import StateError, check_state, resumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

AT = datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


class Bench:
    """A gateway without a port, whose changes are taken after every turn."""

    def __init__(self, clock: Any, config: GatewayConfig, state: Any = None) -> None:
        self.clock = clock
        self.gateway = Gateway(config, clock, Behaviour(fill_delay_s=0), state=state)
        self.desk = self.gateway._venue.desk
        self.before = json.loads(json.dumps(self.gateway.state()))
        self.changes: list[dict[str, Any]] = []
        told = self.gateway.changes()
        self.gateway.seal(lambda: self.changes.append(json.loads(json.dumps(told.take()))))
        self.gateway.begin()

    def turn(self, event: Callable[[], object]) -> None:
        self.gateway._venue.turns.take(lambda: (event(), None)[1])

    def go(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)
        self.turn(lambda: None)

    def folded(self) -> dict[str, Any]:
        state: dict[str, Any] = deepcopy(self.before)
        fold(state, [change for change in self.changes if change])
        return state


@pytest.fixture
async def bench(hand_clock: Any) -> AsyncIterator[Bench]:
    """A gateway with two accounts, and a cancel that takes its time."""
    config = GatewayConfig(
        further_accounts=(AccountTable(account="DU7654321", cash=Decimal(10_000)),),
    )
    config = replace(config, book=replace(config.book, cancel_delay_s=Decimal(5)))
    made = Bench(hand_clock(AT), config)
    yield made
    made.gateway.finish()


def live(bench: Bench) -> None:
    """Let a bit of everything happen."""
    desk, gateway, market = bench.desk, bench.gateway, bench.gateway._venue.market
    bench.turn(lambda: desk.place_foreign("KO", 10, account="DU1234567"))
    bench.turn(lambda: desk.place_foreign("PG", 1, "LMT", Decimal(1), account="DU7654321"))
    bench.turn(lambda: desk.place_foreign("PG", 1, "LMT", Decimal(2), account="DU7654321"))
    bench.turn(lambda: desk.correct(desk.executions[0], price=Decimal(30)))
    bench.turn(lambda: desk.bind(is_bound=True))
    bench.turn(lambda: desk.cancel(0, -2))
    gateway.strike("cash-flow", amount="12.5", account="DU7654321")
    gateway.strike("foreign-position", symbol="KO", shares=-10, account="DU1234567")
    gateway.strike("split", symbol="AAPL", ratio="4")
    gateway.strike("halt", symbol="PG")
    gateway.strike("halt", symbol="MSFT", for_s=3600)
    assert market.phase("PG").value == "halted"


async def test_changes_make_the_state_that_there_is(bench: Bench) -> None:
    live(bench)
    assert json.dumps(bench.folded()) == json.dumps(bench.gateway.state())
    bench.go(5)  # the cancel
    bench.go(86_400)  # the end of a day and the beginning of another
    now = bench.gateway.state()
    assert json.dumps(bench.folded() | {"at": now["at"]}) == json.dumps(now)


async def test_a_change_is_as_long_as_what_happened(bench: Bench) -> None:
    live(bench)
    bench.changes.clear()
    bench.go(0)
    assert bench.changes[-1] == {}
    bench.turn(lambda: bench.desk.cancel(0, -3))
    status = {"status": {"$enum": ["Status", "PendingCancel"]}}
    now = bench.gateway.state()["at"]
    assert bench.changes[-1] == {"at": now, "orders": [[[0, -3], status]]}


async def test_halts_splits_the_binding_and_cancels_go_on(bench: Bench, hand_clock: Any) -> None:
    live(bench)
    state, market = bench.folded(), bench.gateway._venue.market
    config = resumed(bench.gateway.config, check_state(state, bench.gateway.config))
    again = Bench(hand_clock(config.at), config, state)
    found = again.gateway._venue.market
    assert again.desk.is_bound
    assert found.quote("AAPL") == market.quote("AAPL")
    assert {name: found.phase(name).value for name in ("PG", "MSFT", "KO")} == {
        "PG": "halted",
        "MSFT": "halted",
        "KO": "continuous",
    }
    assert [each.status for each in again.gateway.orders if each.key == (0, -2)] == [
        Status.CANCELLED
    ]
    again.go(3600)
    assert (found.phase("PG").value, found.phase("MSFT").value) == ("halted", "continuous")
    # What has no end of its own is ended by hand.
    again.gateway.strike("halt", symbol="PG")
    again.gateway.end_fault("halt")
    assert found.phase("PG").value == "continuous"
    again.gateway.finish()


@pytest.mark.parametrize(
    "change",
    [
        [],
        {"orders": []},
        {"at": "", "orders": [[[1, 9], {"status": "x"}]]},
        {"at": "", "executions": [[5, {}]]},
        {"at": "", "parts": [[["accounts", "DU9", "today"], {}]]},
    ],
)
async def test_a_change_of_something_else_is_refused(bench: Bench, change: Any) -> None:
    with pytest.raises(StateError, match="change 2 in it cannot be read"):
        fold(deepcopy(bench.before), [{"at": ""}, change])


async def test_half_a_change_at_the_end_is_left_out_and_one_before_it_is_not(
    bench: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    file = StateFile(path)
    file.write(bench.before)
    for at in ("1", "2"):
        file.add({"at": at})
    file.sync()
    file.close()
    whole = path.read_bytes()
    assert read_state(path) == bench.before | {"at": "2"}
    for length in range(len(whole) - len(b'{"at":"2"}\n'), len(whole)):
        path.write_bytes(whole[:length])
        assert read_state(path) == bench.before | {"at": "1"}
    path.write_bytes(whole.replace(b'{"at":"1"}\n', b'{"at":"\n'))
    with pytest.raises(StateError, match="no whole JSON"):
        read_state(path)


async def test_a_keeper_says_once_that_its_file_is_gone(bench: Bench, tmp_path: Path) -> None:
    path, said = tmp_path / "state.json", []
    keeper = Keeper(bench.gateway, path, said.append)
    keeper.begin()
    live(bench)
    assert read_state(path) == json.loads(json.dumps(bench.gateway.state()))
    bench.go(60)
    keeper.look()  # the moment alone, by the minute
    assert read_state(path) == json.loads(json.dumps(bench.gateway.state()))
    path.unlink()
    keeper.look()
    bench.go(3600)
    keeper.look()
    keeper.end()
    assert [type(error) for error in said] == [FileNotFoundError]
    assert not path.exists()


async def test_a_state_in_another_currency_is_refused(bench: Bench) -> None:
    config = replace(bench.gateway.config, currency="CHF")
    with pytest.raises(StateError, match=r"report in .*USD.*, the configuration's in .*CHF"):
        check_state(bench.before, config)


class Wire:
    """A way to a client that writes down what happens."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def write(self, _data: bytes) -> None:
        self.log.append("written")

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.log.append("closed")


async def test_what_leaves_within_a_turn_is_kept_before_it() -> None:
    log: list[str] = []
    wire: Any = Wire(log)
    client = Client(wire, 176, Behaviour(), Hooks(seal=lambda: log.append("kept")))
    client.refuse(1, 399, "held")
    client.close()
    assert log == ["kept", "written", "closed"]


async def test_a_turn_that_fails_is_kept_too(bench: Bench) -> None:
    def fails() -> None:
        bench.desk.bind(is_bound=True)
        raise LookupError

    with pytest.raises(LookupError):
        bench.turn(fails)
    assert bench.changes[-1]["parts"] == [[["market", "is_bound"], True]]
    assert json.dumps(bench.folded()) == json.dumps(bench.gateway.state())
