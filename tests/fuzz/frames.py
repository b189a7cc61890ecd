"""Frames that a client might send by mistake or in malice: built from layouts, or real ones mutated."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from bot.gateway.handlers.registry import HANDLERS
from bot.gateway.handlers.unserved import UNSERVED
from bot.gateway.wire.requests import Repeat, RequestLayout, Run, Variants, When

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.gateway.wire.requests import Part

VERSION = 176

#: As ib_insync sends it at server version 176: an order for shares of Apple.
ORDER = (  # noqa: SIM905 the message reads best as it is printed
    "3,1,265598,AAPL,STK,,0.0,,,SMART,NASDAQ,USD,AAPL,NMS,,,BUY,1,LMT,80,,DAY,,,O,0,r,1,0,0,0,0,0,0,0,"
    ",0.0,,,,,,,,0,,-1,0,,,0,,,0,0,,0,,,,,,0,,,,,0,,,,,,,,,,,0,,,0,0,,,0,,0,0,0,0,,,,,,,0,,,,,,,,,0,0,"
    "0,0,,,0,,"
).split(",")

#: Values that are right somewhere, and values that are right nowhere.
WORDS = st.sampled_from(
    [
        *("", "0", "1", "-1", "2", "3", "7", "true", "False", "None"),
        *(
            "AAPL",
            "KO",
            "NOPE",
            "265598",
            "12087792",
            "STK",
            "CASH",
            "BAG",
            "OPT",
            "EUR",
            "USD",
            "EUR.USD",
        ),
        *(
            "SMART",
            "NASDAQ",
            "IDEALPRO",
            "BUY",
            "SELL",
            "LMT",
            "MKT",
            "MOC",
            "LOC",
            "MIDPRICE",
            "PEG BEST",
        ),
        *(
            "DAY",
            "GTC",
            "GTD",
            "IOC",
            "OPG",
            "20200601 15:00:00",
            "20200601-15:00:00 UTC",
            "20991301 99:99:99",
        ),
        *(
            "1 D",
            "1 Y",
            "0 S",
            "-5 W",
            "999999999 Y",
            "1 day",
            "1 min",
            "1 secs",
            "TRADES",
            "BID_ASK",
        ),
        *(
            "DU1234567",
            "DU9999999",
            "All",
            "Adaptive",
            "adaptivePriority",
            "$LEDGER:ALL",
            "NetLiquidation",
        ),
        *("0.01", "79.013", "1e299", "-1e299", "1e-299", "nan", "inf", "-0", "0x10", "1_000", "١٢"),
        *(
            "2147483647",
            "2147483648",
            "-2147483648",
            "9223372036854775807",
            "1.7976931348623157E308",
        ),
        *("%s%n", "';--", "../../etc", "\t\r\n", "\x7f", "x" * 300),
    ]
)
ARBITRARY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
FIELD = st.one_of(WORDS, WORDS, ARBITRARY)

#: The layouts of everything that is served but the start of the API, which each client sends itself.
LAYOUTS = [layout for number, (layout, _handler) in sorted(HANDLERS.items()) if number != "71"]
KINDS = sorted({*UNSERVED, "", "0", "999", "-1", "x", "71"})


@st.composite
def built(draw: st.DrawFn) -> list[str]:
    """A request with as many fields as its layout has, filled with anything."""
    layout = draw(st.sampled_from(LAYOUTS))
    return [str(layout.number), *_filled(draw, layout.parts)]


def _filled(draw: st.DrawFn, parts: Sequence[Part]) -> list[str]:
    """Values for the parts of a layout at our version; conditional ones now and then."""
    fields: list[str] = []
    for part in parts:
        if not part.since <= VERSION < part.until:
            continue
        if isinstance(part, Run):
            fields += [draw(FIELD) for _ in part.names]
        elif isinstance(part, When):
            fields += _filled(draw, part.parts) if draw(st.booleans()) else []
        else:
            fields += _rows(draw, part)
    return fields


def _rows(draw: st.DrawFn, part: Repeat | Variants) -> list[str]:
    """A repeated group, whose count need not be true."""
    count = draw(st.integers(0, 2))
    told = draw(st.sampled_from([str(count), str(count), "1000000", "-1", "x"]))
    if isinstance(part, Repeat):
        return [told, *(draw(FIELD) for _ in range(count) for _ in part.columns)]
    rows: list[str] = []
    for _ in range(count):
        kind = draw(st.sampled_from(sorted(part.kinds)))
        rows += [kind, *(draw(FIELD) for _ in part.kinds[kind])]
    return [told, *rows]


@st.composite
def mutated(draw: st.DrawFn, whole: Sequence[str] = ORDER) -> list[str]:
    """A real message with some fields changed, dropped, doubled or swapped."""
    fields = list(whole)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(1, len(fields) - 1))
        change = draw(st.sampled_from("rrrrdas"))
        if change == "r":
            fields[place] = draw(FIELD)
        elif change == "d" and len(fields) > 2:
            del fields[place]
        elif change == "a":
            fields.insert(place, draw(FIELD))
        else:
            other = draw(st.integers(1, len(fields) - 1))
            fields[place], fields[other] = fields[other], fields[place]
    return fields


def unknown() -> st.SearchStrategy[list[str]]:
    """A message of a kind that is not served, or that does not exist."""
    return st.tuples(st.sampled_from(KINDS), st.lists(FIELD, max_size=12)).map(
        lambda it: [it[0], *it[1]]
    )


def frame(fields: Sequence[str]) -> bytes:
    """The bytes of a message."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


def torn() -> st.SearchStrategy[bytes]:
    """A frame whose body is no fields at all: no end, no text, or nothing."""
    return st.binary(max_size=40).map(lambda body: struct.pack(">I", len(body)) + body)


#: One frame of any of these kinds.
FRAMES: st.SearchStrategy[bytes] = st.one_of(
    built().map(frame), built().map(frame), mutated().map(frame), unknown().map(frame), torn()
)

__all__ = ["FRAMES", "RequestLayout", "frame"]
