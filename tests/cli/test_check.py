"""The first purchase out of cash is compared with what one plan may trade; what rules need is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.app import mandate_of
from bot.cli.check import Checked, _note_first_purchase, check
from bot.cli.needs import read_needs
from bot.core.policy.drawdown import Drawdown
from bot.core.policy.trend import Trend
from bot.core.policy.volatility_index import VolatilityIndex


def test_cash_that_one_plan_may_not_invest_is_noted_and_is_no_finding():
    """Two stocks of 45 % and 10 % cash, all in cash: a plan of 90 % where 25 % is allowed."""
    targets = np.array([0.45, 0.45, 0.10])
    checked = Checked()
    _note_first_purchase(checked, np.array([0.0, 0.0, 1.0]), targets, 0.25)
    assert checked.findings == []
    (note,) = checked.notes
    assert note == (
        "cash is 100.00 % of the base, its target 10.00 %: all the way to the targets is a plan of 90.00 % of"
        " the base, and [limits] plan_turnover_max allows 25.00 %"
    )
    quiet = Checked()
    _note_first_purchase(quiet, targets, targets, 0.25)
    _note_first_purchase(quiet, np.array([0.0, 0.0, 1.0]), targets, 0.90)
    _note_first_purchase(quiet, np.array([0.95, 0.0, 0.05]), targets, 0.25)
    assert quiet.notes == []


@pytest.mark.parametrize(
    ("kind", "notes"), [("any_of", ["[policy] rule: trend only permits"]), ("all_of", [])]
)
def test_a_gate_that_trades_by_itself_is_noted(tmp_path, capsys, kind, notes):
    """In an any_of a gate needs nobody; beside a band in an all_of it is what it is meant to be."""
    text = Path("config/paper.toml").read_text(encoding="utf-8")
    assert '"any_of"' in text
    calendar = '{ kind = "calendar", every = "quarter" }'
    assert calendar in text
    gate = '{ kind = "trend", symbol = "AAPL", sessions = 20 }'
    path = tmp_path / "bot.toml"
    path.write_text(text.replace('"any_of"', f'"{kind}"').replace(calendar, gate), encoding="utf-8")
    assert check(path, offline=True, json=True) == 0
    answer = capsys.readouterr()
    *found, nobody_is_told = json.loads(answer.out)["notes"]
    assert nobody_is_told.startswith("[alerts] urls names no channel")
    assert len(found) == len(notes)
    for said, expected in zip(found, notes, strict=True):
        assert said.startswith(expected)
        assert "it trades in every look in which it permits" in said
        assert f"note: {said}" in answer.err


async def needed(desk, rule):
    mandate = replace(desk.mandate, policy=rule)
    await desk.broker.connect()
    instruments = await desk.broker.resolve(mandate.specs)
    return await read_needs(desk.broker, desk.calendar, mandate, instruments, date(2020, 6, 1))


async def test_history_that_is_there_is_noted_with_its_length(desk):
    found = await needed(desk, Trend(symbol="AAPL", sessions=200))
    assert found.findings == ()
    assert found.notes == (
        "price history: 200 sessions from 2019-08-14 to 2020-05-29 of 10 instruments, as rules and guards need",
    )
    assert found.knowledge.history.closes.shape == (1, 200, 10)


async def test_the_history_that_guards_need_is_looked_for_whatever_the_rules(world, desk):
    found = await needed(desk, desk.mandate.policy)
    assert found.notes == (
        "price history: 20 sessions from 2020-05-01 to 2020-05-29 of 10 instruments, as rules and guards need",
    )
    assert found.knowledge.history is None
    world.gateway.strike("farms-down", farm="history")
    (finding,) = (await needed(desk, desk.mandate.policy)).findings
    assert finding.startswith("price history: 20 sessions are needed; AAPL: 162 ")


@pytest.mark.parametrize(
    ("index", "words"),
    # The gateway declares the VIX, whose level never moves, and no SPX.
    [("VIX", "VIX is 0.00 % below its prior close"), ("SPX", "market_index SPX: 200 ")],
)
async def test_a_watched_index_is_looked_for(desk, index, words):
    watching = replace(desk, mandate=replace(desk.mandate, market_index=index))
    found = await needed(watching, desk.mandate.policy)
    told = [*found.findings, *found.notes]
    assert [line for line in told if line.startswith(words)]
    assert bool(found.findings) == (index == "SPX")


async def test_history_that_is_not_there_is_a_finding(world, desk):
    world.gateway.strike("farms-down", farm="history")
    found = await needed(desk, Trend(symbol="AAPL", sessions=200))
    (finding,) = found.findings
    assert finding.startswith("price history: 200 sessions are needed; AAPL: 162 ")
    assert found.knowledge.history is None


@pytest.mark.parametrize(("index", "is_there"), [("VIX", True), ("VOX", False)])
async def test_an_index_is_read(desk, index, is_there):
    found = await needed(desk, VolatilityIndex(index=index, level_max=30.0))
    assert found.knowledge.levels == ({"VIX": 20.0} if is_there else {})
    expected = (
        "index VIX is at 20"
        if is_there
        else "index VOX: no such index is known here; there is VIX, SPX"
    )
    assert expected in (*found.findings, *found.notes)
    assert bool(found.findings) is not is_there


async def test_a_past_that_only_looks_can_make_is_noted(desk):
    found = await needed(desk, Drawdown(enter=0.1, leave=0.05))
    assert found.findings == ()
    history, note = found.notes
    # What guards measure orders by, whatever the rules look at.
    assert history.startswith("price history: 20 sessions from ")
    assert "known from the first look of `bot run` on" in note


def test_a_mandate_without_such_rules_needs_nothing(world):
    mandate = mandate_of(world.settings)
    assert mandate.policy.needs() == type(mandate.policy.needs())()


RULES = """rule = { kind = "all_of", rules = [
  { kind = "absolute_band", width = 0.05 },
  { kind = "trend", symbol = "AAPL", sessions = 100 },
  { kind = "volatility_index", level_max = 30 },
] }"""


async def test_check_look_and_explain_tell_what_the_rules_know(world):
    world.replacements = {'rule = { kind = "absolute_band", width = 0.05 }': RULES}
    path = str(world.config)
    checked = await world.bot("check", path, "--json")
    assert checked.code == 0, checked.err
    assert checked.facts["findings"] == []
    notes = "\n".join(checked.facts["notes"])
    assert "price history: 100 sessions from 2020-01-07 to 2020-05-29 of 10 instruments" in notes
    assert "index VIX is at 20" in notes
    assert "targets: the weights as written, 1.00 % cash" in notes
    looked = await world.bot("look", "--config", path, "--json")
    decision = looked.facts["decision"]
    assert decision["source"] == "the weights as written, 1.00 % cash"
    assert decision["knowledge"]["levels"] == {"VIX": 20.0}
    explained = await world.bot("explain", "--config", path)
    assert "targets: the weights as written, 1.00 % cash" in explained.out
    assert "fired  trend: " in explained.out
    # The look sent nothing, and what it wanted is told all the same.
    wanted = [line for line in explained.out.splitlines() if line.startswith("wanted: ")]
    shown = [f"wanted: {leg['shares']:+,} {leg['symbol']}" for leg in looked.facts["plan"]["legs"]]
    assert len(shown) > 0
    assert wanted == shown


async def test_a_look_that_decided_nothing_is_told_with_its_name_and_time(world):
    world.replacements = {"minimum_trade = 500": "minimum_trade = 500\nreserved_cash = 1e9"}
    path = str(world.config)
    looked = await world.bot("look", "--config", path, "--json")
    assert looked.code == 1
    explained = await world.bot("explain", "--config", path)
    head, end, replay = explained.out.splitlines()
    assert replay == "not replayed: the policy was not asked in this look"
    assert head.startswith("Look L1, 2020-06-01 ")
    assert head.endswith(" UTC")
    assert end.startswith("blocked: the base must be above 0")


def test_with_a_channel_nothing_is_noted_and_one_that_nobody_knows_is_an_error(capsys, monkeypatch):
    path = Path("config/paper.toml")
    monkeypatch.setenv("BOT_ALERTS__URLS", "json://127.0.0.1:9")
    assert check(path, offline=True, json=True) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []
    monkeypatch.setenv("BOT_ALERTS__URLS", "nothing://token")
    assert check(path, offline=True, json=True) == 78
    assert "number 1 is no URL" in capsys.readouterr().err
