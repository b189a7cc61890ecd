"""Which order of a leg comes next: the same style again at a new price, the next style, or none any more.

A leg is worked in slices, a slice by the styles of the ladder, a style by a number of orders, each after the one
before is proven final. All of it is read off the leg's own orders, so a restart goes on where the process before it
stopped. A style fails when its orders were not filled within their time, or when the broker refuses one for a reason
of the style; the ladder fails when its last style does. Then nothing more is sent for the leg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.domain.orders import Consequence

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Refusals after which one more order is made, once in a leg for each; it is none of its style's tries.
ONCE_MORE: Final = frozenset({Consequence.PRICE_GRID, Consequence.ORDER_NUMBER})
_END: Final = frozenset({Consequence.ORDER_FATAL, Consequence.SYMBOL_FATAL, Consequence.RUN_FATAL})


@dataclass(frozen=True, slots=True)
class Tried:
    """An order of a leg that is final.

    Attributes:
        slice_number: Which slice of the leg it worked, from 0.
        rung: Position of its style on the ladder, from 0.
        shares: Signed shares asked for, not 0.
        filled: Signed shares filled.
        consequence: What its refusal means, or None if it was not refused.
    """

    slice_number: int
    rung: int
    shares: int
    filled: int
    consequence: Consequence | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The next order of a leg.

    Attributes:
        slice_number: Which slice it works, from 0.
        rung: Position of its style on the ladder, from 0.
        number: How many orders of this style and slice came before it.
        rest: Signed shares that the slice has left; None for a slice that begins.
        is_coarse: Whether its price is rounded to a coarser grid, since the broker refused the finer one.
    """

    slice_number: int = 0
    rung: int = 0
    number: int = 0
    rest: int | None = None
    is_coarse: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nothing more is sent for the leg.

    Attributes:
        reason: Why, for a person.
        is_refused: Whether the broker's refusal is the reason, and not that its orders did not fill.
    """

    reason: str
    is_refused: bool


def next_step(tried: Sequence[Tried], rungs: int, tries: int) -> Step | GivenUp:
    """Return what comes after the orders of a leg that has shares left.

    Args:
        tried: Its orders, oldest first, all final.
        rungs: Styles on the ladder, at least 1.
        tries: Orders of one style for one slice at the most, at least 1.
    """
    if not tried:
        return Step()
    refused = [each.consequence for each in tried]
    if any(each in _END or (each in ONCE_MORE and refused.count(each) > 1) for each in refused):
        return GivenUp("refused by the broker", is_refused=True)
    is_coarse = Consequence.PRICE_GRID in refused
    last = tried[-1]
    here = [each for each in tried if each.slice_number == last.slice_number]
    rest = here[0].shares - sum(each.filled for each in here)
    if rest == 0:
        return Step(last.slice_number + 1, is_coarse=is_coarse)
    number = sum(each.rung == last.rung and each.consequence not in ONCE_MORE for each in here)
    style_is_refused = last.consequence is Consequence.STYLE_FATAL
    if number < tries and not style_is_refused:
        return Step(last.slice_number, last.rung, number, rest, is_coarse)
    if last.rung + 1 < rungs:
        return Step(last.slice_number, last.rung + 1, 0, rest, is_coarse)
    reason = "refused by the broker" if style_is_refused else f"not filled in {len(here)} attempts"
    return GivenUp(reason, style_is_refused)
