# ruff: noqa: N802, N803, N815 - the names of these protocols are the libraries' own
"""The one place that imports ib_insync or ib_async, and the few names of them that we use.

Both are untyped for our purposes and spell alike; the protocols here are the whole surface that this package relies
on, so a third library behind them would be a file, not a rewrite. The two must never be installed together: they
overwrite each other's `eventkit`.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from bot.adapters.ib.settings import LibraryName

#: The oldest protocol that we speak. From 174 on execution times carry their zone; without it they would be read in
#: the zone of whatever machine this runs on. Every gateway that IB still lets in speaks 176 or newer.
OLDEST_PROTOCOL = 176


class LibraryEvent(Protocol):
    """An eventkit event."""

    error_event: LibraryEvent

    def connect(self, listener: Callable[..., None], *, keep_ref: bool) -> object:
        """Call `listener` on every emit; bound methods are held weakly unless `keep_ref`."""


class LibrarySocket(Protocol):
    """The library's asyncio protocol."""

    transport: asyncio.Transport | None
    hasData: LibraryEvent
    disconnected: LibraryEvent


class LibraryDecoder(Protocol):
    """Turns fields into calls of the receiver. It logs whatever goes wrong, and goes on."""

    logger: logging.Logger


class LibraryContract(Protocol):
    """What we read of a contract."""

    conId: int
    symbol: str
    secType: str
    exchange: str
    primaryExchange: str
    currency: str


class LibraryDetails(Protocol):
    """What we read of contract details."""

    contract: LibraryContract
    validExchanges: str
    marketRuleIds: str
    timeZoneId: str
    liquidHours: str


class LibraryTag(Protocol):
    """A parameter of an algorithm."""

    tag: str
    value: str


class LibraryOrder(Protocol):
    """What we read of an order."""

    orderId: int
    clientId: int
    permId: int
    action: str
    totalQuantity: float
    orderType: str
    lmtPrice: float | None
    tif: str
    account: str
    orderRef: str
    algoStrategy: str
    algoParams: list[LibraryTag] | None
    filledQuantity: float


class LibraryOrderState(Protocol):
    """What we read of an order's state."""

    status: str
    completedStatus: str


class LibraryExecution(Protocol):
    """What we read of an execution."""

    execId: str
    time: Any
    acctNumber: str
    side: str
    shares: float
    price: float
    permId: int
    clientId: int
    orderId: int
    orderRef: str
    liquidation: int


class LibraryCommission(Protocol):
    """What we read of a commission report."""

    execId: str
    commission: float
    currency: str


class LibraryBar(Protocol):
    """One bar of the past."""

    date: str
    close: float
    volume: float


class LibraryIncrement(Protocol):
    """One band of a market rule."""

    lowEdge: float
    increment: float


