"""In whatever order a broker reports what happened: the same trades, once, and a journal that is the truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.gateway import GatewayConfig
from bot.gateway.config.reports import SEQUENCES, ReportsTable
from tests.engine.faults.trial import Trial, run

LIFELIKE = Path(__file__).parents[3] / "config" / "gateway-lifelike.toml"
WAYS = ("plain", "recorded", *SEQUENCES)


def with_reports(way: str, base: GatewayConfig) -> GatewayConfig:
    return replace(base, reports=ReportsTable(sequences=way))


@pytest.mark.parametrize("way", WAYS)
def test_a_look_comes_to_its_end_on_a_calm_market(tmp_path, way):
    story = run(Trial(config=with_reports(way, GatewayConfig())), tmp_path)
    assert story.wrong == []
    assert [(look.outcome, look.orders) for look in story.looks] == [
        ("traded", 9),
        ("nothing_to_do", 9),
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_look_comes_to_its_end_on_a_thin_and_moving_market(tmp_path, way):
    """Prices move every second, and orders fill in parts."""
    story = run(Trial(config=with_reports(way, GatewayConfig.from_toml(LIFELIKE))), tmp_path)
    assert story.wrong == []
    assert [look.outcome for look in story.looks] == ["traded", "nothing_to_do"], story.looks
