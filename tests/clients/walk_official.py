"""The walks of an official client: `python walk_official.py PORT PORT PORT`.

It runs in an environment that has the official client and nothing else, and prints one line of JSON
for each step, and one for each connection with what the decoder made of its messages.
"""

from __future__ import annotations

import inspect
import logging
import sys

import ibapi.client
import official_family
import official_orders
import official_reference
import official_refusals
import official_steps
from ibapi.decoder import Decoder
from official_client import Client, Recorder, watch
from steps import SURPRISES, VERSION_MAX, Wrong, found_in, say, walks_up_to
from tally import ErrorLines, Tally

#: A market rule of one band, with a field too many.
LONG = ["93", "26", "1", "0", "0.01", "left over"]

UNWATCHED = Decoder.interpret

#: Where the steps are.
MODULES = (
    official_steps,
    official_orders,
    official_refusals,
    official_reference,
    official_family,
)


def walk(client: Client, names: tuple[str, ...]) -> None:
    """Make some steps over one connection."""
    functions = found_in(MODULES)
    client.connect()
    for name in names:
        try:
            detail, is_done = functions[name](client), True
        except (Wrong, *SURPRISES) as error:
            detail, is_done = f"{error!r}"[:400], False
        say(version=client.version, step=name, ok=is_done, detail=detail)


def check_instruments(tallies: list[Tally]) -> None:
    """Give the decoder a message that is too long and one that is too short: both must be seen."""
    decoder = Decoder(Recorder(), VERSION_MAX)
    takes_number = len(inspect.signature(UNWATCHED).parameters) > 2
    for fields in (LONG, LONG[:-2]):
        taken = [text.encode() for text in fields]
        decoder.interpret(*((taken[1:], int(fields[0])) if takes_number else (taken,)))
    tally = tallies[-1]
    is_seen = tally.left_over == {93: 1} and len(tally.errors) == 1 and tally.counts == {93: {4, 6}}
    say(version=0, step="instruments", ok=is_seen, detail=tally.report())


def main(*ports: int) -> None:
    """Make all walks."""
    tallies = [Tally()]
    logging.root.addHandler(ErrorLines(tallies))
    watch(tallies)
    check_instruments(tallies)
    walks = walks_up_to(ibapi.client.MAX_CLIENT_VER, ports)
    for number, (port, version, names) in enumerate(walks):
        tallies.append(Tally(version))
        client = Client(port, version, 10 + number)
        walk(client, names)
        tallies[-1].is_closing = True
        client.close()
        say(**tallies[-1].report())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
