"""The market as the rest of the gateway sees it: what things cost, and whether they trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.currencies import currencies_stretch
from bot.gateway.exchange.hours import currency_hours, stock_hours
from bot.gateway.exchange.phases import Halt, Halts, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.instruments import Instrument, Universe
    from bot.gateway.exchange.phases import Stretch
    from bot.gateway.exchange.quotes import Quote, QuoteBoard
    from bot.gateway.exchange.sessions import Session, Sessions


class Market:
    """Instruments, quotes, sessions and halts at the replayed moment."""

    def __init__(
        self,
        universe: Universe,
        board: QuoteBoard,
        sessions: Sessions,
        now: Callable[[], datetime],
        halts: Iterable[Halt] = (),
    ) -> None:
        self.universe = universe
        self.sessions = sessions
        self.now = now
        self._board = board
        self._has_pairs = any(item.is_pair for item in universe.by_symbol.values())
        self._halts = Halts(halts)
        self._currencies: Stretch | None = None
        self._watchers: list[Callable[[], None]] = []

    # -- What things cost

    def quote(self, symbol: str) -> Quote:
        """Return the quote of a symbol now; in a halt, the last one before it."""
        return self._quote_at(symbol, self.now())

    def _quote_at(self, symbol: str, now: datetime) -> Quote:
        """Return the quote of a symbol at the moment that it is now: nothing moves in a halt."""
        halted_at = self._halts.since(symbol, now)
        if halted_at is None:
            return self._board.quote(symbol, now)
        return self._board.quote_at(symbol, halted_at)

    def late_quote(self, symbol: str, delay: timedelta) -> Quote:
        """Return the quote of a symbol some time ago; that of now if there was none yet."""
        now = self.now()
        try:
            return self._board.quote_at(symbol, now - delay)
        except LookupError:
            return self._board.quote(symbol, now)

    def next_late_change(self, delay: timedelta) -> datetime:
        """Return the next moment at which late quotes change."""
        return self._board.next_change_after(self.now() - delay) + delay

    def last_price(self, symbol: str) -> Decimal:
        """Return the price at which a holding is valued now."""
        return self.quote(symbol).last

    def pricing(self) -> Callable[[str], Decimal]:
        """Return what gives the price of a symbol at this one moment, for whoever needs many."""
        now = self.now()
        return lambda symbol: self._quote_at(symbol, now).last

    def auction_price(self, symbol: str, which: Literal["opening", "closing"]) -> Decimal:
        """Return the price of the latest auction of a kind, on a tick.

        At the bell itself that is the auction which this bell rings for. The opening auction has
        the source's price at the open, the closing one that at the close.
        """
        now = self.now()
        session = self.sessions.last_begun(now)
        if which == "opening":
            return self._board.price_at(symbol, session.opens_at)
        if session.closes_at > now:
            session = self.sessions.before(session)
        return self._board.price_at(symbol, session.closes_at)

    # -- Whether they trade

    def phase(self, instrument: Instrument | str) -> Phase:
        """Return what the exchange does now with orders of an instrument, or of its symbol."""
        if isinstance(instrument, str):
            instrument = self.universe.by_symbol[instrument]
        now = self.now()
        sessions = self.sessions
        stretch = self._currencies_at(now) if instrument.is_pair else sessions.stretch_at(now)
        if stretch.phase is not Phase.CLOSED and self._halts.is_on(instrument.key, now):
            return Phase.HALTED
        return stretch.phase

    def is_open(self, symbol: str | None = None) -> bool:
        """Tell whether orders of a symbol can be filled now, in regular hours.

        Args:
            symbol: None asks for the exchange of stocks as a whole.
        """
        if symbol is not None:
            return self.phase(symbol) is Phase.CONTINUOUS
        now = self.now()
        return self.sessions.is_open(now) and not self._halts.is_on("", now)

    def is_halted(self, symbol: str) -> bool:
        """Tell whether a halt of a symbol is on, also while it would not trade anyway."""
        return self._halts.is_on(symbol, self.now())

    def session(self) -> Session:
        """Return the session that is on, or else the next one."""
        return self.sessions.current_or_next(self.now())

    def next_boundary(self) -> datetime:
        """Return the next moment at which an order could begin or cease to trade.

        That is when quotes change, a phase begins, or a halt begins or ends.
        """
        now = self.now()
        moments = [self._board.next_change_after(now), self.sessions.stretch_at(now).ends_at]
        if self._has_pairs:
            moments.append(self._currencies_at(now).ends_at)
        halt_at = self._halts.next_change_after(now)
        return min(moments) if halt_at is None else min(*moments, halt_at)

    # -- Halts

    @property
    def halts(self) -> tuple[Halt, ...]:
        """The halts that are on and to come; some that are over may be among them."""
        return self._halts.all

    @property
    def factors(self) -> Mapping[str, Decimal]:
        """What prices are multiplied by since splits that nobody announced, by symbol."""
        return self._board.factors

    def go_on_with(self, halts: Iterable[Halt], factors: Mapping[str, Decimal]) -> None:
        """Take the halts and the factors of an earlier run, in the place of all that there are."""
        self._halts = Halts(halts)
        for symbol, factor in factors.items():
            self._board.rescale(symbol, factor)

    def rescale(self, symbol: str, factor: Decimal) -> None:
        """Multiply all prices of a symbol by a factor from now on, as an unknown split does."""
        self._board.rescale(symbol, factor)

    def halt(self, symbol: str, until: datetime | None = None) -> None:
        """Halt an instrument, or all of them, from now on.

        Args:
            symbol: Key of the instrument, such as EUR.USD for a pair; empty for all.
            until: First moment at which it trades again, aware; None until `resume`.
        """
        now = self.now()
        self._halts.begin(Halt(symbol, now, until), now)
        self._tell()

    def resume(self, symbol: str) -> None:
        """End the halts of a symbol that are on; the empty symbol ends those of all at once."""
        if self._halts.end(symbol, self.now()):
            self._tell()

    def watch(self, callback: Callable[[], None]) -> None:
        """Call back whenever a halt was put on or taken off by hand, and so boundaries moved."""
        self._watchers.append(callback)

    # -- What is told about it

    def hours_text(self, instrument: Instrument, *, extended: bool) -> str:
        """Return the hours of an instrument on the next days as TWS prints them.

        Args:
            instrument: Currency pairs have hours of their own.
            extended: Whether to tell trading hours; else liquid hours.
        """
        if instrument.is_pair:
            return currency_hours(self.now())
        return stock_hours(self.sessions, self.now(), extended=extended)

    def zone(self, instrument: Instrument) -> ZoneInfo:
        """Return the zone in which the hours and the bars of an instrument are told."""
        return NEW_YORK if instrument.is_pair else self.sessions.zone

    def _currencies_at(self, now: datetime) -> Stretch:
        """Return the phase of currency pairs."""
        found = self._currencies
        if found is None or not found.begins_at <= now < found.ends_at:
            found = self._currencies = currencies_stretch(now)
        return found

    def _tell(self) -> None:
        """Call back whoever watches."""
        for callback in self._watchers:
            callback()
