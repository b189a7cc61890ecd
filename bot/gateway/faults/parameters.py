"""What a fault can be told: parameters with a default, bounds and a meaning, checked by name."""

from __future__ import annotations

import difflib
from dataclasses import Field, dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed import DataclassInstance

_KEY: Final = "parameter"

#: The longest time that a parameter can name: four weeks.
SECONDS_MAX: Final = 28 * 86_400.0

#: The largest order id, and so the largest number of a client or a request.
ID_MAX: Final = 2_147_483_647

#: In the place of a client id: every client.
EVERYBODY: Final = -1


class FaultError(ValueError):
    """A fault, a parameter or a line of a script that there is not; says what there is."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a fault can be told.

    Attributes:
        kind: Type of its values.
        meaning: What it says, with its unit; shown to users.
        low: Lowest number, or None.
        high: Highest number, or None.
        choices: All texts that are allowed; empty allows any.
    """

    kind: type[str | int | float | Decimal]
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, name: str, value: object) -> object:
        """Return a value as the fault takes it.

        Raises:
            FaultError: With the name, what was found and what was expected.
        """
        expected = self.expected
        if self.kind is str:
            if isinstance(value, str) and (not self.choices or value in self.choices):
                return value
        elif isinstance(value, (int, float, Decimal, str)) and not isinstance(value, bool):
            number = _number(value)
            is_whole = number is not None and (self.kind is not int or number == int(number))
            if number is not None and is_whole and self._is_within(number):
                return self.kind(number)
        message = f"{name} = {value!r}: expected {expected}"
        raise FaultError(message)

    @property
    def expected(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.kind is str:
            return "a text"
        kind = "a whole number" if self.kind is int else "a number"
        if self.low is None or self.high is None:
            return kind
        return f"{kind} from {self.low:,.15g} to {self.high:,.15g}".replace(",", "")

    def _is_within(self, number: Decimal) -> bool:
        """Tell whether a number is inside the bounds."""
        above = self.low is None or number >= Decimal(str(self.low))
        return above and (self.high is None or number <= Decimal(str(self.high)))


def _number(value: float | Decimal | str) -> Decimal | None:
    """Return a finite number, or None; a text is read as TOML files write exact amounts."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def number(meaning: str, default: float, low: float = 0.0, high: float = SECONDS_MAX) -> float:
    """Return the field of a number; without bounds it is a time in seconds."""
    return field(default=default, metadata={_KEY: Parameter(float, meaning, low, high)})


def amount(meaning: str, default: str, low: float = -1e12, high: float = 1e12) -> Decimal:
    """Return the field of an exact amount."""
    return field(default=Decimal(default), metadata={_KEY: Parameter(Decimal, meaning, low, high)})


def whole(meaning: str, default: int, low: int = 0, high: int = ID_MAX) -> int:
    """Return the field of a whole number."""
    return field(default=default, metadata={_KEY: Parameter(int, meaning, low, high)})


def choice(meaning: str, *choices: str) -> str:
    """Return the field of one of some texts; the first one is the default."""
    return field(default=choices[0], metadata={_KEY: Parameter(str, meaning, choices=choices)})


def text(meaning: str, default: str = "") -> str:
    """Return the field of any text."""
    return field(default=default, metadata={_KEY: Parameter(str, meaning)})


def client() -> int:
    """Return the field of a client id."""
    return whole("client id; -1: every client", EVERYBODY, low=EVERYBODY)


def symbol() -> str:
    """Return the field of a symbol."""
    return text("symbol; empty: every one")


def parameters(fault: type[DataclassInstance]) -> dict[str, Parameter]:
    """Return the parameters of a class of faults by name, in the order of their declaration."""
    found: tuple[Field[Any], ...] = fields(fault)
    return {item.name: item.metadata[_KEY] for item in found if _KEY in item.metadata}


def read_values(
    fault: type[DataclassInstance], given: Mapping[str, object], name: str
) -> dict[str, object]:
    """Return the values given for the parameters of a class of faults.

    Raises:
        FaultError: With the name of the fault, and the nearest name of a parameter that there is.
    """
    known = parameters(fault)
    values = {}
    for key, value in given.items():
        if key not in known:
            message = f"{name}: there is no {key!r}{nearest(key, known)}"
            raise FaultError(message)
        try:
            values[key] = known[key].read(key, value)
        except FaultError as error:
            message = f"{name}: {error}"
            raise FaultError(message) from None
    return values


def nearest(found: str, known: Iterable[str]) -> str:
    """Return what to say about a name that there is not: the nearest one that there is."""
    names = list(known)
    close = difflib.get_close_matches(found, names, n=1, cutoff=0.4)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(names)}"
