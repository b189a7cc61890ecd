"""`bot gateway`: the paper gateway, a local broker that speaks IB's wire protocol."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import App, Parameter, Token
from cyclopts.validators import Number

from bot.cli.options import AsJson, Port
from bot.cli.voice import Voice
from bot.gateway import Behaviour, GatewayConfig, GatewayConfigError
from bot.gateway.__main__ import (
    DEFAULT_PORT,
    EXIT_CONFIG,
    EXIT_UNAVAILABLE,
    SPEED_MAX,
    Listening,
    Serving,
    Trouble,
    serve,
)
from bot.gateway.behaviour import QuoteKind
from bot.gateway.recording.lines import RecordingError
from bot.gateway.replay import replay as play_again

gateway = App(name="gateway", result_action="return_value")

_KINDS = {EXIT_CONFIG: "ConfigError", EXIT_UNAVAILABLE: "BrokerUnavailable"}


def _read_whole(_kind: object, tokens: Sequence[Token]) -> int:
    """Read a whole number: by itself cyclopts would round 1.5.

    Raises:
        ValueError: If it is none; ends with 64.
    """
    try:
        return int(tokens[0].value)
    except ValueError:
        message = f"{tokens[0].value!r}: expected a whole number"
        raise ValueError(message) from None


ListenOn: TypeAlias = Annotated[Port, Parameter(help="Port on this machine; 0 takes a free one.")]
Config: TypeAlias = Annotated[
    Path | None,
    Parameter(name=["--config", "-c"], help="Gateway configuration, see config/gateway.toml."),
]
At: TypeAlias = Annotated[
    datetime | None, Parameter(help="Moment to replay from, New York time: 2020-06-01T10:30:00.")
]
Seed: TypeAlias = Annotated[
    int | None,
    Parameter(
        converter=_read_whole,
        help="Decides all that is arbitrary; instead of the configuration's.",
    ),
]
Speed: TypeAlias = Annotated[
    float, Parameter(validator=Number(gt=0, lte=SPEED_MAX), help="Replayed seconds a second.")
]
Quotes: TypeAlias = Annotated[
    QuoteKind, Parameter(help="What subscribers get, to see how a client takes it.")
]
Faults: TypeAlias = Annotated[
    Path | None, Parameter(help="Script of what goes wrong and when, see docs/paper-gateway.md.")
]
Record: TypeAlias = Annotated[
    Path | None, Parameter(help="Write every frame, both ways, to this file.")
]
State: TypeAlias = Annotated[
    Path | None, Parameter(help="Keep accounts and orders in this file, and go on from it.")
]
Control: TypeAlias = Annotated[
    Port | None, Parameter(help="Port on this machine for faults and the truth, as JSON lines.")
]


@gateway.default
def run(  # noqa: PLR0913 each is an option of its own
    *,
    port: ListenOn = DEFAULT_PORT,
    config: Config = None,
    at: At = None,
    seed: Seed = None,
    speed: Speed = 1.0,
    quotes: Quotes = "live",
    faults: Faults = None,
    record: Record = None,
    state: State = None,
    control: Control = None,
    json: AsJson = False,
) -> int:
    """Serve a paper account on real daily closes to any IB client on this machine; Ctrl-C ends it."""
    voice = Voice(json)

    def announce(said: object) -> None:
        if isinstance(said, Listening):
            voice.say(str(said))
            voice.announce(dataclasses.asdict(said))
        elif isinstance(said, Trouble):
            _complain(voice, said)

    try:
        chosen = GatewayConfig() if config is None else GatewayConfig.from_toml(config)
        if at is not None:
            chosen = dataclasses.replace(chosen, at=at)
        if seed is not None:
            chosen = dataclasses.replace(chosen, seed=seed)
    except GatewayConfigError as error:
        return _refuse(voice, str(error))
    serving = Serving(
        port=port, speed=speed, record=record, faults=faults, state=state, control=control
    )
    return asyncio.run(serve(chosen, serving, announce, Behaviour(quotes=quotes)))


def _refuse(voice: Voice, words: str) -> int:
    """Say that a file or a value cannot be used; returns the exit code."""
    _complain(voice, Trouble(words, EXIT_CONFIG))
    return EXIT_CONFIG


def _complain(voice: Voice, trouble: Trouble) -> None:
    """Say what cannot be done, and how the command ends if it does."""
    line = f"bot: {trouble} (see runbooks/paper-gateway.md)"
    if trouble.exit_code is None:
        voice.warn(line)
        return
    kind = _KINDS[trouble.exit_code]
    facts = {"error": str(trouble), "kind": kind, "runbook": "paper-gateway"}
    voice.fail(line, {**facts, "exit_code": trouble.exit_code})


@gateway.command(name="replay")
def replay(
    recording: Annotated[Path, Parameter(help="File that `bot gateway --record` wrote.")],
    *,
    record: Annotated[
        Path | None, Parameter(help="Write the replay's own recording to this file.")
    ] = None,
    json: AsJson = False,
) -> int:
    """Play a recording again, without network and without waiting, and compare every frame."""
    voice = Voice(json)
    try:
        outcome = asyncio.run(play_again(recording, record, voice.warn))
    except OSError as error:
        return _refuse(voice, f"{error.filename}: {os.strerror(error.errno or 0)}")
    except RecordingError as error:
        return _refuse(voice, str(error))
    voice.code = 0 if outcome.difference is None else 1
    voice.say(str(outcome))
    voice.answer(dataclasses.asdict(outcome))
    return voice.code
