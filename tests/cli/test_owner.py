"""Each command of the owner is a sign of life, for `[switch] owner_silence_max_days`."""

from __future__ import annotations

import os

import pytest

from bot.adapters.switch import OWNER_SEEN
from bot.cli.approve import approve
from bot.cli.halt import halt
from bot.cli.pause import pause
from bot.cli.status import status

YEAR_2000 = 946_684_800


@pytest.mark.parametrize(
    "command",
    [
        lambda config: status(config=config),
        lambda config: pause(config=config),
        lambda config: halt(config=config),
        lambda config: approve("P200601.1", config=config),
    ],
)
def test_a_command_of_the_owner_is_a_sign_of_life(world, command):
    world.arm()
    seen = world.memory.folder / OWNER_SEEN
    os.utime(seen, (YEAR_2000, YEAR_2000))
    command(world.config)
    assert seen.stat().st_mtime > YEAR_2000
