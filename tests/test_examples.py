"""Every example under `config/examples` looks at a real gateway, decides, explains itself, and can be replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.app import desk_of, memory_of
from bot.cli.explain import explain
from bot.core.policy.registry import REGISTRY as POLICIES
from bot.core.targets.registry import REGISTRY as TARGETS
from bot.engine import events
from bot.engine.cycle import look
from bot.engine.replay import decide_again
from bot.engine.report import Outcome
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.core.domain.decision import Finding

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "config" / "examples"
FILES = sorted(EXAMPLES.rglob("*.toml"))
DECIDED = {Outcome.NOTHING_TO_DO, Outcome.WOULD_TRADE}


@pytest.mark.parametrize(("folder", "registry"), [("policies", POLICIES), ("targets", TARGETS)])
def test_there_is_an_example_for_every_kind_and_none_for_others(
    folder: str, registry: dict[str, object]
) -> None:
    assert {file.stem for file in (EXAMPLES / folder).glob("*.toml")} == set(registry)


def kinds_in(finding: Finding) -> set[str]:
    return {finding.rule}.union(*(kinds_in(part) for part in finding.parts))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
async def test_it_decides_explains_and_replays(
    file: Path,
    world,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BOT_BROKER__PORT", str(world.port))
    monkeypatch.setenv("BOT_BROKER__LIBRARY", world.settings.broker.library)
    monkeypatch.setenv("BOT_STATE__DIR", str(world.folder / "state"))
    settings = load_settings(file)
    assert settings.mode == "observe"
    memory = memory_of(settings)
    with memory.lease() as lease, memory.journal() as journal:
        desk = desk_of(settings, memory, journal, lease=lease)
        report = await look(desk, execute=False)
        await desk.broker.disconnect()
        (decision,) = journal.events(kinds=[events.DECISION])
        again = decide_again(desk.mandate, journal, report.look_id)
        assert journal.append("replayed", again.body()).body == decision.body

    assert report.outcome in DECIDED, report.statement
    assert report.decision is not None
    if file.parent.name == "policies":
        assert file.stem in kinds_in(report.decision.finding)
    assert explain(config=file, json=True) == 0
    shown = capsys.readouterr()
    assert report.decision.finding.statement in " ".join(shown.err.split())
    facts = json.loads(shown.out.splitlines()[-1])
    # From the settings that the journal kept: the file may have changed since.
    assert facts["replay"] == {"identical": True, "statement": "replayed: identical"}
    story = facts["events"]
    assert {event["kind"] for event in story} >= {"decision", "look_ended"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_it_says_what_it_is_for_before_its_first_key(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    head = text[: text.index("\nmode = ")]
    assert len(head.split()) > 60, "a few sentences: who wants this, and what it does"
