"""Instruments and their price grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: A ticker as IB writes it, a share class after a blank: ``BRK B``.
SYMBOL_PATTERN: Final = r"[A-Z0-9](?:[A-Z0-9. -]{0,18}[A-Z0-9])?"


@dataclass(frozen=True, slots=True)
class PriceBand:
    """From `low_edge` (price, inclusive) upwards prices move in steps of `increment` (price, > 0)."""

    low_edge: float
    increment: float


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """What a person writes to mean an instrument; the broker turns it into an `Instrument`."""

    symbol: str
    currency: str
    exchange: str = "SMART"
    primary_exchange: str | None = None
    con_id: int | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """The tradable thing.

    Attributes:
        con_id: IB's contract id, the only key.
        symbol: For display.
        currency: ISO code that prices are in.
        exchange: Where orders are routed, usually ``SMART``.
        primary_exchange: Where it is listed.
        price_bands: The tick grid of `exchange` by price, ascending, at least one.
        time_zone: Zone of its trading hours, as IB names it.
        liquid_hours: IB's own words for the session, e.g. ``20221201:0930-20221201:1600;...``.
        security_type: IB's name for what it is, e.g. ``STK``; empty where nobody said.
    """

    con_id: int
    symbol: str
    currency: str
    exchange: str
    primary_exchange: str
    price_bands: tuple[PriceBand, ...]
    time_zone: str
    liquid_hours: str
    security_type: str = ""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A symbol that is no instrument: the broker does not know it, knows several, or did not answer.

    Attributes:
        spec: What a person wrote.
        reason: One clear line.
        is_certain: Whether the broker said so; without an answer nothing is certain, and a later look asks again.
    """

    spec: InstrumentSpec
    reason: str
    is_certain: bool = True
