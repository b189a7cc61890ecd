"""The feed: keeps lines of market data up to date.

The first burst of a line is complete. Later ones carry what has changed, one in a quarter of a
second at most, which is how often TWS samples stocks.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.gateway.exchange.phases import Phase
from bot.gateway.quotes.farms import Farms
from bot.gateway.quotes.permissions import DELAYED, DELAYED_FROZEN, FROZEN, grant
from bot.gateway.quotes.ticks import Picture, send_ticks
from bot.gateway.wire.outgoing import MARKET_DATA_TYPE, TICK_REQUEST_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.behaviour import Behaviour
    from bot.gateway.client import Client
    from bot.gateway.config.quotes import QuotesTable
    from bot.gateway.exchange.market import Market
    from bot.gateway.quotes.farms import FarmKind, FarmState
    from bot.gateway.subscriptions import Ticker
    from bot.gateway.turns import Timer, Turns

_BURSTS_APART: Final = timedelta(milliseconds=250)

_ALL_PERMISSIONS: Final = 3

#: Names the exchanges behind SMART, see reqSmartComponents.
EXCHANGE_MAP: Final = "9c0001"

_DELAYED_TYPES: Final = (DELAYED, DELAYED_FROZEN)

#: US stocks without a subscription come a quarter of an hour late.
_DELAY: Final = timedelta(minutes=15)

_FROZEN_TYPES: Final = (FROZEN, DELAYED_FROZEN)


class Feed:
    """Opens lines and keeps them up to date.

    Attributes:
        farms: Where the data comes from.
    """

    def __init__(
        self,
        clients: Mapping[int, Client],
        market: Market,
        behaviour: Behaviour,
        turns: Turns,
        table: QuotesTable,
    ) -> None:
        self.farms = Farms()
        self._clients = clients
        self._market = market
        self._behaviour = behaviour
        self._turns = turns
        self._table = table
        self._late: Timer | None = None
        market.watch(self.look)  # halts change no quote, and lines tell of them all the same

    def open(self, client: Client, ticker: Ticker) -> bool:
        """Answer a new line, its first burst included.

        Returns:
            Whether the line stands.
        """
        granted = grant(self._behaviour.quotes, ticker, is_open=self._is_open(ticker))
        if granted.notice is not None:
            client.refuse(ticker.request_id, *granted.notice)
        if granted.given_type is None or not self.farms.has_quotes:
            return granted.stands
        increment = ticker.instrument.rule.increment_at(
            self._market.last_price(ticker.instrument.key)
        )
        self._tell_type(client, ticker, granted.given_type)
        client.send(
            TICK_REQUEST_PARAMETERS,
            request_id=ticker.request_id,
            tick_size=increment,
            exchange_map=EXCHANGE_MAP,
            snapshot_permissions=_ALL_PERMISSIONS,
        )
        send_ticks(client, ticker, self._picture(ticker))
        return True

    @property
    def is_answering(self) -> bool:
        """Whether requests for quotes get any answer, such as the end of a snapshot."""
        return self._behaviour.quotes not in ("silent", "competing") and self.farms.has_quotes

    def set_farm(self, kind: FarmKind, state: FarmState) -> None:
        """Change the state of a data farm, and tell all clients.

        While it is down no quotes come. When it is back, lines show what they have missed.

        Raises:
            ValueError: If there is no such farm, or it has no such state.
        """
        code, text = self.farms.set(kind, state)
        for client in self._clients.values():
            client.refuse(-1, code, text)
        self.look()

    def look(self) -> None:
        """Send what has changed on all lines, to each when its time has come."""
        for client in self._clients.values():
            for ticker in client.subscriptions.tickers.values():
                self._refresh(client, ticker)

    def repeat(self) -> None:
        """Send everything on all lines at once, in the way in which quotes are now given."""
        for client in self._clients.values():
            for ticker in client.subscriptions.tickers.values():
                ticker.shown.clear()
                ticker.free_at = None
                self._refresh(client, ticker)

    def _refresh(self, client: Client, ticker: Ticker) -> None:
        """Send what has changed on one line, now or when its time has come."""
        if ticker.is_waiting:
            return
        now = self._turns.now()
        if ticker.free_at is not None and now < ticker.free_at:
            ticker.is_waiting = True
            self._turns.at(ticker.free_at, partial(self._come_back, client, ticker))
            return
        granted = grant(self._behaviour.quotes, ticker, is_open=self._is_open(ticker))
        if granted.given_type is None or not self.farms.has_quotes:
            return
        if granted.given_type == FROZEN == ticker.given_type and ticker.shown:
            return  # what is frozen does not move
        self._tell_type(client, ticker, granted.given_type)
        if send_ticks(client, ticker, self._picture(ticker)):
            ticker.free_at = now + _BURSTS_APART

    def _come_back(self, client: Client, ticker: Ticker) -> None:
        """Look at a line that had to wait, if it is still there."""
        ticker.is_waiting = False
        is_there = self._clients.get(client.client_id or 0) is client
        if is_there and client.subscriptions.tickers.get(ticker.request_id) is ticker:
            self._refresh(client, ticker)

    def _look_late(self) -> None:
        """Look again when delayed quotes change, which is not when live ones do."""
        if self._late is None or self._late.due_at < self._turns.now():
            moment = self._market.next_late_change(_DELAY)
            self._late = self._turns.at(moment, self._come_late)

    def _come_late(self) -> None:
        """Look at all lines; delayed ones wait for their next change."""
        self._late = None
        self.look()

    def _tell_type(self, client: Client, ticker: Ticker, given_type: int) -> None:
        """Tell which type of data comes, unless the client knows."""
        if ticker.given_type != given_type:
            ticker.given_type = given_type
            ticker.shown.clear()
            client.send(MARKET_DATA_TYPE, request_id=ticker.request_id, type=given_type)

    def _picture(self, ticker: Ticker) -> Picture:
        """Return what there is to be shown on a line now."""
        kind = self._behaviour.quotes
        is_withdrawn = (
            self._table.closed_quotes == "withdrawn"
            and ticker.given_type not in _FROZEN_TYPES
            and not self._is_open(ticker)
        )
        now, quote = self._turns.now(), self._market.quote(ticker.instrument.key)
        if ticker.given_type in _DELAYED_TYPES:
            now, quote = now - _DELAY, self._market.late_quote(ticker.instrument.key, _DELAY)
            self._look_late()
        return Picture(
            now=now,
            quote=quote,
            has_sides=kind not in ("absent", "partial") and not is_withdrawn,
            has_rest=kind != "absent",
            is_halted=self._market.phase(ticker.instrument) is Phase.HALTED,
        )

    def _is_open(self, ticker: Ticker) -> bool:
        """Tell whether there can be quotes: in extended hours, too, and during a halt."""
        return self._market.phase(ticker.instrument) is not Phase.CLOSED
