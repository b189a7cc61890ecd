"""The numbers of orders and executions. They outlive connections, and are the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

#: Permanent ids look like the real ones: nine or ten digits, below the largest 32-bit integer.
_FIRST_PERMANENT_ID: Final = 1_376_327_563
_PERMANENT_IDS_A_SEED: Final = 10_000_000
_SEEDS: Final = 64

_FIRST_ORDER_ID: Final = 1


class Numbering:
    """Gives out numbers, none of them twice."""

    def __init__(self, seed: int) -> None:
        self._source = seed % _SEEDS
        self._permanent_id = _FIRST_PERMANENT_ID + self._source * _PERMANENT_IDS_A_SEED
        self._executions = 0
        self._next_order_ids: dict[int, int] = {}
        self._foreign_order_id = 0

    def next_order_id(self, client_id: int) -> int:
        """Return the lowest order id that a client has not used."""
        return self._next_order_ids.get(client_id, _FIRST_ORDER_ID)

    def use_order_id(self, client_id: int, order_id: int) -> None:
        """Remember that a client has used an order id."""
        following = max(self.next_order_id(client_id), order_id + 1)
        self._next_order_ids[client_id] = following

    def roll_back(self, count: int) -> None:
        """Forget the last order ids of every client, as a gateway does that lost its memory."""
        for client_id, following in self._next_order_ids.items():
            self._next_order_ids[client_id] = max(following - count, _FIRST_ORDER_ID)

    def new_foreign_order_id(self) -> int:
        """Return an id for an order that came from no client: -1, -2 and so on."""
        self._foreign_order_id -= 1
        return self._foreign_order_id

    def new_permanent_id(self) -> int:
        """Return an id that no order of the account has."""
        self._permanent_id += 1
        return self._permanent_id

    def new_execution_id(self, at: datetime) -> str:
        """Return an id that no execution has; its last part counts corrections, from 01."""
        self._executions += 1
        second = int(at.timestamp())
        return f"0000e{self._source:03x}.{second:08x}.{self._executions:02x}.01"

    @staticmethod
    def corrected(execution_id: str) -> str:
        """Return the id that replaces an execution's: its last part is one higher."""
        before, _, count = execution_id.rpartition(".")
        return f"{before}.{int(count) + 1:02d}"
