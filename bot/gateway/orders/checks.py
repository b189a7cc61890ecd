"""What an order must be like. One function a check; the first refusal decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.gateway.exchange.book import Side
from bot.gateway.exchange.sessions import NEW_YORK
from bot.gateway.orders.order import FINAL, Order, Ticket
from bot.gateway.orders.reports import Refusal

if TYPE_CHECKING:
    from decimal import Decimal

#: Shares in one order. More is a mistake, whoever made it.
QUANTITY_MAX: Final = 1_000_000_000

ORDER_TYPES: Final = frozenset({"LMT", "MKT"})
TIMES_IN_FORCE: Final = frozenset({"", "DAY", "GTC", "GTD", "IOC"})


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks look at beside the ticket.

    Attributes:
        account: The only account.
        now: The replayed moment, aware UTC.
        existing: The client's order of the same number, or None.
        next_order_id: Lowest number that the client has not used.
        sellable: Shares of the instrument that no other working order sells already.
        buying_power: Notional that could still be bought, in the account's currency.
        notional: Of the order at the price it would have, in that currency.
        reject_code: Error code with which new orders are rejected at the moment, or None.
    """

    account: str
    now: datetime
    existing: Order | None
    next_order_id: int
    sellable: int
    buying_power: Decimal
    notional: Decimal
    reject_code: int | None


Check = Callable[[Ticket, Situation], Refusal | None]


def _invalid(cause: str) -> Refusal:
    """Return the refusal of an order that makes no sense as it stands."""
    return Refusal(321, f"Error validating request.-'gw' : cause - {cause}")


def _rejected(reason: str) -> Refusal:
    """Return the refusal of an order that the account does not allow."""
    return Refusal(201, f"Order rejected - reason:{reason}", is_recorded=True)


def read_good_till_date(text: str) -> datetime | None:
    """Return the moment at which a GTD order ends, aware UTC, or None if the text is no moment.

    TWS takes `20200601 15:00:00` with or without a zone behind it, and `20200601-19:00:00` in UTC.
    Without a zone it is the exchange's.
    """
    zone: tzinfo
    date_and_time, _, zone_name = text.strip().partition(" ")
    if "-" in date_and_time:
        pattern, zone = "%Y%m%d-%H:%M:%S", UTC
    else:
        time_text, _, zone_name = zone_name.strip().partition(" ")
        date_and_time = f"{date_and_time} {time_text}"
        pattern, zone = "%Y%m%d %H:%M:%S", NEW_YORK
    try:
        if zone_name:
            zone = ZoneInfo(zone_name)
        moment = datetime.strptime(date_and_time, pattern).replace(tzinfo=zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):  # a folder of zones is no zone
        return None
    return moment.astimezone(UTC)


def check_instrument(ticket: Ticket, _situation: Situation) -> Refusal | None:
    """The contract exists and can be routed to the exchange named."""
    instrument = ticket.instrument
    if instrument is None or ticket.exchange not in ("", *instrument.valid_exchanges):
        return Refusal(200, "No security definition has been found for the request")
    return None


def check_identity(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The number is new, or names a working order that is to be changed and can be."""
    existing = situation.existing
    if existing is None:
        if ticket.order_id < situation.next_order_id and not ticket.is_preview:
            return Refusal(103, "Duplicate order id")
        return None
    if existing.status in FINAL:
        return Refusal(104, "Cannot modify a filled order.")
    if existing.instrument != ticket.instrument or existing.ticket.action != ticket.action:
        return Refusal(105, "Order being modified does not match original order.")
    if (ticket.quantity or 0) <= existing.filled:
        return Refusal(105, f"Order being modified has already filled {existing.filled} shares.")
    return None


def check_kind(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The order is of a kind that is served, for this account."""
    if ticket.unserved:
        return _invalid(f"The gateway does not serve {', '.join(ticket.unserved)}")
    if ticket.order_type not in ORDER_TYPES:
        return _invalid(f"The gateway does not serve the order type {ticket.order_type!r}")
    if ticket.time_in_force not in TIMES_IN_FORCE:
        return _invalid(f"The gateway does not serve the time in force {ticket.time_in_force!r}")
    if ticket.action not in Side.__members__:
        return _invalid(f"Invalid action {ticket.action!r}")
    if ticket.account not in ("", situation.account):
        return _invalid(f"Invalid account code {ticket.account!r}")
    return None


def check_expiry(ticket: Ticket, situation: Situation) -> Refusal | None:
    """An order with an end of its own names one that lies ahead."""
    if ticket.time_in_force != "GTD":
        return None
    ends_at = read_good_till_date(ticket.good_till_date)
    if ends_at is None or ends_at <= situation.now:
        return _invalid(f"Invalid good till date {ticket.good_till_date!r}")
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
    if ticket.order_type != "LMT" or ticket.instrument is None:
        return None
    if ticket.limit is None or not ticket.instrument.rule.is_on_tick(ticket.limit):
        text = "The price does not conform to the minimum price variation for this contract."
        return Refusal(110, text)
    return None


def check_reject_switch(ticket: Ticket, situation: Situation) -> Refusal | None:
    """No rejection is wished for at the moment."""
    code = situation.reject_code
    if code is None or ticket.is_preview or situation.existing is not None:
        return None
    return Refusal(code, "Order rejected - reason:the gateway was told to reject", is_recorded=True)


def check_shares(ticket: Ticket, situation: Situation) -> Refusal | None:
    """No more is sold than is held: the gateway holds no short positions."""
    if ticket.side is Side.SELL and (ticket.quantity or 0) > situation.sellable:
        return _rejected(
            f"The account may not hold short positions: {situation.sellable} shares can be sold."
        )
    return None


def check_margin(ticket: Ticket, situation: Situation) -> Refusal | None:
    """The account can carry what is bought."""
    if ticket.side is Side.BUY and situation.notional > situation.buying_power:
        return _rejected(
            "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH"
            " LOAN VALUE MUST EXCEED THE INITIAL MARGIN."
        )
    return None


#: In this order. The last three are the account's, and keep what they reject on record.
CHECKS: Final[tuple[Check, ...]] = (
    check_instrument,
    check_identity,
    check_kind,
    check_expiry,
    check_size,
    check_price,
    check_reject_switch,
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
