"""Faults of orders: what becomes of them is not what was asked for, or not all that is told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.exchange.book import Side
from bot.gateway.faults.accounts import books_of, check_symbol
from bot.gateway.faults.codes import code_text
from bot.gateway.faults.fault import Ambush, Condition, Event
from bot.gateway.faults.parameters import (
    EVERYBODY,
    FaultError,
    amount,
    choice,
    client,
    number,
    symbol,
    text,
    whole,
)
from bot.gateway.faults.system import is_whole_order
from bot.gateway.orders.order import Status
from bot.gateway.wire.incoming import CANCEL_ORDER
from bot.gateway.wire.order_reports import OPEN_ORDER, ORDER_STATUS
from bot.gateway.wire.place_order import PLACE_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from bot.gateway.client import Call, Message
    from bot.gateway.orders.order import Order, OrderKey


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Let what the desk refuses to do be a refusal of the fault of that name."""
    try:
        yield
    except ValueError as error:
        message = f"{name}: {error}"
        raise FaultError(message) from None


@dataclass(kw_only=True, eq=False)
class _OrderAmbush(Ambush):
    """A fault of the next orders."""

    client: int = client()

    @override
    def begin(self) -> str:
        """Wait for it."""
        return "waits for the next order"

    def is_meant(self, call: Call, number: int = PLACE_ORDER.number) -> bool:
        """Tell whether a request is one that this waits for: of an order, or another id."""
        if self.is_used_up or self.client not in (EVERYBODY, call.client.client_id):
            return False
        return is_whole_order(call) if number == PLACE_ORDER.number else call.number == number

    def order_of(self, call: Call) -> Order | None:
        """Return the order that a request names, if it works."""
        key = (call.client.owner_id, call.request.integer("order_id"))
        order = self.venue.desk.orders.get(key)
        return order if order is not None and order.is_working else None


@dataclass(kw_only=True, eq=False)
class LostOrder(_OrderAmbush):
    """The next order is read and forgotten: no answer, no trace, nothing at the broker."""

    NAME: ClassVar = "lost-order"

    @override
    def on_request(self, call: Call) -> bool:
        """Forget it."""
        if not self.is_meant(call):
            return True
        self.use()
        return False


@dataclass(kw_only=True, eq=False)
class _Refused(_OrderAmbush):
    """The next request of a kind is refused with a code."""

    NUMBER: ClassVar[int]
    code: int = whole("the code", 201, high=99_999)
    text: str = text("the text; empty: the one of TWS, if it is known")

    @override
    def begin(self) -> str:
        """Wait for it."""
        code_text(
            self.code, self.text, 0
        )  # refuses a code without words now, and not in the middle of a request
        return super().begin()

    @override
    def on_request(self, call: Call) -> bool:
        """Refuse it."""
        if not self.is_meant(call, self.NUMBER):
            return True
        order_id = call.request.integer("order_id")
        call.client.refuse(order_id, self.code, code_text(self.code, self.text, order_id))
        self.use()
        return False


@dataclass(kw_only=True, eq=False)
class RejectedOrder(_Refused):
    """The next order is rejected with a code."""

    NAME: ClassVar = "rejected-order"
    NUMBER: ClassVar = PLACE_ORDER.number


