"""The broker's echo of an order against what was sent.

Why: an order can be changed on its way. A preset of the gateway replaces a time in force, an algorithm that is not to
be had is dropped and leaves an order without a limit, a default account takes the place of ours. The library shows
what was sent; only the broker's own open order shows what is at work.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.core.domain.orders import OpenOrder, OrderIntent

#: The order types that this bot sends; each has a limit.
PRICED: Final = frozenset({"LMT", "MIDPRICE", "LOC"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One term of an order that came back as another one.

    Attributes:
        term: Its name.
        sent: What was sent, for a person.
        found: What the broker has, for a person.
        is_grave: Whether nothing may be sent any more until a person has looked: no limit, another account, another
            side or another instrument.
    """

    term: str
    sent: str
    found: str
    is_grave: bool = False

    @property
    def words(self) -> str:
        """One line for a person."""
        return f"{self.term}: sent {self.sent}, found {self.found}"


def differences(intent: OrderIntent, echo: OpenOrder) -> tuple[Difference, ...]:
    """Return every term of `echo`, the broker's open order, that is not what was sent; empty if it is the same."""
    shares = Decimal(intent.shares)
    is_priced = echo.order_type in PRICED
    terms = (
        ("order type", intent.order_type, echo.order_type, not is_priced),
        ("account", intent.account, echo.account, echo.account != ""),
        ("instrument", intent.instrument.con_id, echo.con_id, True),
        (
            "shares",
            shares,
            echo.shares,
            shares * echo.shares <= 0 or abs(echo.shares) > abs(shares),
        ),
        ("limit", intent.limit_price, echo.limit_price, echo.limit_price is None),
        ("time in force", intent.time_in_force, echo.time_in_force, False),
        ("algorithm", _algorithm(intent), _algorithm(echo), False),
    )
    return tuple(
        Difference(term, str(sent), str(found) or "nothing", is_grave)
        for term, sent, found, is_grave in terms
        if sent != found
    )


def _algorithm(order: OrderIntent | OpenOrder) -> str:
    if not order.algorithm:
        return "none"
    parameters = ", ".join(f"{tag}={value}" for tag, value in sorted(order.algorithm_parameters))
    return f"{order.algorithm} ({parameters})"
