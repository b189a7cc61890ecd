"""No order but for shares of companies and funds, quoted in the currency that the order is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.guards.proposal import against

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Line, Market, Proposal


def instrument_kind(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return a breach for each line whose instrument is no stock or fund, is in another currency, or is unknown."""
    found = (_judge(line, market) for line in proposal.lines)
    return tuple(breach for breach in found if breach is not None)


def _judge(line: Line, market: Market) -> Breach | None:
    instrument = market.instruments.get(line.con_id)
    if instrument is None:
        statement = "nobody said what kind of instrument it is"
    elif instrument.security_type != "STK":
        statement = (
            f"expected a stock or fund (STK), found {instrument.security_type or 'nothing said'}"
        )
    elif instrument.currency != line.currency:
        statement = f"it is quoted in {instrument.currency}, the order is in {line.currency}"
    else:
        return None
    return against("instrument_kind", line, statement)
