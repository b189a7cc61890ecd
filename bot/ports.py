"""What the engine needs of the outside world, each as small as its use. Adapters implement these; `app.py` picks.

Every read is three-valued (`Reading`) and bounded in time by the adapter; none of them raises for bad news that a
`Reading` can say. What connects, sends or writes raises, as its method says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime, timedelta
    from types import TracebackType

    from bot.core.domain.account import AccountState, Position
    from bot.core.domain.alert import Alert
    from bot.core.domain.event import Event, Tip
    from bot.core.domain.history import History
    from bot.core.domain.instrument import Instrument, InstrumentSpec, Unresolved
    from bot.core.domain.orders import BrokerEvent, OrderBooks, OrderIntent
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading
    from bot.core.domain.session import Session


class Clock(Protocol):
    """The only source of time. Wall times are aware UTC, intervals are monotonic."""

    def now(self) -> datetime:
        """Return the current time, aware UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for intervals."""

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` (>= 0)."""


class Broker(Protocol):
    """One account at one gateway, over one connection."""

    @property
    def is_connected(self) -> bool:
        """Whether the line is up and its start-up handshake is complete."""

    async def connect(self) -> None:
        """Connect, check the account against the settings, and set the clock to the gateway where that is asked for.

        Raises:
            BrokerUnavailable: If the gateway refuses, does not answer in time, or the client id is in use.
            WrongAccount: If the gateway's accounts do not fit the settings.
            ConfigError: If the settings cannot be used for a connection at all.
        """

    async def disconnect(self) -> None:
        """Close the line; does nothing if it is closed."""

    async def read_time(self) -> Reading[datetime]:
        """Read the broker's clock (aware UTC, whole seconds): the health check, a full round trip."""

    async def read_account(self) -> Reading[AccountState]:
        """Read cash and net liquidation; known only if this very download ended."""

    async def read_positions(self) -> Reading[tuple[Position, ...]]:
        """Read every position of the account; confirmed empty only if the read ended without any."""

    async def read_orders(self) -> Reading[OrderBooks]:
        """Read open orders of all clients, completed orders and executions; known only if all three ended."""

    async def resolve(self, specs: Sequence[InstrumentSpec]) -> tuple[Instrument | Unresolved, ...]:
        """Turn what a person wrote into instruments, in the same order; one that is unknown is a value."""

    async def read_quotes(self, instruments: Iterable[Instrument]) -> dict[int, Reading[Quote]]:
        """Ask for a new quote of each instrument; one reading for each, by conId."""

    async def read_levels(self, names: Iterable[str]) -> dict[str, Reading[float]]:
        """Ask for the level of each market index, e.g. ``VIX``; one reading for each, by name."""

    async def read_fall(self, index: str) -> Reading[float]:
        """Ask how far a market index, e.g. ``SPX``, is below its prior close, a fraction; negative is a rise."""

    async def read_history(
        self, instruments: Sequence[Instrument], sessions: Sequence[date]
    ) -> Reading[History]:
        """Read adjusted closes and volumes (1, T, N) of finished sessions; known only if none is missing.

        Args:
            instruments: The N columns.
            sessions: The T dates in the exchange's zone, ascending; never the running session.
        """

    async def ready_to_send(self) -> None:
        """Wait until the limiter lets one more order message through, and take that place.

        Raises:
            BrokerUnavailable: If the line is down.
        """

    def place_order(self, intent: OrderIntent) -> None:
        """Send one order now, without waiting. Only `engine/execution/send.py` calls this.

        Raises:
            BrokerUnavailable: If the line is down; nothing was written then.
            InvariantBroken: If this connection may not send this order.
        """

    async def cancel_order(self, order_ref: str, order_id: int) -> None:
        """Ask to cancel an own order; the places kept for cancels are used if need be. Not a confirmation.

        Raises:
            BrokerUnavailable: If the line is down.
            InvariantBroken: If this connection may not send, or the id is another order's.
        """

    def order_id_of(self, order_ref: str) -> int | None:
        """Return the order id under which `order_ref` was sent or seen in this connection, or None."""

    async def next_event(self, timeout_s: float) -> BrokerEvent | None:
        """Return the next event of the bounded queue, or None after `timeout_s` seconds without one."""


