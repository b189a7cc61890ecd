"""Memory never knows less than the disk, also when the disk is far away and whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.domain.event import Event, Tip
from bot.engine import events
from bot.engine.recorder import Recorder
from bot.errors import JournalWriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

OCCURRENCE = {"occurrences": ["month:2026-01"]}


class RemoteJournal:
    """A journal on a server that answers when the test says so. Implements the port."""

    name = "abc123"
    is_remote = True

    def __init__(self) -> None:
        self.stored: list[Event] = []
        self.is_lost = False
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    @property
    def tip(self) -> Tip:
        return Tip(len(self.stored), "")

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        if self.is_lost:
            message = "the server is gone"
            raise JournalWriteFailed(message)
        event = Event(len(self.stored) + 1, datetime(2026, 1, 2, tzinfo=UTC), kind, body, **keys)
        self.stored.append(event)
        return event

    async def append_remotely(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        self.asked.set()
        await self.may_answer.wait()
        return self.append(kind, body, **keys)

    def events(self, *, kinds: Iterable[str] = (), newest: int | None = None, **keys: str) -> Any:
        wanted = set(kinds)
        found = [
            event
            for event in self.stored
            if (not wanted or event.kind in wanted)
            and all(getattr(event, key) == value for key, value in keys.items())
        ]
        return tuple(found if newest is None else found[len(found) - newest :])

    def close(self) -> None: ...


async def test_a_fact_is_applied_once_it_is_durable_and_told_after_that() -> None:
    journal, told = RemoteJournal(), []
    recorder = Recorder(journal, told.append)
    recording = asyncio.create_task(recorder.record_remotely(events.OCCURRENCES_DONE, OCCURRENCE))
    await journal.asked.wait()
    assert not recorder.ledger.occurrences_done
    journal.may_answer.set()
    event = await recording
    assert recorder.ledger.occurrences_done == {"month:2026-01"}
    assert told == [event] == journal.stored


async def test_who_is_cancelled_while_waiting_still_knows_what_became_durable() -> None:
    """Pressed twice, as a time-out and a person would: the append is seen through, then the cancellation goes on."""
    journal = RemoteJournal()
    recorder = Recorder(journal)
    recording = asyncio.create_task(recorder.record_remotely(events.OCCURRENCES_DONE, OCCURRENCE))
    await journal.asked.wait()
    for _ in range(2):
        recording.cancel()
        await asyncio.wait([recording], timeout=0.01)
        assert not recording.done()
    journal.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await recording
    assert len(journal.stored) == 1
    assert recorder.ledger.occurrences_done == {"month:2026-01"}


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_what_is_not_durable_is_not_applied(is_cancelled: bool) -> None:  # noqa: FBT001 - a case
    journal, told = RemoteJournal(), []
    journal.is_lost = True
    recorder = Recorder(journal, told.append)
    recording = asyncio.create_task(recorder.record_remotely(events.OCCURRENCES_DONE, OCCURRENCE))
    await journal.asked.wait()
    if is_cancelled:
        recording.cancel()
    journal.may_answer.set()
    with pytest.raises(asyncio.CancelledError if is_cancelled else JournalWriteFailed):
        await recording
    assert not recorder.ledger.occurrences_done
    assert told == []
