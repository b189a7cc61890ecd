"""Every policy by its name in the settings; to add one, add a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar

if TYPE_CHECKING:
    from bot.core.policy.state import Policy

REGISTRY: Final[dict[str, type[Policy]]] = {
    "absolute_band": AbsoluteBand,
    "calendar": Calendar,
    "any_of": AnyOf,
    "all_of": AllOf,
}
