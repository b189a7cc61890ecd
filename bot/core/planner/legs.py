"""A row of trades as the legs of a plan: sells first, the largest first, each with its reason; what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.domain.plan import Leg
from bot.core.planner.reasons import WORDS, Reason
from bot.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bot.core.domain.instrument import Instrument
    from bot.core.planner.portfolios import Portfolios
    from bot.core.planner.rebalance import Rebalance

# What a person reads as no way to go (fraction of base): below half of the last digit shown.
_NO_WAY: Final = 5e-5


def make_legs(
    instruments: Sequence[Instrument],
    portfolios: Portfolios,
    targets: NDArray[np.float64],
    planned: Rebalance,
    row: int = 0,
) -> tuple[Leg, ...]:
    """Return the legs of one portfolio: sells before buys, larger notional before smaller, ties by conId.

    Args:
        instruments: The N instruments, in array order.
        portfolios: What is held (B, N), at the mids that become the arrival prices.
        targets: Target weights (R, N+1), fractions of base, cash last, R 1 or B.
        planned: What to do, in whole shares.
        row: Which portfolio.
    """
    _check(instruments, portfolios, targets, planned)
    prices, trades = portfolios.prices[row].tolist(), planned.trades[row].tolist()

    def place(index: int) -> tuple[bool, float, int]:
        return trades[index] > 0, -abs(trades[index]) * prices[index], instruments[index].con_id

    traded = sorted((index for index, shares in enumerate(trades) if shares != 0), key=place)
    ways = tuple(_ways(portfolios, targets, planned, row))
    return tuple(
        Leg(
            index=position,
            instrument=instruments[index],
            shares=trades[index],
            arrival_price=prices[index],
            reason=_with_cut(ways[index], "cut", Reason(int(planned.reasons[row, index]))),
        )
        for position, index in enumerate(traded)
    )


def left_out(
    instruments: Sequence[Instrument],
    portfolios: Portfolios,
    targets: NDArray[np.float64],
    planned: Rebalance,
    row: int = 0,
) -> tuple[str, ...]:
    """Return one line for each instrument that should trade and does not, by symbol; arguments as for `make_legs`."""
    _check(instruments, portfolios, targets, planned)
    ways = tuple(_ways(portfolios, targets, planned, row))
    return tuple(
        sorted(
            f"{instruments[index].symbol}: {_with_cut(ways[index], 'no trade', Reason(code))}"
            for index, code in enumerate(planned.reasons[row].tolist())
            if code != Reason.NONE and planned.lots[row, index] == 0
        )
    )


def _check(
    instruments: Sequence[Instrument],
    portfolios: Portfolios,
    targets: NDArray[np.float64],
    planned: Rebalance,
) -> None:
    count = len(instruments)
    found = (portfolios.shares.shape[1], targets.shape[1] - 1, planned.lots.shape[1])
    require(found == (count,) * 3, f"rows of {count} instruments expected, found {found}")


def _ways(
    portfolios: Portfolios, targets: NDArray[np.float64], planned: Rebalance, row: int
) -> Iterator[str]:
    """Yield for each instrument from where to where, in percent of base; a drift in percentage points (pp)."""
    there = targets[min(row, len(targets) - 1), :-1].tolist()
    goals = planned.desired[row, :-1].tolist()
    for weight, target, goal in zip(
        portfolios.weights()[row, :-1].tolist(), there, goals, strict=True
    ):
        drift = (weight - target) * 100
        side = "over" if drift >= 0 else "under"
        # Where a plan stops before it begins, the desired weight is the present one.
        to = "" if abs(goal - weight) < _NO_WAY else f" to {goal * 100:.2f}"
        yield f"{abs(drift):.2f} pp {side} target: {weight * 100:.2f}{to} %"


def _with_cut(way: str, words: str, reason: Reason) -> str:
    return way if reason is Reason.NONE else f"{way}, {words}: {WORDS[reason]}"
