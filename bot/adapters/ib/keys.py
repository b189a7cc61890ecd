"""The questions that IB answers with rows and an end marker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from bot.adapters.ib.pending import Key

if TYPE_CHECKING:
    from datetime import datetime

    from bot.adapters.ib.translate import AccountRow, BarRow, ContractMatch, PortfolioRow
    from bot.core.domain.account import Position
    from bot.core.domain.instrument import PriceBand
    from bot.core.domain.orders import CompletedOrder, Execution, OpenOrder

    AccountPart: TypeAlias = AccountRow | PortfolioRow

TIME: Final[Key[datetime]] = Key("time")
ACCOUNT: Final[Key[AccountPart]] = Key("account")
POSITIONS: Final[Key[Position]] = Key("positions")
OPEN_ORDERS: Final[Key[OpenOrder]] = Key("open orders")
COMPLETED_ORDERS: Final[Key[CompletedOrder]] = Key("completed orders")


def executions(request_id: int) -> Key[Execution]:
    """Return the key of one request for executions."""
    return Key("executions", request_id)


def contract_details(request_id: int) -> Key[ContractMatch]:
    """Return the key of one request for contract details."""
    return Key("contract details", request_id)


def market_rule(rule_id: int) -> Key[PriceBand]:
    """Return the key of a market rule: its answer names the rule, not the request."""
    return Key("market rule", rule_id)


def bars(request_id: int) -> Key[BarRow]:
    """Return the key of one request for past bars."""
    return Key("past bars", request_id)
