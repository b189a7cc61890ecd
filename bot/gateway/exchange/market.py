"""The market as the rest of the gateway sees it: what things cost, and whether they trade."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from decimal import Decimal

    from bot.gateway.exchange.instruments import Universe
    from bot.gateway.exchange.quotes import Quote, QuoteBoard
    from bot.gateway.exchange.sessions import Session, Sessions


class Market:
    """Instruments, quotes and sessions at the replayed moment."""

    def __init__(
        self,
        universe: Universe,
        board: QuoteBoard,
        sessions: Sessions,
        now: Callable[[], datetime],
    ) -> None:
        self.universe = universe
        self.sessions = sessions
        self.now = now
        self._board = board

    def quote(self, symbol: str) -> Quote:
        """Return the quote of a symbol now."""
        return self._board.quote(symbol, self.now())

    def last_price(self, symbol: str) -> Decimal:
        """Return the price at which a holding is valued now."""
        return self.quote(symbol).last

    def pricing(self) -> Callable[[str], Decimal]:
        """Return what gives the price of a symbol at this one moment, for whoever needs many."""
        now, quote = self.now(), self._board.quote
        return lambda symbol: quote(symbol, now).last

    def is_open(self) -> bool:
        """Tell whether orders can be filled now."""
        return self.sessions.is_open(self.now())

    def session(self) -> Session:
        """Return the session that is on, or else the next one."""
        return self.sessions.current_or_next(self.now())

    def next_boundary(self) -> datetime:
        """Return the next moment at which quotes change or the exchange opens or closes."""
        now = self.now()
        session = self.sessions.current_or_next(now)
        bell = session.opens_at if now < session.opens_at else session.closes_at
        return min(bell, self._board.next_change_after(now))
