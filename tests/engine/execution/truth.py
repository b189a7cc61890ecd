"""A broker that keeps the truth about orders, and what it takes to run recovery against it without a real clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.core.domain.account import Position
from bot.core.domain.event import Event
from bot.core.domain.orders import (
    CompletedOrder,
    Consequence,
    Execution,
    OpenOrder,
    OrderBooks,
    OrderIntent,
)
from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown
from bot.engine import events
from bot.engine.order_record import fill_key

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
#: Shares held before the plan, by conId.
HELD = {1: Decimal(500), 2: Decimal(0)}


class HandClock:
    """Time that only moves when somebody waits."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class ListJournal:
    """A journal in memory: appends are durable, references unique."""

    name = "abc123"
    is_remote = False

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._events: list[Event] = []

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        refs = {each.order_ref for each in self._events if each.kind == events.ORDER_INTENT}
        assert kind != events.ORDER_INTENT or keys["order_ref"] not in refs
        event = Event(len(self._events) + 1, self._clock.now(), kind, as_json(body), **keys)
        self._events.append(event)
        return event

    def events(self, *, kinds: Any = (), newest: int | None = None, **keys: str) -> Any:
        found = [each for each in self._events if not kinds or each.kind in set(kinds)]
        found = [each for each in found if all(getattr(each, key) == keys[key] for key in keys)]
        return tuple(found[-newest:] if newest else found)


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, (Decimal, datetime)):
        return str(value)
    return value.value if isinstance(value, Consequence) else value


@dataclass
class Truth:
    """One order as it is at the broker: facts, each with its moment.

    Attributes:
        intent: Its terms.
        arrived_at: When it came to be there, or None if it never did.
        fills: Executions in their revisions, oldest first.
        traded: Unsigned shares that have traded, whatever was corrected later.
        ended_at: When nothing more could become of it.
        end: The broker's word for that.
    """

    intent: OrderIntent
    arrived_at: datetime | None
    fills: list[tuple[datetime, Execution]] = field(default_factory=list)
    traded: int = 0
    ended_at: datetime | None = None
    end: str = ""

    @property
    def rest(self) -> int:
        """Unsigned shares that may still trade."""
        is_live = self.arrived_at is not None and self.ended_at is None
        return abs(self.intent.shares) - self.traded if is_live else 0

    def booked(self, by: datetime) -> dict[str, Execution]:
        """The newest revision of each fill that was made by a moment."""
        return {fill_key(each.execution_id)[0]: each for at, each in self.fills if at <= by}

    def shares(self, by: datetime) -> Decimal:
        return sum((each.shares for each in self.booked(by).values()), Decimal(0))


class FakeBroker:
    """What recovery asks of the broker port, over a truth that the test makes; lists show what was true `lag_s` ago."""

    is_connected = True

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self.truths: dict[str, Truth] = {}
        self.lag_s = 0.0
        self.is_blind = False

    @property
    def _seen_at(self) -> datetime:
        return self._clock.now() - timedelta(seconds=self.lag_s)

    def place_order(self, intent: OrderIntent) -> None:
        assert intent.order_ref not in self.truths, "sent twice"
        self.truths[intent.order_ref] = Truth(intent, self._clock.now())

    async def read_orders(self) -> Any:
        if self.is_blind:
            return Unknown("fake", self._clock.now(), "muted")
        by = self._seen_at
        there = [t for t in self.truths.values() if t.arrived_at is not None and t.arrived_at <= by]
        is_open = [t for t in there if t.ended_at is None or t.ended_at > by]
        over = [t for t in there if t not in is_open]
        books = OrderBooks(
            open_orders=tuple(echo_of(truth, "Submitted") for truth in is_open),
            completed_orders=tuple(self._completed(truth, by) for truth in over),
            executions=tuple(fill for truth in there for fill in truth.booked(by).values()),
        )
        return Known(books, "fake", self._clock.now())

    @staticmethod
    def _completed(truth: Truth, by: datetime) -> CompletedOrder:
        intent = truth.intent
        filled, shares = abs(truth.shares(by)), Decimal(intent.shares)
        con_id = intent.instrument.con_id
        return CompletedOrder(intent.order_ref, 1, con_id, shares, filled, truth.end, truth.end)

    async def read_positions(self) -> Any:
        if self.is_blind:
            return Unknown("fake", self._clock.now(), "muted")
        rows = tuple(
            Position(con_id, "", "STK", "USD", shares, None)
            for con_id, shares in self.positions(self._seen_at).items()
            if shares
        )
        now = self._clock.now()
        return Known(rows, "fake", now) if rows else ConfirmedEmpty("fake", now)

    def positions(self, by: datetime) -> dict[int, Decimal]:
        held = dict(HELD)
        for truth in self.truths.values():
            held[truth.intent.instrument.con_id] += truth.shares(by)
        return held


def echo_of(truth: Truth, status: str) -> OpenOrder:
    intent = truth.intent
    return OpenOrder(
        order_ref=intent.order_ref,
        perm_id=1,
        order_id=1,
        client_id=17,
        con_id=intent.instrument.con_id,
        symbol=intent.instrument.symbol,
        shares=Decimal(intent.shares),
        limit_price=intent.limit_price,
        status=status,
        order_type=intent.order_type,
        time_in_force=intent.time_in_force,
        account=intent.account,
    )


class Quiet:
    """A switch that nobody throws."""

    def is_halted(self) -> bool:
        return False


def done(coroutine: Any) -> Any:
    """Run what never waits for anything but a clock that moves at once."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    message = "a fake waited"
    raise AssertionError(message)
