"""Every style by its name in a ladder; to add one, add a file, a line here and its name in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.execution.styles.adaptive import adaptive
from bot.core.execution.styles.limit import limit
from bot.core.execution.styles.limit_on_close import limit_on_close
from bot.core.execution.styles.mid import mid
from bot.core.execution.styles.midprice import midprice

if TYPE_CHECKING:
    from bot.core.execution.style import Style

STYLES: Final[dict[str, Style]] = {
    "limit": limit,
    "mid": mid,
    "midprice": midprice,
    "adaptive": adaptive,
    "limit_on_close": limit_on_close,
}
