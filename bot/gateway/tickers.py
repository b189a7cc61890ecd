"""One line of market data: what a client has asked for, and what it has been shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.gateway.exchange.instruments import Instrument


@dataclass(slots=True)
class Ticker:
    """A line of market data.

    Attributes:
        request_id: Under which the client knows it.
        instrument: What is quoted.
        asked_type: Market data type in force when it was asked for: 1 live, 2 frozen, 3 delayed,
            4 delayed and frozen.
        generic: Generic ticks asked for, by their numbers.
        has_quotes: Whether the usual ticks are wanted, beside generic ones.
        given_type: Market data type that the client was told last, or None.
        shown: What it was shown last, by tick type.
        free_at: Before this moment nothing more is sent; None if nothing was.
        is_waiting: Whether it will be looked at again when that moment comes.
    """

    request_id: int
    instrument: Instrument
    asked_type: int = 1
    generic: frozenset[int] = frozenset()
    has_quotes: bool = True
    given_type: int | None = None
    shown: dict[int, tuple[str, ...]] = field(default_factory=dict)
    free_at: datetime | None = None
    is_waiting: bool = False
