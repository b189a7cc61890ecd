"""Journal, orders and positions side by side: every difference, and nothing done about it. No read, no clock.

Rules:

* A holding is explained if it is what our fills add up to, or on its way there: while an own order may still fill,
  anything between "nothing more fills" and "all of it does". While a plan is worked the broker's list of positions may
  also be behind our fills, so that what the plan started from counts as explained as well.
* A symbol that means another contract than in the look before is held until a person accepts it: the ticker was given
  to somebody else, or the company was merged, and what the journal counts is the old one.
* Somebody else's order on a symbol of the mandate holds it while it works. It is seen and never touched.
* An own order whose fate is unknown after its session holds its symbol: the broker's lists do not reach back, and only
  a person can look it up.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.machines.order import OrderState
from bot.engine.recovery.causes import Change, cause_of
from bot.engine.recovery.differences import Difference, Effect, Kind
from bot.engine.recovery.lost import is_lost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.core.domain.orders import OpenOrder
    from bot.engine.ledger import Ledger
    from bot.engine.order_record import OrderRecord
    from bot.engine.recorder import Recorder
    from bot.engine.recovery.seen import Seen

_ZERO = Decimal(0)


def compare(
    recorder: Recorder, seen: Seen, own_prefix: str, now: datetime, *, is_working: bool
) -> tuple[Difference, ...]:
    """Return every difference between what the journal adds up to and what the broker's lists said.

    Args:
        recorder: The ledger, and the holds that are on.
        seen: One read of the lists; executions of own orders are counted already.
        own_prefix: What the references of our own orders begin with.
        now: Aware UTC.
        is_working: Whether a plan is being worked, so that holdings may be behind its fills.
    """
    ledger = recorder.ledger
    return (
        *_orders_without_fate(ledger, now),
        *_orders_at_work(ledger, seen, own_prefix),
        *_contracts(recorder, seen),
        *(
            _holding(ledger, seen, own_prefix, con_id)
            for con_id in seen.symbols
            if not _is_explained(ledger, seen, con_id, now, is_working=is_working)
        ),
    )


def explained(
    ledger: Ledger, con_id: int, now: datetime, *, is_working: bool
) -> tuple[Decimal, Decimal]:
    """Return the fewest and the most shares of an instrument that own fills explain, signed."""
    least = most = ledger.expected[con_id]
    for record in ledger.unsettled():
        if record.intent.instrument.con_id == con_id and not is_lost(ledger, record, now):
            rest = Decimal(record.intent.shares) - record.filled
            least, most = least + min(rest, _ZERO), most + max(rest, _ZERO)
    plan = ledger.open_plan()
    if is_working and plan is not None and con_id in plan.positions:
        start = plan.positions[con_id]
        least, most = min(least, start), max(most, start)
    return least, most


def _is_explained(
    ledger: Ledger, seen: Seen, con_id: int, now: datetime, *, is_working: bool
) -> bool:
    if con_id not in ledger.expected:
        return True
    least, most = explained(ledger, con_id, now, is_working=is_working)
    return least <= seen.shares(con_id) <= most


def _holding(ledger: Ledger, seen: Seen, own_prefix: str, con_id: int) -> Difference:
    symbol = seen.symbols[con_id]
    expected, found = ledger.expected[con_id], seen.shares(con_id)
    traded = sum(
        (
            fill.shares
            for fill in seen.books.executions
            if fill.con_id == con_id and not fill.order_ref.startswith(own_prefix)
        ),
        _ZERO,
    )
    price_before, price_now = seen.prices(con_id)
    cause = cause_of(Change(expected, found, traded, price_before, price_now))
    return Difference(
        kind=Kind.SHARES,
        subject=str(con_id),
        symbol=symbol,
        con_id=con_id,
        journal=expected,
        broker=found,
        unit="shares",
        effect=Effect.SYMBOL,
        statement=(
            f"{symbol} is held: {found} shares held, {expected} explained by our fills ({cause.value})"
        ),
        remedy=f"if that is right, `bot reconcile --acknowledge {symbol} --reason TEXT`",
    )


def _contracts(recorder: Recorder, seen: Seen) -> Iterator[Difference]:
    """A conId that no fill and no plan knows, under a symbol that was another one until now."""
    expected = recorder.ledger.expected
    for con_id, symbol in seen.symbols.items():
        held = recorder.holds.get(f"{Kind.CONTRACT.value}:{con_id}")
        was = seen.before.con_ids.get(symbol) if held is None else held.body["was"]
        if con_id in expected or was is None or was == con_id or was not in expected:
            continue
        yield Difference(
            kind=Kind.CONTRACT,
            subject=str(con_id),
            symbol=symbol,
            con_id=con_id,
            journal=expected[was],
            broker=seen.shares(con_id),
            unit="shares",
            effect=Effect.SYMBOL,
            statement=(
                f"{symbol} is held: it is conId {con_id} now and was {was} ({seen.shares(con_id)} shares held,"
                f" {expected[was]} of the old one explained by our fills): a merger, a spin-off, another exchange, or"
                " the ticker of somebody else"
            ),
            remedy=f"if that is right, `bot reconcile --acknowledge {symbol} --reason TEXT`",
            was=was,
        )


def _orders_at_work(ledger: Ledger, seen: Seen, own_prefix: str) -> Iterator[Difference]:
    for order in seen.books.open_orders:
        record = ledger.order(order.order_ref)
        if not order.order_ref.startswith(own_prefix):
            yield _foreign_order(order, is_ours_to_trade=order.con_id in seen.symbols)
        elif record is not None and record.is_final and record.state is not OrderState.FILLED:
            yield _over_order(order, record)


def _over_order(order: OpenOrder, record: OrderRecord) -> Difference:
    """Return an own order that the journal has as over and the broker has at work."""
    return Difference(
        kind=Kind.OVER_ORDER,
        subject=order.order_ref,
        symbol=order.symbol,
        con_id=order.con_id,
        journal=record.filled,
        broker=order.shares,
        unit="shares",
        effect=Effect.SYMBOL,
        statement=(
            f"{order.symbol} is held: {order.order_ref} ({order.shares} shares) works at the broker as {order.status},"
            f" and the journal has it as {record.state.value}"
        ),
        remedy="cancel it at IB, or wait for its end",
    )


def _foreign_order(order: OpenOrder, *, is_ours_to_trade: bool) -> Difference:
    named = (
        f"reference {order.order_ref or 'none'!r}, client {order.client_id}, permId {order.perm_id}"
    )
    told = f"an order for {order.shares} shares works that this bot did not place ({named})"
    return Difference(
        kind=Kind.FOREIGN_ORDER,
        # By hand it has neither reference nor order id: the permId is all that names it.
        subject=str(order.perm_id),
        symbol=order.symbol,
        con_id=order.con_id,
        journal=None,
        broker=order.shares,
        unit="shares",
        effect=Effect.SYMBOL if is_ours_to_trade else Effect.TOLD,
        statement=f"{order.symbol} is held: {told}"
        if is_ours_to_trade
        else f"{order.symbol}: {told}",
        remedy="cancel it where it was placed, or wait for its end; then `bot reconcile` shows what it left",
    )


def _orders_without_fate(ledger: Ledger, now: datetime) -> Iterator[Difference]:
    for record in ledger.unknown():
        intent, over = record.intent, is_lost(ledger, record, now)
        sent = f"{intent.shares:+} shares, sent {record.recorded_at:%Y-%m-%d %H:%M} UTC"
        fate = f"what became of {intent.order_ref} ({sent}) is UNKNOWN"
        yield Difference(
            kind=Kind.LOST_ORDER if over else Kind.UNKNOWN_ORDER,
            subject=intent.order_ref,
            symbol=intent.instrument.symbol,
            con_id=intent.instrument.con_id,
            journal=record.filled,
            broker=None,
            unit="shares",
            effect=Effect.SYMBOL if over else Effect.ALL,
            statement=(
                f"{intent.instrument.symbol} is held: {fate}, and its session is over"
                if over
                else f"every order is held: {fate}"
            ),
            remedy=(
                "look it up at IB, then `bot reconcile --acknowledge"
                f" {intent.instrument.symbol if over else intent.order_ref} --reason TEXT`"
            ),
        )
