"""One-cancels-all groups: what a fill of one order means for the others of its group.

Type 1 cancels the others. Types 2 and 3 reduce them in proportion: if a quarter of one has traded,
a quarter of each other one is taken away. Of a group of type 1 or 2, one order at a time is about
to trade, so that no two of them do; with type 3 two can, and then more trades than was wanted.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.gateway.orders.order import Order

_CANCEL: Final = 1
_REDUCE_WITHOUT_BLOCK: Final = 3

#: Account and name of a group.
_GroupKey = tuple[str, str]


def group_type(order: Order) -> int:
    """Return the type of the group that an order is in; TWS takes 3 if none is given."""
    return order.ticket.oca_type or _REDUCE_WITHOUT_BLOCK


class Groups:
    """Which orders belong together."""

    def __init__(self) -> None:
        self._members: dict[_GroupKey, list[Order]] = {}

    def join(self, order: Order) -> None:
        """Take note of an order, once; one without a group stays alone."""
        if order.ticket.oca_group:
            members = self._members.setdefault(self._key(order), [])
            if not any(order is each for each in members):
                members.append(order)

    def others(self, order: Order) -> list[Order]:
        """Return the working orders of an order's group, without itself."""
        if not order.ticket.oca_group:
            return []
        members = self._members.get(self._key(order), [])
        return [other for other in members if other is not order and other.is_working]

    def blocks(self, order: Order) -> bool:
        """Tell whether an order must not trade while another one of its group is about to."""
        return bool(order.ticket.oca_group) and group_type(order) != _REDUCE_WITHOUT_BLOCK

    def quantities_after(self, filled: Order) -> list[tuple[Order, int]]:
        """Return what a fill leaves of the other orders of its group.

        Args:
            filled: The order that has just traded.

        Returns:
            The others that still work, each with its new quantity, which is what has traded of it
            if nothing more shall.
        """
        others = self.others(filled)
        if group_type(filled) == _CANCEL:
            return [(other, other.filled) for other in others]
        members = self._members.get(self._key(filled), [])
        traded = sum(Fraction(each.filled, int(each.ticket.quantity or 1)) for each in members)
        open_part = max(1 - traded, Fraction(0))
        return [
            (other, other.filled + int(int(other.ticket.quantity or 0) * open_part))
            for other in others
        ]

    def leave(self, order: Order) -> None:
        """Forget a group of which no order works any more."""
        key = self._key(order)
        if key in self._members and not any(each.is_working for each in self._members[key]):
            del self._members[key]

    @staticmethod
    def _key(order: Order) -> _GroupKey:
        return (order.account, order.ticket.oca_group)