class LibraryClient(Protocol):
    """The library's `Client`: socket, handshake, framing, encoding, and a throttle of its own."""

    MinClientVersion: int
    conn: LibrarySocket
    decoder: LibraryDecoder
    apiError: LibraryEvent
    throttleStart: LibraryEvent
    throttleEnd: LibraryEvent

    async def connectAsync(self, host: str, port: int, clientId: int, timeout: float) -> None:  # noqa: ASYNC109 - theirs
        """Connect and wait until accounts and next order id are in."""

    def disconnect(self) -> None:
        """Close the socket."""

    def isReady(self) -> bool:
        """Return whether the handshake is complete."""

    def getAccounts(self) -> list[str]:
        """Return the managed accounts."""

    def getReqId(self) -> int:
        """Return a new id; orders and requests share one counter."""

    def updateReqId(self, minReqId: int) -> None:
        """Never return ids below this from now on."""

    def reqCurrentTime(self) -> None:
        """Send 49."""

    def reqPositions(self) -> None:
        """Send 61."""

    def cancelPositions(self) -> None:
        """Send 64."""

    def reqAccountUpdates(self, subscribe: bool, acctCode: str) -> None:  # noqa: FBT001 - theirs
        """Send 6."""

    def reqAllOpenOrders(self) -> None:
        """Send 16."""

    def reqCompletedOrders(self, apiOnly: bool) -> None:  # noqa: FBT001 - theirs
        """Send 99."""

    def reqExecutions(self, reqId: int, execFilter: object) -> None:
        """Send 7."""

    def reqContractDetails(self, reqId: int, contract: object) -> None:
        """Send 9."""

    def reqMarketRule(self, marketRuleId: int) -> None:
        """Send 91."""

    def reqHistoricalData(  # noqa: PLR0913, PLR0917 - theirs
        self,
        reqId: int,
        contract: object,
        endDateTime: str,
        durationStr: str,
        barSizeSetting: str,
        whatToShow: str,
        useRTH: bool,  # noqa: FBT001 - theirs
        formatDate: int,
        keepUpToDate: bool,  # noqa: FBT001 - theirs
        chartOptions: list[object],
    ) -> None:
        """Send 20."""

    def reqMarketDataType(self, marketDataType: int) -> None:
        """Send 59."""

    def reqMktData(
        self,
        reqId: int,
        contract: object,
        genericTickList: str,
        snapshot: bool,  # noqa: FBT001 - theirs
        regulatorySnapshot: bool,  # noqa: FBT001 - theirs
        mktDataOptions: list[object],
    ) -> None:
        """Send 1."""

    def cancelMktData(self, reqId: int) -> None:
        """Send 2."""

    def placeOrder(self, orderId: int, contract: object, order: object) -> None:
        """Send 3."""

    def cancelOrder(self, orderId: int) -> None:
        """Send 4."""

    def reqGlobalCancel(self) -> None:
        """Send 58."""


@dataclass(frozen=True, slots=True)
class Library:
    """The classes of one client library.

    Attributes:
        name: Its import name.
        new_client: Takes our receiver, returns a client.
        new_contract: Takes contract fields by keyword.
        new_order: Takes order fields by keyword.
        new_tag: Takes tag and value.
        new_execution_filter: An empty one asks for every execution.
    """

    name: LibraryName
    new_client: Callable[[object], LibraryClient]
    new_contract: Callable[..., object]
    new_order: Callable[..., object]
    new_tag: Callable[[str, str], LibraryTag]
    new_execution_filter: Callable[[], object]


def load_library(name: LibraryName) -> Library:
    """Import a client library by name.

    Raises:
        ConfigError: If it is not installed.
    """
    try:
        client, contract, order, objects = (
            _import(f"{name}.{part}") for part in ("client", "contract", "order", "objects")
        )
    except ModuleNotFoundError as error:
        message = (
            f'broker.library = "{name}" cannot be loaded ({error}): install it (pip install {name}) in an environment '
            f"without the other one, or set broker.library to the one that is installed"
        )
        raise ConfigError(message) from error
    # The library tells its logger of every refused connection; without any handler Python would print that on
    # standard error, beside our one clear line. Handlers that the program sets up still get it.
    logging.getLogger(name).addHandler(logging.NullHandler())  # noqa: TID251 - the library's logger, not one of ours
    return Library(
        name=name,
        new_client=client.Client,
        new_contract=contract.Contract,
        new_order=order.Order,
        new_tag=contract.TagValue,
        new_execution_filter=objects.ExecutionFilter,
    )


def use_running_loop() -> None:
    """Make the running loop the thread's own: ib_insync and its eventkit ask the policy for it, not asyncio.

    `asyncio.run` has done so already, but not when it was given a loop factory, as for virtual time.
    """
    asyncio.set_event_loop(asyncio.get_running_loop())


def _import(module: str) -> ModuleType:
    """Import with an event loop in place: eventkit 1.0.3 wants one at import, and warns or fails without."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return _import_quietly(module)
        finally:
            asyncio.set_event_loop(None)
            loop.close()
    return _import_quietly(module)


def _import_quietly(module: str) -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(module)
