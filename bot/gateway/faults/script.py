"""Scripts: which faults are struck when, read from a TOML file.

    seed = 7

    [[fault]]
    name = "drop-connection"
    when = "place"          # the next order ...
    nth = 3                 # ... but for two before it
    side = "before-ack"     # everything else is a parameter of the fault

    [[fault]]
    name = "connectivity-lost"
    after_s = 30.0
    for_s = 20.0

A fault is struck at a moment (`at`), some seconds after the start (`after_s`), every so many seconds
(`every_s`), or at an event (`when`): the `nth` one and, up to `count` strikes, those after it. With
`chance` each of these is left to chance. A fault that lasts ends after its `for_s`, or at a moment
(`until`). Same seed, same script and same events: same strikes. What cannot be struck when its time
comes is said on standard error, and counted.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from bot.gateway.config.reading import GatewayConfigError, read_toml
from bot.gateway.faults.parameters import (
    ID_MAX,
    FaultError,
    Parameter,
    nearest,
    parameters,
)
from bot.gateway.faults.registry import REGISTRY
from bot.gateway.faults.strikes import make_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.client import Call
    from bot.gateway.faults.strikes import Faults
    from bot.gateway.turns import Timer

#: Keys whose values are moments: when a fault is struck, and when it ends.
_MOMENTS: Final = ("at", "until")

#: Moments without a zone are those of New York, as in the configuration.
_ZONE: Final = ZoneInfo("America/New_York")

#: For how long a fault lasts whose end is over when it is struck, in seconds.
_SHORTEST_S: Final = 1e-6

#: Lines about strikes that are remembered.
_SAID_MAX: Final = 1000

#: Events that are requests, by the id of their message.
_REQUESTS: Final[Mapping[str, int]] = MappingProxyType({"place": 3, "cancel": 4, "connect": 71})

#: All events: those, any request (with `request` that of one message id), and a fill.
EVENTS: Final = (*_REQUESTS, "request", "fill")

_WHEN: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "after_s": Parameter(float, "seconds after the start", 0.0, 1e9),
        "every_s": Parameter(float, "seconds from one strike to the next", 0.001, 1e9),
        "when": Parameter(str, "an event", choices=EVENTS),
        "request": Parameter(int, "message id", 1, ID_MAX),
        "nth": Parameter(int, "which of the events is the first", 1, ID_MAX),
        "chance": Parameter(float, "of each strike, 0 to 1", 0.0, 1.0),
        "count": Parameter(int, "strikes; 0: any number", 0, ID_MAX),
    }
)


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of a script, and when it is struck.

    Attributes:
        name: Of the fault.
        parameters: What it is told.
        at: At this moment, aware; or None.
        after_s: So many seconds after the start; or None.
        every_s: And again after as many; or None.
        event: At this event; or empty.
        request: Message id of the event `request`; 0 for any.
        nth: Which one of the events is the first that counts.
        chance: Of each strike, 0 to 1.
        count: How many strikes there are at most; 0 for any number.
        until: When a fault that lasts ends by itself, aware; or None.
    """

    name: str
    parameters: Mapping[str, object]
    at: datetime | None = None
    after_s: float | None = None
    every_s: float | None = None
    event: str = ""
    request: int = 0
    nth: int = 1
    chance: float = 1.0
    count: int = 1
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What goes wrong, and when.

    Attributes:
        strikes: The faults, in the order of the file.
        seed: Decides what is left to chance.
        source: What `read` made it of.
    """

    strikes: tuple[Strike, ...] = ()
    seed: int = 1
    source: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path | str) -> Script:
    """Read a script.

    Raises:
        FaultError: If the file is missing, too large or no TOML, or has a name, key or value that
            there is not; one line, with the nearest one that there is.
    """
    try:
        given = read_toml(Path(path))
    except GatewayConfigError as error:
        raise FaultError(str(error)) from error
    try:
        return read(given)
    except FaultError as error:
        message = f"{path}: {error}"
        raise FaultError(message) from None


def read(given: Mapping[str, Any]) -> Script:
    """Return the script that a mapping describes, as TOML has it.

    Raises:
        FaultError: If it has a name, a key or a value that there is not.
    """
    for key in given:
        if key not in ("seed", "fault"):
            message = f"there is no {key!r}{nearest(key, ('seed', 'fault'))}"
            raise FaultError(message)
    seed = Parameter(int, "", -ID_MAX, ID_MAX).read("seed", given.get("seed", 1))
    tables = given.get("fault", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        message = "fault: expected tables, each under [[fault]]"
        raise FaultError(message)
    strikes = []
    for number, table in enumerate(tables, start=1):
        try:
            strikes.append(_read_strike(table))
        except FaultError as error:
            message = f"fault {number}: {error}"
            raise FaultError(message) from None
    return Script(tuple(strikes), int(str(seed)), MappingProxyType(dict(given)))


def _read_strike(table: dict[str, Any]) -> Strike:
    """Return what one table asks for."""
    name = table.get("name")
    if not isinstance(name, str):
        message = f"name = {name!r}: expected the name of a fault"
        raise FaultError(message)
    _check_keys(name, table)
    when = {key: item.read(key, table[key]) for key, item in _WHEN.items() if key in table}
    moments = {key: _read_moment(key, table[key]) for key in _MOMENTS if key in table}
    if sum(key in table for key in ("at", "after_s", "every_s", "when")) != 1:
        message = f"{name}: expected one of at, after_s, every_s and when"
        raise FaultError(message)
    if "nth" in when and "when" not in when:
        message = f"{name}: nth counts events, and is there only with when"
        raise FaultError(message)
    told = {
        key: value
        for key, value in table.items()
        if key not in ("name", *_MOMENTS) and key not in _WHEN
    }
    # What has an end of its own is a fault that lasts.
    make_fault(name, {**told, "for_s": 1} if "until" in moments else dict(told))
    if "when" in when:
        when["event"] = when.pop("when")
    if "every_s" in when or "chance" in when:
        when.setdefault("count", 0)
    return Strike(name, MappingProxyType(told), **moments, **when)  # type: ignore[arg-type]


def _check_keys(name: str, table: Mapping[str, object]) -> None:
    """Refuse a key that neither the script has nor the fault."""
    if name not in REGISTRY:
        make_fault(name, {})
    known = ("name", *_MOMENTS, *_WHEN, *parameters(REGISTRY[name]))
    for key in table:
        if key not in known:
            message = f"{name}: there is no {key!r}{nearest(key, known)}"
            raise FaultError(message)


def _read_moment(key: str, value: object) -> datetime:
    """Return a moment; without a zone it is one of New York."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        message = f"{key} = {value!r}: expected a moment such as 2020-06-01T11:00:00"
        raise FaultError(message)
    aware = moment.replace(tzinfo=_ZONE) if moment.tzinfo is None else moment
    return aware.astimezone(UTC)


