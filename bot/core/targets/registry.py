"""Every source of target weights by its name in the settings; to add one, add a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.targets.static import StaticWeights

if TYPE_CHECKING:
    from bot.core.targets.source import TargetSource

_SOURCES: tuple[type[TargetSource], ...] = (StaticWeights,)

REGISTRY: Final[dict[str, type[TargetSource]]] = {source.kind: source for source in _SOURCES}
