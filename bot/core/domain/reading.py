"""Three-valued reads: a wrong "empty" is the most dangerous value in this domain.

Rule: every read of the outside world says whether it *ended*. A read that ended with rows is `Known`; one that
ended without any is `ConfirmedEmpty`; anything else - a time-out, a dropped line, a broken frame - is `Unknown`,
and unknown stops trading. There is no fourth case and no default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A read that ended and brought something.

    Attributes:
        value: What was read.
        source: Who said it, e.g. ``ib:positions``.
        received_at: When the read ended, aware UTC.
    """

    value: T
    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmedEmpty:
    """A read that ended and brought nothing: the account really has none."""

    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """A read that did not end. `reason` is one clear line for a person."""

    source: str
    received_at: datetime
    reason: str


Reading: TypeAlias = Known[T] | ConfirmedEmpty | Unknown


def rows(reading: Reading[tuple[T, ...]]) -> tuple[T, ...]:
    """Return the rows of a read that ended; a confirmed empty one gives ``()``.

    Raises:
        ReadUnknown: If the read did not end. The message says which read, and why.
    """
    if isinstance(reading, Unknown):
        message = f"{reading.source} is unknown: {reading.reason}"
        raise ReadUnknown(message)
    return reading.value if isinstance(reading, Known) else ()


def known(reading: Reading[T]) -> T:
    """Return the value of a read that must have one.

    Raises:
        ReadUnknown: If the read did not end, or ended with nothing where a value is needed.
    """
    if isinstance(reading, Known):
        return reading.value
    if isinstance(reading, ConfirmedEmpty):
        message = f"{reading.source} ended without a value where one is needed"
    else:
        message = f"{reading.source} is unknown: {reading.reason}"
    raise ReadUnknown(message)
