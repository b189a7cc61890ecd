"""What journal and broker do not agree on: one row each, with what it holds and what a person can do. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final


class Kind(Enum):
    """What differs."""

    #: A holding of the mandate is not what our fills add up to.
    SHARES = "shares"
    #: A symbol of the mandate means another contract than before.
    CONTRACT = "contract"
    #: Somebody else's order works.
    FOREIGN_ORDER = "foreign_order"
    #: What became of an own order is unknown, and its session is over.
    LOST_ORDER = "lost_order"
    #: What became of an own order is unknown, and it may still fill.
    UNKNOWN_ORDER = "unknown_order"
    #: An own order works that the journal has as over.
    OVER_ORDER = "over_order"
    #: Cash came or went that own fills do not explain.
    CASH = "cash"


class Effect(Enum):
    """What a difference holds. HALT is not here: what halts raises."""

    #: Nothing: it is told.
    TOLD = "told"
    #: Its symbol: planned as if marked "none", and no order leaves for it.
    SYMBOL = "symbol"
    #: Every order.
    ALL = "all"


#: The page that says what to do.
RUNBOOKS: Final = {
    Kind.SHARES: "position-difference",
    Kind.CONTRACT: "position-difference",
    Kind.FOREIGN_ORDER: "held-symbol",
    Kind.OVER_ORDER: "held-symbol",
    Kind.LOST_ORDER: "order-unknown",
    Kind.UNKNOWN_ORDER: "order-unknown",
    Kind.CASH: "cash-flow-large",
}
#: What a difference of no symbol is called on the command line.
CASH_NAME = "cash"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that journal and broker do not agree on.

    Attributes:
        kind: What differs.
        subject: What of it, the same in every read: a conId, an order's reference or permId, ``cash``.
        symbol: For display; ``cash`` for cash.
        con_id: The instrument, or None for cash.
        journal: The journal's number, signed, or None where it has none.
        broker: The broker's number, signed, or None where it has none.
        unit: Of both: ``shares`` or a currency.
        effect: What it holds.
        statement: One line: both numbers, and what it may be.
        remedy: What a person can do.
        was: The conId that the symbol had before, where that is what differs.
    """

    kind: Kind
    subject: str
    symbol: str
    con_id: int | None
    journal: Decimal | None
    broker: Decimal | None
    unit: str
    effect: Effect
    statement: str
    remedy: str
    was: int | None = None

    @property
    def key(self) -> str:
        """What it is held and released by."""
        return f"{self.kind.value}:{self.subject}"

    def body(self) -> dict[str, Any]:
        """Return it for the journal and for a program."""
        return {
            "key": self.key,
            "kind": self.kind.value,
            "subject": self.subject,
            "symbol": self.symbol,
            "con_id": self.con_id,
            "journal": self.journal,
            "broker": self.broker,
            "unit": self.unit,
            "effect": self.effect.value,
            "statement": self.statement,
            "remedy": self.remedy,
            "was": self.was,
        }


def difference_from(body: dict[str, Any]) -> Difference:
    """Return the difference that `Difference.body` wrote."""
    return Difference(
        kind=Kind(body["kind"]),
        subject=body["subject"],
        symbol=body["symbol"],
        con_id=body["con_id"],
        journal=None if body["journal"] is None else Decimal(body["journal"]),
        broker=None if body["broker"] is None else Decimal(body["broker"]),
        unit=body["unit"],
        effect=Effect(body["effect"]),
        statement=body["statement"],
        remedy=body["remedy"],
        was=body["was"],
    )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What one comparison came to.

    Attributes:
        occasion: Why it was made.
        differences: Every difference, those that hold everything first.
    """

    occasion: str
    differences: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is held."""
        return all(each.effect is Effect.TOLD for each in self.differences)

    @property
    def held(self) -> frozenset[int]:
        """The conIds of symbols that are held."""
        return frozenset(
            each.con_id
            for each in self.differences
            if each.effect is Effect.SYMBOL and each.con_id is not None
        )

    @property
    def holds_all(self) -> bool:
        """Whether every order is held."""
        return any(each.effect is Effect.ALL for each in self.differences)

    def flows(self) -> str:
        """Return the cash that came or went and holds nothing, for a person; empty if there is none worth telling."""
        return "; ".join(
            each.statement
            for each in self.differences
            if each.effect is Effect.TOLD and each.kind is Kind.CASH
        )

    def told(self) -> str:
        """Return what is held, for a person; empty if nothing is."""
        return "; ".join(
            f"{each.statement}: {each.remedy}"
            for each in self.differences
            if each.effect is not Effect.TOLD
        )
