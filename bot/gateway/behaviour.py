"""How the gateway behaves towards its clients: the switches that a test turns while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Literal, TypeAlias, get_args

from typing_extensions import override

from bot.gateway.exchange.book import FillKind

#: Turns a switch at the right moment: its name, its new position, and what turns it.
Performer: TypeAlias = Callable[[str, object, Callable[[], None]], None]

QuoteKind = Literal[
    "live",
    "frozen",
    "delayed",
    "absent",
    "silent",
    "noperm",
    "unsubscribed",
    "partial",
    "competing",
]

_CHOICES = {"quotes": get_args(QuoteKind), "fill": get_args(FillKind)}


@dataclass
class Behaviour:
    """The switches. Setting one acts at once on a running gateway.

    Attributes:
        quotes: What a subscriber gets. `live` and `frozen` are those market data types; `delayed`
            comes with notice 10167 and under the delayed tick ids; `absent` is a live line with
            neither bid nor ask; `silent` never answers, not even the end of a snapshot; `noperm`
            is error 354. `unsubscribed` is an account with delayed data only, which comes to
            whoever asks for it; `partial` is 10090 and a line without bid and ask; `competing`
            is 10197: the user is logged in elsewhere, and no quotes come.
        fill: How much of a marketable order trades: all of it, half of it, or nothing.
        fill_delay_s: Seconds from the moment an order could trade to the moment it does. A real
            exchange takes some, and with 0 the acknowledgement and the fill leave in one burst.
        muted: Ids of outgoing messages that are swallowed.
        reject_code: Error code with which new orders are rejected, or None.
        hold_acks: While set, nothing is said about orders to their owners unasked. What was held
            is said, in order, when it is cleared.
        drop_on_place: The next order is accepted and its connection aborted before anything is
            said about it. Clears itself.
    """

    quotes: QuoteKind = "live"
    fill: FillKind = "full"
    fill_delay_s: float = 0.02
    muted: set[int] = field(default_factory=set)
    reject_code: int | None = None
    hold_acks: bool = False
    drop_on_place: bool = False

    def __post_init__(self) -> None:
        """Start without watchers."""
        object.__setattr__(self, "_watchers", [])

    def go_through(self, performer: Performer | None) -> None:
        """Let somebody decide when a switch is turned, which gets its name, position and turning."""
        object.__setattr__(self, "_performer", performer)

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call back with the name of every switch that is set from now on."""
        self._watcher_list().append(watcher)

    def unwatch(self, watcher: Callable[[str], None]) -> None:
        """Stop calling back."""
        self._watcher_list().remove(watcher)

    @override
    def __setattr__(self, name: str, value: object) -> None:
        """Set a switch and tell the watchers.

        Raises:
            AttributeError: If there is no such switch.
            ValueError: If the switch has no such position.
        """
        if name not in {item.name for item in fields(self)}:
            message = f"there is no behaviour {name!r}"
            raise AttributeError(message)
        choices = _CHOICES.get(name)
        if choices and value not in choices:
            message = f"{name} = {value!r}: expected one of {', '.join(choices)}"
            raise ValueError(message)
        performer: Performer | None = self.__dict__.get("_performer")
        if performer is None:
            self._turn(name, value)
        else:
            performer(name, value, partial(self._turn, name, value))

    def _turn(self, name: str, value: object) -> None:
        """Put a switch into a position that it has."""
        object.__setattr__(self, name, value)
        for watcher in tuple(self._watcher_list()):
            watcher(name)

    def _watcher_list(self) -> list[Callable[[str], None]]:
        """Return the watchers; none while the dataclass is still being initialised."""
        found: list[Callable[[str], None]] = self.__dict__.get("_watchers", [])
        return found
