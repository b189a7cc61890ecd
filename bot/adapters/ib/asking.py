"""One question, from the limiter to its end - or to the one reason why it has no answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from bot.adapters.ib.limiter import Lane
from bot.adapters.ib.pending import Answer, Ended, Failed, Key, Pending
from bot.core.domain.reading import Unknown
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.adapters.ib.connection import Connection, Sending
    from bot.adapters.ib.limiter import Place
    from bot.adapters.ib.session import Session

T = TypeVar("T")

#: How many of IB's remarks a reason repeats.
_REMARKS_SHOWN: Final = 2


class Asking:
    """Asks questions over one connection, one at a time of each kind that IB answers without an id."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._turns: dict[str, asyncio.Lock] = {}

    async def ask(
        self,
        key: Key[T],
        sending: Sending,
        *,
        request_id: int | None = None,
        lane: Lane = Lane.NORMAL,
        ending: Sending | None = None,
    ) -> Answer[T]:
        """Send a question and wait for its end.

        Args:
            key: What the answer is collected under.
            sending: Writes the question.
            request_id: The id by which IB's errors name it, if it has one.
            lane: Whose places it may take.
            ending: Writes what stops the subscription that the question began, if it did.
        """
        if request_id is not None:
            return await self._ask_in_turn(key, sending, request_id, lane)
        async with self._turns.setdefault(f"{key.name} {key.number}", asyncio.Lock()):
            answer = await self._ask_in_turn(key, sending, None, lane)
            if ending is not None and self.connection.trouble is None:
                await self.tell(ending)
            return answer

    async def tell(
        self, sending: Sending, lane: Lane = Lane.NORMAL, session: Session | None = None
    ) -> bool:
        """Send what has no answer, in `session` only if one is given; return whether it was written."""
        if not self.connection.is_up:
            return False
        place = await self.connection.limiter.acquire(lane)
        if session is not None and not self.connection.is_in(session):
            return False
        try:
            self.connection.write(place, sending)
        except BrokerUnavailable:
            return False
        return True

    def unknown(self, source: str, reason: str) -> Unknown:
        """Return a reading that did not end."""
        return Unknown(source, self.connection.clock.now(), reason)

    async def _ask_in_turn(
        self, key: Key[T], sending: Sending, request_id: int | None, lane: Lane
    ) -> Answer[T]:
        obstacle = self._obstacle(key)
        if obstacle is not None:
            return obstacle
        session = self.connection.session
        place = await self.connection.limiter.acquire(lane)
        obstacle = self._obstacle(key)
        if obstacle is not None:
            return obstacle
        if not self.connection.is_in(session):  # a request id belongs to one session only
            return Failed("the connection was made anew meanwhile")
        return await self._exchange(session, session.pending.open(key, request_id), sending, place)

    def _obstacle(self, key: Key[T]) -> Failed | None:
        """Return why there is no point in asking now, or None."""
        trouble = self.connection.trouble
        if trouble is not None:
            return Failed(trouble)
        if self.connection.session.pending.is_owed(key):
            return Failed(
                f"an earlier answer ({key.name}) never ended in this connection, and its rows cannot be told "
                "from new ones: connect anew"
            )
        return None

    async def _exchange(
        self, session: Session, pending: Pending[T], sending: Sending, place: Place
    ) -> Answer[T]:
        timeout_s = session.settings.request_timeout_s
        try:
            self.connection.write(place, sending)
            async with asyncio.timeout(timeout_s):
                failed = await pending.outcome
        except BrokerUnavailable as error:
            return Failed(str(error))
        except TimeoutError:
            return Failed(_timed_out(pending, timeout_s))
        finally:
            session.pending.close(pending)
        failed = failed or _trouble_of(session)
        return failed if failed is not None else Ended(tuple(pending.rows))


def _trouble_of(session: Session) -> Failed | None:
    return Failed(session.trouble) if session.trouble is not None else None


def _timed_out(pending: Pending[T], timeout_s: float) -> str:
    said = pending.remarks[-_REMARKS_SHOWN:]
    because = f"; IB said meanwhile: {'; '.join(said)}" if said else ""
    return (
        f"the end of the answer ({pending.key.name}) did not come within {timeout_s:g} s{because}"
    )
