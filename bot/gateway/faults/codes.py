"""Faults that are only said: a code about anything, at any time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.faults.fault import Ambush, Condition, Event
from bot.gateway.faults.parameters import EVERYBODY, FaultError, client, nearest, text, whole
from bot.gateway.faults.system import is_whole_order
from bot.gateway.handlers.contracts import find_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.client import Call

#: The words of TWS for codes that are often asked for; `{id}` is the id that the code is about.
TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        103: "Duplicate order id",
        104: "Cannot modify a filled order.",
        105: "Order being modified does not match original order",
        110: "The price does not conform to the minimum price variation for this contract.",
        201: "Order rejected - reason:",
        202: "Order Canceled - reason:",
        399: "Order Message:\nWarning: your order will not be placed at the exchange until later",
        404: "Order held while securities are located.",
        1100: "Connectivity between IB and Trader Workstation has been lost.",
        2109: "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the"
        " order type and destination. PlaceOrder is now being processed.",
        10147: "OrderId {id} that needs to be cancelled is not found.",
        10148: "OrderId {id} that needs to be cancelled cannot be cancelled, state: Filled.",
        10349: "Order TIF was set to DAY based on order preset.",
    }
)


#: Requests that name a contract, with the field that has their id.
_NAMES_A_CONTRACT: Final = MappingProxyType(
    {1: "request_id", 3: "order_id", 9: "request_id", 20: "request_id", 87: "request_id"}
)


def code_text(code: int, given: str, about: int) -> str:
    """Return the text of a code: the one given, or that of TWS.

    Raises:
        FaultError: If none is given for a code whose words are not known here.
    """
    if not given and code not in TEXTS:
        known = ", ".join(str(each) for each in TEXTS)
        message = f"text is missing; there are words only for {known}"
        raise FaultError(message)
    return (given or TEXTS[code]).replace("{id}", str(about))


@dataclass(kw_only=True, eq=False)
class Say(Event):
    """Send a code to clients, about any id: of an order, of a request, or -1 for the connection."""

    NAME: ClassVar = "say"
    code: int = whole("the code", 2109, high=99_999)
    text: str = text("the text; empty: the one of TWS, if it is known")
    id: int = whole("order or request id; -1: the connection", -1, low=-1)
    client: int = client()

    @override
    def begin(self) -> str:
        """Say it."""
        self.notify(self.code, code_text(self.code, self.text, self.id), self.id, self.client)
        return f"{self.code} about {self.id}"


@dataclass(kw_only=True, eq=False)
class OrderNotice(Ambush):
    """A code about the next order, which lives on: 10349, 399, 2109, 404 or any other one."""

    NAME: ClassVar = "order-notice"
    code: int = whole("the code", 10349, high=99_999)
    text: str = text("the text; empty: the one of TWS, if it is known")
    client: int = client()

    @override
    def begin(self) -> str:
        """Wait for the order."""
        code_text(self.code, self.text, 0)
        return f"{self.code} about the next order"

    @override
    def on_request(self, call: Call) -> bool:
        """Say it once the order is taken."""
        is_meant = self.client in (EVERYBODY, call.client.client_id)
        if is_whole_order(call) and is_meant and not self.is_used_up:
            order_id = call.request.integer("order_id")
            said = code_text(self.code, self.text, order_id)
            self.venue.turns.at_end(partial(call.client.refuse, order_id, self.code, said))
            self.use()
        return True


@dataclass(kw_only=True, eq=False)
class Delisted(Condition):
    """An instrument is no longer known: 200 for its details, its quotes, its bars and its orders."""

    NAME: ClassVar = "delisted"
    symbol: str = text("which one", "KO")

    @override
    def begin(self) -> str:
        """Forget it.

        Raises:
            FaultError: If there is no such symbol.
        """
        known = self.venue.market.universe.by_symbol
        if self.symbol not in known:
            message = (
                f"{self.NAME}: there is no symbol {self.symbol!r}{nearest(self.symbol, known)}"
            )
            raise FaultError(message)
        return f"{self.symbol} is not found"

    @override
    def on_request(self, call: Call) -> bool:
        """Refuse what names it."""
        name = _NAMES_A_CONTRACT.get(call.number)
        if name is None:
            return True
        instrument = find_instrument(self.venue, call.request)
        if instrument is None or instrument.symbol != self.symbol:
            return True
        text = "No security definition has been found for the request"
        call.client.refuse(call.request.integer(name), 200, text)
        return False


FAULTS: Final = (Say, OrderNotice, Delisted)
