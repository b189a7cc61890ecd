"""No limit price far from the prior close, unless a second read confirms that the market is really there.

Real days move more than 10 %, so a large move is asked about and not forbidden: a second quote, `CONFIRM_S` or more
after the look's first, with a normal spread and no halt, at nearly the same mid. Beyond the compiled maximum nothing
confirms: such a move is a split, or a wrong decimal point.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from bot.core.guards.limits import HARD_MAXIMA
from bot.core.guards.proposal import against, is_beyond

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


#: How long after the look's first quote a second one confirms it, seconds.
CONFIRM_S: Final = 30.0
_UNIT: Final = "fraction of the prior close"


def close_move(proposal: Proposal, market: Market, limits: Limits) -> tuple[Breach, ...]:
    """Return a breach for each line more than `close_move_max` from the close, unconfirmed, or without a close."""
    found = (_judge(line, market, limits) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def prior_close(con_id: int, market: Market) -> float | None:
    """Return the close of the session before (price per share, above 0): the quote's own, else the history's."""
    quote = market.quote(con_id)
    close = None if quote is None else quote.close
    close = market.closes.get(con_id) if close is None else close
    return close if close is not None and math.isfinite(close) and close > 0 else None


def wants_second_read(con_ids: Iterable[int], market: Market, limits: Limits) -> bool:
    """Return whether one of these is far from its prior close, and a second read may confirm it."""
    return any(_is_far(con_id, market, limits) for con_id in con_ids)


def _is_far(con_id: int, market: Market, limits: Limits) -> bool:
    close, mid = prior_close(con_id, market), market.mid(con_id)
    if close is None or mid is None:
        return False
    move = abs(mid - close) / close
    return limits.close_move_max < move <= HARD_MAXIMA["close_move_max"]


def _judge(line: Line, market: Market, limits: Limits) -> Breach | None:
    close, limit = prior_close(line.con_id, market), limits.close_move_max
    if close is None:
        return against("close_move", line, "the prior close is unknown", None, limit, _UNIT)
    move = (line.price - close) / close
    if not is_beyond(abs(move), limit):
        return None
    doubt = _doubt(line, market, limits)
    if doubt is None and not is_beyond(abs(move), HARD_MAXIMA["close_move_max"]):
        return None
    statement = (
        f"the limit price of {line.price:g} {line.currency} is {move * 100:+.2f} % from the prior close of {close:g}, "
        f"at most {limit * 100:g} % allowed: {doubt or 'no read confirms so much'}"
    )
    return against("close_move", line, statement, move, limit, _UNIT)


def _doubt(line: Line, market: Market, limits: Limits) -> str | None:
    """Return why two reads do not confirm the price, or None."""
    first, second = market.first_quote(line.con_id), market.quote(line.con_id)
    if first is None or second is None or first.mid is None or second.mid is None:
        return "there are no two quotes to confirm it"
    apart_s = (second.received_at - first.received_at).total_seconds()
    if apart_s < CONFIRM_S:
        return f"no second quote {CONFIRM_S:g} s after the first confirms it"
    if is_beyond(abs(second.mid - first.mid) / first.mid * 1e4, limits.quote_jump_max_bps):
        return f"the second quote of {second.mid:g} does not confirm the first of {first.mid:g}"
    if any(is_beyond(each.spread_bps or 0.0, limits.spread_max_bps) for each in (first, second)):
        return "the spread is not normal"
    return "it is halted" if first.is_halted or second.is_halted else None
