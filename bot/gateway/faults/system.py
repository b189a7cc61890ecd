"""Faults of the gateway's own links: to the broker, to the data farms, to its login."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, get_args

from typing_extensions import override

from bot.gateway.faults.connections import SilentHandshake
from bot.gateway.faults.fault import Condition, Event
from bot.gateway.faults.parameters import choice, number, whole
from bot.gateway.quotes.farms import FarmKind
from bot.gateway.wire.incoming import CANCEL_ORDER, GLOBAL_CANCEL
from bot.gateway.wire.place_order import PLACE_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.client import Call, Message

#: All messages about quotes: prices, sizes, texts, the end of a snapshot, the type, the parameters.
QUOTE_MESSAGES: Final = frozenset({1, 2, 45, 46, 57, 58, 81})

#: What goes on to the broker.
_SENT_ON: Final = frozenset({PLACE_ORDER.number, CANCEL_ORDER.number, GLOBAL_CANCEL.number})

_LINK: Final = "Connectivity between IB and Trader Workstation has been"
_RESTORED: Final = {
    "kept": (1102, f"{_LINK} restored - data maintained."),
    "lost": (1101, f"{_LINK} restored - data lost."),
}


def is_whole_order(call: Call) -> bool:
    """Tell whether a request places or changes an order, and does not only ask what if."""
    return call.number == PLACE_ORDER.number and not call.request.flag("what_if")


@dataclass(kw_only=True, eq=False)
class ConnectivityLost(Condition):
    """1100: orders wait, quotes stop, and what happens is told only after 1101 or 1102."""

    NAME: ClassVar = "connectivity-lost"
    CODE: ClassVar = 1100
    TEXT: ClassVar = f"{_LINK} lost."
    data: str = choice("how it ends: with subscriptions kept (1102) or lost (1101)", *_RESTORED)
    orders: str = choice("what becomes of orders that come meanwhile", "sent-later", "lost")
    _kept: list[Message] = field(default_factory=list, init=False)
    _waiting: list[Call] = field(default_factory=list, init=False)

    @override
    def begin(self) -> str:
        """Lose the broker."""
        self.venue.view.lag(self, math.inf)
        self.notify(self.CODE, self.TEXT)
        return f"code {self.CODE}"

    @override
    def on_request(self, call: Call) -> bool:
        """Keep what would go on to the broker."""
        if call.number not in _SENT_ON:
            return True
        if self.orders == "sent-later":
            self._waiting.append(call)
        return False

    @override
    def on_message(self, message: Message) -> Iterable[Message]:
        """Keep what comes from the broker; quotes are lost."""
        if message.is_report:
            self._kept.append(message)
            return ()
        return () if message.answer.number in QUOTE_MESSAGES else (message,)

    @override
    def finish(self) -> None:
        """Find the broker again: tell what has happened, then send orders on."""
        self.venue.view.catch_up(self)
        self.notify(*_RESTORED[self.data])
        self.deliver(self._kept)
        if self.data == "kept":
            self.venue.publisher.repeat_quotes()
        else:
            for client in self.clients():
                client.subscriptions.tickers.clear()
        for call in self._waiting:
            call.serve()


@dataclass(kw_only=True, eq=False)
class ServerConnectionBroken(ConnectivityLost):
    """2110: as 1100, but said of the server, and with the promise that it comes back by itself."""

    NAME: ClassVar = "server-connection-broken"
    CODE: ClassVar = 2110
    TEXT: ClassVar = (
        "Connectivity between Trader Workstation and server is broken."
        " It will be restored automatically."
    )


@dataclass(kw_only=True, eq=False)
class ConnectivityRestored(Event):
    """1101 or 1102: the broker is there again; ends connectivity-lost, or is a bare notice."""

    NAME: ClassVar = "connectivity-restored"
    data: str = choice("whether subscriptions were kept (1102) or lost (1101)", *_RESTORED)

    @override
    def begin(self) -> str:
        """End the break, if there is one."""
        broken = [each for each in self.stage.active() if isinstance(each, ConnectivityLost)]
        for each in broken:
            each.data = self.data
            self.stage.finish(each)
        code, text = _RESTORED[self.data]
        if not broken:
            self.notify(code, text)
        return f"code {code}"


#: Requests that need a farm and are not answered while it is broken; others are the farm's own.
_NEEDED: Final = {"quotes": (), "history": (), "definitions": (9, 81)}


@dataclass(kw_only=True, eq=False)
class FarmsDown(Condition):
    """2103, 2105, 2157: data farms break; quotes stop, history is refused, contracts not answered."""

    NAME: ClassVar = "farms-down"
    farm: str = choice("which one", "all", "quotes", "history", "definitions")
    quotes: str = choice("quotes after their farm is back", "go-on", "stay-dead")

    @property
    def _kinds(self) -> list[FarmKind]:
        """The farms that are broken."""
        return [kind for kind in get_args(FarmKind) if self.farm in ("all", kind)]

    @override
    def begin(self) -> str:
        """Break them."""
        for kind in self._kinds:
            self.venue.publisher.feed.set_farm(kind, "broken")
        return f"{' '.join(self._kinds)} broken"

    @override
    def on_request(self, call: Call) -> bool:
        """Leave unanswered what needs a broken farm."""
        return not any(call.number in _NEEDED[kind] for kind in self._kinds)

    @override
    def finish(self) -> None:
        """Mend them."""
        if self.quotes == "stay-dead" and "quotes" in self._kinds:
            for client in self.clients():
                client.subscriptions.tickers.clear()
        for kind in self._kinds:
            self.venue.publisher.feed.set_farm(kind, "ok")


@dataclass(kw_only=True, eq=False)
class NightlyRestart(Condition):
    """The gateway restarts: connections end, the port is shut for a while, order ids may go back."""

    NAME: ClassVar = "nightly-restart"
    for_s: float = number("seconds for which the port is shut; 0: until somebody ends it", 120.0)
    ids_back: int = whole("by how many the next order id of every client goes back", 0)

    @override
    def begin(self) -> str:
        """Go down."""
        self.stage.door.shut()
        for line in list(self.venue.hooks.lines):
            line.abort()
        return "the gateway is down"

    @override
    def finish(self) -> None:
        """Come up, with a shorter memory."""
        self.venue.desk.numbering.roll_back(self.ids_back)
        self.stage.door.open()


@dataclass(kw_only=True, eq=False)
class WeeklyLogin(SilentHandshake):
    """The login has expired: connections end and new ones get no answer until `login`."""

    NAME: ClassVar = "weekly-login"

    @override
    def begin(self) -> str:
        """Log out."""
        for line in list(self.venue.hooks.lines):
            line.abort()
        return "somebody has to log in"


@dataclass(kw_only=True, eq=False)
class Login(Event):
    """Somebody logs in again, which ends weekly-login."""

    NAME: ClassVar = "login"

    @override
    def begin(self) -> str:
        """Log in."""
        return self.stage.end(WeeklyLogin.NAME)


#: Message ids that a read-only API refuses, with the name of the field that has their id, if any.
_REFUSED: Final = {3: "order_id", 4: "order_id", 5: "", 15: "", 16: "", 58: "", 99: ""}

_READ_ONLY: Final = (
    "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."
)


@dataclass(kw_only=True, eq=False)
class ReadOnly(Condition):
    """The API is read-only: orders, cancels and lists of orders are refused with 321."""

    NAME: ClassVar = "read-only"

    @override
    def begin(self) -> str:
        """Refuse from now on."""
        return "orders are refused with 321"

    @override
    def on_request(self, call: Call) -> bool:
        """Refuse what is about orders."""
        name = _REFUSED.get(call.number)
        if name is None:
            return True
        call.client.refuse(call.request.integer(name) if name else -1, 321, _READ_ONLY)
        return False


@dataclass(kw_only=True, eq=False)
class Pacing(Condition):
    """100: what a client sends above a rate is refused; the third second of it ends the connection."""

    NAME: ClassVar = "pacing"
    messages: int = whole("messages that a client may send in one second", 50, low=1, high=100_000)
    violations: int = whole("at which violation the connection is cut; 0: never", 3, high=1000)
    _seconds: dict[int, tuple[int, int]] = field(default_factory=dict, init=False)
    _violations: dict[int, int] = field(default_factory=dict, init=False)

    @override
    def begin(self) -> str:
        """Count from now on."""
        return f"at most {self.messages} messages in one second"

    @override
    def on_request(self, call: Call) -> bool:
        """Count by whole seconds, and refuse what is too much."""
        client_id = call.client.client_id
        if client_id is None:
            return True
        second = int(self.venue.turns.now().timestamp())
        before, sent = self._seconds.get(client_id, (second, 0))
        sent = sent + 1 if before == second else 1
        self._seconds[client_id] = (second, sent)
        if sent <= self.messages:
            return True
        if sent == self.messages + 1:
            self._violations[client_id] = self._violations.get(client_id, 0) + 1
        count = self._violations[client_id]
        text = f"Max rate of messages per second has been exceeded: max={self.messages} rec={sent}"
        call.client.refuse(-1, 100, f"{text} ({count})")
        if count == self.violations:
            del self._violations[client_id]
            call.client.close()
        return False


@dataclass(kw_only=True, eq=False)
class CompetingSession(Condition):
    """10197: the same login is live elsewhere; quotes stop, and new lines are told so, too."""

    NAME: ClassVar = "competing-session"
    connections: str = choice("what becomes of connections", "stay", "cut")

    @override
    def begin(self) -> str:
        """Take the quotes away, or everything."""
        self.turn("quotes", "competing")
        for client in self.clients():
            for request_id in client.subscriptions.tickers:
                client.refuse(request_id, 10197, "No market data during competing live session")
        if self.connections == "cut":
            for client in self.clients():
                client.close()
        return f"quotes stop, connections {self.connections}"


FAULTS: Final = (
    ConnectivityLost,
    ServerConnectionBroken,
    ConnectivityRestored,
    FarmsDown,
    NightlyRestart,
    WeeklyLogin,
    Login,
    ReadOnly,
    Pacing,
    CompetingSession,
)
