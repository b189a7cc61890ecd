"""What a policy sees: B portfolios at one moment, and what is known of their past.

Rule: everything a decision depends on is in here, and what is not known is None, never empty or zero. A rule that needs
it says so (`Needs`), and refuses to decide without it. A state with a wrong shape or number does not come into being,
and no rule checks it again: NaN compares as false, so a weight that is no number would be inside every band, and the
bot silent for a wrong reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bot.core.domain.needs import needed
from bot.core.domain.refuse import refuse
from bot.core.domain.sums import SUM_TOLERANCE, total
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from bot.core.costs.model import CostModel
    from bot.core.domain.history import History
    from bot.core.domain.session import Session


Number = TypeVar("Number", np.float64, np.int64, np.bool_)


@dataclass(frozen=True, slots=True)
class PolicyState:
    """B portfolios at one moment; R is B, or 1 where all rows share it.

    Attributes:
        weights: Current weights (B, N+1), fractions of base, cash last, each row summing to 1.
        targets: Target weights (R, N+1), cash last.
        session: The exchange session that the look is in.
        occurrences_done: Calendar occurrences that need no more work, e.g. ``month:2020-03``.
        symbols: Display names (N+1), the last is ``cash``.
        now: The moment of the look, aware UTC, inside `session`; None is not known.
        asset_classes: Class of each instrument and of cash (N+1), ``cash`` last; empty strings where none is set.
        base: What weights are fractions of (B,), account currency, above 0.
        prices: Mids (R, N), account currency per share.
        history: Past closes.
        values: The account's unitised value (R, T), oldest first, this session's last: what one unit of money put in at
            the first is worth, deposits and withdrawals taken out.
        flows: Cash that came in (+) or went out (-) since the last rebalance, not by own trades (B,), fraction of base.
        sessions_since_trade: Sessions since the last plan that traded (B,), 0 in the same session, +inf if never.
        days_since_trade: Calendar days from the session of that plan to this one (B,), 0 in the same, +inf if never.
        levels: Level of each market index by its name (R,), e.g. ``VIX``.
        costs: What trading costs.

    Raises:
        ValueError: If a shape or number is wrong; the message names it, the place and what was found.
    """

    weights: NDArray[np.float64]
    targets: NDArray[np.float64]
    session: Session
    occurrences_done: frozenset[str]
    symbols: tuple[str, ...]
    now: datetime | None = None
    asset_classes: tuple[str, ...] = ()
    base: NDArray[np.float64] | None = None
    prices: NDArray[np.float64] | None = None
    history: History | None = None
    values: NDArray[np.float64] | None = None
    flows: NDArray[np.float64] | None = None
    sessions_since_trade: NDArray[np.float64] | None = None
    days_since_trade: NDArray[np.float64] | None = None
    levels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    costs: CostModel | None = None

    def __post_init__(self) -> None:
        _refuse_shapes(self)
        _refuse_numbers(self)

    @property
    def drift(self) -> NDArray[np.float64]:
        """Weight less target (B, N+1), fractions of base, cash last."""
        return self.weights - self.targets


def past_closes(state: PolicyState, sessions: int, rule: str) -> NDArray[np.float64]:
    """Return the closes (R, sessions, N) of the newest `sessions` sessions, oldest first, which `rule` needs.

    Raises:
        ReadUnknown: If there is no history, or a shorter one.
    """
    closes = needed(state.history, f"{sessions} sessions of price history", rule).closes
    found = closes.shape[1]
    if found < sessions:
        message = f"{rule} needs {sessions} sessions of price history, found {found}: nothing is decided without them"
        raise ReadUnknown(message)
    return closes[:, found - sessions :]


def column_of(state: PolicyState, symbol: str, rule: str) -> int:
    """Return the place of an instrument that `rule` names in its parameters.

    Raises:
        ValueError: If the portfolio has no such instrument.
    """
    names = state.symbols[:-1]
    if symbol not in names:
        message = f"{rule} names {symbol}, which is not among {', '.join(names)}"
        raise ValueError(message)
    return names.index(symbol)


def of_row(values: NDArray[Number], row: int) -> NDArray[Number]:
    """Return the entry of `row` in `values` (R, ...), whose one row stands for all if R is 1."""
    found: NDArray[Number] = values[min(row, len(values) - 1)]
    return found


def share_weights(state: PolicyState) -> NDArray[np.float64]:
    """Return what a share of each instrument weighs (B, N), fractions of base; 0 where that is not known."""
    if state.prices is None or state.base is None:
        return np.zeros_like(state.weights[:, :-1])
    return state.prices / state.base[:, np.newaxis]


def _refuse_numbers(state: PolicyState) -> None:
    for name, weights in (("weights", state.weights), ("targets", state.targets)):
        refuse(~np.isfinite(weights), weights, f"{name} must be finite numbers (fractions of base)")
        sums = total(weights)
        is_off = np.abs(sums - 1) > SUM_TOLERANCE
        refuse(is_off, sums, f"{name} must sum to 1 within {SUM_TOLERANCE:g} (fractions of base)")
    prices: dict[str, NDArray[np.float64] | None] = {
        "base": state.base,
        "prices": state.prices,
        "values": state.values,
        **{f"levels of {name}": levels for name, levels in state.levels.items()},
    }
    for name, found in prices.items():
        if found is not None:
            refuse(~(np.isfinite(found) & (found > 0)), found, f"{name} must be numbers above 0")
    if state.flows is not None:
        refuse(~np.isfinite(state.flows), state.flows, "flows must be finite (fraction of base)")
    for name, since in _since(state).items():
        if since is not None:
            refuse(~(since >= 0), since, f"{name} must be at least 0, or +inf for never")


def _since(state: PolicyState) -> dict[str, NDArray[np.float64] | None]:
    return {
        "sessions_since_trade": state.sessions_since_trade,
        "days_since_trade": state.days_since_trade,
    }


def _refuse_shapes(state: PolicyState) -> None:
    columns = len(state.symbols)
    rows = state.weights.shape[0]
    if state.weights.shape != (rows, columns) or columns < 2:  # noqa: PLR2004 - one instrument, cash
        message = f"weights must be (B, {columns}) for {', '.join(state.symbols)}, found {state.weights.shape}"
        raise ValueError(message)
    if len(state.asset_classes) not in (0, columns):
        message = f"asset_classes must be none or {columns}, found {len(state.asset_classes)}"
        raise ValueError(message)
    # By name: what was found, and what may follow the number of rows.
    shared: dict[str, tuple[NDArray[np.float64] | None, tuple[int, ...]]] = {
        "targets": (state.targets, (columns,)),
        "prices": (state.prices, (columns - 1,)),
    }
    shared |= {f"levels of {name}": (levels, ()) for name, levels in state.levels.items()}
    if state.values is not None:
        shared["values"] = (state.values, state.values.shape[1:2])
    if state.history is not None:
        closes = state.history.closes
        shared["history"] = (closes, (closes.shape[1], columns - 1))
    for name, (found, rest) in shared.items():
        _refuse_shape(name, found, ((1, *rest), (rows, *rest)))
    for name, own in {"base": state.base, "flows": state.flows, **_since(state)}.items():
        _refuse_shape(name, own, ((rows,),))


def _refuse_shape(
    name: str, found: NDArray[np.float64] | None, allowed: tuple[tuple[int, ...], ...]
) -> None:
    if found is not None and found.shape not in allowed:
        words = " or ".join(str(shape) for shape in dict.fromkeys(allowed))
        message = f"{name} must be {words}, found {found.shape}"
        raise ValueError(message)
