"""What rules have in common that only permit: they ask for ANYTHING or NOTHING, and have no wish of their own.

A gate is written beside the rule that wishes, in an ``all_of``. Alone it would trade at every look that it permits.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.policy.policy import Ask, Policy, where_fired
from bot.core.policy.state import needed
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


class Gate(Policy):
    """A rule that permits or pauses."""

    __slots__ = ()

    @abstractmethod
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return whether each row (B,) may trade.

        Raises:
            ReadUnknown: If something that it needs is not known.
        """

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return ANYTHING for each row (B,) that may trade."""
        return where_fired(self.permits(state), Ask.ANYTHING)

    def finding(self, statement: str, numbers: dict[str, float | str], *, is_open: bool) -> Finding:
        """Return the finding of one row: `statement` says what was found, this adds what follows from it."""
        return Finding(
            rule=self.kind,
            fired=is_open,
            statement=f"{'permits' if is_open else 'pauses'}: {statement}",
            numbers=numbers,
            asks=(Ask.ANYTHING if is_open else Ask.NOTHING).name.lower(),
        )


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


def counted(count: float, noun: str) -> str:
    """Return a whole number with its noun: ``1 session``, ``3 sessions``."""
    return f"{count:.0f} {noun}{'' if count == 1 else 's'}"


def of_row(values: NDArray[np.float64] | NDArray[np.int64] | NDArray[np.bool_], row: int) -> float:
    """Return the entry of `row` where `values` (R,) has one for each, or the one of all rows."""
    return float(values[min(row, len(values) - 1)])
