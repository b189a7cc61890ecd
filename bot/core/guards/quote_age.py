"""No order on a price that is old, delayed, frozen, half, or from the future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.domain.breach import Breach
from bot.core.domain.quote import QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Unknown
from bot.core.guards.proposal import is_beyond

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal

#: A quote may be this far ahead of our clock, seconds: two reads of the same clock in one look, not more.
FUTURE_MAX_S: Final = 1.0


def quote_age(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line whose quote is not live, complete and at most `quote_age_max_s` old."""
    found = (
        _judge(line, market.quotes.get(line.con_id), market.now, limits.quote_age_max_s)
        for line in proposal.lines
    )
    return tuple(breach for breach in found if breach is not None)


def _judge(
    line: Line, reading: Reading[Quote] | None, now: datetime, age_max_s: float
) -> Breach | None:
    if reading is None:
        return _breach(line, "no quote was read", None, age_max_s)
    if isinstance(reading, Unknown):
        return _breach(line, f"the quote is unknown: {reading.reason}", None, age_max_s)
    if isinstance(reading, ConfirmedEmpty):
        return _breach(line, "the quote read ended without a quote", None, age_max_s)
    return _judge_quote(line, reading.value, now, age_max_s)


def _judge_quote(line: Line, quote: Quote, now: datetime, age_max_s: float) -> Breach | None:
    age_s = quote.age_s(now)
    if quote.kind is not QuoteKind.LIVE:
        kind = "of unknown kind" if quote.kind is None else quote.kind.value
        return _breach(line, f"the quote is {kind}, expected live", age_s, age_max_s)
    if quote.mid is None:
        sides = f"no mid price: bid {quote.bid}, ask {quote.ask} {line.currency} per share"
        return _breach(line, sides, age_s, age_max_s)
    if age_s < -FUTURE_MAX_S:
        return _breach(line, f"the quote is {-age_s:.1f} s ahead of the clock", age_s, age_max_s)
    if is_beyond(age_s, age_max_s):
        old = f"the quote is {age_s:.1f} s old, at most {age_max_s:g} s allowed"
        return _breach(line, old, age_s, age_max_s)
    return None


def _breach(line: Line, statement: str, found: float | None, limit: float) -> Breach:
    return Breach(
        guard="quote_age",
        statement=f"{line.symbol}: {statement}",
        con_id=line.con_id,
        found=found,
        limit=limit,
        unit="s",
    )
