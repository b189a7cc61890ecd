"""What the broker's lists said in one read, beside what the bot last knew: all that a comparison is a function of."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.core.domain.reading import Known, known, rows
from bot.engine import events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.domain.account import Position
    from bot.core.domain.event import Event
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.orders import OrderBooks
    from bot.core.domain.snapshot import Snapshot
    from bot.engine.desk import Desk


@dataclass(frozen=True, slots=True)
class Before:
    """What the look before saw.

    Attributes:
        con_ids: conId by symbol of the mandate.
        prices: Price per share by conId: the mid, and the average cost where there was none.
    """

    con_ids: Mapping[str, int] = field(default_factory=dict)
    mids: Mapping[int, float] = field(default_factory=dict)
    costs: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """One read of the broker's lists.

    Attributes:
        symbols: The mandate: symbol by conId.
        positions: Every position of the account.
        books: Open and completed orders and executions, of every client.
        mids: Price per share by conId, where a quote was read as well.
        before: What the look before saw.
    """

    symbols: Mapping[int, str]
    positions: tuple[Position, ...]
    books: OrderBooks
    mids: Mapping[int, float]
    before: Before

    def shares(self, con_id: int) -> Decimal:
        """Return the shares held of an instrument, signed; 0 in a list that ended without it."""
        return sum((row.quantity for row in self.positions if row.con_id == con_id), Decimal(0))

    def prices(self, con_id: int) -> tuple[float | None, float | None]:
        """Return a price per share before and now that are of one kind, or None for what is not known.

        Without a quote the average cost serves: IB divides it by a split's ratio as well.
        """
        if con_id in self.mids and con_id in self.before.mids:
            return self.before.mids[con_id], self.mids[con_id]
        costs = [row.average_cost for row in self.positions if row.con_id == con_id]
        now = float(costs[0]) if costs and costs[0] is not None else None
        return self.before.costs.get(con_id), now


def seen_in(desk: Desk, snapshot: Snapshot, look_id: str) -> Seen:
    """Return what a look's snapshot says; nothing is read anew.

    Raises:
        ReadUnknown: If orders or positions are unknown.
    """
    mids = {
        con_id: quote.value.mid
        for con_id, quote in snapshot.quotes.items()
        if isinstance(quote, Known) and quote.value.mid is not None
    }
    return Seen(
        symbols=_symbols(snapshot.instruments),
        positions=rows(snapshot.positions),
        books=known(snapshot.orders),
        mids=mids,
        before=_before(desk, look_id),
    )


async def read_now(desk: Desk) -> Seen:
    """Read positions and orders, once, in that order: a fill that comes in between is in the orders.

    The mandate is that of the newest look: before the first one nothing is known of any symbol.

    Raises:
        ReadUnknown: If a list did not end.
    """
    before = _before(desk, None)
    names = {name.upper() for name in desk.mandate.symbols}
    positions = rows(await desk.broker.read_positions())
    books = known(await desk.broker.read_orders())
    symbols = {con_id: name for name, con_id in before.con_ids.items() if name.upper() in names}
    return Seen(symbols, positions, books, {}, before)


def _symbols(instruments: tuple[Instrument, ...]) -> dict[int, str]:
    return {each.con_id: each.symbol for each in instruments}


def _before(desk: Desk, look_id: str | None) -> Before:
    """Return what the newest snapshot that is not of `look_id` saw."""
    newest = desk.recorder.journal.events(kinds=[events.SNAPSHOT], newest=2)
    earlier = [event for event in newest if event.look_id != look_id]
    return Before() if not earlier else _before_of(earlier[-1])


def _before_of(event: Event) -> Before:
    body = event.body
    positions = body["positions"].get("value") or []
    return Before(
        con_ids={row["symbol"]: row["con_id"] for row in body["instruments"]},
        mids={
            int(con_id): mid
            for con_id, quote in body["quotes"].items()
            if (mid := _mid(quote.get("value"))) is not None
        },
        costs={
            row["con_id"]: float(row["average_cost"])
            for row in positions
            if row["average_cost"] is not None
        },
    )


def _mid(quote: dict[str, Any] | None) -> float | None:
    if quote is None or quote["bid"] is None or quote["ask"] is None:
        return None
    return float(quote["bid"] + quote["ask"]) / 2
