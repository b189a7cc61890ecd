"""What orders live in: the market, the accounts, the time, and whoever wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.gateway.account.accounts import Accounts
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.market import Market
    from bot.gateway.orders.records import Records
    from bot.gateway.orders.reporter import OrderListener, Reporter
    from bot.gateway.turns import Turns


@dataclass(frozen=True, slots=True)
class Setting:
    """What the rooms of the order desk have in common.

    Attributes:
        config: What the gateway was started with.
        market: Instruments, quotes and sessions.
        accounts: The books.
        behaviour: The switches.
        turns: The time.
        records: Every order and every fill.
        reporter: Is told what happens to orders.
        listener: Is told what happens to accounts and quotes.
    """

    config: GatewayConfig
    market: Market
    accounts: Accounts
    behaviour: Behaviour
    turns: Turns
    records: Records
    reporter: Reporter
    listener: OrderListener
