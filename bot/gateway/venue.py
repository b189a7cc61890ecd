"""Everything behind the wire, put together: the account, its orders, the market, the clients.

It outlives every connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.account.accounts import Accounts
from bot.gateway.account.diary import Diary
from bot.gateway.account_feed import AccountFeed
from bot.gateway.client import Hooks
from bot.gateway.config.choice import stock_prices, universe_of, with_declared
from bot.gateway.exchange.market import Market
from bot.gateway.exchange.quotes import QuoteBoard
from bot.gateway.history.bars import History
from bot.gateway.history.following import BarFeed
from bot.gateway.history.pacing import HistoryPacing
from bot.gateway.orders.desk import OrderDesk
from bot.gateway.publisher import Publisher
from bot.gateway.turns import Turns
from bot.gateway.view import View

if TYPE_CHECKING:
    from bot.gateway.behaviour import Behaviour
    from bot.gateway.clock import GatewayClock
    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.prices import PriceSource


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
        hooks: What stands between clients and the rest.
        account_feed: The subscriptions to accounts.
        diary: What happens to accounts by the calendar.
        publisher: The connected clients, and the way to tell them.
        source: What everything is worth.
        actions: Dividends and splits.
        history: Bars of it.
        pacing: Requests for small bars so far.
        bar_feed: Bars that are kept up to date.
    """

    def __init__(self, config: GatewayConfig, clock: GatewayClock, behaviour: Behaviour) -> None:
        sessions, halts = config.exchange.sessions(), config.exchange.all_halts()
        universe, stocks = universe_of(config), stock_prices(config, sessions)
        self.actions = stocks.actions
        self.source: PriceSource = with_declared(stocks, config)
        board = QuoteBoard(
            universe,
            self.source,
            half_spread_bps=config.half_spread_bps,
            seed=config.seed,
        )
        self.config = config
        self.turns = Turns(clock)
        self.behaviour = behaviour
        self.market = Market(universe, board, sessions, self.turns.now, halts)
        self.accounts = Accounts(config, self.source, self.market)
        self.view = View(self.accounts, self.turns)
        self.hooks = Hooks()
        self.account_feed = AccountFeed(self.view, self.accounts, self.market, self.turns)
        self.diary = Diary(
            self.accounts, self.market, self.actions, self.turns, self.account_feed.changed
        )
        self.publisher = Publisher(config, self.market, self.account_feed, behaviour, self.turns)
        self.history = History(self.market, self.source, config.half_spread_bps)
        self.pacing = HistoryPacing()
        self.bar_feed = BarFeed(self.publisher.clients, self.turns, self.history)
        self.desk = OrderDesk(
            config, self.market, self.accounts, behaviour, self.turns, self.publisher
        )
        self.view.attach(self.desk, lambda _account, symbol: self.publisher.account_changed(symbol))
