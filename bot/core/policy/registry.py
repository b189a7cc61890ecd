"""Every policy by its name in the settings; to add one, add a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar

if TYPE_CHECKING:
    from bot.core.policy.policy import Policy

_POLICIES: tuple[type[Policy], ...] = (
    AbsoluteBand,
    Calendar,
    AnyOf,
    AllOf,
)

REGISTRY: Final[dict[str, type[Policy]]] = {policy.kind: policy for policy in _POLICIES}
