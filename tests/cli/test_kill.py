"""A frozen bot is stopped, its orders are cancelled, and the broker says that none is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3

import pytest

from bot.adapters.journal_name import journal_name
from bot.adapters.process import Fate, kill_holder
from bot.cli.folder import BROKER_DEFAULTS, plain_broker
from bot.cli.kill import _broker_settings


def statuses(world):
    return sorted(order.status.value for order in world.gateway.orders)


async def frozen(world, wait_until):
    """Return a process of the bot that stands still with two sells at work."""
    world.behaviour.fill = "none"
    process = await world.start("look", "--execute", "--config", str(world.config))
    await wait_until(lambda: len(world.gateway.orders) == 2)
    process.send_signal(signal.SIGSTOP)
    return process


async def test_a_frozen_bot_is_dead_and_its_orders_are_cancelled_and_only_its_own(
    world, wait_until
):
    process = await frozen(world, wait_until)
    world.gateway.strike("foreign-order", symbol="KO", shares=-3)
    answer = await world.bot("kill", "--config", str(world.config), "--json")
    assert answer.code == 0, answer.out + answer.err
    facts = answer.facts
    assert (facts["process"], facts["pid"], facts["verified"]) == ("killed", process.pid, True)
    assert (len(facts["asked"]), facts["left"], facts["others"]) == (2, [], 1)
    assert await process.wait() == -signal.SIGKILL
    assert world.memory.switch().is_latched()
    own = {order.status.value for order in world.gateway.orders if order.ticket.order_ref}
    assert own == {"Cancelled"}
    assert statuses(world).count("Cancelled") == 2
    # Again, by somebody who is not sure that it worked: nothing more is to do.
    again = await world.bot("kill", "--config", str(world.config))
    assert again.code == 0, again.out + again.err
    assert "no process of the bot runs" in again.out
    assert "1 of others, not touched" in again.out
    assert len(again.out.splitlines()) <= 24


@pytest.mark.parametrize("broken", ["order_notional_max = 150000", 'currency = "USD"'])
def test_whom_to_ask_is_known_also_from_a_configuration_that_has_become_invalid(
    world, monkeypatch, broken
):
    config = world.config
    config.write_text(config.read_text(encoding="utf-8").replace(broken, ""), encoding="utf-8")
    monkeypatch.setenv("BOT_BROKER__TOOL_CLIENT_ID", "19")  # so that the file alone does not say it
    whom, _ = _broker_settings(config, config, world.folder)
    assert (whom.port, whom.client_id, whom.account) == (world.port, 17, "DU1234567")
    assert (whom.mode, whom.own_prefix) == ("paper", "")


def test_a_lock_that_nobody_holds_kills_nobody(world):
    lock = world.folder / "lock"
    assert kill_holder(lock).fate is Fate.NONE
    lock.write_text(f"{os.getpid()}\n")
    assert kill_holder(lock).fate is Fate.NONE


async def test_a_process_that_has_not_the_lock_is_not_killed_and_the_lock_is_seen(world):
    """As from outside of the container in which the bot runs: its number is somebody else's here."""
    bystander = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    world.processes.append(bystander)
    with world.memory.lease():
        world.memory.lock_path.write_text(f"{bystander.pid}\n")
        assert kill_holder(world.memory.lock_path).fate is Fate.OUT_OF_SIGHT
    bystander.stdin.close()
    assert await bystander.wait() == 0


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_journal_that_cannot_be_read_has_no_name(world, content):
    path = world.folder / "journal.sqlite"
    if content is not None:
        path.write_bytes(content)
    assert journal_name(path) is None


def test_a_journal_in_use_and_one_beside_which_nothing_can_be_made_have_their_name(world):
    path = world.memory.journal_path
    with world.memory.journal() as journal:
        assert journal_name(path) == journal.name
    copy = world.folder / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert journal_name(copy) == journal.name


def test_what_the_file_says_alone_is_what_the_settings_say(world, monkeypatch):
    for name in [name for name in os.environ if name.startswith("BOT_")]:
        monkeypatch.delenv(name)
    broker, plain = world.settings.broker, plain_broker(world.config)
    assert plain == {
        "account": "DU1234567",
        **{key: getattr(broker, key) for key in (*BROKER_DEFAULTS, "port")},
    }
    fields = type(broker).model_fields
    assert {key: fields[key].default for key in BROKER_DEFAULTS} == BROKER_DEFAULTS
    monkeypatch.setenv("BOT_BROKER__PORT", "4002")
    assert plain_broker(world.config) is None


@pytest.mark.parametrize("text", ["", "[broker]\nport = 1", 'account.id = "D1"\nbroker.port = "1"'])
def test_a_file_that_does_not_say_it_is_left_to_the_settings(tmp_path, monkeypatch, text):
    for name in [name for name in os.environ if name.startswith("BOT_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "bot.toml"
    path.write_text(text)
    assert plain_broker(path) is None
