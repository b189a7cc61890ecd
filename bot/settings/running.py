"""When the daemon looks, and what it says meanwhile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from bot.settings.keys import Key, Table

# A distance of 1 to 999 minutes or 1 to 23 hours, since a look lies inside one session; the open itself is one too.
_DISTANCE = r"(?:[1-9][0-9]{0,2}m|(?:[1-9]|1[0-9]|2[0-3])h)"
LOOK_PATTERN = rf"^(?:open\+0m|(?:open\+|close-|every ){_DISTANCE})$"


class Schedule(Table):
    """When to look, in the exchange's own time."""

    exchange: Annotated[
        str,
        Field(pattern=r"^[A-Z0-9]{4}$"),
        Key(
            meaning="The exchange whose sessions count, holidays and half days included.",
            allowed="four capitals of ISO 10383, such as XNYS",
            wrong="The bot looks while your market is closed, and skips each look.",
        ),
    ] = "XNYS"
    looks: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=LOOK_PATTERN)], ...],
        Strict(strict=False),
        Field(min_length=1, max_length=100),
        Key(
            meaning="When to look in each session.",
            allowed='a list of "open+30m", "close-1h" or "every 15m", each up to 999m (minutes) or 23h (hours)',
            wrong="Too rare: drift goes on for longer. At the very open and close spreads are wide.",
        ),
    ] = ("open+30m", "close-60m")
    look_timeout_s: Annotated[
        float,
        Field(gt=0, le=23400),
        Key(
            meaning="A look that takes longer is ended and said to have failed.",
            unit="seconds",
            wrong="Too short: plans are left half done until the next look. Too long: a hung look blocks the next.",
        ),
    ] = 1800

    @field_validator("looks", mode="after")
    @classmethod
    def _none_twice(cls, looks: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(looks)) != len(looks):
            message = "expected each look once, found one twice in {looks}"
            kind = "inconsistent"
            raise PydanticCustomError(kind, message, {"looks": ", ".join(looks)})
        return looks


class Log(Table):
    """What is written while the bot runs; the journal is apart from this and always complete."""

    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Key(
            meaning="The least important line that is still written.",
            wrong="DEBUG fills disks; ERROR leaves you without the story when you need it.",
        ),
    ] = "INFO"
    format: Annotated[
        Literal["text", "json"],
        Key(
            meaning="Lines for people, or one JSON object a line for machines.",
            wrong="Your log collector cannot read the other one.",
        ),
    ] = "text"
