"""Everything behind the wire, put together: the account, its orders, the market, the clients.

It outlives every connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.account.opening import open_ledger
from bot.gateway.clock import GatewayClock, Timers
from bot.gateway.exchange.instruments import Universe
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.prices import DailyCloses
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.exchange.sessions import Sessions
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.publisher import Publisher
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.config import GatewayConfig


class Venue:
    """What the handlers of requests work with.

    Attributes:
        config: What the gateway was started with.
        clock: The replayed time.
        behaviour: The switches.
        market: Instruments, quotes and sessions.
        ledger: Cash and positions.
        desk: Orders and executions.
        publisher: The connected clients, and the way to tell them.
        timers: Everything that waits.
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
        self.clock = clock
        self.behaviour = behaviour
        self.timers = Timers(clock)
        self.market = Market(universe, board, Sessions(history), clock.now)
        self.ledger = open_ledger(config, history)
        self.publisher = Publisher(config, self.market, self.ledger, behaviour)
        self.desk = OrderDesk(
            config, self.market, self.ledger, behaviour, self.timers, self.publisher
        )
