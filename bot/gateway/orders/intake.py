"""Takes orders or refuses them, and works out when what was taken starts, trades and ends."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.sessions import local
from bot.gateway.orders.assessment import Assessor
from bot.gateway.orders.checks import Refusal, Situation, first_refusal
from bot.gateway.orders.kinds import ADAPTIVE, KINDS, priority_of
from bot.gateway.orders.order import Auction, Order, Status, Ticket
from bot.gateway.wire.moments import read_moment

if TYPE_CHECKING:
    from bot.gateway.orders.numbering import Numbering
    from bot.gateway.orders.setting import Setting

_NOTHING: Final = Decimal(0)

#: When the day of currency pairs ends, in New York.
_PAIRS_DAY_ENDS: Final = time(17, 0)


class Intake:
    """The counter where orders are handed in.

    Attributes:
        assessor: Knows what orders would mean for their accounts.
    """

    def __init__(self, setting: Setting, numbering: Numbering) -> None:
        """Take what orders live in, and what numbers them."""
        self.assessor = Assessor(setting.market, setting.accounts)
        self._setting = setting
        self._numbering = numbering
        advisor = setting.config.account_rules.advisor
        self._advisor = advisor
        self._accounts = tuple(it for it in setting.accounts.books if it != advisor)

    def refusal_of(self, ticket: Ticket) -> Refusal | None:
        """Return why an order is not taken, or None if it is."""
        return first_refusal(ticket, self._situation(ticket))

    def order_from(self, ticket: Ticket) -> Order:
        """Return the order that a ticket becomes, without a number and not yet kept.

        Raises:
            RuntimeError: If the ticket has no instrument, which the checks refuse.
        """
        if ticket.instrument is None:
            message = "an order without an instrument passed the checks"
            raise RuntimeError(message)
        make = self._setting.records.order_type
        order = make(ticket, ticket.instrument, 0, int(ticket.quantity or 0))
        order.account = ticket.account or self._setting.accounts.default
        return order

    def register(self, order: Order) -> None:
        """Give an order its permanent id, and its patience."""
        order.permanent_id = self._numbering.new_permanent_id()
        client_id, order_id = order.key
        if not order.is_foreign:
            self._numbering.use_order_id(client_id, order_id)
        self._set_patience(order)

    def refuse(self, ticket: Ticket, refusal: Refusal) -> None:
        """Keep an order that is not taken, if it is of the kind that is kept, and say why."""
        setting = self._setting
        is_new = (ticket.client_id, ticket.order_id) not in setting.records.orders
        is_kept = refusal.is_recorded and is_new and not ticket.is_preview
        if not is_kept or ticket.instrument is None:
            setting.listener.noticed(ticket.client_id, ticket.order_id, refusal.code, refusal.text)
            return
        order = self.order_from(ticket)
        self.register(order)
        order.end_text = refusal.text
        order.status = Status.CANCELLED if refusal.is_cancel else Status.INACTIVE
        setting.records.close(order, setting.market.now())
        if refusal.is_cancel:
            setting.reporter.accepted(order)
        setting.reporter.noticed(order, refusal.code, refusal.text)

    def set_times(self, order: Order) -> None:
        """Work out when an order starts and ends, or in which auction it trades."""
        ticket, market = order.ticket, self._setting.market
        starts_at = (
            read_moment(ticket.good_after_time, NEW_YORK) if ticket.good_after_time else None
        )
        order.starts_at = starts_at
        order.auction = None
        if KINDS[ticket.order_type].is_at_close:
            order.auction = Auction("closing", market.session().closes_at)
        elif ticket.time_in_force == "OPG":
            session, now = market.session(), market.now()
            if session.opens_at <= now:
                session = market.sessions.current_or_next(session.closes_at)
            order.auction = Auction("opening", session.opens_at)
        order.expires_at = None if order.auction else self._expiry(order)

    def _expiry(self, order: Order) -> datetime | None:
        """Return when an order ends by itself, or None for never."""
        ticket, market = order.ticket, self._setting.market
        if ticket.time_in_force == "GTC":
            return None
        if ticket.time_in_force == "GTD":
            return read_moment(ticket.good_till_date, NEW_YORK)
        if order.instrument.is_pair:
            return _end_of_pairs_day(market.now())
        if not order.trades_outside:
            return market.session().closes_at
        last = market.sessions.last_begun(market.now(), extended=True)
        if market.now() < last.extended_closes_at:
            return last.extended_closes_at
        return market.session().extended_closes_at

    def _set_patience(self, order: Order) -> None:
        """Decide whether an order trades inside the spread, and how long it waits for that."""
        config, ticket = self._setting.config, order.ticket
        if ticket.algorithm == ADAPTIVE:
            priority = priority_of(ticket.algorithm_parameters)
            if priority is not None:
                # Arbitrary on purpose, and the same in every run; nothing secret depends on it.
                draw = random.Random(f"{config.seed}/adaptive/{order.permanent_id}")  # noqa: S311
                order.is_inside = draw.random() < priority.inside_chance
                order.patience_s = float(config.book.inside_s) * priority.patience
        elif ticket.order_type in KINDS and KINDS[ticket.order_type].is_inside:
            order.is_inside = True
            order.patience_s = float(config.book.inside_s)

    def _situation(self, ticket: Ticket) -> Situation:
        """Return what the checks look at."""
        setting, instrument = self._setting, ticket.instrument
        existing = setting.records.orders.get((ticket.client_id, ticket.order_id))
        account = ticket.account or setting.accounts.default
        sellable, same_side, buying_power, notional = 0, 0, _NOTHING, _NOTHING
        is_sale = ticket.action == "SELL"
        is_shorting = False
        if instrument is not None and account in self._accounts:
            others = [
                order
                for order in setting.records.working.values()
                if order is not existing and order.account == account
            ]
            same_side = sum(it.is_like(instrument, ticket.action) for it in others)
            is_shorting = setting.accounts.of(account).rules.shorting or instrument.is_pair
            # What has traded of an order that is changed is in the books already.
            filled = existing.filled if existing is not None and existing.is_working else 0
            quantity = ticket.quantity or _NOTHING
            rest = replace(ticket, quantity=quantity - filled) if filled else ticket
            if is_sale:
                sellable = self.assessor.sellable(account, instrument, others)
            if instrument.is_pair:
                buying_power, notional = self.assessor.conversion(account, rest, others)
            elif not is_sale or is_shorting:
                buying_power = self.assessor.buying_power(account, others)
                notional = self.assessor.opened_notional(account, rest, sellable)
            sellable += filled
        return Situation(
            accounts=self._accounts,
            advisor=self._advisor,
            market=setting.market,
            book=setting.config.book,
            existing=existing,
            next_order_id=(
                ticket.order_id
                if ticket.is_foreign
                else self._numbering.next_order_id(ticket.client_id)
            ),
            sellable=None if is_shorting else sellable,
            buying_power=buying_power,
            notional=notional,
            reject_code=None if ticket.is_foreign else setting.behaviour.reject_code,
            is_cash_account=setting.config.account_rules.kind == "cash",
            same_side=same_side,
            is_group_filled=bool(ticket.oca_group) and self._is_group_filled(ticket, account),
        )

    def _is_group_filled(self, ticket: Ticket, account: str) -> bool:
        """Tell whether an order of a ticket's group was filled today."""
        today = local(self._setting.market.now()).date()
        return any(
            order.status is Status.FILLED
            and order.ticket.oca_group == ticket.oca_group
            and order.account == account
            for order in self._setting.records.completed_on(today)
        )


def _end_of_pairs_day(now: datetime) -> datetime:
    """Return when the trading day of currency pairs ends."""
    moment = local(now)
    ends_at = datetime.combine(moment.date(), _PAIRS_DAY_ENDS, NEW_YORK)
    return ends_at if moment < ends_at else ends_at + timedelta(days=1)
