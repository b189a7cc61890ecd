"""What one look saw, for the guards: the world, the broker's own hours, closes, volumes and the market index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.core.domain.reading import Known, known
from bot.core.guards.close_move import CONFIRM_S, wants_second_read
from bot.core.guards.proposal import Market
from bot.engine.hours import broker_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.domain.instrument import Instrument
    from bot.core.domain.snapshot import Snapshot
    from bot.core.planner.base import Valuation
    from bot.engine.desk import Desk
    from bot.engine.knowledge import Outside


def market_of(desk: Desk, snapshot: Snapshot, valuation: Valuation, outside: Outside) -> Market:
    """Return what guards know of the world in one look, but for the session's loss, which the path of worth knows.

    Args:
        desk: Ports and rules.
        snapshot: What the look saw.
        valuation: The same in numbers.
        outside: The past, and the market index.
    """
    mandate, measures, fall = desk.mandate, outside.measures, outside.index_fall
    instruments = {instrument.con_id: instrument for instrument in snapshot.instruments}
    hours = {con_id: broker_hours(each) for con_id, each in instruments.items()}
    return Market(
        now=snapshot.taken_at,
        session=snapshot.session,
        quotes=snapshot.quotes,
        mandate=frozenset(instruments),
        currency=mandate.currency,
        nav_difference=valuation.nav_difference,
        open_orders=known(snapshot.orders).open_orders,
        own_prefix=desk.own_prefix,
        holds=desk.recorder.holds.reasons(),
        mode=mandate.mode,
        account_id=mandate.account,
        account_type=mandate.account_type,
        reserved_cash=float(mandate.reserved_cash),
        account=snapshot.account,
        instruments=instruments,
        hours={con_id: each for con_id, each in hours.items() if each is not None},
        first_quotes=snapshot.quotes,
        closes=measures.closes,
        volumes=measures.volumes,
        past_unknown=measures.unknown,
        index=mandate.market_index or "",
        index_fall=fall.value if isinstance(fall, Known) else None,
        restarts=mandate.restart_window.around(snapshot.taken_at),
    )


async def with_second_read(desk: Desk, market: Market, instruments: Sequence[Instrument]) -> Market:
    """Return the market with quotes read again after a while, where one of the instruments is far from its close.

    Far is what `close_move` asks a second read for; on all other days nothing is waited for.
    """
    con_ids = [instrument.con_id for instrument in instruments]
    if not wants_second_read(con_ids, market, desk.mandate.limits):
        return market
    await desk.clock.sleep(CONFIRM_S)
    quotes = await desk.broker.read_quotes(instruments)
    return replace(market, quotes={**market.quotes, **quotes}, now=desk.clock.now())
