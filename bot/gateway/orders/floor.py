"""The floor: works orders until they have traded or ended.

An order trades when its instrument does: in regular hours; with a limit and if it asks for it, also
before and after them; in an auction, if it is for one; never in a halt. Until then it waits. Orders
are looked at again when quotes change, at the exchange's bells, when a switch is turned, and when a
timer of their own is due; nothing is polled.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from bot.gateway.exchange.book import (
    Book,
    Offer,
    collar,
    fill_price,
    fill_shares,
    middle_price,
    within,
)
from bot.gateway.exchange.phases import Phase
from bot.gateway.exchange.sessions import local
from bot.gateway.orders.bookkeeping import book_fill
from bot.gateway.orders.groups import Groups
from bot.gateway.orders.order import Execution, Order, OrderKey, Status

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.account.ledger import Ledger
    from bot.gateway.orders.numbering import Numbering
    from bot.gateway.orders.setting import Setting
    from bot.gateway.turns import Timer

BY_TRADER: Final = "Cancelled by Trader"
BY_SYSTEM: Final = "Cancelled by System"

CANCELLED: Final = (202, "Order Canceled - reason:")
UNCOVERED: Final = (202, "Order Canceled - reason:The account no longer holds the shares")
EXPIRED: Final = (202, "Order Canceled - reason:The time in force has expired")

_EXTENDED: Final = frozenset({Phase.PRE_OPEN, Phase.AFTER_HOURS})


class Floor:
    """Where orders trade."""

    def __init__(self, setting: Setting, numbering: Numbering) -> None:
        """Take what orders live in, and what numbers their fills."""
        self._setting = setting
        self._numbering = numbering
        self._book = Book(setting.config.book)
        self._groups = Groups()
        self._due: dict[OrderKey, Timer] = {}
        self._held: dict[OrderKey, None] = {}

    # -- What the desk asks for

    def admit(self, order: Order) -> None:
        """Begin to work an order."""
        self._groups.join(order)
        self._work(order)

    def resume(self) -> None:
        """Take note of the orders of an earlier run, which were kept and put back on record."""
        for order in self._setting.records.orders.values():
            self._groups.join(order)

    def rework(self, order: Order) -> None:
        """Work an order whose terms have changed."""
        self._stop_waiting(order)
        self._work(order)

    def look_again(self) -> None:
        """Let every working order trade that now can."""
        for order in tuple(self._setting.records.working.values()):
            if order.key not in self._due and order.is_working:
                self._work(order)

    def hold_auctions(self) -> None:
        """Trade what waited for an auction that is now, and cancel what it left over.

        An auction that was held while the gateway was not there traded nothing: the next one, or
        the price of now, is not what the order was for.
        """
        now = self._setting.market.now()
        for order in tuple(self._setting.records.working.values()):
            if order.auction is None or order.auction.at > now or not order.is_working:
                continue
            if order.auction.at < now:
                self.end(order, BY_SYSTEM, EXPIRED)
            else:
                self._trade_in_auction(order, order.auction.which)

    def expire(self) -> None:
        """End the orders whose time is over."""
        now = self._setting.market.now()
        for order in tuple(self._setting.records.working.values()):
            if order.is_working and order.expires_at is not None and order.expires_at <= now:
                self.end(order, BY_SYSTEM, EXPIRED)

    def end(self, order: Order, text: str, notice: tuple[int, str] | None = None) -> None:
        """Cancel an order.

        Args:
            order: A working one.
            text: In which words completed orders tell it.
            notice: Code and text of the notice to its owner, or None for none.
        """
        self._close(order, Status.CANCELLED, text)
        self._setting.reporter.cancelled(order, notice)
        self._work_others(order)

    def settle(self, order: Order) -> None:
        """Make the size and the state of an order fit what has traded after a correction."""
        if order.status is Status.FILLED or order.filled >= order.quantity:
            order.quantity = order.filled
        if order.is_working and not order.remaining:
            self._close(order, Status.FILLED, f"Filled Size: {order.filled}")

    def stop(self) -> None:
        """Forget the timers; they are cancelled by their owner."""
        self._due.clear()

    # -- What faults ask for

    def hold(self, key: OrderKey) -> None:
        """Neither trade an order nor let it rest, until it is released."""
        self._held[key] = None

    def release(self, key: OrderKey) -> None:
        """Work an order that was held."""
        self._held.pop(key, None)
        order = self._setting.records.working.get(key)
        if order is not None:
            self.rework(order)

    def fill_now(self, order: Order) -> None:
        """Fill all of a working order at its limit, or without one at the far side of the quote."""
        quote = self._setting.market.quote(order.instrument.key)
        far = quote.ask if order.side.value > 0 else quote.bid
        self._fill(order, order.remaining, far if order.limit is None else order.limit)

    # -- Whether an order trades now

    def _work(self, order: Order) -> None:
        """Let an order trade if it can, else let it rest or end."""
        if order.key in self._held:
            return
        if order.auction is not None:
            self._wait_for_auction(order)
        elif not self._is_on(order):
            self._wait(order)
        elif (offer := self._offer(order)) is None:
            self._rest(order)
        elif offer.shares:
            self._trade_soon(order, offer)
        else:
            self._wait_for_depth(order)

    def _is_on(self, order: Order) -> bool:
        """Tell whether the exchange would trade an order now at a price that fits."""
        market = self._setting.market
        if order.key in self._held:
            return False
        if order.starts_at is not None and market.now() < order.starts_at:
            return False
        phase = market.phase(order.instrument)
        return phase is Phase.CONTINUOUS or (phase in _EXTENDED and order.trades_outside)

    def _offer(self, order: Order) -> Offer | None:
        """Return what would trade now, or None if the price or the behaviour do not let it."""
        setting = self._setting
        instrument, side = order.instrument, order.side
        quote = setting.market.quote(instrument.key)
        fraction = setting.config.book.collar_fraction
        if fraction and order.price_cap is None and order.ticket.order_type == "MKT":
            worst = collar(side, quote, fraction)
            rule = instrument.rule
            order.price_cap = rule.floor(worst) if side.value > 0 else rule.ceiling(worst)
        limit = order.limit
        price_of = middle_price if order.is_inside else fill_price
        price = price_of(side, limit, quote)
        shares = fill_shares(order.quantity, order.filled, setting.behaviour.fill)
        if price is None or shares <= 0:
            return None
        wanted = Offer(price, shares)
        if self._book.is_deep:
            return wanted
        return self._book.offer(instrument, side, wanted, limit, setting.market.now())

    # -- How an order waits

    def _rest(self, order: Order) -> None:
        """Let an order wait at the exchange for its price; one that cannot wait ends."""
        if order.is_immediate:
            self._give_up(order)
        else:
            self._note_cap(order, 0)
            order.was_resting = True
            self._submit(order)

    def _wait(self, order: Order) -> None:
        """Keep an order until the exchange trades it; one that cannot wait ends."""
        if order.is_immediate:
            self._give_up(order)
            return
        market = self._setting.market
        is_early = order.starts_at is not None and market.now() < order.starts_at
        is_closed = market.phase(order.instrument) not in (Phase.HALTED, Phase.CONTINUOUS)
        if not order.is_held and not is_early and is_closed and not order.instrument.is_pair:
            self._say_held(order)

    def _say_held(self, order: Order) -> None:
        """Tell an order's owner, once, when it will be at the exchange."""
        order.is_held = True
        session = self._setting.market.session()
        opens_at = session.extended_opens_at if order.trades_outside else session.opens_at
        opens = local(opens_at).strftime("%Y-%m-%d %H:%M:%S US/Eastern")
        text = f"Order Message:\nYour order will not be placed at the exchange until {opens}"
        self._setting.reporter.noticed(order, 399, text)

    def _wait_for_auction(self, order: Order) -> None:
        """Keep an order until its auction: at the exchange if that is open, else here."""
        if order.auction is not None and order.auction.which == "closing":
            if self._is_on(order):
                self._submit(order)
            else:
                self._wait(order)

    def _wait_for_depth(self, order: Order) -> None:
        """Look at an order again once its side of the book has refilled."""
        if order.is_immediate:
            self._give_up(order)
        else:
            self._submit(order)
            self._look_later(order, self._book.refill_s)

    def _look_later(self, order: Order, delay_s: float) -> None:
        """Look at an order after some seconds, and at nothing before that."""
        self._due[order.key] = self._setting.turns.after(delay_s, partial(self._come_due, order))

    def _come_due(self, order: Order) -> None:
        """Let an order trade that has waited for it."""
        self._due.pop(order.key, None)
        offer = self._offer(order) if self._is_on(order) else None
        if offer is not None and offer.shares:
            self._trade(order, offer)
        else:
            self._work(order)
        self._work_others(order)

    def _give_up(self, order: Order) -> None:
        """End an order that does not wait."""
        self._setting.reporter.cancelling(order)
        self.end(order, BY_SYSTEM)

    def _submit(self, order: Order) -> None:
        """Report an order as being at the exchange, once."""
        if order.status is Status.PRE_SUBMITTED:
            order.status = Status.SUBMITTED
            self._setting.reporter.rested(order)

    # -- How an order trades

    def _trade_soon(self, order: Order, offer: Offer) -> None:
        """Trade after the delays of the market and of the order, or at once if there are none."""
        if self._is_blocked(order):
            self._submit(order)
            return
        delay_s = self._setting.behaviour.fill_delay_s + order.patience_s
        order.patience_s = 0.0
        if delay_s > 0:
            if not order.is_immediate and order.ticket.order_type != "MKT":
                self._submit(order)
            self._look_later(order, delay_s)
        else:
            self._trade(order, offer)

    def _is_blocked(self, order: Order) -> bool:
        """Tell whether another order of the group is about to trade, and keeps this one from it."""
        return self._groups.blocks(order) and any(
            other.key in self._due for other in self._groups.others(order)
        )

    def _trade(self, order: Order, offer: Offer) -> None:
        """Fill an order as far as an offer goes; the rest goes on."""
        now = self._setting.market.now()
        self._note_cap(order, offer.shares)
        self._book.take(order.instrument, order.side, offer.shares, now)
        self._fill(order, offer.shares, offer.price)
        # What is left of an order with a limit of its own waits for its price, or for depth.
        if order.is_working and (order.is_immediate or not self._book.is_deep):
            self._work(order)

    @staticmethod
    def _note_cap(order: Order, shares: int) -> None:
        """Note that a market order gets too few shares at prices within its cap."""
        if order.price_cap is not None and shares < order.remaining:
            order.is_capped = True

    def _trade_in_auction(self, order: Order, which: Literal["opening", "closing"]) -> None:
        """Fill an order at the price of its auction, and cancel what is left of it."""
        setting = self._setting
        price = setting.market.auction_price(order.instrument.key, which)
        shares = fill_shares(order.quantity, order.filled, setting.behaviour.fill)
        is_halted = setting.market.is_halted(order.instrument.key)
        if shares > 0 and not is_halted and within(order.side, order.limit, price) is not None:
            self._fill(order, shares, price)
        if order.is_working:
            self.end(order, BY_SYSTEM, EXPIRED)

    def _fill(self, order: Order, shares: int, price: Decimal) -> None:
        """Book a fill and tell of it; what is to be sold may have left the account meanwhile."""
        setting = self._setting
        now, ledger = setting.market.now(), setting.accounts.of(order.account)
        if not _is_covered(ledger, order, shares):
            self.end(order, BY_SYSTEM, UNCOVERED)
            return
        charge = book_fill(ledger, order, shares, price)
        order.filled += shares
        order.notional += shares * price
        order.last_price = price
        execution = Execution(
            order=order,
            execution_id=self._numbering.new_execution_id(now),
            shares=shares,
            price=price,
            at=now,
            cumulative=order.filled,
            average_price=order.average_price,
            was_resting=order.was_resting,
            commission=charge.commission,
            realized_pnl=charge.realized_pnl,
        )
        setting.records.add(execution)
        if not order.remaining:
            self._close(order, Status.FILLED, f"Filled Size: {order.filled}")
        elif order.status is Status.PRE_SUBMITTED:
            order.status = Status.SUBMITTED
        setting.reporter.filled(execution)
        setting.listener.account_changed(order.instrument.key)
        if order.ticket.oca_group:
            self._shrink_others(order)

    # -- What one order does to others

    def _shrink_others(self, filled: Order) -> None:
        """Cancel or reduce the other orders of the group of one that has traded."""
        for other, quantity in self._groups.quantities_after(filled):
            if quantity <= other.filled:
                self.end(other, BY_SYSTEM, CANCELLED)
            elif quantity < other.quantity:
                other.quantity = quantity
                self._setting.reporter.resized(other)

    def _work_others(self, order: Order) -> None:
        """Let the others of a group trade that an order may have kept from it."""
        for other in self._groups.others(order):
            if other.key not in self._due and other.is_working:
                self._work(other)

    def _close(self, order: Order, status: Status, text: str) -> None:
        """Make an order final."""
        order.status = status
        order.end_text = text
        self._stop_waiting(order)
        self._setting.records.close(order, self._setting.market.now())
        if order.ticket.oca_group:
            self._groups.leave(order)

    def _stop_waiting(self, order: Order) -> None:
        """Take back an order's timer."""
        timer = self._due.pop(order.key, None)
        if timer is not None:
            self._setting.turns.cancel(timer)


def _is_covered(ledger: Ledger, order: Order, shares: int) -> bool:
    """Tell whether what an order sells is held, or may be owed."""
    if order.side.value > 0 or order.instrument.is_pair or ledger.rules.shorting:
        return True
    return ledger.shares(order.instrument.key) >= shares
