"""Every example of a policy and of a target source makes a look at a real gateway, explains it, and replays it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.app import desk_of, memory_of
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.replay import decide_again
from bot.engine.report import Outcome
from bot.settings import load_settings

if TYPE_CHECKING:
    from tests.conftest import World

EXAMPLES = Path(__file__).parent.parent.parent / "config" / "examples"
FILES = sorted(EXAMPLES.glob("*/*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_an_example_looks_explains_and_replays(world: World, path: Path) -> None:
    settings = load_settings(
        path,
        {
            "BOT_BROKER__PORT": str(world.port),
            "BOT_BROKER__LIBRARY": os.environ.get("BOT_BROKER__LIBRARY", "ib_insync"),
            "BOT_STATE__DIR": str(world.folder / "state"),
        },
    )
    memory = memory_of(settings)
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(settings, memory, journal, lease=lease)
        try:
            report = await look(desk, execute=False)
        finally:
            await desk.broker.disconnect()
        assert report.outcome in {
            Outcome.NOTHING_TO_DO,
            Outcome.WOULD_TRADE,
            Outcome.BLOCKED,
        }, report.statement
        assert report.verdict is not None, report.statement
        assert report.verdict.source
        assert report.verdict.decision.finding.statement
        (decision,) = journal.events(kinds=[events.DECISION])
        again = decide_again(desk.mandate, journal, report.look_id)
        assert journal.append("probe", again.body()).body == decision.body


def test_there_are_examples() -> None:
    assert {path.parent.name for path in FILES} >= {"policies"}
