"""Everything that one connection knows. A new connection begins with a new one: nothing old can be taken for new.

*Doubtful* means that a message was lost - the decoder could not read it, or the event queue was full. What else was
in it nobody knows, so from then on no read of this connection is believed and no order leaves; only cancels do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.adapters.ib import error_codes
from bot.adapters.ib.error_codes import (
    CodeClass,
    consequence_of,
    explain,
    is_refusal,
    meaning_of,
)
from bot.adapters.ib.own_orders import OwnOrders
from bot.adapters.ib.pending import Failed, PendingQuestions
from bot.adapters.ib.quote_lines import QuoteLines
from bot.core.domain.orders import Disconnected, OrderError, SystemMessage
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.adapters.ib.events import EventQueue
    from bot.adapters.ib.settings import IbSettings
    from bot.core.domain.orders import BrokerEvent
    from bot.ports import Clock

#: How both libraries begin to say that the gateway's protocol is older than ours.
_TOO_OLD = "TWS/gateway version must be"
_QUIET = frozenset({CodeClass.INFO, CodeClass.FARM, CodeClass.CONNECTION})


class Session:
    """One connection's questions, lines, orders and health.

    Attributes:
        settings: Whom we talk to.
        clock: Our time.
        pending: Questions that wait for their end.
        lines: Market-data lines.
        own_orders: Order ids of ours.
        is_ready: Whether the handshake and the account check are done.
        is_throttled: Whether the library's own throttle holds a message back.
        down: Set once the socket is closed, by whomever.
        refused: Why the handshake failed, as soon as that is known.
    """

    def __init__(
        self, settings: IbSettings, clock: Clock, events: EventQueue, highest_order_id: int
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.pending = PendingQuestions()
        self.lines = QuoteLines()
        self.own_orders = OwnOrders(settings.client_id, highest_order_id)
        self.is_ready = False
        self.is_throttled = False
        self.down = asyncio.Event()
        self.refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._events = events
        self._doubt: str | None = None
        self._lost_link: str | None = None
        self._broken_farms: dict[str, str] = {}
        self._last_words = ""
        self._dropped: str | None = None

    @property
    def doubt(self) -> str | None:
        """Why nothing of this connection is believed any more, or None."""
        return self._doubt

    @property
    def trouble(self) -> str | None:
        """Why no read can be believed and no order may leave now, or None."""
        if self._dropped is not None:
            return f"the line dropped: {self._dropped}"
        if self._doubt is not None:
            return f"the connection is doubtful until it is made anew: {self._doubt}"
        return self._lost_link

    @property
    def broken_farms(self) -> str | None:
        """Which market-data farms are broken, in IB's words, or None."""
        return "; ".join(self._broken_farms.values()) or None

    def become_ready(self) -> None:
        """Take note that handshake and account check are done.

        Raises:
            BrokerUnavailable: If the line dropped in the meantime.
        """
        if self._dropped is not None:
            message = f"{self.settings.endpoint}: {self._dropped}"
            raise BrokerUnavailable(message)
        self.is_ready = True

    def put(self, event: BrokerEvent) -> None:
        """Queue an event; if there is no room the connection is doubtful."""
        if not self._events.put(event):
            self.become_doubtful(f"the event queue was full and lost {type(event).__name__}")

    def become_doubtful(self, reason: str) -> None:
        """Believe nothing of this connection any more; the first reason stays."""
        if self._doubt is None:
            self._doubt = reason
            self._refuse(reason)
            self._fail_all(f"the connection became doubtful: {reason}")

    def take_last_words(self, words: str) -> None:
        """Keep what the library says of a line that is about to close."""
        self._last_words = words

    def go_down(self) -> None:
        """Take note that the socket is closed, without our doing if the session was ready."""
        if self.down.is_set():
            return
        reason = self._last_words or "the gateway closed the line"
        if _TOO_OLD in reason:
            reason = f'it is too old ("{reason}"): IB Gateway or TWS 10.30 or newer is needed'
        self._dropped = reason
        self.down.set()
        self._refuse(reason)
        self._fail_all(f"the line dropped: {reason}")
        if self.is_ready:
            self.put(Disconnected(reason))

    def close(self) -> None:
        """End it ourselves: what is in flight is unknown, but nobody need be told."""
        self.is_ready = False
        self._fail_all("the line was closed by us")

    def take_error(self, request_id: int, code: int, message: str) -> None:
        """Sort an error by what it names: a question, a line, an order of ours, or the connection."""
        line = self.lines.find(request_id)
        order_ref = self.own_orders.ref_of(request_id)
        if line is not None:
            line.take_error(code, message)
        elif order_ref is not None:
            self._take_order_error(order_ref, code, message)
        elif meaning_of(code).kind is not CodeClass.INFO and self.pending.fail(
            request_id, Failed(explain(code, message), code)
        ):
            return
        elif code != error_codes.NOTHING_TO_CANCEL:
            self._take_system_message(code, message)

    def _take_order_error(self, order_ref: str, code: int, message: str) -> None:
        if code == error_codes.DUPLICATE_ORDER_ID:
            self.own_orders.skip_numbers()
        if order_ref.startswith(self.settings.own_prefix):
            consequence = consequence_of(code, message)
            self.put(OrderError(order_ref, code, message, is_refusal(code), consequence))

    def _take_system_message(self, code: int, message: str) -> None:
        if code == error_codes.CLIENT_ID_IN_USE:
            self._refuse(
                f"client id {self.settings.client_id} is in use at {self.settings.endpoint}: another bot is connected, "
                "or the gateway has not yet noticed that one is gone. No other id is tried: orders belong to the id"
            )
        if code in error_codes.LINK_LOST:
            self._lost_link = explain(code, message)
        elif code in error_codes.LINK_BACK:
            self._lost_link = None
        farm = message.rpartition(":")[2].strip()
        if code == error_codes.FARM_BROKEN:
            self._broken_farms[farm] = explain(code, message)
        elif code in error_codes.FARM_BACK:
            self._broken_farms.pop(farm, None)
        if meaning_of(code).kind not in _QUIET:
            self.pending.remark(explain(code, message))
        self.put(SystemMessage(code, message))

    def _refuse(self, reason: str) -> None:
        if not self.refused.done():
            self.refused.set_result(reason)

    def _fail_all(self, reason: str) -> None:
        failed = Failed(reason)
        self.pending.fail_all(failed)
        self.lines.fail_all(failed)
