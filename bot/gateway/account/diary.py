"""The diary: what happens to accounts by the calendar alone.

Their day begins at midnight in New York before a session: what is due settles, and the day's profit
begins at zero. Splits and dividends are booked at the midnight that begins their date, on what is
held then; a dividend is thus paid on the first date without it, which spares the wait between the
two. After a pause, what was missed is caught up with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.gateway.exchange.sessions import local, midnight_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.gateway.account.accounts import Accounts
    from bot.gateway.exchange.actions import Actions
    from bot.gateway.exchange.market import Market
    from bot.gateway.turns import Timer, Turns


class Diary:
    """Books what is due, and has it told."""

    def __init__(
        self,
        accounts: Accounts,
        market: Market,
        actions: Actions,
        turns: Turns,
        tell: Callable[[], None],
    ) -> None:
        """Open the diary at the moment of now; nothing is booked before `start`.

        Args:
            accounts: Those that it is about.
            market: Sessions, and prices for fractions of a share.
            actions: Dividends and splits.
            turns: The replayed time.
            tell: Is called after something was booked.
        """
        self._accounts = accounts
        self._market = market
        self._actions = actions
        self._turns = turns
        self._tell = tell
        self._looked_at = market.now()
        self._day_begins_at = self._next_day(self._looked_at)
        self._timer: Timer | None = None

    @property
    def looked_at(self) -> datetime:
        """The moment up to which everything is booked, aware UTC."""
        return self._looked_at

    def go_on_from(self, moment: datetime) -> None:
        """Take the books as they were at an earlier moment: what was due since is booked at start."""
        self._looked_at = moment
        self._day_begins_at = self._next_day(moment)

    def start(self) -> None:
        """Book what was missed, and wait for what comes."""
        if self._timer is not None:
            self._turns.cancel(self._timer)
        self._look()

    def _look(self) -> None:
        """Book what is due, and wait for what comes next."""
        now = self._market.now()
        actions = self._actions.due(self._looked_at, now)
        has_begun = now >= self._day_begins_at
        if has_begun:
            self._accounts.begin_day(local(now).date())
            self._day_begins_at = self._next_day(now)
        for action in actions:
            book = self._accounts.split if action.kind == "split" else self._accounts.dividend
            book(action.symbol, action.value)
        self._looked_at = now
        if actions or has_begun:
            # After the new quotes of this moment, which are another timer's.
            self._turns.at(now, self._tell)
        following = self._actions.next_after(now)
        next_at = self._day_begins_at if following is None else min(self._day_begins_at, following)
        self._timer = self._turns.at(next_at, self._look)

    def _next_day(self, now: datetime) -> datetime:
        """Return the first midnight after a moment that begins the date of a session."""
        after = midnight_after(local(now).date())
        day = self._market.sessions.current_or_next(after).day
        return midnight_after(day.fromordinal(day.toordinal() - 1))
