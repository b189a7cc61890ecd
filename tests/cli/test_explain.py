"""`bot explain`: what it finds by a look, a plan or an order, and why nothing was done with a symbol."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from bot.adapters.journal import SqlJournal
from bot.adapters.journal.chain import Stored
from bot.cli.explain import explain
from bot.engine import events
from bot.engine.cycle import look


@pytest.fixture
async def told(world, desk, capsys):
    """Asks `bot explain` about this world's journal; returns the exit code, the facts and the words."""
    config = world.config

    def ask(what=None, **options):
        capsys.readouterr()
        code = explain(what, config=config, json=True, **options)
        shown = capsys.readouterr()
        return code, json.loads(shown.out.splitlines()[-1]), shown.err

    return ask


async def test_an_order_and_its_plan_lead_to_their_look_and_its_decision_comes_out_again(
    desk, told
):
    traded = await look(desk, execute=True)
    assert traded.plan is not None
    await look(desk, execute=True)
    (intent, *_) = desk.recorder.journal.events(kinds=[events.ORDER_INTENT])
    for name in (traded.look_id, traded.plan.plan_id, intent.order_ref):
        code, facts, words = told(name)
        assert (code, facts["look_id"]) == (0, traded.look_id)
        assert facts["replay"]["identical"] is True
        assert "replayed: identical" in words
        assert intent.order_ref in words
    assert told("P1.nothing")[0] == 78


async def test_a_decision_that_does_not_come_out_again_is_an_exit_of_1(world, desk, told):
    report = await look(desk, execute=False)
    # The same fact in another chain: as if the program had decided otherwise then.
    path = world.memory.journal_path
    with SqlJournal.open(path, desk.clock, read_only=True) as journal:
        rows, start = [Stored(*row) for row in journal.rows()], journal.found.start.hash
    with closing(sqlite3.connect(path)) as connection:
        for name in ("events_refuse_update", "events_refuse_delete", "events_refuse_break"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM events")
        for row in rows:
            body = (
                row.body.replace('"shares":-', '"shares":-1')
                if row.kind == "decision"
                else row.body
            )
            forged = row._replace(body=body).following(start)
            start = forged.hash
            holes = ",".join("?" * len(forged))
            connection.execute(f"INSERT INTO events VALUES ({holes})", forged)  # noqa: S608 - ours
        connection.commit()
    path.with_suffix(".tip").unlink()
    code, facts, words = told(report.look_id)
    assert (code, facts["replay"]["identical"]) == (1, False)
    assert "replayed: DIFFERENT" in words


async def test_a_decision_is_made_again_with_the_settings_of_then(world, desk, told):
    report = await look(desk, execute=False)
    text = world.config.read_text(encoding="utf-8")
    (world.folder / "bot.toml").write_text(
        text.replace("minimum_trade = 500", "minimum_trade = 900"), encoding="utf-8"
    )
    code, facts, _ = told(report.look_id)
    assert (code, facts["replay"]["identical"]) == (0, True)


async def test_the_settings_are_kept_once_for_each_digest(desk):
    for _ in range(2):
        await look(desk, execute=False)
    (kept,) = desk.recorder.journal.events(kinds=[events.SETTINGS])
    assert kept.body["digest"] == desk.mandate.digest == kept.config


async def test_why_not_says_what_every_stage_found(desk, told):
    """The demo's drifted portfolio: MSFT is far over its target and is sold; a second look finds all inside."""
    traded = await look(desk, execute=True)
    quiet = await look(desk, execute=True)
    code, facts, words = told(why_not="msft")
    assert (code, facts["look_id"]) == (0, quiet.look_id)
    first, weight, *rest = facts["why_not"]
    assert first == f"Why nothing was done with msft in look {quiet.look_id}:"
    assert weight.startswith("weight ")
    assert weight.endswith("points inside")
    assert any(line.startswith("rule absolute_band quiet: ") for line in rest)
    assert any("distance" in line for line in rest)
    assert "the policy: asks for no rebalance, so nothing is planned" in rest
    assert rest[-1].startswith("the look: nothing_to_do: ")
    assert "replayed: identical" in words
    _, facts, _ = told(traded.look_id, why_not="MSFT")
    assert any(line.startswith("yet it was traded: order ") for line in facts["why_not"])
    code, facts, _ = told(why_not="TSLA")
    assert (code, facts["kind"]) == (78, "ConfigError")
    assert "TSLA has no target" in facts["error"]


@pytest.mark.settings("settle_s = 0.3", **{"minimum_trade = 500": "minimum_trade = 149000"})
async def test_why_not_names_what_the_planner_left_out(desk, told):
    report = await look(desk, execute=False)
    left_out = report.verdict.left_out
    assert left_out
    symbol = left_out[0].split(":")[0].split()[0]
    _, facts, _ = told(why_not=symbol)
    assert f"the planner left it out: {left_out[0]}" in facts["why_not"]


@pytest.mark.settings("settle_s = 0.3", **{"spread_max_bps = 50": "spread_max_bps = 0.001"})
async def test_why_not_names_the_guard_that_held_it(desk, told):
    report = await look(desk, execute=False)
    assert report.breaches
    breach = report.breaches[0]
    seen = desk.recorder.journal.events(kinds=[events.SNAPSHOT])[-1]
    symbols = {each["con_id"]: each["symbol"] for each in seen.body["instruments"]}
    _, facts, _ = told(why_not=symbols[breach.con_id])
    assert f"guard {breach.guard}: {breach.statement}" in facts["why_not"]


async def test_why_not_names_what_holds_it(world, desk, told):
    """Shares that no fill of ours explains: that symbol is held, and the others go on."""
    await look(desk, execute=True)
    world.gateway.strike("foreign-position", symbol="MSFT", shares=100)
    report = await look(desk, execute=True)
    _, facts, _ = told(report.look_id, why_not="MSFT")
    held = [line for line in facts["why_not"] if line.startswith("held since ")]
    assert len(held) == 1
    assert "MSFT" in held[0]
    _, facts, _ = told(report.look_id, why_not="KO")
    assert not [line for line in facts["why_not"] if line.startswith("held since ")]


async def test_why_not_tells_the_end_of_a_look_that_decided_nothing(desk, told):
    desk.switch.halt("test")
    report = await look(desk, execute=True)
    code, facts, _ = told(report.look_id, why_not="MSFT")
    assert code == 0
    assert facts["why_not"][1:] == ["the look: halted: test"]
    assert facts["replay"]["identical"] is None
