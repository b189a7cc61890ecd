"""The weights of an index whose constituents stand in a file.

From each effective date on all of that date's constituents are the index; with `enter_rank` only the largest: a new
one enters at that rank or better, and one that is in stays until it falls below `keep_rank`, so that two of about the
same size do not change places at every reconstitution (a buffer as in the FTSE UK Index Series, Ground Rules, where the
100 take in rank 90 and let go rank 111; here the number of constituents may vary between the two). Ranks go by market
value at the date, 1 is the largest, ties by symbol. What was deleted has a target of 0 and stays among the instruments,
so that it is sold; its old lines may go once it is.

A constituent's weight is its size over the sum of all sizes: shares outstanding times the price of now, times the free
float if so wished; the market value of the effective date where the file has no shares; or the same for all. With
`weight_max` what is above it is cut to it, and the excess goes to the others in proportion to their weights, again and
again until none is above it (S&P Dow Jones Indices, Index Mathematics Methodology, capped market capitalization
indices). It is applied to the weights of now in every look, not only at a reconstitution as index providers do.

Worked: sizes 60, 25, 15 with a cap of 40 %. The first is cut to 40 %, 60 % are left for 25 and 15: 37.5 % and 22.5 %.
With sizes 60, 30, 10 the second would get 45 %: it is cut too, and the third gets what is left, 20 %.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from typing_extensions import override

from bot.core.domain.needs import needed
from bot.core.domain.parameter import parameter
from bot.core.domain.sums import SUM_TOLERANCE, WEIGHT_TOLERANCE, total
from bot.core.targets.constituents import constituents_from
from bot.core.targets.source import TargetSource, with_cash
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from bot.core.targets.constituents import Constituent
    from bot.core.targets.source import TargetState, Universe


@dataclass(frozen=True, slots=True)
class Composition:
    """The index from one date on.

    Attributes:
        effective_on: The first session that it holds for.
        members: Its constituents, by symbol.
        added: Symbols that the composition before did not have, ascending; none in the first.
        deleted: Symbols that only the composition before had, ascending.
    """

    effective_on: date
    members: dict[str, Constituent]
    added: tuple[str, ...]
    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexWeights(TargetSource):
    """The weights of an index whose constituents, with their effective dates, stand in a file."""

    kind: ClassVar[str] = "index"
    reads_file: ClassVar[bool] = True

    constituents: tuple[Constituent, ...]
    file: str = field(
        metadata=parameter(
            "The file of the constituents, with the columns effective_on, symbol, shares or market_cap, float_factor.",
            allowed="a path, in full or relative to this file",
            wrong="Another file is another index.",
            example='"constituents.csv"',
        )
    )
    weighting: str = field(
        default="float",
        metadata=parameter(
            "What a weight goes by: market value (cap), that of the freely traded shares (float), or nothing (equal).",
            wrong="equal trades far more than the others, which follow prices by themselves.",
            choices=("cap", "float", "equal"),
        ),
    )
    weight_max: float | None = field(
        default=None,
        metadata=parameter(
            "The largest weight of one constituent, the excess goes to the others; left out, there is no cap.",
            unit="fraction of what is not cash",
            wrong="Too small for the number of constituents: it is refused.",
            example="0.1",
            above=0,
            below=1,
        ),
    )
    enter_rank: int | None = field(
        default=None,
        metadata=parameter(
            "A new constituent enters at this rank by market value or better; left out, all in the file are in.",
            unit="ranks",
            wrong="Too many: tiny holdings. It needs the column market_cap.",
            example="500",
            at_least=1,
        ),
    )
    keep_rank: int | None = field(
        default=None,
        metadata=parameter(
            "One that is in stays to this rank; left out, to enter_rank.",
            unit="ranks",
            allowed="a whole number, at least enter_rank",
            wrong="Too near to enter_rank: two of about the same size change places again and again.",
            example="550",
            at_least=1,
        ),
    )
    stale_days_max: int = field(
        default=120,
        metadata=parameter(
            "How long ago the effective date in force may be; later nothing is decided until the file is renewed.",
            unit="days",
            wrong="Too long: an index of the past is held. Shorter than between two reconstitutions: the bot waits.",
            at_least=1,
            at_most=4000,
        ),
    )
    #: Oldest first; made once, since every look asks for it.
    compositions: tuple[Composition, ...] = field(init=False, repr=False, compare=False)

    @classmethod
    @override
    def from_text(cls, text: str, **parameters: Any) -> Self:
        return cls(constituents=constituents_from(text), **parameters)

    @override
    def check(self) -> None:
        if not self.constituents:
            message = f"{self.file} has no constituents"
            raise ValueError(message)
        if self.keep_rank is not None and self.keep_rank < (self.enter_rank or self.keep_rank + 1):
            message = (
                f"keep_rank must be at least enter_rank (ranks), found {self.keep_rank} and "
                f"{'none' if self.enter_rank is None else self.enter_rank}"
            )
            raise ValueError(message)
        self._check_columns()
        object.__setattr__(self, "compositions", self._compositions())
        for composition in self.compositions:
            count = len(composition.members)
            if self.weight_max is not None and self.weight_max * count < 1 - SUM_TOLERANCE:
                message = (
                    f"weight_max must be at least 1 over the number of constituents, found {self.weight_max:g} "
                    f"for {count} from {composition.effective_on} on, which sum to {self.weight_max * count:g}"
                )
                raise ValueError(message)

    def _check_columns(self) -> None:
        for each in self.constituents:
            missing = [
                name
                for name, is_needed, value in (
                    ("float_factor", self.weighting == "float", each.float_factor),
                    ("market_cap", self.enter_rank is not None, each.market_cap),
                    (
                        "shares or market_cap",
                        self.weighting != "equal",
                        each.shares or each.market_cap,
                    ),
                )
                if is_needed and value is None
            ]
            if missing:
                message = (
                    f"{self.file} needs the column {missing[0]} for weighting {self.weighting}"
                    f"{'' if self.enter_rank is None else ' and enter_rank'}, "
                    f"{each.symbol} of {each.effective_on} has none"
                )
                raise ValueError(message)

    def _compositions(self) -> tuple[Composition, ...]:
        found: list[Composition] = []
        by_date = sorted(self.constituents, key=lambda each: each.effective_on)
        for effective_on, group in groupby(by_date, key=lambda each: each.effective_on):
            before = set(found[-1].members) if found else set[str]()
            members = self._members(list(group), before)
            now = set(members)
            added = tuple(sorted(now - before)) if found else ()
            found.append(Composition(effective_on, members, added, tuple(sorted(before - now))))
        return tuple(found)

    def _members(self, group: list[Constituent], before: set[str]) -> dict[str, Constituent]:
        """Return who of the `group` of one date is in, by symbol; `before` are the symbols that were in."""
        if self.enter_rank is None:
            return {each.symbol: each for each in group}
        keep_rank = self.keep_rank or self.enter_rank
        ranked = sorted(group, key=lambda each: (-(each.market_cap or 0.0), each.symbol))
        return {
            each.symbol: each
            for rank, each in enumerate(ranked, start=1)
            if rank <= (keep_rank if each.symbol in before else self.enter_rank)
        }

    def in_force(self, on: date) -> Composition:
        """Return the composition that holds on a date.

        Raises:
            ReadUnknown: If the first is still to come, or the newest is too old to be believed.
        """
        past = [each for each in self.compositions if each.effective_on <= on]
        if not past:
            first = self.compositions[0].effective_on
            message = f"the constituents of {self.file} hold from {first} on, unknown on {on}: nothing is decided"
            raise ReadUnknown(message)
        age_days = (on - past[-1].effective_on).days
        if age_days > self.stale_days_max:
            message = (
                f"the constituents of {self.file} are of {past[-1].effective_on}, {age_days} days before {on}, "
                f"at most {self.stale_days_max} days are believed: renew the file"
            )
            raise ReadUnknown(message)
        return past[-1]

    def _sizes(self, state: TargetState, members: dict[str, Constituent]) -> NDArray[np.float64]:
        """Return what weights are in proportion to (R, N), 0 for who is not in."""
        listed = [members.get(symbol) for symbol in state.universe.symbols]
        if self.weighting == "equal" or self.constituents[0].shares is None:
            return np.array([[self._size(each) for each in listed]])
        prices = needed(state.prices, "prices", self.kind)
        found: NDArray[np.float64] = prices * np.array([self._size(each) for each in listed])
        return found

    def _size(self, constituent: Constituent | None) -> float:
        """Return what one weight is in proportion to, at a price of 1 where there are shares; 0 for who is not in."""
        if constituent is None:
            return 0.0
        if self.weighting == "equal":
            return 1.0
        # `_check_columns` has seen to it that one of the two is there, and the factor where it counts.
        size = constituent.shares or constituent.market_cap or 0.0
        return size * (constituent.float_factor or 0.0) if self.weighting == "float" else size

    @override
    def weights(self, state: TargetState) -> NDArray[np.float64]:
        sizes = self._sizes(state, self.in_force(state.on).members)
        shares = sizes / total(sizes)[:, np.newaxis]
        if self.weight_max is not None:
            shares = capped(shares, self.weight_max)
        return with_cash(shares * state.universe.invested, state.universe.cash)

    @override
    def statement(self, state: TargetState) -> str:
        universe, now = state.universe, self.in_force(state.on)
        weights = self.weights(state)[0]
        largest = min(
            range(len(universe.symbols)), key=lambda i: (-weights[i], universe.symbols[i])
        )
        changes = "".join(
            f"; {word}: {', '.join(names)}"
            for word, names in (("added", now.added), ("deleted", now.deleted))
            if names
        )
        cap = (
            "" if self.weight_max is None else f", none above {self.weight_max * 100:.2f} % of them"
        )
        return (
            f"{self.file} of {now.effective_on}, {(state.on - now.effective_on).days} days old: {len(now.members)} "
            f"constituents by {self.weighting}{cap}, the largest {universe.symbols[largest]} "
            f"{weights[largest] * 100:.2f} %, cash {universe.cash * 100:.2f} %{changes}"
        )

    @override
    def check_instruments(self, universe: Universe) -> None:
        missing = sorted(set(universe.symbols) - self.symbols())
        if missing:
            message = f"{missing[0]} is not in {self.file}: take it out of the holdings, or write its line"
            raise ValueError(message)

    @override
    def symbols(self) -> frozenset[str]:
        return frozenset(each.symbol for each in self.constituents)

    @override
    def instruments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.symbol for each in self.constituents))


def capped(shares: NDArray[np.float64], weight_max: float) -> NDArray[np.float64]:
    """Return `shares` (R, N), rows summing to 1, with none above `weight_max` and the same sum.

    The excess goes to those that were never above it, in proportion. There must be enough of them: `weight_max` times
    the number of shares above 0 is at least 1.
    """
    found = shares
    is_full = np.zeros(shares.shape, dtype=np.bool_)
    is_over = found > weight_max + WEIGHT_TOLERANCE
    # Who is full is not above it again, so that there are at most as many rounds as constituents.
    while is_over.any():
        is_full = is_full | is_over
        free = np.where(is_full, 0.0, shares)
        rest = total(free)
        left = 1 - weight_max * np.count_nonzero(is_full, axis=-1)
        scale = (left / np.where(rest > 0, rest, 1.0))[:, np.newaxis]
        cut = np.where(is_full, weight_max, free * scale)
        # A row that was done before the others stays as it is, to the last bit.
        found = np.where(is_over.any(axis=-1, keepdims=True), cut, found)
        is_over = found > weight_max + WEIGHT_TOLERANCE
    return found