@dataclass(kw_only=True, eq=False)
class StuckOrder(_OrderAmbush):
    """The next order hangs in a state such as PendingSubmit and does not trade until this ends."""

    NAME: ClassVar = "stuck-order"
    state: str = choice(
        "the state that it is shown in", "PendingSubmit", "ApiPending", "PreSubmitted", "Inactive"
    )
    _stuck: dict[OrderKey, None] = field(default_factory=dict, init=False)

    @override
    def on_request(self, call: Call) -> bool:
        """Hold it."""
        if self.is_meant(call):
            key = (call.client.owner_id, call.request.integer("order_id"))
            self._stuck[key] = None
            self.venue.desk.floor.hold(key)
            self._uses += 1
        return True

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Show the state that it is stuck in."""
        values = message.values
        if message.answer not in (OPEN_ORDER, ORDER_STATUS):
            return (message,)
        key = (int(str(values["client_id"])), int(str(values["order_id"])))
        if key not in self._stuck or values["status"] != Status.PRE_SUBMITTED.value:
            return (message,)
        return (replace(message, values={**values, "status": self.state}),)

    @override
    def finish(self) -> None:
        """Let it go on."""
        for key in self._stuck:
            self.venue.desk.floor.release(key)


@dataclass(kw_only=True, eq=False)
class CancelRejected(_Refused):
    """The next cancel is refused with a code, and the order lives on."""

    NAME: ClassVar = "cancel-rejected"
    NUMBER: ClassVar = CANCEL_ORDER.number
    code: int = whole("the code: 10147 and 10148 are false here", 10148, high=99_999)

    @override
    def begin(self) -> str:
        """Wait for it."""
        super().begin()
        return "waits for the next cancel"


@dataclass(kw_only=True, eq=False)
class CancelRace(_OrderAmbush):
    """The next cancel comes too late: the order trades first, and the cancel gets 10148."""

    NAME: ClassVar = "cancel-race"

    @override
    def begin(self) -> str:
        """Wait for it."""
        return "waits for the next cancel"

    @override
    def on_request(self, call: Call) -> bool:
        """Let the order trade before the cancel is looked at."""
        order = self.order_of(call) if self.is_meant(call, CANCEL_ORDER.number) else None
        if order is not None:
            self.venue.desk.floor.fill_now(order)
            self.use()
        return True


@dataclass(kw_only=True, eq=False)
class FillAfterCancel(_OrderAmbush):
    """The next cancel is confirmed, and then the order trades all the same."""

    NAME: ClassVar = "fill-after-cancel"
    late_s: float = number("seconds from the confirmation to the fill", 1.0)

    @override
    def begin(self) -> str:
        """Wait for it."""
        return "waits for the next cancel"

    @override
    def on_request(self, call: Call) -> bool:
        """Confirm what does not happen."""
        order = self.order_of(call) if self.is_meant(call, CANCEL_ORDER.number) else None
        if order is None:
            return True
        self.venue.desk.floor.hold(order.key)
        listener = self.venue.publisher
        for status in (Status.PENDING_CANCEL, Status.CANCELLED):
            listener.status_changed(order, status)
        self.venue.publisher.noticed(*order.key, 202, "Order Canceled - reason:")
        self.venue.turns.after(self.late_s, partial(self._trade, order))
        self.use()
        return False

    def _trade(self, order: Order) -> None:
        """Let it trade."""
        self.venue.desk.floor.release(order.key)
        if order.is_working:
            self.venue.desk.floor.fill_now(order)


@dataclass(kw_only=True, eq=False)
class SlowCancel(Condition):
    """Cancels take a while: the order is PendingCancel until then, and may still trade."""

    NAME: ClassVar = "slow-cancel"
    late_s: float = number("seconds from a request to the cancel", 2.0, low=0.001)
    _before_s: float = field(default=0.0, init=False)

    @override
    def begin(self) -> str:
        """Slow cancels down."""
        desk = self.venue.desk
        self._before_s, desk.cancel_delay_s = desk.cancel_delay_s, self.late_s
        return f"cancels take {self.late_s:g} s"

    @override
    def finish(self) -> None:
        """Cancel as fast as before."""
        self.venue.desk.cancel_delay_s = self._before_s


@dataclass(kw_only=True, eq=False)
class SystemCancel(Event):
    """The broker cancels working orders by itself."""

    NAME: ClassVar = "system-cancel"
    client: int = client()
    order: int = whole("order id; -1: every one", -1, low=-1)
    reason: str = text("what is said behind `Order Canceled - reason:`", "Cancelled by the system")

    @override
    def begin(self) -> str:
        """Cancel them."""
        orders = [
            order
            for order in self.venue.desk.working()
            if self.client in (EVERYBODY, order.key[0]) and self.order in (-1, order.key[1])
        ]
        for order in orders:
            self.venue.desk.cancel_by_system(order, f"Order Canceled - reason:{self.reason}")
        return f"{len(orders)} orders cancelled"


@dataclass(kw_only=True, eq=False)
class ForeignOrder(Event):
    """Somebody places an order by hand, in another program of the broker."""

    NAME: ClassVar = "foreign-order"
    symbol: str = symbol()
    shares: int = whole("shares; below 0 they are sold", 10, low=-(10**6), high=10**6)
    limit: Decimal = amount("limit price; 0: a market order", "0", low=0.0)  # noqa: RUF009 a field
    account: str = text("which account; empty: the default one")

    @override
    def begin(self) -> str:
        """Place it."""
        name = check_symbol(self, self.symbol)
        books_of(self, self.account)
        kind = "LMT" if self.limit else "MKT"
        with _refusals(self.NAME):
            self.venue.desk.place_foreign(name, self.shares, kind, self.limit or None, self.account)
        return f"{self.shares:+} {name} {kind}"


@dataclass(kw_only=True, eq=False)
class Liquidation(Event):
    """The broker sells a holding for want of margin, after it has cancelled sales that wait."""

    NAME: ClassVar = "liquidation"
    symbol: str = symbol()
    shares: int = whole("shares; 0: all that is held", 0, high=10**9)
    account: str = text("which account; empty: the default one")

    @override
    def begin(self) -> str:
        """Sell it."""
        name = check_symbol(self, self.symbol)
        held = books_of(self, self.account).shares(name)
        shares = min(self.shares or held, held)
        if shares <= 0:
            message = f"{self.NAME}: no {name} is held"
            raise FaultError(message)
        desk = self.venue.desk
        for order in desk.working():
            if order.instrument.key == name and order.side is Side.SELL:
                desk.cancel_by_system(order, "Order Canceled - reason:Liquidation")
        with _refusals(self.NAME):
            desk.liquidate(self.account, name, -shares)
        return f"{shares} {name} are sold"


@dataclass(kw_only=True, eq=False)
class CorrectedExecution(Event):
    """The last fill is corrected: the same execution id, .02 behind .01, with other numbers."""

    NAME: ClassVar = "corrected-execution"
    symbol: str = symbol()
    what: str = choice("what is corrected", "price", "shares")
    factor: Decimal = amount("the right price in parts of the wrong one", "0.99", 0.01, 100)  # noqa: RUF009 a field

    @override
    def begin(self) -> str:
        """Correct it."""
        found = [
            execution
            for execution in self.venue.desk.executions
            if self.symbol in ("", execution.order.instrument.symbol)
        ]
        if not found:
            message = f"{self.NAME}: nothing has traded yet"
            raise FaultError(message)
        wrong = found[-1]
        if self.what == "price":
            rule = wrong.order.instrument.rule
            price, shares = rule.nearest(wrong.price * self.factor), wrong.shares
        else:
            price, shares = wrong.price, wrong.shares - 1
        with _refusals(self.NAME):
            self.venue.desk.correct(wrong, price=price, shares=shares)
        return f"{wrong.execution_id}: {shares} at {price}"


FAULTS: Final = (
    LostOrder,
    RejectedOrder,
    StuckOrder,
    CancelRejected,
    CancelRace,
    FillAfterCancel,
    SlowCancel,
    SystemCancel,
    ForeignOrder,
    Liquidation,
    CorrectedExecution,
)
