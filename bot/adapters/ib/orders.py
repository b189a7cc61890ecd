"""Orders out: the one place in this package that makes the library send one.

Rule: `place` does not wait and does not queue. An order leaves in the moment at which it is called, or nothing of it
does and it raises. Whatever could delay the byte - a full limiter, the library's throttle holding something back, a
line that is closing - refuses instead.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from bot.adapters.ib.contracts import contract_fields
from bot.adapters.ib.limiter import Lane, Place
from bot.core.domain.units import order_quantity
from bot.core.execution.echo import PRICED
from bot.errors import BrokerUnavailable, require

if TYPE_CHECKING:
    from bot.adapters.ib.asking import Asking
    from bot.adapters.ib.connection import Connection
    from bot.core.domain.orders import OrderIntent


class Orders:
    """Sends orders and cancels over one connection."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._places: list[Place] = []

    @property
    def _connection(self) -> Connection:
        return self._asking.connection

    async def ready_to_send(self) -> None:
        """Wait for a place for one order and keep it for the next `place`.

        Raises:
            BrokerUnavailable: If the line is down, doubtful, or the gateway has lost IB.
        """
        self._check_line()
        place = await self._connection.limiter.acquire()
        self._check_line()
        # A place whose order was refused by a guard counts in the window for its second, and that is all.
        self._places = [kept for kept in self._places if self._connection.limiter.holds(kept)]
        self._places.append(place)

    def place(self, intent: OrderIntent) -> None:
        """Send one order now.

        Raises:
            BrokerUnavailable: If the line is down or doubtful, or no place is free; nothing was written then.
            InvariantBroken: If this connection may not send, or the intent is not for its account.
        """
        settings = self._connection.settings
        require(
            settings.may_send,
            f'this connection is read-only (mode = "{settings.mode}"): no order leaves',
        )
        require(intent.account == settings.account, "an order must be for the connection's account")
        require(
            intent.order_ref.startswith(settings.own_prefix),
            "an order must carry this journal's prefix",
        )
        _check_terms(intent)
        self._check_line()
        session, library = self._connection.session, self._connection.library
        require(
            session.own_orders.id_of(intent.order_ref) is None,
            f"{intent.order_ref} was sent before",
        )
        require(
            not session.is_throttled,
            "the library's throttle holds a message back: an order would wait in it",
        )
        limiter = self._connection.limiter
        # A place lapses after a second, which a journal on a server may have taken: then another one, if one is free.
        held = [kept for kept in self._places if limiter.holds(kept)]
        has_lapsed = len(held) < len(self._places)
        place = held.pop() if held else limiter.take_now(Lane.NORMAL)
        self._places = held
        if place is None:
            words = " after its own has lapsed" if has_lapsed else ""
            message = f"no place is free for {intent.order_ref}{words}, and an order must not wait; nothing was written"
            raise BrokerUnavailable(message)
        order_id = self._connection.next_id()
        contract = library.new_contract(**contract_fields(intent.instrument))
        tags = [library.new_tag(tag, value) for tag, value in intent.algorithm_parameters]
        order = library.new_order(**_order_fields(intent), algoParams=tags)
        session.own_orders.learn(intent.order_ref, order_id, settings.client_id)
        try:
            self._connection.write(
                place, lambda client: client.placeOrder(order_id, contract, order)
            )
        except BrokerUnavailable:
            session.own_orders.forget(intent.order_ref)
            raise
        if session.is_throttled:
            session.become_doubtful(f"{intent.order_ref} waited in the client library's throttle")

    async def cancel(self, order_ref: str, order_id: int) -> None:
        """Ask IB to cancel an own order.

        Raises:
            BrokerUnavailable: If the line is down.
            InvariantBroken: If this connection may not send, or the id is another order's in this connection.
        """
        settings = self._connection.settings
        require(
            settings.may_send,
            f'this connection is read-only (mode = "{settings.mode}"): no cancel leaves',
        )
        require(
            order_ref.startswith(settings.own_prefix), f"{order_ref} is no order of this journal"
        )
        known = self._connection.session.own_orders.ref_of(order_id)
        require(known in {None, order_ref}, f"order id {order_id} is {known} here, not {order_ref}")
        place = await self._connection.limiter.acquire(Lane.URGENT)
        self._connection.write(place, lambda client: client.cancelOrder(order_id))

    async def cancel_everything(self) -> None:
        """Ask IB to cancel every order of the login, also those of other programs and those made by hand.

        Raises:
            BrokerUnavailable: If the line is down.
            InvariantBroken: If this connection may not send.
        """
        settings = self._connection.settings
        require(settings.may_send, "this connection is read-only: no cancel leaves")
        place = await self._connection.limiter.acquire(Lane.URGENT)
        self._connection.write(place, lambda client: client.reqGlobalCancel())

    def order_id_of(self, order_ref: str) -> int | None:
        """Return the order id of a reference that was sent or seen in this connection."""
        return (
            self._connection.session.own_orders.id_of(order_ref) if self._connection.is_up else None
        )

    def _check_line(self) -> None:
        trouble = self._connection.trouble
        if trouble is not None:
            message = f"no order can be sent to {self._connection.settings.endpoint}: {trouble}"
            raise BrokerUnavailable(message)


def _check_terms(intent: OrderIntent) -> None:
    """Refuse what must never leave: an order without a limit, or one that outlives us."""
    require(
        intent.order_type in PRICED and intent.limit_price > 0,
        f"every order has a limit, found {intent.order_type} at {intent.limit_price}",
    )
    require(
        intent.time_in_force in {"DAY", "GTD"},
        "an order's time in force is explicit and never GTC",
    )
    require(
        (intent.time_in_force == "GTD") == (intent.good_till is not None),
        "an order that is good till a moment names it, and no other one does",
    )


def _good_till(intent: OrderIntent) -> str:
    """Return the moment at which an order dies, as IB writes it in UTC; empty if it names none."""
    moment = intent.good_till
    return "" if moment is None else f"{moment.astimezone(UTC):%Y%m%d-%H:%M:%S}"


def _order_fields(intent: OrderIntent) -> dict[str, object]:
    """Return an order as the library's order spells it; what is not named stays unset."""
    return {
        "action": "BUY" if intent.shares > 0 else "SELL",
        "totalQuantity": int(order_quantity(intent.shares)),
        "orderType": intent.order_type,
        "lmtPrice": float(intent.limit_price),
        "tif": intent.time_in_force,
        "goodTillDate": _good_till(intent),
        "algoStrategy": intent.algorithm,
        "account": intent.account,
        "orderRef": intent.order_ref,
        "transmit": True,
        "outsideRth": False,
    }
