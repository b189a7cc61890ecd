"""What a configuration says to a book of accounts: one mandate for all of them.

The configuration's policy is not asked: every account goes to its targets.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from bot.core.domain.needs import Needs
from bot.core.domain.sums import total
from bot.core.planner.book import is_whole
from bot.core.planner.book_plan import BookRules
from bot.core.targets.source import TargetState
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from bot.books.reading import Accounts
    from bot.engine.mandate import Mandate

    WeightsOf: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def in_order_of(mandate: Mandate, accounts: Accounts) -> Accounts:
    """Return `accounts` with the columns in the mandate's order and without its reserved cash.

    Raises:
        ConfigError: If an instrument is missing on one side, or the account is of a kind that a book cannot be; with
            the name.
    """
    symbols = mandate.symbols[:-1]
    for symbol in sorted({*symbols} ^ {*accounts.symbols}):
        here, there = "the accounts", "the configuration"
        if symbol not in accounts.symbols:
            here, there = there, here
        message = f"{symbol} is in {here} and not in {there}"
        raise ConfigError(message)
    if mandate.account_type == "cash":
        message = (
            '[planner] account_type = "cash" needs the settled cash of each account, which a book of accounts does'
            " not have"
        )
        raise ConfigError(message)
    places = [accounts.symbols.index(symbol) for symbol in symbols]
    return replace(
        accounts,
        shares=accounts.shares.T[places].T,
        cash=accounts.cash - float(mandate.reserved_cash),
        symbols=symbols,
    )


def rules_of(mandate: Mandate) -> BookRules:
    """Return what each account may do.

    Raises:
        ConfigError: If a rule needs what a book does not have, with its number.
    """
    try:
        return BookRules(mandate.planner_rules, mandate.marks)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def targets_of(
    mandate: Mandate, accounts: Accounts, prices: NDArray[np.float64], on: date
) -> NDArray[np.float64]:
    """Return the target weights on a date, (1, N+1) or, where they depend on the holdings, (B, N+1), cash last.

    Args:
        mandate: The targets' source, with the instruments in the order of `accounts`.
        accounts: The accounts. Where each has targets of its own, one that can have none gets NaN.
        prices: Mids (N,), account currency per share.
        on: The date, for targets that change with time.

    Raises:
        ConfigError: If the source needs what a book does not have, or has no weights; with the reason.
    """
    source = mandate.targets
    if source.needs() != Needs():
        message = f"the targets {source.kind} need history, which a book of accounts does not have"
        raise ConfigError(message)
    with np.errstate(invalid="ignore", over="ignore"):
        money = np.column_stack([accounts.shares * prices, accounts.cash])
        base = total(money)
        good = is_whole(accounts.shares).all(axis=1) & (base > 0) & (base < np.inf)
        weights = money[good] / base[good, np.newaxis]

    def weights_of(some: NDArray[np.float64]) -> NDArray[np.float64]:
        return source.weights(
            TargetState(universe=mandate.universe, on=on, weights=some, prices=prices[np.newaxis])
        )

    try:
        found = weights_of(weights)
    except ValueError as error:
        if not _is_for_some(weights_of, weights):
            raise ConfigError(str(error)) from error
        found = _each(weights_of, weights)
    if len(found) == 1:
        return found
    targets = np.full((len(accounts.names), found.shape[1]), np.nan)
    targets[good] = found
    return targets


#: An error that so many accounts in a row have concerns all of them.
_ASKED_MAX: Final = 8


def _is_for_some(weights_of: WeightsOf, weights: NDArray[np.float64]) -> bool:
    """Return whether some account has targets where all together have an error."""
    for row in range(min(len(weights), _ASKED_MAX)):
        with suppress(ValueError):
            weights_of(weights[row : row + 1])
            return True
    return False


def _each(weights_of: WeightsOf, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return targets (B, N+1), with NaN for an account that has none, found by halving."""
    try:
        return np.broadcast_to(weights_of(weights), weights.shape)
    except ValueError:
        if len(weights) == 1:
            return np.full(weights.shape, np.nan)
        half = len(weights) // 2
        return np.concatenate(
            [_each(weights_of, weights[:half]), _each(weights_of, weights[half:])]
        )
