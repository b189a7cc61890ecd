"""Everything at once: whatever is struck in whatever order, the gateway goes on and its books are right."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from bot.gateway.faults.parameters import FaultError, parameters
from bot.gateway.faults.registry import REGISTRY

STEPS = 400

#: How long an answer may take before a connection counts as dead.
PATIENCE_S = 0.02

#: They change what the account holds without a fill, or, like the last two, its fills afterwards.
BOOKED = {
    "cash-flow",
    "foreign-position",
    "split",
    "dividend",
    "corrected-execution",
    "liquidation",
}


async def ask(rig: Any, dial: Any) -> None:
    """Ask for something and read what comes; connect again if the connection is gone or dead."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await rig.raw.answers()
    except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError, IndexError):
            async with asyncio.timeout(PATIENCE_S):
                rig.raw = await dial(rig.port)
                # A dead connection keeps its client id.
                await rig.raw.start(client_id=len(rig.gateway.messages))


async def act(rig: Any, draw: random.Random, dial: Any) -> None:
    """Do something that a client does, at any stage."""
    kind = draw.choice(["place", "rest", "cancel", "quotes", "lists", "time"])
    if kind in ("place", "rest"):
        order_id = len(rig.gateway.messages) + 1
        action = draw.choice(["BUY", "SELL"])
        rig.place(order_id, action, 7, 1000 if (action == "BUY") is (kind == "place") else 1)
    elif kind == "cancel":
        rig.cancel(draw.choice([order.key[1] for order in rig.gateway.orders] or [1]))
    elif kind == "quotes":
        rig.subscribe(draw.randint(100, 200))
    elif kind == "lists":
        for fields in ((61, 1), (16, 1), (99, 1), (6, 2, 1, ""), (7, 3, 5, 0, *[""] * 6)):
            rig.raw.send(*fields)
    rig.pass_s(draw.choice([0, 0, 0.3, 2, 10]))
    # What is due happens even if no client can connect.
    rig.gateway._venue.turns.take(bool)
    await ask(rig, dial)


@pytest.mark.parametrize("seed", range(4))
async def test_a_storm_of_faults_never_stops_the_gateway(rig: Any, dial: Any, seed: int) -> None:
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: failures.append(what))
    draw = random.Random(f"{seed}/storm")  # noqa: S311
    calm = sorted(set(REGISTRY) - (BOOKED if seed % 2 else set()))
    cash = rig.gateway.cash
    shares = rig.gateway.positions["KO"].shares
    for _ in range(STEPS):
        if draw.random() < 0.3:
            name = draw.choice(calm)
            told = {"symbol": "KO", "for_s": draw.choice([0.5, 1, 5])}
            known = parameters(REGISTRY[name])
            # Some cannot happen now.
            with suppress(FaultError):
                rig.strike(name, **{key: told[key] for key in told if key in known})
        elif draw.random() < 0.1 and rig.gateway.faults.active():
            rig.end(draw.choice(rig.gateway.faults.active()).NAME)
        await act(rig, draw, dial)
    rig.gateway.faults.end_all()
    rig.pass_s(3600)
    rig.raw = await rig.redial(dial)
    await rig.raw.start(client_id=1_000_000)
    assert failures == []
    assert (await rig.raw.answers()) == []
    assert rig.gateway.faults.active() == ()
    assert rig.behaviour.quotes == "live"
    assert rig.gateway._venue.view.lag_s == 0
    if seed % 2:
        fills = rig.gateway.executions
        moved = sum(it.shares * it.order.side.value for it in fills)
        paid = sum((it.shares * it.order.side.value * it.price for it in fills), Decimal(0))
        fees = sum((it.commission for it in fills), Decimal(0))
        assert len(fills) > 5
        assert rig.gateway.positions["KO"].shares == shares + moved
        assert rig.gateway.cash == cash - paid - fees
