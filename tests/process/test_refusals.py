"""Wrong input: one clear line, its exit code, and nothing sent. No client library is needed to refuse most of it."""

from __future__ import annotations

import pytest

WRONG = {
    "an unknown symbol": ({'symbol = "XOM"': 'symbol = "NOSUCH"'}, "NOSUCH"),
    "another account": ({"DU1234567": "DU7654321"}, "DU1234567"),
    "a missing cap": ({"order_notional_max = 150000": ""}, "order_notional_max"),
    "a port of the other mode": ({"port = 4002": "port = 4001"}, "4001"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_wrong_input_is_one_clear_line_and_nothing_is_sent(world, case):
    replacements, words = WRONG[case]
    config = world.config
    text = config.read_text(encoding="utf-8").replace(f"port = {world.port}", "port = 4002")
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    config.write_text(text.replace("port = 4002", f"port = {world.port}"), encoding="utf-8")
    answer = await world.bot("look", "--execute", "--config", str(config))
    assert answer.code == 78, answer.err
    line = answer.err.strip().splitlines()
    assert len(line) == 1, answer.err
    assert words in line[0]
    assert "runbooks/" in line[0]
    assert world.gateway.orders == ()


async def test_check_offline_validates_without_a_gateway(world):
    config = world.config
    await world.gateway.stop()
    assert (await world.bot("check", "--offline", str(config))).code == 0
    missing = await world.bot("check", "--offline", str(config.parent / "nowhere.toml"))
    assert missing.code == 78
    assert len(missing.err.strip().splitlines()) == 1
    config.write_text("this is = no [toml", encoding="utf-8")
    broken = await world.bot("check", "--offline", str(config), "--json")
    assert broken.code == 78
    assert broken.facts["exit_code"] == 78


async def test_an_unknown_command_or_option_is_a_usage_error(world):
    assert (await world.bot("lok")).code == 64
    assert (await world.bot("look", "--exekute")).code == 64
    assert (await world.bot("gateway", "--port", "99999")).code == 64


async def test_check_offline_knows_the_exchange(world):
    world.replacements = {"[limits]": '[schedule]\nexchange = "XNYZ"\n\n[limits]'}
    answer = await world.bot("check", "--offline", str(world.config))
    assert answer.code == 78
    assert "XNYZ" in answer.err


async def test_check_finds_a_spread_that_no_order_would_be_sent_into(world):
    world.replacements = {"spread_max_bps = 50": "spread_max_bps = 0.01"}
    answer = await world.bot("check", str(world.config), "--json")
    assert answer.code == 1, answer.err
    assert len([line for line in answer.facts["findings"] if "spread_max_bps" in line]) == 10


async def test_a_port_that_is_taken_is_one_line_with_its_runbook(world):
    answer = await world.bot("gateway", "--port", str(world.port), "--json")
    assert (answer.code, answer.facts["exit_code"]) == (69, 69)
    (line,) = answer.err.splitlines()
    assert line.startswith("bot: paper gateway: cannot listen on")
    assert "runbooks/paper-gateway.md" in line
