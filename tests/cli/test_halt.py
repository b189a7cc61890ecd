"""A halt reaches the folder that the bot looks into, or says that it did not."""

from __future__ import annotations

import os
from pathlib import Path

from bot.adapters.lease import FileLease
from tests.kill.disks import small_disk

#: The longest path that Linux takes, without the byte that ends it.
PATH_MAX = 4095


def broken(world):
    """Make the configuration invalid, and return its path: its [state] dir still says `state`."""
    config = world.config
    text = config.read_text(encoding="utf-8").replace("order_notional_max = 150000", "")
    config.write_text(text, encoding="utf-8")
    return config


async def test_an_invalid_configuration_still_halts(world):
    config = str(broken(world))
    answer = await world.bot("halt", "--config", config, "--json")
    assert (answer.code, answer.facts["halted"]) == (0, True), answer.err
    assert (world.folder / "state" / "halted").exists()


async def test_of_an_invalid_configuration_environment_and_credentials_go_first(world):
    config = str(broken(world))
    credentials = world.folder / "credentials"
    credentials.mkdir()
    (credentials / "state__dir").write_text("secret\n", encoding="utf-8")
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
    assert (await world.bot("halt", "--config", config, environment=environment)).code == 0
    assert (world.folder / "secret" / "halted").exists()
    environment["BOT_STATE__DIR"] = "named"
    assert (await world.bot("halt", "--config", config, environment=environment)).code == 0
    assert (world.folder / "named" / "halted").exists()
    assert not (world.folder / "state").exists()


async def test_a_linked_configuration_halts_the_folder_beside_the_file_itself(world):
    config = broken(world)
    (world.folder / "links").mkdir()
    link = world.folder / "links" / "bot.toml"
    link.symlink_to(config)
    assert (await world.bot("halt", "--config", str(link))).code == 0
    assert (world.folder / "state" / "halted").exists()


async def test_where_the_file_cannot_be_made_it_is_said_that_nothing_is_halted(world):
    (world.folder / "state").write_text("a file", encoding="utf-8")
    answer = await world.bot("halt", "--config", str(world.config), "--json")
    assert (answer.code, answer.facts["halted"], answer.facts["exit_code"]) == (1, False, 1)
    (line,) = answer.err.splitlines()
    assert line.startswith(f"NOT HALTED: {world.folder / 'state' / 'halted'} cannot be made (")


async def test_where_the_file_cannot_be_made_the_process_that_trades_is_named(world):
    """Root may write anywhere, but not behind a path so long that `lock` fits behind it and `halted` does not."""
    folder = str(world.folder)
    while len(folder) < PATH_MAX - len("/lock"):
        folder += "/" + "x" * min(200, PATH_MAX - len("/lock") - len(folder) - 1)
    lease = FileLease(Path(folder) / "lock")
    with lease:
        words = ("halt", "--config", str(world.config), "--json")
        answer = await world.bot(*words, environment={"BOT_STATE__DIR": folder})
    assert (answer.code, answer.facts["halted"]) == (1, False)
    pid = os.getpid()
    assert answer.err.startswith("NOT HALTED: ")
    assert f"process {pid} trades on: run this as its user or root, or kill {pid}" in answer.err


async def test_without_a_usable_configuration_the_line_says_what_to_touch(world):
    missing = await world.bot("halt", "--config", str(world.folder / "nowhere.toml"), "--json")
    assert (missing.code, missing.facts["halted"]) == (78, False)
    assert missing.err.startswith("NOT HALTED: ")
    assert "bot init" not in missing.err
    config = world.config
    config.write_text('oops [\n[state]\ndir = "there"\n', encoding="utf-8")
    torn = await world.bot("halt", "--config", str(config))
    assert torn.code == 78
    assert f"touch {world.folder / 'there' / 'halted'}" in torn.err
    assert len(torn.err.splitlines()) == 1


async def test_on_a_full_disk_it_halts_by_taking_armed_away(world):
    """Neither a byte nor a name more fits: where there is no room for `halted`, `armed` goes."""
    world.arm()
    for file in world.memory.folder.iterdir():
        file.unlink()
    with small_disk(world.memory.folder) as disk:
        world.arm()
        disk.fill()
        answer = await world.bot("halt", "--config", str(world.config), "--json")
        assert (answer.code, answer.facts["halted"]) == (0, True), answer.err
        assert answer.facts["journaled"] is False
        assert world.memory.switch().is_halted()
        assert not (world.memory.folder / "armed").exists()
