"""Every policy of the registry, as its example under config/examples/policies has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.core.policy.registry import REGISTRY
from bot.settings import convert, load_settings
from bot.settings.trial import rules_in

if TYPE_CHECKING:
    from bot.core.policy.policy import Policy

EXAMPLES = Path(__file__).parents[3] / "config/examples/policies"


@dataclass(frozen=True)
class Example:
    """A policy from its example, and the instruments of that example."""

    policy: Policy
    symbols: tuple[str, ...]
    asset_classes: tuple[str, ...]


def load(kind: str) -> tuple[Policy, Example]:
    """Return the rule of that kind, and the whole example that it stands in."""
    settings = load_settings(EXAMPLES / f"{kind}.toml", {})
    whole, universe = convert.policy(settings), convert.universe(settings)
    rule = next(each for each in rules_in(whole) if type(each) is REGISTRY[kind])
    return rule, Example(whole, universe.symbols, universe.asset_classes)


@pytest.fixture(params=list(REGISTRY), scope="module")
def whole(request: pytest.FixtureRequest) -> Example:
    return load(request.param)[1]


@pytest.fixture(params=list(REGISTRY), scope="module")
def example(request: pytest.FixtureRequest) -> Example:
    rule, whole = load(request.param)
    return replace(whole, policy=rule)


@pytest.fixture(params=list(REGISTRY), scope="module")
def rule(request: pytest.FixtureRequest) -> Policy:
    return load(request.param)[0]
