"""The order desk: takes orders, works them, and tells what becomes of them.

The sequences of reports are those recorded from real gateways. An order that trades at once is
never seen as Submitted; one that rests is; a commission follows its execution, after a last report
of the order that carries it.

Working orders are looked at again when quotes change, when the exchange opens or closes, when one
of them expires and when a switch of the behaviour is turned; nothing is polled.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.book import fill_price, fill_shares
from bot.gateway.exchange.sessions import local
from bot.gateway.orders.assessment import Assessor
from bot.gateway.orders.checks import Situation, first_refusal, read_good_till_date
from bot.gateway.orders.numbering import Numbering
from bot.gateway.orders.order import Execution, Order, Status, Ticket

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.orders.reports import OrderListener, Refusal
    from bot.gateway.turns import Timer, Turns

_BY_TRADER: Final = "Cancelled by Trader"
_BY_SYSTEM: Final = "Cancelled by System"

#: Number and owner of an order.
OrderKey = tuple[int, int]


class OrderDesk:
    """All orders of the account, whoever placed them.

    Attributes:
        orders: Every order ever taken, by client id and order id, in the order of arrival.
        executions: Every fill, in order.
        numbering: The ids given out so far.
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
        self.orders: dict[OrderKey, Order] = {}
        self.executions: list[Execution] = []
        self.numbering = Numbering(config.seed)
        self.assessor = Assessor(market, accounts.of(""))
        self._account = config.account
        self._market = market
        self._accounts = accounts
        self._behaviour = behaviour
        self._turns = turns
        self._listener = listener
        self._working: dict[OrderKey, Order] = {}
        self._due: dict[OrderKey, Timer] = {}
        self._alarm: tuple[datetime, Timer] | None = None

    # -- What clients ask for

    def working(self, client_id: int | None = None) -> list[Order]:
        """Return the orders of a client, or of all, that are not final."""
        return [
            order
            for order in self._working.values()
            if client_id is None or order.ticket.client_id == client_id
        ]

    def place(self, ticket: Ticket) -> None:
        """Take an order, change one, or preview one; or refuse."""
        existing = self.orders.get((ticket.client_id, ticket.order_id))
        refusal = first_refusal(ticket, self._situation(ticket, existing))
        instrument = ticket.instrument
        if refusal is not None or instrument is None:
            self._refuse(ticket, refusal)
        elif ticket.is_preview:
            self._listener.previewed(self.assessor.preview(ticket, instrument))
        elif existing is None:
            order = self._record(Order(ticket, instrument, 0, int(ticket.quantity or 0)))
            self._working[order.key] = order
            order.expires_at = self._expiry(ticket)
            self._set_alarm(order.expires_at)
            self._tell(order)
            self._tell_what_is_ignored(ticket)
            self._work(order)
        else:
            self._modify(existing, ticket)

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel an order of a client, or say why that cannot be."""
        order = self.orders.get((client_id, order_id))
        subject = f"OrderId {order_id} that needs to be cancelled"
        if order is None:
            self._listener.noticed(client_id, order_id, 10147, f"{subject} is not found.")
        elif not order.is_working:
            text = f"{subject} cannot be cancelled, state: {order.status.value}."
            self._listener.noticed(client_id, order_id, 10148, text)
        else:
            self._listener.status_changed(order, Status.PENDING_CANCEL)
            self._end(order, Status.CANCELLED, _BY_TRADER)
            self._listener.noticed(client_id, order_id, 202, "Order Canceled - reason:")

    def cancel_all(self) -> None:
        """Cancel every working order of every client."""
        for order in self.working():
            self._end(order, Status.CANCELLED, _BY_TRADER)

    # -- What time and switches do

    def start(self) -> None:
        """Catch up with what happened meanwhile, and begin to wait for the exchange's bells."""
        self._wake()

    def stop(self) -> None:
        """Forget the alarm and the pending fills; their timers are cancelled by their owner."""
        self._alarm = None
        self._due.clear()

    def look_again(self) -> None:
        """Let every working order trade that now can."""
        for order in self.working():
            if order.key not in self._due:
                self._work(order)

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
        """Expire what is over, let the rest trade, and wait for the next bell."""
        self._alarm = None
        now = self._market.now()
        for order in self.working():
            if order.expires_at is not None and order.expires_at <= now:
                self._expire(order)
        self._listener.quotes_changed()
        self.look_again()
        ends = (order.expires_at for order in self.working() if order.expires_at is not None)
        self._set_alarm(min(ends, default=None))

    def _expire(self, order: Order) -> None:
        """End an order whose time is over."""
        self._end(order, Status.CANCELLED, _BY_SYSTEM)
        client_id, order_id = order.key
        text = "Order Canceled - reason:The time in force has expired"
        self._listener.noticed(client_id, order_id, 202, text)

    # -- How an order is taken

    def _situation(self, ticket: Ticket, existing: Order | None) -> Situation:
        """Return what the checks look at."""
        others = [order for order in self._working.values() if order is not existing]
        is_purchase = ticket.action == "BUY"
        return Situation(
            account=self._account,
            now=self._market.now(),
            existing=existing,
            next_order_id=self.numbering.next_order_id(ticket.client_id),
            sellable=0 if is_purchase else self.assessor.sellable(ticket.instrument, others),
            buying_power=self.assessor.buying_power(others) if is_purchase else Decimal(0),
            notional=self.assessor.notional(ticket) if is_purchase else Decimal(0),
            reject_code=self._behaviour.reject_code,
        )

    def _refuse(self, ticket: Ticket, refusal: Refusal | None) -> None:
        """Say why an order is not taken, and keep it if it is of the kind that is kept."""
        if refusal is None:
            message = "an order without an instrument passed the checks"
            raise RuntimeError(message)
        is_new = (ticket.client_id, ticket.order_id) not in self.orders
        instrument = ticket.instrument
        if refusal.is_recorded and is_new and not ticket.is_preview and instrument is not None:
            order = self._record(Order(ticket, instrument, 0, int(ticket.quantity or 0)))
            order.status = Status.INACTIVE
            order.ended_at = self._market.now()
            order.end_text = refusal.text
        self._listener.noticed(ticket.client_id, ticket.order_id, refusal.code, refusal.text)

    def _record(self, order: Order) -> Order:
        """Give an order its permanent id and keep it for ever."""
        order.permanent_id = self.numbering.new_permanent_id()
        self.numbering.use_order_id(*order.key)
        self.orders[order.key] = order
        return order

    def _tell_what_is_ignored(self, ticket: Ticket) -> None:
        """Say so if the order could trade outside regular hours elsewhere, but not here."""
        if ticket.outside_hours:
            text = "Attribute 'Outside Regular Trading Hours' is ignored. The order is processed."
            self._listener.noticed(ticket.client_id, ticket.order_id, 2109, text)

    def _expiry(self, ticket: Ticket) -> datetime | None:
        """Return when an order ends by itself."""
        if ticket.time_in_force == "GTC":
            return None
        if ticket.time_in_force == "GTD":
            return read_good_till_date(ticket.good_till_date)
        return self._market.session().closes_at

    def _modify(self, order: Order, ticket: Ticket) -> None:
        """Give a working order other terms."""
        pending = self._due.pop(order.key, None)
        if pending is not None:
            self._turns.cancel(pending)
        order.ticket = ticket
        order.quantity = int(ticket.quantity or 0)
        order.expires_at = self._expiry(ticket)
        self._set_alarm(order.expires_at)
        self._tell(order)
        self._work(order)

    # -- How an order is worked

    def _work(self, order: Order) -> None:
        """Let an order trade if it can, else let it rest or end."""
        is_immediate = order.ticket.time_in_force == "IOC"
        if not self._market.is_open():
            self._wait_for_open(order)
        elif self._tradable(order):
            self._trade_soon(order, is_seen_resting=not is_immediate)
        elif is_immediate:
            self._listener.status_changed(order, Status.PENDING_CANCEL)
            self._end(order, Status.CANCELLED, _BY_SYSTEM)
        else:
            order.was_resting = True
            self._submit(order)

    def _tradable(self, order: Order) -> tuple[Decimal, int] | None:
        """Return the price and the shares that would trade now, or None if nothing would."""
        limit = order.ticket.limit if order.ticket.order_type == "LMT" else None
        quote = self._market.quote(order.instrument.symbol)
        price = fill_price(order.side, limit, quote)
        shares = fill_shares(order.quantity, order.filled, self._behaviour.fill)
        return (price, shares) if price is not None and shares > 0 else None

    def _trade_soon(self, order: Order, *, is_seen_resting: bool) -> None:
        """Trade after the behaviour's delay, or at once if there is none."""
        delay_s = self._behaviour.fill_delay_s
        if delay_s <= 0:
            self._trade(order)
            return
        if is_seen_resting and order.ticket.order_type == "LMT":
            self._submit(order)

        def come_due() -> None:
            self._due.pop(order.key, None)
            if self._market.is_open() and self._tradable(order):
                self._trade(order)
            else:
                self._work(order)

        self._due[order.key] = self._turns.after(delay_s, come_due)

    def _wait_for_open(self, order: Order) -> None:
        """Keep an order until the exchange opens; one that cannot wait ends."""
        if order.ticket.time_in_force == "IOC":
            self._listener.status_changed(order, Status.PENDING_CANCEL)
            self._end(order, Status.CANCELLED, _BY_SYSTEM)
            return
        if order.was_resting:
            return  # it was told before
        order.was_resting = True
        opens = local(self._market.session().opens_at).strftime("%Y-%m-%d %H:%M:%S US/Eastern")
        client_id, order_id = order.key
        text = f"Order Message:\nYour order will not be placed at the exchange until {opens}"
        self._listener.noticed(client_id, order_id, 399, text)

    def _submit(self, order: Order) -> None:
        """Report an order as being at the exchange, once."""
        if order.status is not Status.SUBMITTED:
            order.status = Status.SUBMITTED
            self._tell(order)

    def _trade(self, order: Order) -> None:
        """Fill an order as far as the quote and the behaviour let it."""
        trade = self._tradable(order)
        if trade is None:
            return
        price, shares = trade
        symbol = order.instrument.symbol
        books = self._accounts.of(order.ticket.account)
        charge = books.trade(symbol, order.side.value * shares, price)
        order.filled += shares
        order.notional += shares * price
        order.last_price = price
        now = self._market.now()
        execution = Execution(
            order=order,
            execution_id=self.numbering.new_execution_id(now),
            shares=shares,
            price=price,
            at=now,
            cumulative=order.filled,
            average_price=order.average_price,
            was_resting=order.was_resting,
            commission=charge.commission,
            realized_pnl=charge.realized_pnl,
        )
        self.executions.append(execution)
        self._report_fill(execution)
        if order.is_working and order.ticket.time_in_force == "IOC":
            self._work(order)

    def _report_fill(self, execution: Execution) -> None:
        """Tell of a fill, in the order in which real gateways do."""
        order = execution.order
        self._listener.executed(execution)
        if order.remaining:
            order.status = Status.SUBMITTED
            self._tell(order)
        else:
            self._end(order, Status.FILLED, f"Filled Size: {order.filled}", tell_terms=True)
        order.commission += execution.commission
        self._listener.opened(order)
        self._listener.charged(execution)
        self._listener.account_changed(order.instrument.symbol)

    def _end(self, order: Order, status: Status, text: str, *, tell_terms: bool = False) -> None:
        """Make an order final."""
        order.status = status
        order.ended_at = self._market.now()
        order.end_text = text
        self._working.pop(order.key, None)
        pending = self._due.pop(order.key, None)
        if pending is not None:
            self._turns.cancel(pending)
        if tell_terms:
            self._listener.opened(order)
        self._listener.status_changed(order, status)

    def _tell(self, order: Order) -> None:
        """Report the terms and the state of an order."""
        self._listener.opened(order)
        self._listener.status_changed(order, order.status)
