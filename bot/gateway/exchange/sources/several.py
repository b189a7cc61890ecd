"""Several price sources as one: each instrument has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime, timedelta
    from decimal import Decimal

    from bot.gateway.exchange.prices import Adjusted, Bar, Prices, PriceSource


class Several:
    """A source for some instruments, and another one for all others."""

    def __init__(self, some: Collection[str], source: PriceSource, others: PriceSource) -> None:
        """Take two sources; `some` are the keys of the instruments of the first one."""
        self._some = frozenset(some)
        self._source = source
        self._others = others

    def prices_at(self, key: str, now: datetime) -> Prices:
        """Return the prices of an instrument at an aware moment."""
        return self._of(key).prices_at(key, now)

    def next_change_after(self, now: datetime) -> datetime:
        """Return the first later moment at which any price may be another one."""
        return min(self._source.next_change_after(now), self._others.next_change_after(now))

    def bars(
        self,
        key: str,
        span: tuple[datetime, datetime],
        size: timedelta,
        *,
        adjusted: Adjusted = "splits",
        as_of: datetime | None = None,
    ) -> list[Bar]:
        """Return the bars of an instrument, the oldest first."""
        return self._of(key).bars(key, span, size, adjusted=adjusted, as_of=as_of)

    def first_at(self, key: str) -> datetime:
        """Return the moment of the first price of an instrument."""
        return self._of(key).first_at(key)

    def close_on(self, key: str, day: date, as_of: date) -> Decimal:
        """Return the last close on or before a date, in the shares of a later date."""
        return self._of(key).close_on(key, day, as_of)

    def _of(self, key: str) -> PriceSource:
        """Return the source of an instrument."""
        return self._source if key in self._some else self._others
