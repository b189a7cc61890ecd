"""Whatever clients, the broker and time do: cash and shares are conserved, and reports agree."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gateway.config.market import BookTable
from bot.gateway.config.reports import ReportsTable
from bot.gateway.exchange.instruments import KNOWN_INSTRUMENTS
from bot.gateway.orders.order import Status

if TYPE_CHECKING:
    from collections.abc import Callable

THIN = BookTable(
    displayed_shares=100,
    impact_bps=Decimal(50),
    collar_fraction=Decimal("0.5"),
    cancel_delay_s=Decimal(1),
    inside_s=Decimal(1),
)

PLACES = st.fixed_dictionaries(
    {
        "action": st.sampled_from(["BUY", "SELL"]),
        "symbol": st.sampled_from(["AAPL", "GE", "KO"]),
        "quantity": st.integers(1, 600),
        "order_type": st.sampled_from(["MKT", "LMT", "LMT", "MOC", "LOC", "MIDPRICE"]),
        "limit": st.sampled_from(["20", "42", "79.00", "100"]),
        "time_in_force": st.sampled_from(["DAY", "DAY", "IOC", "GTC", "OPG"]),
        "outside_hours": st.booleans(),
        "oca_group": st.sampled_from(["", "", "one"]),
        "oca_type": st.integers(0, 3),
        "algorithm": st.sampled_from(["", "", "Adaptive"]),
    }
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), PLACES),
        st.tuples(st.just("change"), st.integers(1, 12), st.integers(1, 600)),
        st.tuples(st.just("cancel"), st.integers(1, 12)),
        st.tuples(st.just("fill"), st.sampled_from(["full", "partial", "none"])),
        st.tuples(st.just("cancel all")),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 3600, 30_000])),
        st.tuples(st.just("halt"), st.sampled_from(["AAPL", ""])),
        st.tuples(st.just("resume"), st.sampled_from(["AAPL", ""])),
        st.tuples(st.just("foreign"), st.sampled_from([50, -50])),
        st.tuples(st.just("correct"), st.sampled_from(["39.99", None]), st.sampled_from([7, None])),
    ),
    max_size=15,
)


@pytest.mark.parametrize("kind", ["plain", "recorded"])
@pytest.mark.parametrize("book", [BookTable(), THIN], ids=["deep", "thin"])
@given(actions=ACTIONS, delay_s=st.sampled_from([0, 2]))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_cash_and_shares_are_conserved(
    bench_class: Any, kind: str, book: BookTable, actions: list[tuple[Any, ...]], delay_s: int
) -> None:
    asyncio.run(do_all(bench_class(book=book, reports=ReportsTable(kind)), actions, delay_s))


async def do_all(bench: Any, actions: list[tuple[Any, ...]], delay_s: int) -> None:
    bench.behaviour.fill_delay_s = delay_s
    bench.desk.start()
    cash = bench.ledger.cash
    held = {symbol: position.shares for symbol, position in bench.ledger.positions.items()}
    for action in actions:
        bench.turns.take(lambda action=action: act(bench, action))
        bench.go(seconds=0.1)
    bench.go(seconds=7200)  # late reports
    for fill in bench.desk.executions:
        signed = fill.order.side.value * fill.shares
        cash -= signed * fill.price + fill.commission
        held[fill.order.instrument.symbol] += signed
    assert bench.ledger.cash == cash
    assert {symbol: bench.ledger.shares(symbol) for symbol in held} == held
    assert min(held.values()) >= 0
    check_orders(bench)
    bench.turns.cancel_all()


def check_orders(bench: Any) -> None:
    """Check what orders say of themselves, and what was said of them."""
    desk = bench.desk
    corrected = {fill.order.key for fill in desk.executions if not fill.execution_id.endswith("01")}
    for order in desk.orders.values():
        fills = [fill for fill in desk.executions if fill.order is order]
        assert sum(fill.shares for fill in fills) == order.filled
        assert (order in desk.working()) is order.is_working
        assert sum(fill.commission for fill in fills) == order.commission
        if order.key in corrected:
            continue
        assert order.filled <= order.quantity
        assert (order.status is Status.FILLED) is (order.remaining == 0)
        for fill in fills:
            limit = order.ticket.limit
            if limit is not None and order.ticket.order_type in ("LMT", "LOC", "MIDPRICE"):
                assert order.side.value * (limit - fill.price) >= 0 or order.key in bench.changed


def act(bench: Any, action: tuple[Any, ...]) -> None:
    """Do one thing that a client, the broker or a test can do."""
    kind, *details = action
    ACTS[kind](bench, *details)


def change(bench: Any, order_id: int, quantity: int) -> None:
    """Send an order again."""
    order = bench.desk.orders.get((1, order_id))
    if order is not None:
        bench.changed.add(order.key)
        bench.change(order, quantity=Decimal(quantity), limit=Decimal(30))


def turn_fills(bench: Any, kind: str) -> None:
    """Turn the switch of the fills."""
    bench.behaviour.fill = kind
    bench.desk.look_again()


def place(
    bench: Any, *, symbol: str, quantity: int, order_type: str, limit: str, **terms: Any
) -> None:
    """Place an order of one of the stocks held."""
    bench.place(
        instrument=KNOWN_INSTRUMENTS[symbol],
        quantity=Decimal(quantity),
        order_type=order_type,
        limit=None if order_type in ("MKT", "MOC") else Decimal(limit),
        **terms,
    )


def place_foreign(bench: Any, shares: int) -> None:
    """Buy or sell by hand; all of it may be promised already."""
    with suppress(ValueError):
        bench.desk.place_foreign("KO", shares)


def correct(bench: Any, price: str | None, shares: int | None) -> None:
    """Correct the last fill, if the shares that go are still there."""
    if not bench.desk.executions:
        return
    fill = bench.desk.executions[-1]
    gone = fill.order.side.value * (fill.shares - (shares or fill.shares))
    fits = fill.order.filled + (shares or fill.shares) - fill.shares <= fill.order.ticket.quantity
    if fits and gone <= bench.ledger.shares(fill.order.instrument.symbol):
        new_price = None if price is None else Decimal(price)
        bench.desk.correct(fill, price=new_price, shares=shares)


ACTS: dict[str, Callable[..., None]] = {
    "place": lambda bench, terms: place(bench, **terms),
    "change": change,
    "cancel": lambda bench, order_id: bench.desk.cancel(1, order_id),
    "cancel all": lambda bench: bench.desk.cancel_all(),
    "fill": turn_fills,
    "wait": lambda bench, seconds: bench.turns.at_end(lambda: bench.skip(seconds)),
    "halt": lambda bench, symbol: bench.market.halt(symbol),
    "resume": lambda bench, symbol: bench.market.resume(symbol),
    "foreign": place_foreign,
    "correct": correct,
}
