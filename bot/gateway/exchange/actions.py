"""Corporate actions: dividends and splits, and what they do to the prices before them.

An action takes effect at the midnight of the exchange that begins its date. Its unit: a split of ratio
r makes r shares out of one, a dividend is an amount for each share, in the instrument's currency.

A price source may have actions worked into its past already, as the shipped history has. For those
the raw price of a day is found again:

* before a split of ratio r, the raw price is r times the adjusted one;
* before a dividend of amount a, it is 1 / (1 - a / c) times the adjusted one, c being the raw
  close of the last session before the date: the share lost a of c when it went without.

The same factors, the other way round, adjust a raw price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from bot.gateway.exchange.calendars import NEW_YORK, local_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

ActionKind = Literal["dividend", "split"]

#: Which kinds of actions are worked into a price.
NOTHING: Final[frozenset[ActionKind]] = frozenset()
SPLITS: Final[frozenset[ActionKind]] = frozenset({"split"})
ALL: Final[frozenset[ActionKind]] = frozenset({"split", "dividend"})

_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Action:
    """A dividend or a split.

    Attributes:
        symbol: The key of the instrument.
        on: Date of the split, or the first date without the dividend.
        kind: Which of the two.
        value: New shares for one, or the amount a share, > 0.
    """

    symbol: str
    on: date
    kind: ActionKind
    value: Decimal


@dataclass(frozen=True, slots=True)
class _Step:
    """What an action does to the prices before it: they are `factor` times as high raw."""

    on: date
    kind: ActionKind
    factor: Decimal


class Actions:
    """The actions of all instruments."""

    def __init__(
        self,
        actions: Iterable[Action] = (),
        close_before: Callable[[str, date], Decimal | None] | None = None,
        worked_in: frozenset[ActionKind] = ALL,
        zone: ZoneInfo = NEW_YORK,
    ) -> None:
        """Take the actions; an instrument has at most one on a date.

        Args:
            actions: In any order.
            close_before: Gives the last close before a date as the price source has it, or None.
            worked_in: Kinds of actions that the price source has worked into its past.
            zone: Of the exchange.
        """
        self._actions = sorted(actions, key=lambda action: (action.on, action.symbol))
        self._symbols = frozenset(action.symbol for action in self._actions)
        self._close_before = close_before
        self._worked_in = worked_in
        self._zone = zone
        self._steps: dict[str, list[_Step]] = {}

    def moment_of(self, action: Action) -> datetime:
        """Return the moment at which an action takes effect, aware UTC."""
        return local_moment(action.on, time(), self._zone)

    def due(self, after: datetime, until: datetime) -> tuple[Action, ...]:
        """Return what takes effect later than a moment and not later than another one."""
        return tuple(action for action in self._actions if after < self.moment_of(action) <= until)

    def next_after(self, now: datetime) -> datetime | None:
        """Return the first later moment at which an action takes effect, or None."""
        moments = (self.moment_of(action) for action in self._actions)
        return next((moment for moment in moments if moment > now), None)

    def factor(
        self,
        symbol: str,
        day: date,
        as_of: date,
        adjusted_for: frozenset[ActionKind] = SPLITS,
    ) -> Decimal:
        """Return by what the source's price of a day is multiplied.

        Args:
            symbol: The key of the instrument.
            day: The session that the price is from.
            as_of: The date from which one looks back: later actions have not happened yet.
            adjusted_for: What is to be worked in. With splits, prices are in the shares of the
                later date.
        """
        if symbol not in self._symbols:
            return _ONE
        factor = _ONE
        for step in self._steps_of(symbol):
            if step.on <= day:
                continue
            if step.kind in self._worked_in:
                factor *= step.factor
            if step.kind in adjusted_for and step.on <= as_of:
                factor /= step.factor
        return factor

    def _steps_of(self, symbol: str) -> list[_Step]:
        """Return the factors of an instrument's actions, the last one first."""
        steps = self._steps.get(symbol)
        if steps is None:
            steps = self._steps[symbol] = []
            later = _ONE
            for action in reversed(self._actions):
                if action.symbol == symbol:
                    step = _Step(action.on, action.kind, self._raw_factor(action, later))
                    steps.append(step)
                    if step.kind in self._worked_in:
                        later *= step.factor
        return steps

    def _raw_factor(self, action: Action, later: Decimal) -> Decimal:
        """Return raw over adjusted price before an action; `later` undoes those after it."""
        if action.kind == "split":
            return action.value
        close = self._close_before(action.symbol, action.on) if self._close_before else None
        if close is None:
            return _ONE
        # What the source shows is c - a if the dividend is worked in, and c if it is not.
        shown = close * later
        raw = shown + action.value if "dividend" in self._worked_in else shown
        return raw / (raw - action.value) if raw > action.value else _ONE
