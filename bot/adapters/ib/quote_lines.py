"""What each market-data line has brought, by request id.

Rule: a quote is made of what came after *this* request, on its own line, and of nothing older. The kind is what
message 58 said on that line. A real TWS leaves 58 out at times for live data, never for frozen data (which we do not
ask for) - and delayed prices come under tick ids of their own. So live tick ids without a 58 are LIVE, delayed tick
ids are never better than DELAYED, whatever 58 said.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.adapters.ib import translate
from bot.adapters.ib.error_codes import CodeClass, explain, meaning_of
from bot.adapters.ib.pending import Failed
from bot.core.domain.quote import Quote, QuoteKind

if TYPE_CHECKING:
    from datetime import datetime

#: IB's tick ids of prices: what they are, and whether they are delayed.
_TICKS: Final = {
    1: ("bid", False),
    2: ("ask", False),
    4: ("last", False),
    9: ("close", False),
    66: ("bid", True),
    67: ("ask", True),
    68: ("last", True),
    75: ("close", True),
}
#: IB's tick ids of sizes. Delayed ones (69, 70) are of no use: nothing is sent on a delayed quote.
_SIZES: Final = {0: "bid", 3: "ask"}
_AS_DELAYED: Final = {
    QuoteKind.LIVE: QuoteKind.DELAYED,
    QuoteKind.FROZEN: QuoteKind.DELAYED_FROZEN,
}
#: IB's tick id of a halt: 1 for news, 2 for a volatility pause, 0 for none, -1 where nobody knows.
HALTED: Final = 49
#: What a quote is made of.
SIDES: Final = ("bid", "ask")
_HARMLESS: Final = frozenset({CodeClass.INFO, CodeClass.MARKET_DATA_NOTE})


@dataclass(slots=True)
class QuoteLine:
    """One line.

    Attributes:
        con_id: The instrument; 0 for an index, which nobody trades.
        awaited: The prices that it is opened for: both sides, or what an index has, its last level.
        prices: What came, by name; None where IB said that there is no such price.
        sizes: What came of the shares shown at bid and ask; None where IB has none.
        received_at: When the newest price that is awaited came, aware UTC.
        announced: The market-data type that message 58 named, or None without one.
        is_delayed: Whether a price came under a delayed tick id.
        is_halted: What the halt's tick said; None without one.
        notes: What IB remarked about this line.
        answered: None once all that is awaited was answered, or why it will not be.
        full: Set once nothing is left to wait for: what is awaited and the close are there.
    """

    con_id: int
    awaited: tuple[str, ...] = SIDES
    prices: dict[str, float | None] = field(default_factory=dict)
    sizes: dict[str, float | None] = field(default_factory=dict)
    received_at: datetime | None = None
    announced: int | None = None
    is_delayed: bool = False
    is_halted: bool | None = None
    notes: list[str] = field(default_factory=list)
    answered: asyncio.Future[Failed | None] = field(default_factory=asyncio.Future)
    full: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def missing(self) -> str:
        """What is awaited and IB has said nothing about, for a message."""
        return " and ".join(name for name in self.awaited if name not in self.prices)

    def take_size(self, tick: int, size: float) -> None:
        """Take note of one size tick; other ticks mean nothing here."""
        if tick in _SIZES:
            self.sizes[_SIZES[tick]] = translate.quote_price(size)  # "none" is said as with prices

    def take_price(self, tick: int, price: float, size: float, now: datetime) -> None:
        """Take note of one price tick and the size that came with it; other ticks mean nothing here."""
        if tick not in _TICKS:
            return
        name, is_delayed = _TICKS[tick]
        if name in SIDES:
            self.sizes[name] = translate.quote_price(size)
        self.prices[name] = translate.quote_price(price)
        self.is_delayed = self.is_delayed or is_delayed
        if name in self.awaited:
            self.received_at = now
        if not self.missing:
            self.settle(None)
        if all(self.prices.get(name) is not None for name in (*self.awaited, "close")):
            self.full.set()

    def take_halt(self, value: float) -> None:
        """Take note of a halt, or of its end."""
        if value >= 0:
            self.is_halted = value > 0

    def take_error(self, code: int, message: str) -> None:
        """Take note of an error that names this line; some are remarks, and prices follow."""
        if meaning_of(code).kind in _HARMLESS:
            self.notes.append(explain(code, message))
        else:
            self.settle(Failed(explain(code, message), code))

    def settle(self, outcome: Failed | None) -> None:
        """Set the outcome unless it is set already."""
        if not self.answered.done():
            self.answered.set_result(outcome)
        if outcome is not None:
            self.full.set()

    def quote(self, now: datetime) -> Quote:
        """Return the quote as it stands."""
        return Quote(
            con_id=self.con_id,
            bid=self.prices.get("bid"),
            ask=self.prices.get("ask"),
            last=self.prices.get("last"),
            close=self.prices.get("close"),
            kind=self._kind(),
            received_at=self.received_at or now,
            bid_size=self.sizes.get("bid"),
            ask_size=self.sizes.get("ask"),
            is_halted=self.is_halted,
        )

    def _kind(self) -> QuoteKind | None:
        announced = 1 if self.announced is None else self.announced
        kind = translate.quote_kind(announced)
        if self.is_delayed and kind is not None:
            return _AS_DELAYED.get(kind, kind)
        return kind


class QuoteLines:
    """All open lines of one connection."""

    def __init__(self) -> None:
        self._lines: dict[int, QuoteLine] = {}

    def open(self, request_id: int, con_id: int, awaited: tuple[str, ...] = SIDES) -> QuoteLine:
        """Begin to listen."""
        line = self._lines[request_id] = QuoteLine(con_id, awaited)
        return line

    def close(self, request_id: int) -> None:
        """Stop listening; ticks that still come are nobody's."""
        del self._lines[request_id]

    def find(self, request_id: int) -> QuoteLine | None:
        """Return the line of a request, or None."""
        return self._lines.get(request_id)

    def fail_all(self, failed: Failed) -> None:
        """End every line with one reason."""
        for line in self._lines.values():
            line.settle(failed)
