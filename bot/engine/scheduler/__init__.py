"""When to look: times told by the exchange's sessions, and the loop that keeps them."""

from __future__ import annotations

from bot.engine.scheduler.look_times import LookTime, next_fire, parse_look
from bot.engine.scheduler.scheduler import LookScheduler

__all__ = ["LookScheduler", "LookTime", "next_fire", "parse_look"]
