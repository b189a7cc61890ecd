"""`bot gateway`: the paper gateway, a local broker that speaks IB's wire protocol."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def gateway(
    *,
    port: Annotated[int, Parameter(help="TCP port on 127.0.0.1; 0 takes a free one.")] = 4002,
    config: Annotated[
        Path | None, Parameter(name=["--config", "-c"], help="Gateway configuration (TOML).")
    ] = None,
    at: Annotated[
        datetime | None,
        Parameter(help="Moment to replay from, New York time, e.g. 2020-03-16T10:30."),
    ] = None,
    quotes: Annotated[
        str, Parameter(help="live, frozen, delayed, absent, silent or noperm.")
    ] = "live",
) -> int:
    """Serve a paper account on real daily closes to any IB client; Ctrl-C ends it."""
    return 0
