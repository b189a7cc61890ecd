"""Scripts of faults: the same seed and the same script give the same bytes, in any process."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.gateway import Behaviour
from bot.gateway.faults.script import read
from bot.gateway.recording.lines import read_event
from bot.gateway.replay import replay

#: A bad day: most of what is here is left to chance.
SCRIPT = {
    "seed": 11,
    "fault": [
        {"name": "view-lag", "after_s": 0.02, "lag_s": 0.03, "for_s": 0.2},
        {"name": "lost-order", "when": "place", "chance": 0.1},
        {"name": "order-notice", "when": "place", "chance": 0.2, "code": 10349},
        {"name": "duplicate-execution", "when": "fill", "nth": 3},
        {"name": "corrected-execution", "when": "fill", "chance": 0.2},
        {"name": "rejected-order", "when": "place", "chance": 0.1},
        {"name": "cancel-race", "when": "cancel", "chance": 0.5},
        {"name": "fill-after-cancel", "when": "cancel", "chance": 0.3, "late_s": 0.01},
        {"name": "connectivity-lost", "when": "place", "nth": 12, "for_s": 0.05},
        {"name": "foreign-order", "every_s": 0.05, "count": 4, "symbol": "KO", "shares": 3},
        {"name": "quotes-scaled", "after_s": 0.05, "for_s": 0.05},
        {"name": "split-frames", "after_s": 0.1, "for_s": 0.1},
        {"name": "cash-flow", "when": "fill", "nth": 5, "amount": "1234.56"},
        {"name": "drop-connection", "when": "place", "nth": 25, "side": "after-ack"},
        {"name": "drop-connection", "when": "place", "nth": 35, "side": "mid-frame"},
    ],
}


def order(library: Any, raw: Any, number: int) -> list[str]:
    """Return an order for KO as the library sends it: every third one rests."""
    terms = library.LimitOrder("BUY", 1 + number % 7, 1 if number % 3 == 0 else 1000, tif="DAY")
    tap = library.client.Client(None)
    tap.serverVersion = lambda: raw.version
    tap.isConnected = lambda: True
    sent: list[str] = []
    tap.sendMsg = sent.append
    tap.placeOrder(number, library.Stock("KO", "SMART", "USD"), terms)
    return sent[0].split("\0")[:-1]


async def trade(recorded: Any, dial: Any, library: Any) -> None:
    """Place forty orders and cancel some; connect again whenever the connection is cut."""
    raw = None
    for number in range(1, 41):
        if raw is None:
            raw = await dial(recorded.port)
            await raw.start(client_id=5)
            raw.send(61, 1)
            raw.send(6, 2, 1, "")
        raw.send(*order(library, raw, number))
        if number % 3 == 0:
            raw.send(4, 1, number, "")
        try:
            await raw.answers()
        except (ConnectionError, asyncio.IncompleteReadError):
            raw = None


async def test_a_script_of_chance_is_played_again_to_the_byte_in_two_processes(
    record: Any, dial: Any, library: Any, play_apart: Any
) -> None:
    # Ten replayed seconds a second: what is to happen later happens within the session.
    recorded = await record(None, Behaviour(fill_delay_s=0), script=read(SCRIPT), speed=10.0)
    await trade(recorded, dial, library)
    assert len(recorded.gateway.executions) > 10
    lines = await recorded.lines()
    assert sum(read_event(line).kind == "opened" for line in lines[1:]) >= 3
    outcome = await replay(recorded.path, None, print)
    assert (outcome.difference, outcome.has_end) == (None, True)
    first, second = await asyncio.gather(*(play_apart(recorded.path, seed) for seed in (1, 2)))
    assert (first[0], second[0]) == (0, 0)
    assert first[2] == second[2] == recorded.path.read_bytes()
