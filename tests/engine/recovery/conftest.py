"""A journal in memory, and a ledger with one plan in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.domain.event import Event
from bot.core.domain.instrument import Instrument, PriceBand
from bot.core.domain.orders import OrderIntent
from bot.core.domain.plan import Leg, Plan
from bot.engine import events, records
from bot.engine.recorder import Recorder
from tests.incidents.stage import play as play_story

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from tests.incidents.stage import Stage

NOW = datetime(2020, 6, 1, 15, 0, tzinfo=UTC)
CLOSE = datetime(2020, 6, 1, 20, 0, tzinfo=UTC)
SYMBOLS = {1: "AAPL", 2: "MSFT"}


@dataclass
class ListJournal:
    """Implements the Journal port; bodies go through JSON, as on a disk."""

    name: str = "a1b2c3"
    kept: list[Event] = field(default_factory=list)

    def append(self, kind: str, body: dict[str, Any], **keys: str) -> Event:
        plain = json.loads(json.dumps(body, default=str))
        at = NOW + timedelta(seconds=len(self.kept))
        self.kept.append(Event(len(self.kept) + 1, at, kind, plain, **keys))
        return self.kept[-1]

    def events(
        self, *, kinds: Iterable[str] = (), newest: int | None = None, **keys: str
    ) -> tuple[Event, ...]:
        wanted = set(kinds)
        found = [
            event
            for event in self.kept
            if (not wanted or event.kind in wanted)
            and all(getattr(event, key) == value for key, value in keys.items())
        ]
        return tuple(found if newest is None else found[-newest:])

    def close(self) -> None:
        """Nothing is open."""


def instrument(con_id: int) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=SYMBOLS[con_id],
        currency="USD",
        exchange="SMART",
        primary_exchange="NASDAQ",
        price_bands=(PriceBand(0.0, 0.01),),
        time_zone="America/New_York",
        liquid_hours="",
    )


def open_plan(recorder: Recorder, shares: dict[int, int], held: dict[int, int]) -> str:
    """Journal a plan of one leg for each of `shares`, from what is `held`."""
    legs = tuple(
        Leg(index, instrument(con_id), count, 100.0, "a reason")
        for index, (con_id, count) in enumerate(shares.items())
    )
    plan_id = f"P200601.{len(recorder.ledger.plans) + 1}"
    plan = Plan(plan_id, "L1", "DU1", "USD", 100_000.0, legs, (), NOW, CLOSE)
    body = {"plan": records.body_of(plan), "cash": "1000", "settings": "digest"}
    body["positions"] = {str(con_id): str(count) for con_id, count in held.items()}
    recorder.record(events.PLAN_OPENED, body, plan_id=plan_id)
    return plan_id


def intend(recorder: Recorder, plan_id: str, leg: int, *steps: str) -> str:
    """Journal the first attempt of a leg and the steps of its life; return its reference."""
    wanted = recorder.ledger.plans[plan_id].plan.legs[leg]
    ref = f"a1b2c3-{plan_id}-{leg}-1"
    intent = OrderIntent(
        ref, plan_id, leg, 1, wanted.instrument, wanted.shares, Decimal(100), "DU1"
    )
    recorder.record(events.ORDER_INTENT, records.body_of(intent), plan_id=plan_id, order_ref=ref)
    for step in steps:
        recorder.record(
            events.ORDER_STATE, {"event": step, "evidence": "test"}, plan_id=plan_id, order_ref=ref
        )
    return ref


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(ListJournal())


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    def run(story: Callable[[Stage], Awaitable[None]], **replacements: str) -> None:
        play_story(tmp_path, story, replacements)

    return run
