"""How long a person's word holds, and what happens when the person falls silent."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.core.domain.arming import ARMED_MAX
from bot.settings.keys import Key, Table


class Switch(Table):
    """Until when trading is allowed without a new word of yours."""

    armed_days: Annotated[
        int,
        Field(ge=1, le=ARMED_MAX.days),
        Key(
            meaning="How long bot resume arms trading; after that it halts until you resume again.",
            unit="days",
            wrong="Too long: nobody looks for months. Too short: it halts while you are on holiday.",
        ),
    ] = 30
    owner_silence_max_days: Annotated[
        int | None,
        Field(ge=1, le=3650),
        Key(
            meaning="Halt when you gave none of the commands status, approve, pause, halt, resume and reconcile "
            "--acknowledge for so long; left out, your silence stops nothing but the arming's end does.",
            unit="days",
            wrong="Too short: it halts while you are well. Left out: it trades on, armed, when you no longer can look.",
            example="14",
        ),
    ] = None
