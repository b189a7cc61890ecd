"""Tells what happened to orders, in the sequence of each order.

The desk and the floor state what happened, once and at the moment at which it did; this decides
which reports that makes, in which order and when. What one event of an order puts off is told
before anything of its next event, so that no report contradicts an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from bot.gateway.orders.order import Status
from bot.gateway.orders.sequences import PLAIN, Sequence, sequence_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.gateway.config.reports import ReportsTable
    from bot.gateway.orders.assessment import Preview
    from bot.gateway.orders.order import Execution, Order, OrderKey
    from bot.gateway.turns import Timer, Turns


class OrderListener(Protocol):
    """Is told everything about orders; passes it on to whom it concerns."""

    def opened(self, order: Order) -> None:
        """Tell the owner the terms and the state of an order."""

    def status_changed(self, order: Order, status: Status) -> None:
        """Tell the owner the state of an order, which for a moment may differ from its own."""

    def executed(self, execution: Execution) -> None:
        """Tell the owner of a fill."""

    def charged(self, execution: Execution) -> None:
        """Tell the owner of a fill's commission."""

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        """Tell the owner an error or a notice about an order."""

    def previewed(self, preview: Preview) -> None:
        """Tell the owner what an order would do."""

    def account_changed(self, symbol: str) -> None:
        """Tell all subscribers that cash and the position of a symbol are others."""

    def quotes_changed(self) -> None:
        """Tell all subscribers that prices may be others."""


@dataclass(slots=True)
class _Event:
    """Something that happened to an order, with what belongs to it."""

    order: Order
    execution: Execution | None = None
    notice: tuple[int, str] | None = None


class Reporter:
    """Tells the listener what happens to orders.

    Attributes:
        is_bound: Whether orders that came from no client are told to client 0.
    """

    def __init__(
        self, table: ReportsTable, seed: int, turns: Turns, listener: OrderListener
    ) -> None:
        """Tell a listener.

        Args:
            table: The kind of sequences, and how late the late ones are.
            seed: Decides which order has which sequence.
            turns: The time.
            listener: Who is told.
        """
        self.is_bound = False
        self._table = table
        self._is_plain = table.sequences == "plain"
        self._seed = seed
        self._turns = turns
        self._listener = listener
        self._late: dict[OrderKey, tuple[tuple[str, ...], _Event, Timer]] = {}

    # -- What happened

    def accepted(self, order: Order) -> None:
        """An order was taken or changed."""
        self._report(self._sequence(order).accepted, _Event(order))

    def rested(self, order: Order) -> None:
        """An order is at the exchange and waits there."""
        self._report(self._sequence(order).rested, _Event(order))

    def filled(self, execution: Execution) -> None:
        """An order traded."""
        order = execution.order
        self._report(self._sequence(order).filled, _Event(order, execution))

    def cancelling(self, order: Order) -> None:
        """A cancel of an order is on its way."""
        self._report(self._sequence(order).cancelling, _Event(order))

    def cancelled(self, order: Order, notice: tuple[int, str] | None = None) -> None:
        """An order was cancelled; with the code and the text of the notice about it, if any."""
        self._report(self._sequence(order).cancelled, _Event(order, None, notice))

    def corrected(self, execution: Execution) -> None:
        """A fill was other than was told."""
        self._report(("executed", "status", "commission"), _Event(execution.order, execution))

    def resized(self, order: Order) -> None:
        """The quantity of an order was reduced by its group."""
        self._report(("opened", "status"), _Event(order))

    def noticed(self, order: Order, code: int, text: str) -> None:
        """There is something to say about an order that is taken."""
        self._report(("notice",), _Event(order, None, (code, text)))

    def stop(self) -> None:
        """Tell what was put off; its timers are cancelled by their owner."""
        for key in tuple(self._late):
            self._catch_up(key)

    # -- How it is told

    def _sequence(self, order: Order) -> Sequence:
        """Return the way in which an order is reported."""
        if self._is_plain:
            return PLAIN
        return sequence_for(self._table.sequences, self._seed, order.permanent_id)

    def _report(self, words: tuple[str, ...], event: _Event) -> None:
        """Tell an event, after what was put off of the one before."""
        if self._late:
            self._catch_up(event.order.key)
        self._run(words, event)

    def _catch_up(self, key: OrderKey) -> None:
        """Tell what was put off about an order."""
        late = self._late.pop(key, None)
        if late is not None:
            words, event, timer = late
            self._turns.cancel(timer)
            self._run(words, event)

    def _run(self, words: tuple[str, ...], event: _Event) -> None:
        """Tell one thing after the other, up to what comes later."""
        order, listener = event.order, self._listener
        is_told = not order.is_foreign or self.is_bound
        for position, word in enumerate(words):
            if word == "later":
                self._put_off(words[position + 1 :], event)
                return
            if word == "charged" and event.execution is not None:
                order.commission += event.execution.commission  # known from here on
            if is_told:
                _TELL[word](listener, event)

    def _put_off(self, words: tuple[str, ...], event: _Event) -> None:
        """Tell the rest of an event some time later."""
        key = event.order.key
        timer = self._turns.after(float(self._table.late_s), partial(self._catch_up, key))
        self._late[key] = (words, event, timer)


def _tell_opened(listener: OrderListener, event: _Event) -> None:
    listener.opened(event.order)


def _tell_status(listener: OrderListener, event: _Event) -> None:
    listener.status_changed(event.order, event.order.status)


def _tell_executed(listener: OrderListener, event: _Event) -> None:
    if event.execution is not None:
        listener.executed(event.execution)


def _tell_commission(listener: OrderListener, event: _Event) -> None:
    if event.execution is not None:
        listener.charged(event.execution)


def _tell_notice(listener: OrderListener, event: _Event) -> None:
    if event.notice is not None:
        client_id, order_id = event.order.key
        listener.noticed(client_id, order_id, *event.notice)


def _teller_of(status: Status) -> Callable[[OrderListener, _Event], None]:
    """Return what tells a status other than that of the order."""
    return lambda listener, event: listener.status_changed(event.order, status)


#: What each word of a sequence tells.
_TELL: Final[dict[str, Callable[[OrderListener, _Event], None]]] = {
    "opened": _tell_opened,
    "status": _tell_status,
    "executed": _tell_executed,
    "charged": _tell_opened,
    "commission": _tell_commission,
    "notice": _tell_notice,
    **{f"status:{status.value}": _teller_of(status) for status in Status},
}
