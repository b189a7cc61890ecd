"""The order desk: takes orders, has them worked, and tells what becomes of them.

The intake takes or refuses, the floor works and fills, the reporter tells. The desk knows what
clients, the broker and time ask of an order, and passes it on. Nothing is polled: it is woken at
the exchange's bells, when quotes change, and when an order begins or ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.gateway.orders.bookkeeping import book_correction
from bot.gateway.orders.floor import BY_SYSTEM, BY_TRADER, CANCELLED, Floor
from bot.gateway.orders.intake import Intake
from bot.gateway.orders.numbering import Numbering
from bot.gateway.orders.order import Execution, Order, Status, Ticket
from bot.gateway.orders.records import Records
from bot.gateway.orders.reporter import OrderListener, Reporter
from bot.gateway.orders.setting import Setting

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.turns import Timer, Turns

_IGNORED: Final = "Attribute 'Outside Regular Trading Hours' is ignored. The order is processed."

_LOCKED: Final = "Cancel attempted when order is not in a cancellable state. Order permId ="
_SPLIT: Final = (202, "Order Canceled - reason:The security was split")

#: The client of orders that no client has placed.
_FOREIGN_CLIENT: Final = 0


class OrderDesk:
    """All orders of all accounts, whoever placed them.

    Attributes:
        orders: Every order ever taken, by client id and order id, in the order of arrival.
        executions: Every fill, in order.
        numbering: The ids given out so far.
        records: Where orders and fills are kept, also by day.
        cancel_delay_s: Seconds from the request of a cancel to the cancel.
    """

    def __init__(
        self,
        config: GatewayConfig,
        market: Market,
        accounts: Accounts,
        behaviour: Behaviour,
        turns: Turns,
        listener: OrderListener,
    ) -> None:
        self.records = Records()
        self._reporter = Reporter(config.reports, config.seed, turns, listener)
        self.orders = self.records.orders
        self.executions = self.records.executions
        self.numbering = Numbering(config.seed)
        self.cancel_delay_s = float(config.book.cancel_delay_s)
        self._cutoff = timedelta(seconds=config.book.moc_cutoff_s)
        self._market = market
        self._accounts = accounts
        self._turns = turns
        self._listener = listener
        setting = Setting(
            config, market, accounts, behaviour, turns, self.records, self._reporter, listener
        )
        self._intake = Intake(setting, self.numbering)
        self._floor = Floor(setting, self.numbering)
        self._alarm: tuple[datetime, Timer] | None = None
        market.watch(self._halts_changed)
        accounts.watch_splits(self._cancel_split)

    # -- What there is

    def working(self, client_id: int | None = None) -> list[Order]:
        """Return the orders of a client, or of all, that are not final.

        Orders that came from no client are those of client 0 once it has bound them.
        """
        return [order for order in self.records.working.values() if self.owns(client_id, order)]

    def owns(self, client_id: int | None, order: Order) -> bool:
        """Tell whether an order is one of a client; without a client, every order is."""
        if client_id is None:
            return True
        return order.ticket.client_id == client_id and (
            not order.is_foreign or self._reporter.is_bound
        )

    # -- What clients ask for

    def place(self, ticket: Ticket) -> None:
        """Take an order, change one, or preview one; or refuse."""
        refusal = self._intake.refusal_of(ticket)
        existing = self.orders.get((ticket.client_id, ticket.order_id))
        if refusal is not None:
            self._intake.refuse(ticket, refusal)
        elif ticket.is_preview:
            preview = self._intake.assessor.preview(self._intake.order_from(ticket))
            self._listener.previewed(preview)
        elif existing is None:
            self._take(ticket)
        else:
            self._change(existing, ticket)

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel an order of a client, or say why that cannot be."""
        order = self.orders.get((client_id, order_id))
        if order is None or not self.owns(client_id, order):
            text = f"OrderId {order_id} that needs to be cancelled is not found."
            self._listener.noticed(client_id, order_id, 10147, text)
        elif not order.is_working:
            self._say_too_late(order)
        elif not order.is_cancellable(self._market.now() + self._cutoff):
            text = f"{_LOCKED} {order.permanent_id}"
            self._listener.noticed(client_id, order_id, 161, text)
        else:
            self._reporter.cancelling(order)
            self._cancel_soon(order, CANCELLED)

    def cancel_all(self) -> None:
        """Cancel every working order of every client."""
        cutoff = self._market.now() + self._cutoff
        for order in self.working():
            if order.is_working and order.is_cancellable(cutoff):
                self._cancel_soon(order, None)

    def bind(self, *, is_bound: bool) -> None:
        """Let client 0 have the orders that came from no client as its own, or no longer."""
        self._reporter.is_bound = is_bound

    @property
    def is_bound(self) -> bool:
        """Whether client 0 has the orders that came from no client as its own."""
        return self._reporter.is_bound

    # -- What the broker does

    def place_foreign(
        self,
        symbol: str,
        shares: int,
        order_type: str = "MKT",
        limit: Decimal | None = None,
        account: str = "",
    ) -> Order:
        """Place an order by hand, as somebody would who sits at the account's own screen.

        Args:
            symbol: What is traded.
            shares: Signed whole shares, + to buy.
            order_type: As clients name it.
            limit: Of an order type that has one.
            account: Empty for the default one.

        Returns:
            The order, which belongs to client 0 and has a number below zero.

        Raises:
            ValueError: If it is refused, with the reason.
        """
        ticket = self._foreign_ticket(symbol, shares, account)
        ticket = replace(ticket, order_type=order_type, limit=limit)
        return self._place_foreign(ticket)

    def liquidate(self, account: str, symbol: str, shares: int) -> Order:
        """Have the broker sell (or buy back) what an account can no longer carry.

        Args:
            account: Empty for the default one.
            symbol: What is traded.
            shares: Signed whole shares, + to buy.

        Raises:
            ValueError: If it is refused, with the reason.
        """
        ticket = self._foreign_ticket(symbol, shares, account)
        return self._place_foreign(replace(ticket, is_liquidation=True))

    def correct(
        self, execution: Execution, *, price: Decimal | None = None, shares: int | None = None
    ) -> Execution:
        """Correct a fill that was reported wrong: another one takes its place, and is reported.

        Args:
            execution: The fill.
            price: What it should have been; None if that was right.
            shares: How many it should have been, > 0; None if that was right. An order that was
                filled counts as one for what is left.

        Returns:
            The new one, whose id is higher in its last part.

        Raises:
            ValueError: If the fill is not there, or no longer, or is more than was ordered.
        """
        order = execution.order
        new_price = execution.price if price is None else price
        new_shares = execution.shares if shares is None else shares
        filled = order.filled + new_shares - execution.shares
        if not new_shares > 0 or filled > (order.ticket.quantity or 0):
            message = f"{new_shares} shares do not fit an order for {order.ticket.quantity}"
            raise ValueError(message)
        order.filled = filled
        order.notional += new_shares * new_price - execution.shares * execution.price
        order.last_price = new_price
        corrected = replace(
            execution,
            execution_id=self.numbering.corrected(execution.execution_id),
            price=new_price,
            shares=new_shares,
            cumulative=execution.cumulative + new_shares - execution.shares,
            average_price=order.average_price,
        )
        self.records.replace(execution, corrected)
        self._floor.settle(order)
        book_correction(self._accounts.of(order.account), execution, corrected)
        self._reporter.corrected(corrected)
        self._listener.account_changed(order.instrument.key)
        return corrected

    def cancel_by_system(self, order: Order, text: str) -> None:
        """Cancel a working order unasked; its owner is told the text with 202."""
        self._floor.end(order, BY_SYSTEM, (202, text))

    @property
    def floor(self) -> Floor:
        """Where orders trade."""
        return self._floor

    # -- What time and switches do

    def start(self) -> None:
        """Catch up with what happened meanwhile, and begin to wait for the exchange's bells."""
        self._floor.resume()
        for order in self.working():
            if order.status is Status.PENDING_CANCEL:
                self._cancel(order, CANCELLED)
        self._wake()

    def stop(self) -> None:
        """Forget the alarm and the pending fills; their timers are cancelled by their owner."""
        self._alarm = None
        self._reporter.stop()
        self._floor.stop()

    def look_again(self) -> None:
        """Let every working order trade that now can."""
        self._floor.look_again()

    def _set_alarm(self, moment: datetime | None) -> None:
        """Wake up at a moment, at the next bell, or when it was planned: whatever is first."""
        planned = self._alarm
        if planned is None:
            bell = self._market.next_boundary()
            moment = bell if moment is None else min(moment, bell)
        elif moment is None or moment >= planned[0]:
            return
        else:
            self._turns.cancel(planned[1])
        self._alarm = (moment, self._turns.at(moment, self._wake))

    def _wake(self) -> None:
        """Hold auctions, expire what is over, let the rest trade, and wait for the next bell."""
        self._alarm = None
        self._floor.hold_auctions()
        self._floor.expire()
        self._listener.quotes_changed()
        self._floor.look_again()
        now = self._market.now()
        moments = (it for order in self.working() for it in (order.starts_at, order.expires_at))
        self._set_alarm(min((it for it in moments if it is not None and it > now), default=None))

    def _halts_changed(self) -> None:
        """Look at what trades now, and wait for other bells."""
        if self._alarm is not None:
            self._turns.cancel(self._alarm[1])
            self._wake()

    def _cancel_split(self, symbol: str) -> None:
        """Cancel the orders of an instrument that was split, as IB does: they mean old shares."""
        for order in self.working():
            if order.instrument.key == symbol and order.is_working:
                self._floor.end(order, BY_SYSTEM, _SPLIT)

    # -- How an order is taken

    def _take(self, ticket: Ticket) -> Order:
        """Take a new order."""
        order = self._intake.order_from(ticket)
        self._intake.register(order)
        self.records.open(order)
        self._intake.set_times(order)
        self._reporter.accepted(order)
        if ticket.outside_hours and not order.trades_outside:
            self._reporter.noticed(order, 2109, _IGNORED)
        self._wait_for(order)
        self._floor.admit(order)
        return order

    def _change(self, order: Order, ticket: Ticket) -> None:
        """Give a working order other terms."""
        # Who changes an order does not become the one who placed it.
        was = order.ticket
        order.ticket = (
            replace(ticket, is_foreign=True, is_liquidation=was.is_liquidation)
            if was.is_foreign
            else ticket
        )
        order.quantity = int(ticket.quantity or 0)
        order.price_cap = None
        self._intake.set_times(order)
        self._reporter.accepted(order)
        self._wait_for(order)
        self._floor.rework(order)

    def _wait_for(self, order: Order) -> None:
        """Wake up when an order begins or ends."""
        for moment in (order.starts_at, order.expires_at):
            if moment is not None:
                self._set_alarm(moment)

    def _cancel_soon(self, order: Order, notice: tuple[int, str] | None) -> None:
        """Cancel an order after the delay, or at once if there is none."""
        if self.cancel_delay_s <= 0:
            self._floor.end(order, BY_TRADER, notice)
            return
        order.status = Status.PENDING_CANCEL
        self._turns.after(self.cancel_delay_s, partial(self._cancel, order, notice))

    def _cancel(self, order: Order, notice: tuple[int, str] | None) -> None:
        """Cancel an order, unless it has traded meanwhile."""
        if order.is_working:
            self._floor.end(order, BY_TRADER, notice)
        elif notice is not None:
            self._say_too_late(order)

    def _say_too_late(self, order: Order) -> None:
        """Answer a cancel of an order that is final."""
        client_id, order_id = order.key
        subject = f"OrderId {order_id} that needs to be cancelled"
        text = f"{subject} cannot be cancelled, state: {order.status.value}."
        self._listener.noticed(client_id, order_id, 10148, text)

    def _foreign_ticket(self, symbol: str, shares: int, account: str) -> Ticket:
        """Return a market order that comes from no client."""
        return Ticket(
            client_id=_FOREIGN_CLIENT,
            order_id=self.numbering.new_foreign_order_id(),
            instrument=self._market.universe.by_symbol.get(symbol),
            exchange="",
            action="BUY" if shares > 0 else "SELL",
            quantity=Decimal(abs(shares)),
            order_type="MKT",
            limit=None,
            time_in_force="DAY",
            account=account or self._accounts.default,
            is_foreign=True,
        )

    def _place_foreign(self, ticket: Ticket) -> Order:
        """Take an order that comes from no client.

        Raises:
            ValueError: If it is refused, with the reason.
        """
        refusal = self._intake.refusal_of(ticket)
        if refusal is not None:
            raise ValueError(refusal.text)
        return self._take(ticket)
