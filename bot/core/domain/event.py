"""One line of the journal, and the place where it ends."""

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
        build: Hash of the program that wrote it; empty if it is older than such hashes.
        config: Digest of the settings it was written under; empty where there were none.
        previous_hash: The hash of the event before it; of the first one, what the journal began with.
        hash: sha256 over `previous_hash` and everything else of the event, hexadecimal.
    """

    sequence: int
    recorded_at: datetime
    kind: str
    body: dict[str, Any]
    look_id: str | None = None
    plan_id: str | None = None
    order_ref: str | None = None
    build: str = ""
    config: str = ""
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest event of a journal: with its hash it stands for everything before it.

    Attributes:
        sequence: Its number; 0 where there is no event yet.
        hash: Its hash; where there is no event yet, what the journal began with.
    """

    sequence: int
    hash: str
