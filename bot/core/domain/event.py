"""One line of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that was durable before anything was done about it.

    Attributes:
        sequence: From 1, without gaps.
        recorded_at: Aware UTC.
        kind: What happened, a name of `bot.engine.events`.
        body: The facts, as JSON has them: Decimals and datetimes are strings.
        look_id: The look it belongs to, or None.
        plan_id: The plan it belongs to, or None.
        order_ref: The order it belongs to, or None.
    """

    sequence: int
    recorded_at: datetime
    kind: str
    body: dict[str, Any]
    look_id: str | None = None
    plan_id: str | None = None
    order_ref: str | None = None