class Calendar(Protocol):
    """The exchange's sessions, holidays and half days."""

    def session_at(self, now: datetime) -> Session | None:
        """Return the session that `now` (aware UTC) is inside, or None when the exchange is closed."""

    def next_session(self, now: datetime) -> Session:
        """Return the first session that opens after `now` (aware UTC)."""

    def sessions_before(self, day: date, count: int) -> tuple[date, ...]:
        """Return the dates of the newest `count` sessions before `day` (the exchange's zone), ascending."""

    def sessions_since(self, first: date, last: date) -> int:
        """Return how many sessions are after `first` up to and with `last`: 0 for the same session."""


class Journal(Protocol):
    """Append-only memory. An `append` that returned is on the disk."""

    @property
    def name(self) -> str:
        """Six characters drawn when the journal was made: part of every order reference."""

    @property
    def is_remote(self) -> bool:
        """Whether an append waits for a network: then `append_remotely` is for what must not hold up the loop."""

    @property
    def tip(self) -> Tip:
        """The newest event: its hash stands for the whole journal.

        Raises:
            JournalWriteFailed: If the journal cannot be read.
        """

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Make one event durable and return it as a later read would: numbered, the body as JSON has it.

        Args:
            kind: What happened, a name of `bot.engine.events`.
            body: The facts, JSON-able; Decimals and datetimes are written as strings.
            keys: Any of look_id, plan_id, order_ref: the columns that events are found by.

        Raises:
            JournalWriteFailed: If the event is not durable, or an intent's order_ref was used before.
        """

    async def append_remotely(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        """Do what `append` does while the event loop goes on; where nothing is remote it is `append`.

        A task that is cancelled while it waits does not undo the append.

        Raises:
            JournalWriteFailed: As `append`.
        """

    def events(
        self, *, kinds: Iterable[str] = (), newest: int | None = None, **keys: str
    ) -> tuple[Event, ...]:
        """Return events in sequence, all kinds unless `kinds` are named, only the `newest` n if given."""

    def probe(self) -> None:
        """Write and take it back.

        Raises:
            JournalWriteFailed: If an append would not be durable now.
        """

    def close(self) -> None:
        """Release the file."""


class Switch(Protocol):
    """The kill switch as looks and the send path see it: durable, re-read each time."""

    def is_halted(self) -> bool:
        """Return whether nothing may leave; whatever cannot be read counts as halted."""

    def is_paused(self) -> bool:
        """Return whether no plan may be opened, as also while trading is halted."""

    def reason(self) -> str:
        """Return why trading is halted or paused, for a person; empty if it is neither."""

    def halt(self, reason: str) -> None:
        """Stop trading, durably, now. Idempotent."""


class Lease(Protocol):
    """Who may trade. The first kind is a file lock beside the journal."""

    def is_held(self) -> bool:
        """Return whether this process holds it now."""

    def __enter__(self) -> Self:
        """Take it.

        Raises:
            LeaseHeld: If another process holds it.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""


class Alerts(Protocol):
    """The ways to a person outside: channels that take an alert, and one place that misses our heartbeat."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the configured channels, in their order, without anything secret; empty if nobody is to be told."""

    async def send(self, channel: str, alert: Alert) -> bool:
        """Hand one alert to one channel, bounded in time; return whether it took it. Never raises for bad news."""

    async def beat(self) -> bool:
        """Ping the heartbeat's URL, bounded in time; return whether it answered. False if none is configured."""


class FollowableClock(Clock, Protocol):
    """A clock that a paper gateway's replayed time may set."""

    def follow(self, offset: timedelta) -> None:
        """Run `offset` ahead of the machine's own clock from now on."""
