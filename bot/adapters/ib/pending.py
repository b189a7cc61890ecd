"""Questions that wait for their end marker.

Rule: a question has ended only if *its* end marker came, in this connection. Everything else - an error that names
it, a dropped line, a broken frame, a time-out - is a reason why it has no answer.

Some of IB's answers carry no id (positions, open orders, completed orders, the account, the time). Of those only
one may be asked at a time, and one that was given up is *owed*: if its answer still comes, its rows and its end
would pass for the next question's, and a half list would look complete. So the kind stays unsettled until the owed
end arrives, and every question of that kind is unknown till then, or till a new connection.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from bot.errors import require

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """What a question is known by.

    Attributes:
        name: What is asked for.
        number: The request id; a market rule's own id; -1 where IB answers without any.
    """

    name: str
    number: int = -1

    @property
    def is_numbered(self) -> bool:
        """Whether the answer says which question it belongs to."""
        return self.number >= 0


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """The end marker came; these are all rows."""

    rows: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer. `reason` is one clear line; `code` is IB's, if it said so."""

    reason: str
    code: int | None = None


Answer: TypeAlias = Ended[T] | Failed


@dataclass(slots=True)
class Pending(Generic[T]):
    """One question on its way.

    Attributes:
        key: What it is known by.
        request_id: What IB's errors name it by, or None.
        rows: What came so far, in the order of arrival.
        remarks: IB's errors without an id that came meanwhile; one of them may be the cause of a time-out.
        outcome: None once the end marker came, or why there will be none.
    """

    key: Key[T]
    request_id: int | None = None
    rows: list[T] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    outcome: asyncio.Future[Failed | None] = field(default_factory=asyncio.Future)

    def settle(self, outcome: Failed | None) -> None:
        """Set the outcome unless it is set already."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class PendingQuestions:
    """All questions of one connection."""

    def __init__(self) -> None:
        self._pending: dict[Key[Any], Pending[Any]] = {}
        self._by_request_id: dict[int, Pending[Any]] = {}
        self._owed: set[Key[Any]] = set()

    @property
    def owed(self) -> frozenset[str]:
        """Names of the kinds whose answer was given up and may still come."""
        return frozenset(key.name for key in self._owed)

    def is_owed(self, key: Key[T]) -> bool:
        """Return whether an earlier answer of this kind may still come."""
        return key in self._owed

    def open(self, key: Key[T], request_id: int | None = None) -> Pending[T]:
        """Begin to collect. `request_id` is what errors name the question by."""
        require(key not in self._pending, f"{key.name} is asked for twice at a time")
        pending: Pending[T] = Pending(key, request_id)
        self._pending[key] = pending
        if request_id is not None:
            self._by_request_id[request_id] = pending
        return pending

    def close(self, pending: Pending[T]) -> None:
        """Stop collecting; if no end marker came, one may still be owed."""
        del self._pending[pending.key]
        if pending.request_id is not None:
            del self._by_request_id[pending.request_id]
        outcome = pending.outcome
        ended = outcome.done() and not outcome.cancelled() and outcome.result() is None
        if not ended and not pending.key.is_numbered:
            self._owed.add(pending.key)

    def add(self, key: Key[T], row: T) -> bool:
        """Append a row; return whether somebody waits for it."""
        pending = self._pending.get(key)
        if pending is not None:
            pending.rows.append(row)
        return pending is not None

    def end(self, key: Key[T]) -> None:
        """Take note of an end marker."""
        pending = self._pending.get(key)
        if pending is not None:
            pending.settle(None)
        self._owed.discard(key)

    def fail(self, request_id: int, failed: Failed) -> bool:
        """End the question of that id with a reason; return whether there is one."""
        pending = self._by_request_id.get(request_id)
        if pending is not None:
            pending.settle(failed)
        return pending is not None

    def remark(self, words: str) -> None:
        """Keep an error that names no question for those whose errors would have no id."""
        for pending in self._pending.values():
            if pending.request_id is None:
                pending.remarks.append(words)

    def fail_all(self, failed: Failed) -> None:
        """End every question with one reason."""
        for pending in tuple(self._pending.values()):
            pending.settle(failed)
