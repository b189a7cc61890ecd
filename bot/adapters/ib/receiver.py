# ruff: noqa: N802, N803, N815, PLR0917 - names and arguments of these callbacks are the libraries' own
"""What the library's decoder calls for each message: translate, append, return.

Rule: nothing here decides or waits. Both decoders swallow what a callback raises and log it; that log makes the
connection doubtful (see connection.py), so a callback that cannot translate a message raises and is heard.
Messages that nobody asks for here have no callback: both decoders skip those silently.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final, NoReturn

from bot.adapters.ib import keys, translate
from bot.adapters.ib.quote_lines import HALTED
from bot.core.domain.orders import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.adapters.ib.client import (
        LibraryBar,
        LibraryCommission,
        LibraryContract,
        LibraryDetails,
        LibraryExecution,
        LibraryIncrement,
        LibraryOrder,
        LibraryOrderState,
    )
    from bot.adapters.ib.session import Session


class _NoZone:
    """Asked for the zone of execution times that came without one: there is none that we could know."""

    @property
    def TimezoneTWS(self) -> NoReturn:
        """Refuse to guess."""
        message = (
            "an execution time came without its zone: in the gateway's API settings, have times sent in the "
            "operator's or the instrument's time zone, not in UTC format"
        )
        raise translate.Untranslatable(message)


class Receiver:
    """Stands where the library has its `Wrapper`."""

    #: Both decoders ask `wrapper.ib.TimezoneTWS`, and ib_async converts execution times to `defaultTimezone`.
    ib: Final = _NoZone()
    defaultTimezone: Final[tzinfo] = UTC

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pending = session.pending
        self._account = session.settings.account

    # -- the line

    def connectAck(self) -> None:
        """Do nothing: the client waits for accounts and next order id itself."""

    def setEventsDone(self) -> None:
        """Take note that the socket is closed; called on every way it can close."""
        self._session.go_down()

    def connectionClosed(self) -> None:
        """Do nothing: `setEventsDone` came before."""

    def error(
        self,
        reqId: int,
        errorCode: int,
        errorString: str,
        advancedOrderRejectJson: str = "",  # noqa: ARG002 - passed by the decoder
    ) -> None:
        """Take an error, warning or notice."""
        self._session.take_error(reqId, errorCode, errorString)

    def currentTime(self, time: int) -> None:
        """Take the broker's clock: row and end in one."""
        self._pending.add(keys.TIME, translate.utc_from_epoch(time))
        self._pending.end(keys.TIME)

    # -- the account

    def updateAccountValue(self, tag: str, val: str, currency: str, account: str) -> None:
        """Take one account value."""
        if account == self._account:
            self._pending.add(keys.ACCOUNT, translate.AccountRow(tag, val, currency))

    def updatePortfolio(  # noqa: PLR0913 - theirs
        self,
        contract: LibraryContract,
        position: float,  # noqa: ARG002 - positions come from their own list
        marketPrice: float,  # noqa: ARG002
        marketValue: float,
        averageCost: float,  # noqa: ARG002
        unrealizedPNL: float,  # noqa: ARG002
        realizedPNL: float,  # noqa: ARG002
        account: str,
    ) -> None:
        """Take one position's market value."""
        if account == self._account:
            self._pending.add(keys.ACCOUNT, translate.portfolio_row(contract, marketValue))

    def accountDownloadEnd(self, account: str) -> None:
        """Take the end of an account download."""
        if account == self._account:
            self._pending.end(keys.ACCOUNT)

    def position(
        self, account: str, contract: LibraryContract, quantity: float, averageCost: float
    ) -> None:
        """Take one position."""
        if account == self._account:
            self._pending.add(keys.POSITIONS, translate.position(contract, quantity, averageCost))

    def positionEnd(self) -> None:
        """Take the end of the positions."""
        self._pending.end(keys.POSITIONS)

    # -- orders

    def openOrder(
        self,
        orderId: int,  # noqa: ARG002 - it is in the order too
        contract: LibraryContract,
        order: LibraryOrder,
        state: LibraryOrderState,
    ) -> None:
        """Take an open order: a row of the list, or news of a live one; nobody can tell which."""
        if not self._concerns_us(order.account, order.orderRef):
            return
        row = translate.open_order(contract, order, state)
        self._session.own_orders.learn(row.order_ref, row.order_id, row.client_id, row.perm_id)
        self._pending.add(keys.OPEN_ORDERS, row)
        self._session.put(row)

    def openOrderEnd(self) -> None:
        """Take the end of the open orders."""
        self._pending.end(keys.OPEN_ORDERS)

    def completedOrder(
        self, contract: LibraryContract, order: LibraryOrder, state: LibraryOrderState
    ) -> None:
        """Take a completed order."""
        if self._concerns_us(order.account, order.orderRef):
            self._pending.add(
                keys.COMPLETED_ORDERS, translate.completed_order(contract, order, state)
            )

    def completedOrdersEnd(self) -> None:
        """Take the end of the completed orders."""
        self._pending.end(keys.COMPLETED_ORDERS)

    def orderStatus(  # noqa: PLR0913 - theirs
        self,
        orderId: int,
        status: str,
        filled: float,
        remaining: float,
        avgFillPrice: float,  # noqa: ARG002 - prices come from executions
        permId: int,
        parentId: int,  # noqa: ARG002
        lastFillPrice: float,  # noqa: ARG002
        clientId: int,
        whyHeld: str,  # noqa: ARG002
        mktCapPrice: float = 0.0,  # noqa: ARG002
    ) -> None:
        """Take a status line."""
        own_orders = self._session.own_orders
        order_ref = own_orders.ref_of_status(orderId, clientId, permId)
        own_orders.learn(order_ref or "", orderId, clientId, permId)
        self._session.put(
            OrderStatus(
                order_ref=order_ref,
                order_id=orderId,
                client_id=clientId,
                perm_id=permId,
                status=status,
                filled=translate.required(filled, "filled quantity"),
                remaining=translate.required(remaining, "remaining quantity"),
            )
        )

    def execDetails(
        self, reqId: int, contract: LibraryContract, execution: LibraryExecution
    ) -> None:
        """Take a fill: a row of a list that was asked for, or a live one."""
        if not self._concerns_us(execution.acctNumber, execution.orderRef):
            return
        row = translate.execution(contract, execution)
        self._session.own_orders.learn(row.order_ref, row.order_id, row.client_id, row.perm_id)
        if not self._pending.add(keys.executions(reqId), row):
            self._session.put(row)

    def execDetailsEnd(self, reqId: int) -> None:
        """Take the end of a list of fills."""
        self._pending.end(keys.executions(reqId))

    def commissionReport(self, commissionReport: LibraryCommission) -> None:
        """Take what a fill cost."""
        self._session.put(translate.commission(commissionReport))

    # -- contracts

    def contractDetails(self, reqId: int, contractDetails: LibraryDetails) -> None:
        """Take a contract that fits."""
        self._pending.add(keys.contract_details(reqId), translate.contract_match(contractDetails))

    #: A contract id may turn out to be a bond's; the decoder has a callback of its own for those.
    bondContractDetails = contractDetails

    def contractDetailsEnd(self, reqId: int) -> None:
        """Take the end of the contracts."""
        self._pending.end(keys.contract_details(reqId))

    def marketRule(self, marketRuleId: int, priceIncrements: Iterable[LibraryIncrement]) -> None:
        """Take a market rule: rows and end in one."""
        key = keys.market_rule(marketRuleId)
        for band in translate.price_bands(priceIncrements):
            self._pending.add(key, band)
        self._pending.end(key)

    # -- the past

    def historicalData(self, reqId: int, bar: LibraryBar) -> None:
        """Take one bar of an answer."""
        self._pending.add(keys.bars(reqId), translate.bar(bar))

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:  # noqa: ARG002 - passed by the decoder
        """Take the end of the bars."""
        self._pending.end(keys.bars(reqId))

    # -- quotes

    def priceSizeTick(self, reqId: int, tickType: int, price: float, size: float) -> None:
        """Take a price, and the size that came with it."""
        line = self._session.lines.find(reqId)
        if line is not None:
            line.take_price(tickType, price, size, self._session.clock.now())

    def tickSize(self, reqId: int, tickType: int, size: float) -> None:
        """Take a size by itself."""
        line = self._session.lines.find(reqId)
        if line is not None:
            line.take_size(tickType, size)

    def tickGeneric(self, reqId: int, tickType: int, value: float) -> None:
        """Take a number that is no price: whether the line's instrument is halted."""
        line = self._session.lines.find(reqId)
        if line is not None and tickType == HALTED:
            line.take_halt(value)

    def marketDataType(self, reqId: int, marketDataId: int) -> None:
        """Take the kind of a line's prices."""
        line = self._session.lines.find(reqId)
        if line is not None:
            line.announced = marketDataId

    def _concerns_us(self, account: str, order_ref: str) -> bool:
        """Return whether an order is of the account, or carries our reference in a wrong one: that must be seen."""
        prefix = self._session.settings.own_prefix
        return account in {self._account, ""} or (prefix != "" and order_ref.startswith(prefix))
