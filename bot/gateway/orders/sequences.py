"""In which order a broker reports what happened: one line a way, chosen for each order.

The facts are the same in all of them; only their order, their repetition and the time that they
take differ. All were recorded from real gateways, or are described in the documentation of the
API. A way is a list of words for each event:

- `opened`: the terms and the state of the order,
- `status`: its state; with a name of a state behind a colon, that one,
- `executed`, `charged`, `commission`: the fill, the terms now with the commission, and that,
- `notice`: the error or notice that belongs to the event, if there is one,
- `later`: what follows comes some time after, or just before the next event of the order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sequence:
    """One way to report.

    Attributes:
        name: What is special about it.
        accepted: An order was taken or changed.
        rested: It did not trade at once and is at the exchange.
        filled: All of it or a part traded.
        cancelling: A cancel is on its way.
        cancelled: It is cancelled, or has expired.
    """

    name: str
    accepted: tuple[str, ...]
    rested: tuple[str, ...]
    filled: tuple[str, ...]
    cancelling: tuple[str, ...]
    cancelled: tuple[str, ...]


def _sequence(
    name: str,
    *,
    accepted: str = "opened status",
    rested: str = "opened status",
    filled: str = "executed opened status charged commission",
    cancelling: str = "status:PendingCancel",
    cancelled: str = "status notice",
) -> Sequence:
    """Return a way that differs from the plain one in what is given."""
    given = (accepted, rested, filled, cancelling, cancelled)
    return Sequence(name, *(tuple(words.split()) for words in given))


#: An order that trades at once is never seen as Submitted; one that rests is; a commission follows
#: its execution, after a last report of the order that carries it.
PLAIN: Final = _sequence("plain")

RECORDED: Final = (
    PLAIN,
    _sequence("filled again", filled="executed opened status charged status commission"),
    _sequence("status first", filled="opened status executed charged commission"),
    _sequence("late execution", filled="opened status later executed charged commission"),
    _sequence("late commission", filled="executed opened status later charged commission"),
    _sequence("commission first", filled="executed charged commission status"),
    _sequence("no status", accepted="opened", filled="executed opened charged commission"),
    _sequence("no terms", filled="executed status charged commission"),
    _sequence(
        "everything twice",
        accepted="opened status opened status",
        rested="opened status opened status",
        filled="executed opened status opened status charged status commission",
        cancelled="status status notice",
    ),
    _sequence("pending first", accepted="opened status:PendingSubmit status"),
    _sequence(
        "API pending first",
        accepted="opened status:ApiPending status:PendingSubmit opened status",
    ),
    _sequence("late rest", rested="later opened status"),
    _sequence("notice first", cancelled="notice status"),
    _sequence("silent cancel", cancelling="", cancelled="status status notice"),
)


_BY_NAME: Final = {sequence.name: sequence for sequence in RECORDED}


def sequence_for(kind: str, seed: int, permanent_id: int) -> Sequence:
    """Return the way in which an order is reported.

    Args:
        kind: The name of a way, or `recorded` for any of the recorded ones.
        seed: Of the gateway.
        permanent_id: Of the order.
    """
    if kind != "recorded":
        return _BY_NAME[kind]
    # Arbitrary on purpose, and the same in every run; nothing secret depends on it.
    return random.Random(f"{seed}/sequence/{permanent_id}").choice(RECORDED)  # noqa: S311
