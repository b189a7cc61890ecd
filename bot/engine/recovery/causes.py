"""What may have changed a holding without us, told from the numbers alone. Pure: a guess for a person, never a basis.

Rule: whatever the cause, the symbol is held. A cause is only words: it says what to look for before a person accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

#: A split's ratio has small numbers: 10 for 1, 3 for 2, 1 for 30.
_TERM_MAX: Final = 100
#: How far the price may be from the old one divided by the ratio, a fraction: a day's move on top of the split.
_PRICE_NOISE: Final = 0.2
_ONE: Final = Decimal(1)


class Cause(Enum):
    """What it looks like, with the words for a person."""

    TRADED = "somebody else traded it today: by hand, or another program"
    SPLIT = (
        "a split: shares and price changed by the same factor; check the targets before you accept"
    )
    PERHAPS_SPLIT = (
        "perhaps a split: the share count changed by a round factor, the price is not known"
    )
    FRACTION = "a fraction of a share: a reinvested dividend, or the rest of a corporate action"
    GONE = "it is gone: sold by hand, transferred, delisted or merged"
    CAME = "shares came without an order of ours: a dividend in kind, a transfer, bought by hand"
    WENT = "shares went without an order of ours: sold by hand, a transfer, a recall"


@dataclass(frozen=True, slots=True)
class Change:
    """One holding that own fills do not explain.

    Attributes:
        expected: Shares that own fills add up to, signed.
        found: Shares that the broker reports, signed.
        traded: Shares that executions of today's list traded and that are not ours, signed.
        price_before: Price per share when the bot last looked, or None.
        price_now: Price per share now, or None.
    """

    expected: Decimal
    found: Decimal
    traded: Decimal = Decimal(0)
    price_before: float | None = None
    price_now: float | None = None


def cause_of(change: Change) -> Cause:
    """Return what a change looks like; the first that fits."""
    more = change.found - change.expected
    if change.traded == more:
        return Cause.TRADED
    ratio = _round_ratio(change.expected, change.found)
    if ratio is not None:
        if change.price_before is None or change.price_now is None:
            return Cause.PERHAPS_SPLIT
        if abs(change.price_now * ratio / change.price_before - 1) <= _PRICE_NOISE:
            return Cause.SPLIT
    if change.found == 0:
        return Cause.GONE
    if abs(more) < _ONE:
        return Cause.FRACTION
    return Cause.CAME if more > 0 else Cause.WENT


def _round_ratio(expected: Decimal, found: Decimal) -> float | None:
    """Return new shares for an old one if that is N for 1, 1 for N or 3 for 2 and the like; else None.

    The rest of a share is paid out in cash, so that the count is rounded down.
    """
    if expected <= 0 or found <= 0:
        return None
    ratio = found / expected
    many = max(ratio, 1 / ratio)
    for old in (1, 2):
        new = (many * old).to_integral_value()
        if not old < new <= _TERM_MAX:
            continue
        exact = expected * new / old if ratio > 1 else expected * old / new
        if exact - _ONE < found <= exact:
            return float(new) / old if ratio > 1 else old / float(new)
    return None
