"""Every source of target weights by its name in the settings; to add one, add a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.targets.current import CurrentWeights
from bot.core.targets.defence import Defence
from bot.core.targets.exclusions import Exclusions
from bot.core.targets.glide_path import GlidePath
from bot.core.targets.index import IndexWeights
from bot.core.targets.ranges import Ranges
from bot.core.targets.risk_profile import RiskProfile
from bot.core.targets.sleeves import Sleeves
from bot.core.targets.static import StaticWeights

if TYPE_CHECKING:
    from bot.core.targets.source import TargetSource

_SOURCES: tuple[type[TargetSource], ...] = (
    StaticWeights,
    Sleeves,
    Ranges,
    GlidePath,
    RiskProfile,
    IndexWeights,
    CurrentWeights,
    Exclusions,
    Defence,
)

REGISTRY: Final[dict[str, type[TargetSource]]] = {source.kind: source for source in _SOURCES}
