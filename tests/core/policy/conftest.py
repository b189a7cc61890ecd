"""Every policy of the registry, as its example under config/examples/policies has it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.core.policy.policy import Policy
from bot.core.policy.registry import REGISTRY
from bot.settings import convert, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[3] / "config/examples/policies"


def rules_in(policy: Policy) -> Iterator[Policy]:
    yield policy
    for each in fields(policy):
        value = getattr(policy, each.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Policy):
                yield from rules_in(part)


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
