"""Everything behind the wire, put together: the account, its orders, the market, the clients.

It outlives every connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.account.accounts import Accounts
from bot.gateway.exchange.instruments import Universe
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.prices import DailyCloses
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sessions import Sessions
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.publisher import Publisher
from bot.gateway.turns import Turns
from bot.gateway.view import View
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.clock import GatewayClock
    from bot.gateway.config import GatewayConfig


class Venue:
    """What the handlers of requests work with.

    Attributes:
        config: What the gateway was started with.
        turns: The replayed time, and everything that waits for it.
        behaviour: The switches.
        market: Instruments, quotes and sessions.
        accounts: Cash and positions.
        desk: Orders and executions.
        view: What clients can see of orders and accounts.
        publisher: The connected clients, and the way to tell them.
    """

    def __init__(self, config: GatewayConfig, clock: GatewayClock, behaviour: Behaviour) -> None:
        history = load_history()
        universe = Universe(config.universe)
        board = QuoteBoard(
            universe,
            DailyCloses(history),
            half_spread_bps=config.half_spread_bps,
            seed=config.seed,
        )
        self.config = config
        self.turns = Turns(clock)
        self.behaviour = behaviour
        self.market = Market(universe, board, Sessions(history), self.turns.now)
        self.accounts = Accounts(config, history)
        self.publisher = Publisher(config, self.market, self.accounts, behaviour, self.turns)
        self.desk = OrderDesk(
            config, self.market, self.accounts, behaviour, self.turns, self.publisher
        )
        self.view = View(self.desk, self.accounts)
