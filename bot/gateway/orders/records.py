"""Every order and every fill, for ever, and by the day on which it happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from bot.gateway.exchange.calendars import NEW_YORK
from bot.gateway.exchange.sessions import local, midnight_after
from bot.gateway.orders.order import KeptOrder, Order

if TYPE_CHECKING:
    from datetime import date

    from bot.gateway.orders.order import Execution, OrderKey


@dataclass(slots=True)
class Touched:
    """What has changed of the records since somebody took this last.

    Attributes:
        orders: The names of the fields that changed, by order; None for all of a new one.
        executions: The places of the fills that are new or corrected.
    """

    orders: dict[OrderKey, dict[str, None] | None] = field(default_factory=dict)
    executions: dict[int, None] = field(default_factory=dict)


class Records:
    """What was ever taken, what works, what has traded.

    Clients ask for what ended and what traded today; a day's list is found without a look at the
    others.

    Attributes:
        orders: Every order, by client id and order id, in the order of arrival.
        working: Those that are not final.
        executions: Every fill, in order; a corrected one stands where the first one stood.
        order_type: Of which kind new orders are to be.
    """

    def __init__(self) -> None:
        self.orders: dict[OrderKey, Order] = {}
        self.working: dict[OrderKey, Order] = {}
        self.executions: list[Execution] = []
        self._executed: dict[date, list[Execution]] = {}
        self._completed: dict[date, list[Order]] = {}
        self._today: tuple[datetime, datetime, date] | None = None
        self._touched: Touched | None = None
        self.order_type: type[Order] = Order

    def watch(self) -> None:
        """Take note, from now on, of what changes; orders before that are those of an earlier run."""
        self._touched = Touched()
        self.order_type = KeptOrder
        for order in self.orders.values():
            self._follow(order)

    def take_touched(self) -> Touched:
        """Return what has changed since the last time, or since `watch`."""
        touched = self._touched or Touched()
        self._touched = Touched()
        return touched

    def executed_on(self, day: date) -> list[Execution]:
        """Return the fills of a date in New York, in order."""
        return self._executed.get(day, [])

    def completed_on(self, day: date) -> list[Order]:
        """Return the orders that became final on a date in New York, in that order."""
        return self._completed.get(day, [])

    def open(self, order: Order) -> None:
        """Keep an order that works."""
        self._arrive(order)
        self.orders[order.key] = self.working[order.key] = order

    def close(self, order: Order, at: datetime) -> None:
        """Keep an order that is final, from now on or from the start."""
        self._arrive(order)
        order.ended_at = at
        self.orders[order.key] = order
        self.working.pop(order.key, None)
        self._completed.setdefault(self._day_of(at), []).append(order)

    def add(self, execution: Execution) -> None:
        """Keep a fill."""
        if self._touched is not None:
            self._touched.executions[len(self.executions)] = None
        self.executions.append(execution)
        self._executed.setdefault(self._day_of(execution.at), []).append(execution)

    def replace(self, before: Execution, after: Execution) -> None:
        """Put a corrected fill in the place of the wrong one.

        Raises:
            ValueError: If the wrong one is not there, or no longer.
        """
        place = self.executions.index(before)
        self.executions[place] = after
        day = self._executed[self._day_of(before.at)]
        day[day.index(before)] = after
        if self._touched is not None:
            self._touched.executions[place] = None

    def _arrive(self, order: Order) -> None:
        """Take note of an order that is new."""
        if self._touched is not None and order.key not in self.orders:
            self._touched.orders[order.key] = None
            self._follow(order)

    def _follow(self, order: Order) -> None:
        """Take note of what becomes of an order.

        Raises:
            TypeError: If it is of the kind that does not say so.
        """
        if not isinstance(order, KeptOrder):
            message = f"order {order.key} was placed before its changes were to be kept"
            raise TypeError(message)
        order.watch(self._note)

    def _note(self, order: Order, name: str) -> None:
        """Take note of a field that changes."""
        if self._touched is not None:
            names = self._touched.orders.setdefault(order.key, {})
            if names is not None:
                names[name] = None

    def _day_of(self, at: datetime) -> date:
        """Return the date in New York of a moment; most of them are on the same one."""
        today = self._today
        if today is None or not today[0] <= at < today[1]:
            day = local(at).date()
            begins_at = datetime.combine(day, time(), NEW_YORK).astimezone(UTC)
            today = self._today = (begins_at, midnight_after(day), day)
        return today[2]
