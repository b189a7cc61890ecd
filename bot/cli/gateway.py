"""`bot gateway`: the paper gateway, a local broker that speaks IB's wire protocol."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from bot.cli.options import AsJson, Port
from bot.cli.voice import Voice
from bot.errors import ConfigError
from bot.gateway import Behaviour, GatewayConfig, GatewayConfigError
from bot.gateway.__main__ import DEFAULT_PORT, EXIT_UNAVAILABLE, Listening, serve


def gateway(
    *,
    port: Annotated[
        Port, Parameter(help="Port on this machine; 0 takes a free one.")
    ] = DEFAULT_PORT,
    config: Annotated[
        Path | None,
        Parameter(name=["--config", "-c"], help="Gateway configuration, see config/gateway.toml."),
    ] = None,
    at: Annotated[
        datetime | None,
        Parameter(help="Moment to replay from, New York time: 2020-06-01T10:30:00."),
    ] = None,
    quotes: Annotated[
        Literal["live", "frozen", "delayed", "absent", "silent", "noperm"],
        Parameter(help="What subscribers get, to see how a client takes it."),
    ] = "live",
    json: AsJson = False,
) -> int:
    """Serve a paper account on real daily closes to any IB client on this machine; Ctrl-C ends it."""
    voice = Voice(json)

    def announce(said: object) -> None:
        if isinstance(said, Listening):
            voice.say(str(said))
            voice.announce(dataclasses.asdict(said))
        else:
            facts = {"error": str(said), "kind": "BrokerUnavailable", "runbook": "paper-gateway"}
            voice.fail(
                f"bot: {said} (see runbooks/paper-gateway.md)",
                {**facts, "exit_code": EXIT_UNAVAILABLE},
            )

    with voice.errors():
        try:
            chosen = GatewayConfig() if config is None else GatewayConfig.from_toml(config)
            if at is not None:
                chosen = dataclasses.replace(chosen, at=at)
        except GatewayConfigError as error:
            message = f"paper gateway: {error}"
            raise ConfigError(message) from error
        served = serve(chosen, "127.0.0.1", port, announce, Behaviour(quotes=quotes))
        voice.code = asyncio.run(served)
    return voice.code
