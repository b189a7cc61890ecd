"""Faults of what is told about orders: late, twice, in another order, or never.

The truth is as it should be: the order is taken and trades. Lists that are asked for show it, but
for the lag of the view.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from typing_extensions import override

from bot.gateway.faults.fault import Ambush, Condition
from bot.gateway.faults.parameters import FaultError, choice, number, text, whole
from bot.gateway.wire.order_reports import COMMISSION, EXECUTION, OPEN_ORDER, ORDER_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.gateway.client import Message
    from bot.gateway.wire.answers import Answer


@dataclass(kw_only=True, eq=False)
class _Late(Condition):
    """A fault that keeps messages for some seconds, in their order."""

    _late: deque[tuple[datetime, Message]] = field(default_factory=deque, init=False)

    def keep(self, message: Message, late_s: float) -> None:
        """Keep a message for some seconds."""
        turns = self.venue.turns
        self._late.append((turns.now() + timedelta(seconds=late_s), message))
        turns.after(late_s, self._deliver_due)

    def _deliver_due(self) -> None:
        """Send what was kept long enough."""
        now = self.venue.turns.now()
        while self._late and self._late[0][0] <= now:
            self.deliver([self._late.popleft()[1]])

    @override
    def finish(self) -> None:
        """Send everything that is still kept."""
        while self._late:
            self.deliver([self._late.popleft()[1]])


@dataclass(kw_only=True, eq=False)
class ViewLag(_Late):
    """What the broker does is seen late: reports, lists of orders and fills, positions, cash."""

    NAME: ClassVar = "view-lag"
    lag_s: float = number("seconds until something that is true is seen", 5.0, low=0.001)

    @override
    def begin(self) -> str:
        """Show the truth late."""
        self.venue.view.lag(self, self.lag_s)
        return f"everything is seen {self.lag_s:g} s late"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Keep what is told unasked."""
        if not message.is_report:
            return (message,)
        self.keep(message, self.lag_s)
        return ()

    @override
    def finish(self) -> None:
        """Show the truth: first what is told, then what is asked."""
        super().finish()
        self.venue.view.catch_up(self)


@dataclass(kw_only=True, eq=False)
class LateCommission(_Late):
    """Commission reports come some seconds after their executions."""

    NAME: ClassVar = "late-commission"
    late_s: float = number("seconds by which they come late", 5.0, low=0.001)

    @override
    def begin(self) -> str:
        """Wait for the next fill."""
        return f"commissions come {self.late_s:g} s late"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Keep commissions."""
        if message.answer is not COMMISSION:
            return (message,)
        self.keep(message, self.late_s)
        return ()


@dataclass(kw_only=True, eq=False)
class Mute(Condition):
    """Messages with some ids are never sent, such as end markers: 52, 53, 54, 55, 57, 62, 64, 102."""

    NAME: ClassVar = "mute"
    ids: str = text("message ids, separated by blanks or commas", "62")
    _muted: list[int] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Read the ids."""
        words = self.ids.replace(",", " ").split()
        if not words or not all(word.isascii() and word.isdigit() for word in words):
            message = f"mute: ids = {self.ids!r}: expected message ids such as 53 62"
            raise FaultError(message)
        self._muted = [int(word) for word in words]
        return f"{' '.join(words)} are muted"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Swallow what is muted."""
        return () if message.answer.number in self._muted else (message,)


@dataclass(kw_only=True, eq=False)
class AckWithheld(Condition):
    """Nothing is said about orders unasked; all of it comes, in order, when this ends."""

    NAME: ClassVar = "ack-withheld"

    @override
    def begin(self) -> str:
        """Hold reports."""
        self.turn("hold_acks", True)  # noqa: FBT003 the position of the switch
        return "reports are held"


def order_key(message: Message) -> tuple[int, int] | None:
    """Return client id and order id of a report of an order's terms, state or fill, or None."""
    if message.answer not in (OPEN_ORDER, ORDER_STATUS, EXECUTION):
        return None
    client_id, order_id = message.values["client_id"], message.values["order_id"]
    return (int(str(client_id)), int(str(order_id)))


