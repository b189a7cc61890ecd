"""Bars that go on: those of a request that is kept up to date, and bars of five seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from bot.gateway.history.candles import candle_texts
from bot.gateway.wire.history import BAR_UPDATE, FIVE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.client import Client
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.history.bars import Candle, History
    from bot.gateway.history.candles import Printer
    from bot.gateway.history.query import Query
    from bot.gateway.turns import Turns

#: Both kinds of bars come every five seconds, at whole ones.
STEP: Final = timedelta(seconds=5)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class BarLine:
    """A series of bars that goes on.

    Attributes:
        client: Who gets it.
        request_id: Under which it was asked for.
        instrument: Whose prices.
        query: Which prices, and which bars.
        printer: How its times are printed.
        kind: Changes of the bars of a request, or whole bars of five seconds.
        last: The last bar that the client has seen, or None.
    """

    client: Client
    request_id: int
    instrument: Instrument
    query: Query
    printer: Printer
    kind: Literal["update", "five seconds"]
    last: Candle | None = None


class BarFeed:
    """Sends what happens to all series of bars."""

    def __init__(self, clients: Mapping[int, Client], turns: Turns, history: History) -> None:
        self._clients = clients
        self._turns = turns
        self._history = history
        self._lines: dict[tuple[int, int], BarLine] = {}

    def find(self, client: Client, request_id: int) -> BarLine | None:
        """Return the series that a client has under an id, or None."""
        line = self._lines.get((client.owner_id, request_id))
        return line if line is not None and line.client is client else None

    def follow(self, line: BarLine) -> None:
        """Begin a series; it ends when the client ends it, or leaves."""
        self._lines[line.client.owner_id, line.request_id] = line
        self._wait(line)

    def end(self, line: BarLine) -> None:
        """End a series."""
        del self._lines[line.client.owner_id, line.request_id]

    def _wait(self, line: BarLine) -> None:
        """Come back at the next multiple of five seconds."""
        steps = (self._turns.now() - _EPOCH) // STEP + 1
        self._turns.at(_EPOCH + steps * STEP, partial(self._step, line))

    def _step(self, line: BarLine) -> None:
        """Send what is new of a series, if it is still wanted."""
        key = (line.client.owner_id, line.request_id)
        if self._lines.get(key) is not line:
            return
        if self._clients.get(line.client.owner_id) is not line.client:
            del self._lines[key]
            return
        if line.kind == "update":
            self._send_updates(line)
        else:
            self._send_five_seconds(line)
        self._wait(line)

    def _send_updates(self, line: BarLine) -> None:
        """Send the bars of a request that have changed or begun."""
        now = self._turns.now()
        since = now - STEP if line.last is None else line.last.at
        for candle in self._history.within(line.instrument, line.query, (since, now), now):
            if candle == line.last:
                continue
            line.last = candle
            texts = candle_texts(candle, line.instrument, line.client.version)
            time = line.printer.bar(candle.at, line.query.size, line.query.date_format)
            line.client.send(BAR_UPDATE, request_id=line.request_id, time=time, **texts)

    def _send_five_seconds(self, line: BarLine) -> None:
        """Send the bar that has just ended; outside of regular hours there is none."""
        now = self._turns.now()
        for candle in self._history.within(line.instrument, line.query, (now - STEP, now), now):
            texts = candle_texts(candle, line.instrument, line.client.version)
            time = int(candle.at.timestamp())
            line.client.send(FIVE_SECONDS, request_id=line.request_id, time=time, **texts)
