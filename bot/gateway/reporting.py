"""Values of the records, under the names that the message layouts have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.account.ledger import CENT, Position
from bot.gateway.exchange.book import Side
from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.hours import zone_id
from bot.gateway.exchange.sessions import local
from bot.gateway.orders.groups import group_type
from bot.gateway.wire.moments import moment_text
from bot.gateway.wire.numbers import UNSET_DOUBLE, WireValue
from bot.gateway.wire.order_reports import algorithm_text

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from bot.gateway.account.profit import Profit
    from bot.gateway.account.valuation import Valuation
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.orders.assessment import Preview
    from bot.gateway.orders.order import Execution, Order, Status

Values = dict[str, WireValue]

_NO_MARGINS: Final[Values] = {
    f"{what}_{when}": UNSET_DOUBLE
    for when in ("before", "change", "after")
    for what in ("initial_margin", "maintenance_margin", "equity")
}

#: Added and removed liquidity.
_ADDED: Final = 1
_REMOVED: Final = 2


def _time(moment: datetime, version: int) -> str:
    """Return a moment in the zone of the account."""
    return moment_text(local(moment), zone_id(NEW_YORK), version)


def contract_values(instrument: Instrument) -> Values:
    """Return what every message says about a contract, but for the exchange."""
    return {
        "contract_id": instrument.contract_id,
        "symbol": instrument.symbol,
        "security_type": instrument.security_type,
        "currency": instrument.currency,
        "local_symbol": instrument.local_symbol,
        "trading_class": instrument.trading_class,
    }


def _terms(order: Order) -> Values:
    """Return the terms of an order, which open and completed orders have in common."""
    ticket = order.ticket
    return {
        **contract_values(order.instrument),
        "exchange": ticket.exchange or order.instrument.exchange,
        "action": ticket.action,
        "quantity": order.quantity,
        "order_type": ticket.order_type,
        "limit_price": "0.0" if ticket.limit is None else ticket.limit,
        "aux_price": "0.0" if ticket.aux_price is None else ticket.aux_price,
        "time_in_force": ticket.time_in_force or "DAY",
        "oca_group": ticket.oca_group,
        "oca_type": group_type(order),
        "good_after_time": ticket.good_after_time,
        "algorithm": algorithm_text(ticket.algorithm, ticket.algorithm_parameters),
        "account": order.account,
        "order_ref": ticket.order_ref,
        "permanent_id": order.permanent_id,
        "outside_hours": ticket.outside_hours,
        "good_till_date": ticket.good_till_date,
        "status": order.status.value,
    }


def open_order_values(order: Order) -> Values:
    """Return an order as open orders are told; its commission only once it is known."""
    ticket = order.ticket
    is_charged = order.filled > 0 and order.commission > 0
    return {
        **_terms(order),
        **_NO_MARGINS,
        "order_id": ticket.order_id,
        "client_id": ticket.client_id,
        "shares_allocation": f"{order.permanent_id}.0/{order.account}/100",
        "parent_id": ticket.parent_id,
        "what_if": ticket.is_preview,
        "commission": order.commission if is_charged else None,
        "minimum_commission": None,
        "maximum_commission": None,
        "commission_currency": order.instrument.currency if is_charged else "",
        "warning": "",
    }


def preview_values(preview: Preview) -> Values:
    """Return an order as the answer to a what-if request: with margins, before and after."""
    values = open_order_values(preview.order)
    before, after = _margins(preview.before), _margins(preview.after)
    for what, amount in before.items():
        values[f"{what}_before"] = _amount(amount)
        values[f"{what}_change"] = _amount(after[what] - amount)
        values[f"{what}_after"] = _amount(after[what])
    values["commission"] = preview.commission
    values["warning"] = preview.warning
    values["commission_currency"] = preview.order.instrument.currency
    return values


def _margins(valuation: Valuation) -> dict[str, Decimal]:
    """Return the three figures of a preview."""
    return {
        "initial_margin": valuation.margin,
        "maintenance_margin": valuation.maintenance_margin,
        "equity": valuation.net_liquidation,
    }


def _amount(amount: Decimal) -> str:
    """Return an amount with two decimals."""
    return str(amount.quantize(CENT))


def status_values(order: Order, status: Status) -> Values:
    """Return the state of an order."""
    return {
        "order_id": order.ticket.order_id,
        "status": status.value,
        "filled": order.filled,
        "remaining": order.remaining,
        "average_price": order.average_price,
        "permanent_id": order.permanent_id,
        "parent_id": order.ticket.parent_id,
        "last_price": order.last_price,
        "client_id": order.ticket.client_id,
        "why_held": "",
        "market_cap_price": order.told_cap or 0,
    }


def execution_values(execution: Execution, version: int, request_id: int = -1) -> Values:
    """Return a fill; the request id is -1 unless it was asked for."""
    order = execution.order
    ticket, instrument = order.ticket, order.instrument
    exchange = instrument.valid_exchanges[-1]
    return {
        **contract_values(instrument),
        "request_id": request_id,
        "order_id": ticket.order_id,
        "exchange": exchange,
        "execution_id": execution.execution_id,
        "time": _time(execution.at, version),
        "account": order.account,
        "execution_exchange": exchange,
        "side": "BOT" if order.side is Side.BUY else "SLD",
        "shares": execution.shares,
        "price": execution.price,
        "permanent_id": order.permanent_id,
        "client_id": ticket.client_id,
        "liquidation": int(ticket.is_liquidation),
        "cumulative": execution.cumulative,
        "average_price": execution.average_price,
        "order_ref": ticket.order_ref,
        "last_liquidity": _ADDED if execution.was_resting else _REMOVED,
    }


def commission_values(execution: Execution, currency: str) -> Values:
    """Return the commission of a fill; an opening one has no profit."""
    profit = execution.realized_pnl
    return {
        "execution_id": execution.execution_id,
        "commission": execution.commission,
        "currency": currency,
        "realized_pnl": UNSET_DOUBLE if profit is None else profit,
    }


def completed_order_values(order: Order, version: int) -> Values:
    """Return an order as completed orders are told: without its owner."""
    ended_at = order.ended_at
    return {
        **_terms(order),
        "filled": order.filled,
        "completed_time": "" if ended_at is None else _time(ended_at, version),
        "completed_status": order.end_text,
    }


def position_values(instrument: Instrument, position: Position, account: str) -> Values:
    """Return a position as reqPositions tells it; its exchange is the primary one."""
    return {
        **contract_values(instrument),
        "account": account,
        "exchange": instrument.primary_exchange,
        "position": position.shares,
        "average_cost": position.average_cost,
    }


def portfolio_values(
    instrument: Instrument, position: Position, price: Decimal, profit: Profit
) -> Values:
    """Return a position as the account updates tell it, but for the account: with its value."""
    value = position.shares * price
    return {
        **contract_values(instrument),
        "primary_exchange": instrument.primary_exchange,
        "position": position.shares,
        "market_price": price,
        "market_value": value.quantize(CENT),
        "average_cost": position.average_cost,
        "unrealized_pnl": profit.unrealized.quantize(CENT),
        "realized_pnl": profit.realized.quantize(CENT),
    }


def profit_values(request_id: int, profit: Profit) -> Values:
    """Return a profit under a request id."""
    return {
        "request_id": request_id,
        "daily_pnl": profit.daily.quantize(CENT),
        "unrealized_pnl": profit.unrealized.quantize(CENT),
        "realized_pnl": profit.realized.quantize(CENT),
    }


def single_profit_values(
    request_id: int, position: Position, price: Decimal, profit: Profit
) -> Values:
    """Return the profit with one position under a request id."""
    return {
        **profit_values(request_id, profit),
        "position": position.shares,
        "value": (position.shares * price).quantize(CENT),
    }
