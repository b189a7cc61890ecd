"""A halt in every state of the bot, as the program beside this file makes hundreds of: `make kill`."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random

import pytest

from tests.kill.disks import small_disk
from tests.kill.frozen import frozen
from tests.kill.states import STATES, trial

#: What else is broken meanwhile.
TROUBLES = {"planning": "journal", "working": "disk", "settling": "journal"}


@pytest.mark.parametrize("state", STATES)
async def test_after_a_halt_no_order_leaves_and_what_works_is_cancelled_within_a_second(
    tmp_path, state
):
    trouble = TROUBLES.get(state, "")
    with ExitStack() as stack:
        disk = stack.enter_context(small_disk(tmp_path)) if trouble == "disk" else None
        figures = await trial(state, tmp_path, Random(1), trouble, disk)  # noqa: S311 - no secret
    assert figures.is_kept, figures


async def test_a_frozen_bot_with_a_damaged_journal_on_a_full_disk_is_killed_and_its_orders_cancelled(
    tmp_path,
):
    with small_disk(tmp_path) as disk:
        figures = await frozen("journal and disk", tmp_path, Random(1), disk)  # noqa: S311 - no secret
    # How long it took says how busy the machine is; `make kill` measures it.
    assert (figures.is_verified, figures.late_orders, figures.asked) == (True, 0, 2), figures
