"""A cash account buys from settled cash alone: what a sell brings today buys nothing today."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.app import desk_of
from bot.core.domain.account import AccountState
from bot.core.domain.reading import known
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recorder import Recorder
from bot.engine.replay import decide_again
from bot.engine.report import Outcome
from bot.errors import ReadUnknown
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from bot.gateway.config.accounts import AccountRules
from tests.conftest import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.engine.desk import Desk


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The demo's account as a cash account that settles on the next session; 0.7 % of it is cash."""
    rules = AccountRules(kind="cash", settlement_days=1)
    config = GatewayConfig(account_rules=rules)
    gateway = Gateway(config, ReplayClock(config.at))
    made = World(gateway, await gateway.start(), tmp_path)
    made.replacements = {
        "[planner]\nminimum_trade = 500": '[planner]\nminimum_trade = 500\naccount_type = "cash"'
    }
    yield made
    await made.end()


def sides(world: World) -> list[str]:
    return [order.ticket.action for order in world.gateway.orders]


async def test_sells_bring_no_buys_on_the_same_day(world: World, desk: Desk) -> None:
    before = world.gateway.cash
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert "SELL" in sides(world)
    plan = next(iter(desk.recorder.ledger.plans.values()))
    buys = [each for each in plan.orders.values() if each.intent.shares > 0]
    assert -sum((each.cash_flow for each in buys), Decimal(0)) <= before
    # Proceeds of the sells are in the account, and not in what the plan may spend.
    assert world.gateway.cash > before
    assert plan.account_type == "cash"
    assert 0 <= plan.cash_now() <= before


async def test_what_is_not_bought_is_told(world: World, desk: Desk) -> None:
    await look(desk, execute=False)
    (decision,) = desk.recorder.journal.events(kinds=[events.DECISION])
    told = [*decision.body["left_out"]]
    assert any("settled cash" in line for line in told), told


async def test_the_next_look_of_the_day_buys_nothing_either(world: World, desk: Desk) -> None:
    await look(desk, execute=True)
    count = len(world.gateway.orders)
    again = await look(desk, execute=True)
    assert again.outcome in {Outcome.NOTHING_TO_DO, Outcome.BLOCKED}, again.statement
    assert len(world.gateway.orders) == count


#: A rebalance once a month, all the way; the band of the demonstration is left out.
MONTHLY = {
    'destination = "halfway"': 'destination = "target"',
    'rule = { kind = "absolute_band", width = 0.05 }': 'rule = { kind = "calendar", every = "month" }',
}


@pytest.mark.parametrize("is_cash", [True, False])
async def test_a_date_that_settled_cash_cut_short_stays_due(world: World, *, is_cash: bool) -> None:
    # The account has 0.7 % cash: sells are done today, and their buys wait for what settles tomorrow.
    world.replacements = {**(world.replacements if is_cash else {}), **MONTHLY}
    world.arm()
    memory = world.memory
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(world.settings, memory, journal, lease=lease)
        report = await look(desk, execute=is_cash)
        await desk.broker.disconnect()
    assert report.verdict is not None
    assert report.verdict.is_cut_short == is_cash
    assert report.verdict.occurrences() == (() if is_cash else ("month:2020-06",))
    if is_cash:
        assert report.outcome is Outcome.TRADED, report.statement
        assert desk.recorder.ledger.occurrences_done == set()


async def test_a_restart_and_a_replay_know_that_proceeds_have_not_settled(
    world: World, desk: Desk
) -> None:
    report = await look(desk, execute=True)
    again = Recorder(desk.recorder.journal)
    assert again.ledger.plans == desk.recorder.ledger.plans
    (decision,) = desk.recorder.journal.events(kinds=[events.DECISION])
    verdict = decide_again(desk.mandate, desk.recorder.journal, report.look_id)
    assert desk.recorder.journal.append("probe", verdict.body()).body == decision.body


async def test_settled_cash_that_the_broker_does_not_tell_buys_nothing(
    world: World, desk: Desk
) -> None:
    world.gateway.strike("account-value", key="SettledCash", value="")
    report = await look(desk, execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert set(sides(world)) == {"SELL"}


async def test_free_cash_is_the_smaller_of_cash_and_settled_cash(desk: Desk) -> None:
    """Of 1,000 cash 400 have settled; 100 are reserved and 0.2 % of a base of 50,000 is the buffer: 200."""
    mandate = replace(desk.mandate, reserved_cash=Decimal(100))
    account = AccountState(
        account="DU1234567",
        account_type=None,
        currency="USD",
        net_liquidation=Decimal(50_000),
        cash=Decimal(1000),
        settled_cash=Decimal(400),
        market_values={},
        foreign_cash={},
    )
    assert mandate.free_cash(account, 50_000.0) == 200
    assert mandate.settled_cash_of(account) == 300
    assert mandate.free_cash(replace(account, cash=Decimal(350)), 50_000.0) == 150
    unknown = replace(account, settled_cash=None)
    assert mandate.settled_cash_of(unknown) == -100
    assert mandate.free_cash(unknown, 50_000.0) == -200
    with pytest.raises(ReadUnknown, match="the account's cash is unknown"):
        mandate.free_cash(replace(account, cash=None), 50_000.0)
    margin = replace(mandate, account_type="margin")
    assert margin.settled_cash_of(account) is None
    assert margin.free_cash(account, 50_000.0) == 800


async def test_the_gateway_tells_settled_cash(desk: Desk) -> None:
    await desk.broker.connect()
    account = known(await desk.broker.read_account())
    assert account.settled_cash == account.cash


def test_a_margin_account_is_the_default(tmp_path: Path, world: World) -> None:
    assert world.settings.planner.account_type == "cash"
    world.replacements = {}
    memory = world.memory
    with memory.journal() as journal:
        desk = desk_of(world.settings, memory, journal, lease=None)
    assert desk.mandate.account_type == "margin"
