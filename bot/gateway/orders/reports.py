"""What the order desk tells, and whom: the interface between orders and the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.account.valuation import Valuation
    from bot.gateway.orders.order import Execution, Order, Status


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do to the account.

    Attributes:
        order: The order as it would be, without a permanent id.
        before: The account now.
        after: The account after the whole order traded at the far side of the quote.
        commission: What that would cost.
        warning: What there is to say about it, or empty.
    """

    order: Order
    before: Valuation
    after: Valuation
    commission: Decimal
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not taken.

    Attributes:
        code: Error code of TWS.
        text: In its words.
        is_recorded: Whether the order is kept as rejected, as real ones are that got as far as the
            account's checks, or is as if it had never been sent.
        is_cancel: Whether what is kept counts as taken and then cancelled, not as rejected.
    """

    code: int
    text: str
    is_recorded: bool = False
    is_cancel: bool = False


class OrderListener(Protocol):
    """Is told everything about orders; passes it on to whom it concerns."""

    def opened(self, order: Order) -> None:
        """Tell the owner the terms and the state of an order."""

    def status_changed(self, order: Order, status: Status) -> None:
        """Tell the owner the state of an order, which for a moment may differ from its own."""

    def executed(self, execution: Execution) -> None:
        """Tell the owner of a fill."""

    def charged(self, execution: Execution) -> None:
        """Tell the owner of a fill's commission."""

    def noticed(self, client_id: int, order_id: int, code: int, text: str) -> None:
        """Tell the owner an error or a notice about an order."""

    def previewed(self, preview: Preview) -> None:
        """Tell the owner what an order would do."""

    def account_changed(self, symbol: str) -> None:
        """Tell all subscribers that cash and the position of a symbol are others."""

    def quotes_changed(self) -> None:
        """Tell all subscribers that prices may be others."""