@dataclass(kw_only=True, eq=False)
class ExecutionBeforeStatus(Condition):
    """The execution of an order is told before its first state, which then follows."""

    NAME: ClassVar = "execution-before-status"
    wait_s: float = number("seconds after which the state is told without an execution", 5.0)
    _kept: dict[tuple[int, int], list[Message]] = field(default_factory=dict, init=False)
    _traded: dict[tuple[int, int], None] = field(default_factory=dict, init=False)

    @override
    def begin(self) -> str:
        """Wait for the next order."""
        return "executions come before states"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Keep states until the first execution has gone."""
        key = order_key(message)
        if not message.is_report or key is None or key in self._traded:
            return (message,)
        if message.answer is EXECUTION:
            self._traded[key] = None
            return (message, *self._kept.pop(key, ()))
        if key not in self._kept:
            self.venue.turns.after(self.wait_s, partial(self._release, key))
        self._kept.setdefault(key, []).append(message)
        return ()

    @override
    def finish(self) -> None:
        """Tell what was kept."""
        for key in tuple(self._kept):
            self._release(key)

    def _release(self, key: tuple[int, int]) -> None:
        """Tell the states of an order."""
        self.deliver(self._kept.pop(key, ()))


@dataclass(kw_only=True, eq=False)
class AlteredEcho(Condition):
    """A term of open orders comes back as another one than was asked for, unasked and in the list."""

    NAME: ClassVar = "altered-echo"
    term: str = choice(
        "the term",
        "order_type",
        "time_in_force",
        "account",
        "action",
        "quantity",
        "limit_price",
        "algorithm",
    )
    value: str = text("what is told instead; empty: nothing", "MKT")
    symbol: str = text("of orders for which symbol; empty: all")

    @override
    def begin(self) -> str:
        """Tell it from now on."""
        return f"{self.symbol or 'every order'} comes back with {self.term} {self.value!r}"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Tell another term."""
        values = message.values
        if message.answer is not OPEN_ORDER or self.symbol not in ("", values["symbol"]):
            return (message,)
        return (replace(message, values={**values, self.term: self.value}),)


@dataclass(kw_only=True, eq=False)
class NoStatus(Condition):
    """States of orders are not told unasked; their terms and executions are."""

    NAME: ClassVar = "no-status"
    terms: str = choice("whether the terms, which carry the state too, are told", "told", "untold")

    @override
    def begin(self) -> str:
        """Tell no state from now on."""
        return "no state is told"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Swallow states."""
        is_state = message.answer is ORDER_STATUS
        is_terms = message.answer is OPEN_ORDER and self.terms == "untold"
        return () if message.is_report and (is_state or is_terms) else (message,)


@dataclass(kw_only=True, eq=False)
class _Repeated(Condition):
    """A fault that tells something several times."""

    ANSWER: ClassVar[Answer]
    times: int = whole("how often each of them is told", 2, low=2, high=100)

    @override
    def begin(self) -> str:
        """Repeat from now on."""
        return f"each is told {self.times} times"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Repeat it."""
        is_meant = message.answer is self.ANSWER and message.is_report
        return (message,) * (self.times if is_meant else 1)


@dataclass(kw_only=True, eq=False)
class DuplicateExecution(_Repeated):
    """Every execution is told more than once, with the same id."""

    NAME: ClassVar = "duplicate-execution"
    ANSWER: ClassVar = EXECUTION


@dataclass(kw_only=True, eq=False)
class DuplicateCommission(_Repeated):
    """Every commission is told more than once, for the same execution."""

    NAME: ClassVar = "duplicate-commission"
    ANSWER: ClassVar = COMMISSION


@dataclass(kw_only=True, eq=False)
class DuplicateStatus(_Repeated):
    """Every state of an order is told more than once."""

    NAME: ClassVar = "duplicate-status"
    ANSWER: ClassVar = ORDER_STATUS


@dataclass(kw_only=True, eq=False)
class SilentAfterPartial(Ambush):
    """The next order trades in part, which is told, then wholly, which never is."""

    NAME: ClassVar = "silent-after-partial"
    rest_s: float = number("seconds from the part to the rest, which trades untold", 1.0)
    _silenced: dict[tuple[int, int], None] = field(default_factory=dict, init=False)
    _ids: list[str] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Let orders trade in part."""
        self.turn("fill", "partial")
        return "the next order trades in part"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Tell the first execution and what belongs to it, then nothing more of the order."""
        if not message.is_report:
            return (message,)
        if message.answer is COMMISSION and message.values["execution_id"] in self._ids:
            return ()
        key = order_key(message)
        if key is None:
            return (message,)
        if key in self._silenced:
            if message.answer is EXECUTION:
                self._ids.append(str(message.values["execution_id"]))
            return ()
        if message.answer is EXECUTION and not self.is_used_up:
            self.venue.turns.at_end(partial(self._silence, key))
        return (message,)

    def _silence(self, key: tuple[int, int]) -> None:
        """Tell nothing more of an order, and let the rest of it trade later."""
        self._silenced[key] = None
        self._uses += 1
        self.venue.turns.after(self.rest_s, self._trade_rest)

    def _trade_rest(self) -> None:
        """Let orders trade as they did before; of this one, nothing is told."""
        self.stage.turn_back(self)


@dataclass(kw_only=True, eq=False)
class UnsetCommission(Condition):
    """Commissions are told without an amount: as -1, or as the largest number that there is."""

    NAME: ClassVar = "unset-commission"
    amount: str = choice("what is told instead", "-1", "1.7976931348623157E308")

    @override
    def begin(self) -> str:
        """Hide amounts from now on."""
        return f"commissions are told as {self.amount}"

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Hide the amount."""
        if message.answer is not COMMISSION:
            return (message,)
        return (replace(message, values={**message.values, "commission": self.amount}),)


FAULTS: Final = (
    ViewLag,
    LateCommission,
    Mute,
    AckWithheld,
    ExecutionBeforeStatus,
    AlteredEcho,
    NoStatus,
    DuplicateExecution,
    DuplicateCommission,
    DuplicateStatus,
    SilentAfterPartial,
    UnsetCommission,
)
