"""Bar sizes: how clients spell them. Weeks and months are those of the price sources."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from bot.gateway.exchange.prices import ONE_DAY, ONE_MONTH, ONE_WEEK

_SECONDS: Final = {f"{count} secs": timedelta(seconds=count) for count in (1, 5, 10, 15, 30)}
_MINUTES: Final = {"1 min": timedelta(minutes=1)} | {
    f"{count} mins": timedelta(minutes=count) for count in (2, 3, 5, 10, 15, 20, 30)
}
_HOURS: Final = {"1 hour": timedelta(hours=1)} | {
    f"{count} hours": timedelta(hours=count) for count in (2, 3, 4, 8)
}

#: Every spelling that TWS takes, in lower case. `1 sec`, `1 mins` and `1 hours` are none.
SIZES: Final = MappingProxyType(
    _SECONDS
    | _MINUTES
    | _HOURS
    | {"1 day": ONE_DAY}
    | dict.fromkeys(("1w", "1 w", "1 week"), ONE_WEEK)
    | dict.fromkeys(("1m", "1 m", "1 month"), ONE_MONTH)
)

#: The list in the text of TWS's refusal.
LEGAL_SIZES: Final = ", ".join([*_SECONDS, *_MINUTES, *_HOURS, "1 day", "1W", "1M"])


def read_size(text: str) -> timedelta | None:
    """Return the length of the bars that a client means, in any case; None if TWS has none such."""
    return SIZES.get(text.lower())


def is_intraday(size: timedelta) -> bool:
    """Tell whether bars of a length have a time of day."""
    return size < ONE_DAY