@dataclass(slots=True)
class _Armed:
    """A strike that waits for its moment or its event."""

    strike: Strike
    random: random.Random
    seen: int = 0
    struck: int = 0
    failed: int = 0
    timer: Timer | None = None

    @property
    def is_over(self) -> bool:
        """Whether there are no more strikes to come."""
        return 0 < self.strike.count <= self.struck

    def is_hit(self) -> bool:
        """Let chance decide, and count."""
        if self.is_over or self.random.random() >= self.strike.chance:
            return False
        self.struck += 1
        return True


@dataclass(slots=True)
class Running:
    """A script that is being played.

    Attributes:
        faults: What strikes.
        armed: What waits.
        said: What the last strikes did, in order, a line each.
        failed: How many could not be done when their time came.
    """

    faults: Faults
    armed: list[_Armed]
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_SAID_MAX))
    failed: int = 0
    _fills: int = 0
    _is_watching: bool = False

    def start(self) -> None:
        """Begin to wait for moments and events."""
        turns = self.faults.venue.turns
        for armed in self.armed:
            strike = armed.strike
            if strike.at is not None:
                armed.timer = turns.at(strike.at, partial(self._strike, armed))
            elif strike.after_s is not None:
                armed.timer = turns.after(strike.after_s, partial(self._strike, armed))
            elif strike.every_s is not None:
                self._wait(armed, strike.every_s)
        if any(armed.strike.event in (*_REQUESTS, "request") for armed in self.armed):
            self.faults.watch_call = self._on_call
            self.faults.set_hooks()
        if any(armed.strike.event == "fill" for armed in self.armed):
            self._fills = len(self.faults.venue.desk.executions)
            turns.watch(self._on_turn)
            self._is_watching = True

    def stop(self) -> None:
        """Strike no more; what lasts goes on."""
        turns = self.faults.venue.turns
        for armed in self.armed:
            if armed.timer is not None:
                turns.cancel(armed.timer)
        if self._is_watching:
            turns.unwatch(self._on_turn)
        self.faults.watch_call = None
        self.faults.set_hooks()

    def _strike(self, armed: _Armed) -> None:
        """Strike, if chance lets it; what cannot be done now is said and counted."""
        if not armed.is_hit():
            return
        strike = armed.strike
        told = dict(strike.parameters)
        if strike.until is not None:
            rest_s = (strike.until - self.faults.venue.turns.now()).total_seconds()
            told["for_s"] = max(rest_s, _SHORTEST_S)
        try:
            self.said.append(self.faults.strike(strike.name, **told))
        except FaultError as error:
            self.said.append(f"{strike.name}: not struck: {error}")
            self.failed += 1
            armed.failed += 1
            if _is_told(armed.failed):
                times = "" if armed.failed == 1 else f" {armed.failed} times"
                self.faults.complain(f"a fault of the script was not struck{times}: {error}")

    def _strike_again(self, armed: _Armed, every_s: float) -> None:
        """Strike now and again later."""
        self._strike(armed)
        if not armed.is_over:
            self._wait(armed, every_s)

    def _wait(self, armed: _Armed, every_s: float) -> None:
        """Strike after some seconds."""
        strike = partial(self._strike_again, armed, every_s)
        armed.timer = self.faults.venue.turns.after(every_s, strike)

    def _on_call(self, call: Call) -> None:
        """Strike at a request, before it is served."""
        for armed in self.armed:
            strike = armed.strike
            if strike.event == "request":
                is_meant = strike.request in (0, call.number)
            else:
                is_meant = _REQUESTS.get(strike.event) == call.number
            # To ask what an order would do is not to place it.
            if is_meant and not (strike.event == "place" and call.request.flag("what_if")):
                self._happen(armed)

    def _on_turn(self) -> None:
        """Strike at the fills of a turn, at its end."""
        fills = len(self.faults.venue.desk.executions)
        new, self._fills = fills - self._fills, fills
        for _ in range(new):
            for armed in self.armed:
                if armed.strike.event == "fill":
                    self._happen(armed)

    def _happen(self, armed: _Armed) -> None:
        """Count an event of the kind that a strike waits for."""
        armed.seen += 1
        if armed.seen >= armed.strike.nth:
            self._strike(armed)


def _is_told(count: int) -> bool:
    """Tell whether the first so many failures are told of: 1, 10, 100, not one line a second."""
    return str(count).rstrip("0") == "1"


def play(script: Script, faults: Faults) -> Running:
    """Begin to play a script, in the place of any other: its moments count from now.

    What is left to chance is drawn from a source of its own for every fault of the script, so that
    one more fault in the file changes nothing for those before it.
    """
    armed = [
        # Arbitrary on purpose, and the same in every run; nothing secret depends on it.
        _Armed(strike, random.Random(f"{script.seed}/fault/{number}"))  # noqa: S311
        for number, strike in enumerate(script.strikes)
    ]
    faults.stop_script()
    running = Running(faults, armed)
    faults.stop_script = running.stop
    faults.venue.turns.take(running.start)
    return running
