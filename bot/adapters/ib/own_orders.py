"""Which order ids are ours in this connection.

Order ids are never keys: they are rolled back when a gateway restarts. So what is known here was sent or seen in
*this* connection; only the highest id outlives it, since an id that was used once must not come again.
"""

from __future__ import annotations

from typing import Final

#: How many order ids are left out after one that the gateway says was used before: another session of this client id,
#: or a gateway that was set back, may have used the next ones too.
SKIPPED_NUMBERS: Final = 1000


class OwnOrders:
    """Order ids and references of orders under our client id."""

    def __init__(self, client_id: int, highest_id: int = 0) -> None:
        self.client_id = client_id
        self.highest_id = highest_id
        self._ref_by_id: dict[int, str] = {}
        self._id_by_ref: dict[str, int] = {}
        self._ref_by_perm_id: dict[int, str] = {}

    def learn(self, order_ref: str, order_id: int, client_id: int, perm_id: int = 0) -> None:
        """Take note of an order that was sent or seen; of other clients only the permanent id."""
        if perm_id > 0 and order_ref:
            self._ref_by_perm_id[perm_id] = order_ref
        if client_id != self.client_id or order_id <= 0:
            return
        self.highest_id = max(self.highest_id, order_id)
        if order_ref:
            self._ref_by_id[order_id] = order_ref
            self._id_by_ref[order_ref] = order_id

    def skip_numbers(self) -> None:
        """Leave out a stretch of order ids: the gateway said of one that it was used before."""
        self.highest_id += SKIPPED_NUMBERS

    def forget(self, order_ref: str) -> None:
        """Undo `learn` for an order of which no byte was written."""
        order_id = self._id_by_ref.pop(order_ref, None)
        if order_id is not None:
            del self._ref_by_id[order_id]

    def id_of(self, order_ref: str) -> int | None:
        """Return the order id of a reference, or None."""
        return self._id_by_ref.get(order_ref)

    def ref_of(self, order_id: int) -> str | None:
        """Return the reference of an order id of ours, or None."""
        return self._ref_by_id.get(order_id)

    def ref_of_status(self, order_id: int, client_id: int, perm_id: int) -> str | None:
        """Return the reference of the order that a status line is about, or None."""
        if client_id == self.client_id and order_id in self._ref_by_id:
            return self._ref_by_id[order_id]
        return self._ref_by_perm_id.get(perm_id)
