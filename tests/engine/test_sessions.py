"""What is known from one session to the next: yesterday's value, yesterday's close, the sessions since a trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.cooldown import Cooldown
from bot.core.policy.drawdown import Drawdown
from bot.core.policy.minimum_interval import MinimumInterval
from bot.core.policy.trend import Trend
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.recorder import Recorder
from bot.engine.replay import decide_again
from bot.engine.report import Outcome
from bot.gateway import Gateway, GatewayConfig
from bot.gateway.__main__ import ReplayClock
from tests.conftest import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.engine.desk import Desk

RULE = AllOf(
    (
        AbsoluteBand(width=0.03),
        Drawdown(enter=0.5, leave=0.1),
        Cooldown(sessions=1),
        MinimumInterval(days=1),
        Trend(symbol="AAPL", sessions=10),
    )
)


class JumpingClock(ReplayClock):
    """A replay that a test sets forward."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
def gateway_clock() -> JumpingClock:
    return JumpingClock(GatewayConfig().at)


@pytest.fixture
async def world(tmp_path: Path, gateway_clock: JumpingClock) -> AsyncIterator[World]:
    gateway = Gateway(GatewayConfig(), gateway_clock)
    made = World(gateway, await gateway.start(), tmp_path)
    yield made
    await made.end()


async def test_the_next_session_knows_the_one_before(
    world: World, desk: Desk, gateway_clock: JumpingClock
) -> None:
    """A look on Friday 5 June 2020 that trades, and one on Monday the 8th, three days and one session later."""
    gateway_clock.ahead = timedelta(days=4)
    desk = replace(desk, mandate=replace(desk.mandate, policy=RULE))
    first = await look(desk, execute=True)
    assert first.outcome is Outcome.TRADED, first.statement
    await look(desk, execute=False)
    await desk.broker.disconnect()
    gateway_clock.ahead = timedelta(days=7)
    again = replace(desk, recorder=Recorder(desk.recorder.journal))
    second = await look(again, execute=False)
    assert second.verdict is not None, second.statement
    journal = desk.recorder.journal
    friday, monday = journal.events(kinds=[events.HISTORY])
    assert friday.body["sessions"][-1] == "2020-06-04"
    assert monday.body["sessions"][-1] == "2020-06-05"
    assert monday.body["sessions"][1:-1] == friday.body["sessions"][2:]
    knowledge = second.verdict.body()["knowledge"]
    assert (knowledge["sessions_since_trade"], knowledge["days_since_trade"]) == (1, 3)
    valued = [event.body for event in journal.events(kinds=[events.VALUED])]
    assert [each["session"] for each in valued] == ["2020-06-05", "2020-06-05", "2020-06-08"]
    # Friday by its first look, before the trade, which cost something; then this one.
    assert knowledge["values"] == [valued[0]["unit"], valued[2]["unit"]] == [1.0, valued[2]["unit"]]
    assert valued[1]["unit"] < 1.0
    assert valued[2]["unit"] != valued[1]["unit"]
    assert valued[2]["flow"] == "0.00"
    decided = journal.events(kinds=[events.DECISION])[-1]
    verdict = decide_again(again.mandate, journal, second.look_id)
    assert journal.append("probe", verdict.body()).body == decided.body
