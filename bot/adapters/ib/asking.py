"""One question, from the limiter to its end - or to the one reason why it has no answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bot.adapters.ib.limiter import Lane
from bot.adapters.ib.pending import Answer, Ended, Failed, Key
from bot.core.domain.reading import Unknown
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.adapters.ib.connection import Connection, Sending
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
        if not self.connection.is_up or session not in {None, self.connection.session}:
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
        before = self.connection.trouble
        if before is not None:
            return Failed(before)
        session = self.connection.session
        if session.pending.is_owed(key):
            return Failed(
                f"an earlier answer ({key.name}) never ended in this connection, and its rows cannot be told "
                "from new ones: connect anew"
            )
        place = await self.connection.limiter.acquire(lane)
        # The wait may have outlived the session: a question belongs to one session only.
        if self.connection.trouble is not None or self.connection.session is not session:
            return Failed(self.connection.trouble or "the connection was made anew meanwhile")
        pending = session.pending.open(key, request_id)
        timeout_s = session.settings.request_timeout_s
        try:
            self.connection.write(place, sending)
            async with asyncio.timeout(timeout_s):
                failed = await pending.outcome
        except BrokerUnavailable as error:
            return Failed(str(error))
        except TimeoutError:
            return Failed(_timed_out(key, timeout_s, pending.remarks))
        finally:
            session.pending.close(pending)
        failed = failed or _trouble_of(session)
        return failed if failed is not None else Ended(tuple(pending.rows))


def _trouble_of(session: Session) -> Failed | None:
    return Failed(session.trouble) if session.trouble is not None else None


def _timed_out(key: Key[Any], timeout_s: float, remarks: list[str]) -> str:
    said = f"; IB said meanwhile: {'; '.join(remarks[-_REMARKS_SHOWN:])}" if remarks else ""
    return f"the end of the answer ({key.name}) did not come within {timeout_s:g} s{said}"
