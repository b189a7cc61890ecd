"""The walks of ib_insync or ib_async: `python walk_python.py PORT PORT PORT`.

It runs in an environment that has one of the two and nothing else, and prints one line of JSON for
each step, and one for each connection with what the decoder made of its messages.
"""

from __future__ import annotations

import asyncio
import logging
import sys

import python_family
import python_orders
import python_reference
import python_steps
from python_client import LIBRARY, Client, watch
from steps import SURPRISES, Wrong, found_in, say, walks_up_to
from tally import ErrorLines, Tally

#: A market rule of one band, with a field too many.
LONG = ("93", "26", "1", "0", "0.01", "left over")

#: What a step may raise.
FAILURES = (Wrong, LIBRARY.wrapper.RequestError, *SURPRISES)


async def walk(client: Client, names: tuple[str, ...]) -> None:
    """Make some steps over one connection."""
    functions = found_in((python_steps, python_orders, python_reference, python_family))
    await client.connect()
    for name in names:
        try:
            detail, is_done = await functions[name](client), True
        except FAILURES as error:
            detail, is_done = f"{error!r}"[:400], False
        say(version=client.version, step=name, ok=is_done, detail=detail)


def check_instruments(tallies: list[Tally]) -> None:
    """Give the decoder a message that is too long and one that is too short: both must be seen."""
    ib = LIBRARY.IB()
    for fields in (LONG, LONG[:-2]):
        ib.client.decoder.interpret(list(fields))
    tally = tallies[-1]
    is_seen = tally.left_over == {93: 1} and len(tally.logged) == 1 and tally.counts == {93: {4, 6}}
    say(version=0, step="instruments", ok=is_seen, detail=tally.report())


async def main(*ports: int) -> None:
    """Make all walks."""
    tallies = [Tally()]
    logging.root.addHandler(ErrorLines(tallies))
    watch(tallies)
    check_instruments(tallies)
    highest = LIBRARY.IB().client.MaxClientVersion
    for number, (port, version, names) in enumerate(walks_up_to(highest, ports)):
        tallies.append(Tally(version))
        client = Client(port, version, 10 + number)
        await walk(client, names)
        tallies[-1].is_closing = True
        client.ib.disconnect()
        say(**tallies[-1].report())


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
