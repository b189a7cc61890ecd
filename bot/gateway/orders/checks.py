"""What an order must be like. One function a check; the first refusal decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.book import Side, collar
from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.orders.kinds import ADAPTIVE, KINDS, TIMES_IN_FORCE, priority_of
from bot.gateway.orders.order import FINAL, LIMITED, Order, Status, Ticket
from bot.gateway.wire.moments import read_moment
from bot.gateway.wire.refusals import NO_DEFINITION, invalid_text

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.config.market import BookTable
    from bot.gateway.exchange.market import Market

#: Shares in one order. More is a mistake, whoever made it.
QUANTITY_MAX: Final = 1_000_000_000

_OCA_TYPE_MAX: Final = 3

#: Order types and times in force of orders that the algorithm works.
_ADAPTIVE_TYPES: Final = frozenset({"LMT", "MKT"})
_ADAPTIVE_TIMES: Final = frozenset({"", "DAY", "GTC", "GTD"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not taken.

    Attributes:
        code: Error code of TWS.
        text: In its words.
        is_recorded: Whether the order is kept as rejected, as real ones are that got as far as the
            account's checks, or is as if it had never been sent.
        is_cancel: Whether what is kept counts as taken and then cancelled, not as rejected.
    """

    code: int
    text: str
    is_recorded: bool = False
    is_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks look at beside the ticket.

    Attributes:
        accounts: Ids of the accounts that can trade.
        advisor: Id of the account that only allocates to others, or empty.
        market: Instruments, quotes and sessions.
        book: Cut-off of the closing auction, and how far limits may go.
        existing: The client's order of the same number, or None.
        next_order_id: Lowest number that the client has not used.
        sellable: Shares of the instrument that no other working order sells already, or None if
            more may be sold than is held.
        buying_power: Notional that could still be bought, in the account's currency.
        notional: Of what the order opens, at the price it would have, in that currency.
        reject_code: Error code with which new orders are rejected at the moment, or None.
        is_cash_account: Whether only settled cash buys.
        same_side: Other orders at work of the account, for the same contract and side.
        is_group_filled: Whether an order of the same group was filled today.
    """

    accounts: tuple[str, ...]
    advisor: str
    market: Market
    book: BookTable
    existing: Order | None
    next_order_id: int
    sellable: int | None
    buying_power: Decimal
    notional: Decimal
    reject_code: int | None
    is_cash_account: bool = False
    same_side: int = 0
    is_group_filled: bool = False


Check = Callable[[Ticket, Situation], Refusal | None]


def _invalid(cause: str) -> Refusal:
    """Return the refusal of an order that makes no sense as it stands."""
    return Refusal(321, invalid_text(cause))


def _rejected(reason: str) -> Refusal:
    """Return the refusal of an order that the account does not allow."""
    return Refusal(201, f"Order rejected - reason:{reason}", is_recorded=True)


def check_served(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """Nothing is asked for that is not served, or that TWS no longer knows."""
    if ticket.unserved:
        return _invalid(f"The gateway does not serve {', '.join(ticket.unserved)}")
    for code, attribute in ticket.refused_attributes:
        return Refusal(code, f"The '{attribute}' order attribute is not supported.")
    return None


def check_instrument(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The contract exists and can be routed to the exchange named."""
    instrument = ticket.instrument
    if instrument is None or ticket.exchange not in ("", *instrument.valid_exchanges):
        return Refusal(200, NO_DEFINITION)
    return None


