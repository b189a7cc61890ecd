"""A new quote of each instrument: a line is opened, listened to, and closed.

IB lends 100 market-data lines to a user, some of which may be open in TWS; we hold 90 at the most. Closing a line is
housekeeping: it goes out behind orders, and the reading does not wait for it.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from bot.adapters.ib.contracts import contract_fields
from bot.adapters.ib.limiter import Lane
from bot.adapters.ib.pending import Failed
from bot.adapters.ib.quote_lines import SIDES
from bot.core.domain.quote import QuoteKind
from bot.core.domain.reading import Known
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.adapters.ib.asking import Asking
    from bot.adapters.ib.limiter import Place
    from bot.adapters.ib.quote_lines import QuoteLine
    from bot.adapters.ib.session import Session
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.quote import Quote
    from bot.core.domain.reading import Reading

SOURCE: Final = "ib:quotes"
LEVELS_SOURCE: Final = "ib:levels"
#: What the names of market indices mean at IB: nobody trades them, so nobody has to resolve them.
INDICES: Final[dict[str, dict[str, object]]] = {
    "VIX": {"symbol": "VIX", "secType": "IND", "exchange": "CBOE", "currency": "USD"},
    "SPX": {"symbol": "SPX", "secType": "IND", "exchange": "CBOE", "currency": "USD"},
}
#: Most market-data lines open at a time.
LINES: Final = 90
#: Once bid and ask were answered, how long a missing side or the close is waited for: IB's ticks of one instrument
#: come a quarter of a second apart at the most, seconds.
GRACE_S: Final = 0.25


class Quotes:
    """Reads quotes over one connection."""

    def __init__(self, asking: Asking, lines: int = LINES) -> None:
        self._asking = asking
        self._lines = asyncio.Semaphore(lines)
        self._closings: set[asyncio.Task[None]] = set()

    async def read(self, instruments: Iterable[Instrument]) -> dict[int, Reading[Quote]]:
        """Ask for a new quote of each instrument; one reading for each, by conId."""
        by_id = {instrument.con_id: instrument for instrument in instruments}
        readings = await asyncio.gather(*(self._quote(item) for item in by_id.values()))
        return dict(zip(by_id, readings, strict=True))

    async def read_levels(self, names: Iterable[str]) -> dict[str, Reading[float]]:
        """Ask for the level of each market index; one reading for each, by name."""
        wanted = sorted(set(names))
        readings = await asyncio.gather(*(self._level(name) for name in wanted))
        return dict(zip(wanted, readings, strict=True))

    async def settle(self) -> None:
        """Give up the closings that are under way: the connection that they were for ends."""
        for closing in self._closings:
            closing.cancel()
        await asyncio.gather(*self._closings, return_exceptions=True)

    async def _quote(self, instrument: Instrument) -> Reading[Quote]:
        source = f"{SOURCE}:{instrument.symbol}"
        line = await self._read(instrument.con_id, contract_fields(instrument), SIDES)
        if isinstance(line, Failed):
            return self._asking.unknown(source, line.reason)
        now = self._asking.connection.clock.now()
        return Known(line.quote(now), source, now)

    async def read_fall(self, name: str) -> Reading[float]:
        """Ask how far a market index is below its prior close, a fraction; negative is a rise."""
        reading = await self._index(name)
        if not isinstance(reading, Known):
            return reading
        last, close = reading.value
        if close is None:
            return self._asking.unknown(reading.source, "IB does not say where it closed before")
        return Known(1 - last / close, reading.source, reading.received_at)

    async def _level(self, name: str) -> Reading[float]:
        reading = await self._index(name)
        if not isinstance(reading, Known):
            return reading
        return Known(reading.value[0], reading.source, reading.received_at)

    async def _index(self, name: str) -> Reading[tuple[float, float | None]]:
        """Return a live level of an index, and where it closed before, if IB says so."""
        source = f"{LEVELS_SOURCE}:{name}"
        if name not in INDICES:
            known = ", ".join(INDICES)
            return self._asking.unknown(source, f"no such index is known here; there is {known}")
        line = await self._read(0, INDICES[name], ("last",))
        if isinstance(line, Failed):
            return self._asking.unknown(source, line.reason)
        now = self._asking.connection.clock.now()
        quote = line.quote(now)
        if quote.last is None:
            # Yesterday's close is there, and is not today's level.
            return self._asking.unknown(source, "IB says that it has no level now")
        if quote.kind is not QuoteKind.LIVE:
            kind = "of unknown kind" if quote.kind is None else quote.kind.value
            return self._asking.unknown(source, f"its level is {kind}, a decision needs a live one")
        return Known((quote.last, quote.close), source, now)

    async def _read(
        self, con_id: int, contract: dict[str, object], awaited: tuple[str, ...]
    ) -> QuoteLine | Failed:
        connection = self._asking.connection
        async with AsyncExitStack() as borrowed:
            await self._lines.acquire()
            borrowed.callback(self._lines.release)
            place = await connection.limiter.acquire()
            trouble = connection.trouble
            if trouble is not None:
                return Failed(trouble)
            session, request_id = connection.session, connection.next_id()
            borrowed.pop_all()  # from here on the line is given back once IB was told that it is free
            line = session.lines.open(request_id, con_id, awaited)
            try:
                failed = await self._ask(session, line, request_id, place, contract)
            finally:
                session.lines.close(request_id)
                self._close_later(session, request_id)
        return line if failed is None else failed

    async def _ask(
        self,
        session: Session,
        line: QuoteLine,
        request_id: int,
        place: Place,
        fields: dict[str, object],
    ) -> Failed | None:
        connection = self._asking.connection
        contract = connection.library.new_contract(**fields)
        try:
            connection.write(
                place,
                lambda client: client.reqMktData(request_id, contract, "", False, False, []),  # noqa: FBT003 - theirs
            )
        except BrokerUnavailable as error:
            return Failed(str(error))
        return await self._listen(session, line)

    async def _listen(self, session: Session, line: QuoteLine) -> Failed | None:
        """Wait for a line's prices; return why it has none, or None."""
        timeout_s = session.settings.quote_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                failed = await line.answered
        except TimeoutError:
            return Failed(_timed_out(line, timeout_s, session.broken_farms))
        if failed is not None:
            return failed
        try:
            async with asyncio.timeout(GRACE_S):
                await line.full.wait()
        except TimeoutError:
            pass  # a market without a bid, or a new listing without a close: what came is what there is
        trouble = session.trouble or session.broken_farms
        return Failed(trouble) if trouble is not None else None

    def _close_later(self, session: Session, request_id: int) -> None:
        closing = asyncio.ensure_future(self._close(session, request_id))
        self._closings.add(closing)
        closing.add_done_callback(self._closed)

    def _closed(self, closing: asyncio.Task[None]) -> None:
        self._closings.discard(closing)
        self._lines.release()

    async def _close(self, session: Session, request_id: int) -> None:
        if not session.down.is_set():
            await self._asking.tell(
                lambda client: client.cancelMktData(request_id), Lane.BACKGROUND, session
            )


def _timed_out(line: QuoteLine, timeout_s: float, broken_farms: str | None) -> str:
    said = [*line.notes, *([broken_farms] if broken_farms else [])]
    because = f"; IB said: {'; '.join(said)}" if said else ""
    return f"{line.missing} did not come within {timeout_s:g} s{because}"