def check_identity(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The number is new, or names a working order that is to be changed and can be."""
    existing = situation.existing
    if existing is None:
        if ticket.order_id < situation.next_order_id and not ticket.is_preview:
            return Refusal(103, "Duplicate order id")
        return None
    if ticket.is_preview:
        return None
    if existing.status in FINAL:
        return Refusal(104, "Cannot modify a filled order.")
    if existing.status is Status.PENDING_CANCEL:
        return Refusal(2102, "Unable to modify this order as it is still being processed.")
    return _check_change(ticket, existing)


def _check_change(ticket: Ticket, existing: Order) -> Refusal | None:
    """Only what can be changed of a working order is changed."""
    before = existing.ticket
    if (
        existing.instrument != ticket.instrument
        or before.action != ticket.action
        or (ticket.account and ticket.account != existing.account)
    ):
        return Refusal(105, "Order being modified does not match original order.")
    if (ticket.quantity or 0) <= existing.filled:
        return Refusal(105, f"Order being modified has already filled {existing.filled} shares.")
    if before.order_type != ticket.order_type:
        return Refusal(329, "Order modify failed. Cannot change to the new order type.")
    algorithms = [(each.algorithm, each.algorithm_parameters) for each in (before, ticket)]
    if algorithms[0] != algorithms[1]:
        return Refusal(440, "Order modify failed. Algorithm cannot be modified.")
    if before.oca_group != ticket.oca_group:
        return Refusal(10326, "OCA group revision is not allowed")
    return None


def check_kind(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The order is of a kind that is served."""
    if ticket.order_type not in KINDS:
        return _invalid(f"The gateway does not serve the order type {ticket.order_type!r}")
    instrument = ticket.instrument
    if instrument is not None and (
        instrument.is_index or (instrument.is_pair and _is_of_stocks(ticket))
    ):
        text = "Unsupported order type for this exchange and security type."
        return Refusal(387, text)
    if ticket.time_in_force not in TIMES_IN_FORCE:
        return _invalid(f"The gateway does not serve the time in force {ticket.time_in_force!r}")
    if ticket.action not in Side.__members__:
        return _invalid(f"Invalid action {ticket.action!r}")
    if not 0 <= ticket.oca_type <= _OCA_TYPE_MAX:
        return _invalid(f"Invalid OCA type {ticket.oca_type}")
    return None


def _is_of_stocks(ticket: Ticket) -> bool:
    """Tell whether an order is of a kind that currency pairs do not have: they have no auctions."""
    kind = KINDS[ticket.order_type]
    return kind.is_at_close or kind.is_inside or ticket.time_in_force == "OPG"


def check_account(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The order says for which account it is, if there are several."""
    account = ticket.account
    if account in situation.accounts:
        return None
    if not account:
        is_clear = len(situation.accounts) == 1
        return None if is_clear else Refusal(435, "You must specify an account.")
    if account == situation.advisor:
        return Refusal(436, "You must specify an allocation.")
    return _invalid(f"Invalid account code {account!r}")


def check_times(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The time in force goes with the order type, and its moments are ones."""
    kind, now = KINDS[ticket.order_type], situation.market.now()
    if ticket.time_in_force not in kind.times_in_force:
        return Refusal(kind.wrong_time_code, kind.wrong_time_text)
    if ticket.time_in_force == "GTD":
        ends_at = read_moment(ticket.good_till_date, NEW_YORK)
        if ends_at is None or ends_at <= now:
            return _invalid(f"Invalid good till date {ticket.good_till_date!r}")
    if ticket.good_after_time and read_moment(ticket.good_after_time, NEW_YORK) is None:
        return _invalid(f"Invalid good after time {ticket.good_after_time!r}")
    return None


def check_algorithm(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The algorithm is known, and so are its parameters; it works orders of this kind."""
    if not ticket.algorithm:
        return None
    if ticket.algorithm != ADAPTIVE:
        return _invalid(f"The gateway does not serve the algorithm {ticket.algorithm!r}")
    if ticket.order_type not in _ADAPTIVE_TYPES or ticket.time_in_force not in _ADAPTIVE_TIMES:
        return Refusal(442, "Specified algorithm is not allowed for this order.")
    if priority_of(ticket.algorithm_parameters) is None:
        told = ", ".join(f"{tag}={value}" for tag, value in ticket.algorithm_parameters)
        return Refusal(441, f"Algo attributes validation failed: {told}")
    return None


def check_size(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The size is a whole number of shares above zero."""
    quantity = ticket.quantity
    if quantity is None or quantity <= 0:
        return Refusal(434, "The order size cannot be zero.")
    if quantity > QUANTITY_MAX:
        return _invalid(f"The size is above {QUANTITY_MAX}")
    if quantity % 1:
        return Refusal(10243, "Fractional-sized order cannot be placed via API.")
    return None


def check_price(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The limit is a price that the exchange takes."""
    limit, instrument = ticket.limit, ticket.instrument
    needs_limit = KINDS[ticket.order_type].needs_limit
    if instrument is None or not (needs_limit or (limit and ticket.order_type == "MIDPRICE")):
        return None
    if limit is None or not instrument.rule.is_on_tick(limit):
        text = "The price does not conform to the minimum price variation for this contract."
        return Refusal(110, text)
    return None


def check_collar(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The limit is not too far through the market."""
    limit, instrument, fraction = ticket.limit, ticket.instrument, situation.book.collar_fraction
    if not fraction or limit is None or instrument is None or ticket.order_type not in LIMITED:
        return None
    quote = situation.market.quote(instrument.key)
    if ticket.side.value * (limit - collar(ticket.side, quote, fraction)) <= 0:
        return None
    text = (
        "Order Canceled - reason:We cannot accept an order at the limit price you selected."
        " Please submit your order using a limit price that is closer to the current market price"
        f" of {quote.last}."
    )
    return Refusal(202, text, is_recorded=True, is_cancel=True)


def check_cutoff(ticket: Ticket, situation: Situation) -> Refusal | None:
    """An order for the closing auction comes in time."""
    if not KINDS[ticket.order_type].is_at_close:
        return None
    now, session = situation.market.now(), situation.market.session()
    last_at = session.closes_at - timedelta(seconds=situation.book.moc_cutoff_s)
    if last_at <= now:
        return _rejected("It is too late to place an order for today's closing auction.")
    return None


def check_reject_switch(ticket: Ticket, situation: Situation) -> Refusal | None:
    """No rejection is wished for at the moment."""
    code = situation.reject_code
    if code is None or ticket.is_preview or situation.existing is not None:
        return None
    return Refusal(code, "Order rejected - reason:the gateway was told to reject", is_recorded=True)


def check_shares(ticket: Ticket, situation: Situation) -> Refusal | None:
    """No more is sold than is held, unless the account holds short positions."""
    sellable = situation.sellable
    if sellable is not None and ticket.side is Side.SELL and (ticket.quantity or 0) > sellable:
        return _rejected(
            f"The account may not hold short positions: {sellable} shares can be sold."
        )
    return None


def check_group(_ticket: Ticket, situation: Situation) -> Refusal | None:
    """No order comes late to a group that has what it wanted."""
    if situation.is_group_filled and situation.existing is None:
        return _rejected("OCA group is already filled.")
    return None


def check_crowd(_ticket: Ticket, situation: Situation) -> Refusal | None:
    """There are not too many orders of the kind already."""
    most = situation.book.working_max
    if most and situation.existing is None and situation.same_side >= most:
        return _rejected(f"{most} orders of this contract and side are working already.")
    return None


def check_margin(_ticket: Ticket, situation: Situation) -> Refusal | None:
    """The account can carry what is opened."""
    if situation.notional > situation.buying_power:
        if situation.is_cash_account:
            return _rejected(
                "YOUR ORDER IS NOT ACCEPTED. THERE IS INSUFFICIENT SETTLED CASH IN YOUR ACCOUNT TO"
                " OBTAIN THE DESIRED POSITION."
            )
        return _rejected(
            "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH"
            " LOAN VALUE MUST EXCEED THE INITIAL MARGIN."
        )
    return None


#: In this order. The last ones are the account's, and keep what they reject on record.
CHECKS: Final[tuple[Check, ...]] = (
    check_served,
    check_instrument,
    check_identity,
    check_kind,
    check_account,
    check_times,
    check_algorithm,
    check_size,
    check_price,
    check_collar,
    check_cutoff,
    check_reject_switch,
    check_group,
    check_crowd,
    check_shares,
    check_margin,
)


def first_refusal(ticket: Ticket, situation: Situation) -> Refusal | None:
    """Return the refusal of the first check that an order does not pass, or None."""
    for check in CHECKS:
        refusal = check(ticket, situation)
        if refusal is not None:
            return refusal
    return None
