"""Who hears of what happens, and where our silence is noticed."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from bot.settings.keys import Key, Table

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_HTTP: Final = re.compile(r"https?://[^\s/]+\S*")


class Alerts(Table):
    """The ways to a person. Without urls nobody is told, and nothing waits for it."""

    urls: Annotated[
        SecretStr | None,
        Key(
            meaning="Channels that alerts go to, each an apprise URL, blanks between them.",
            allowed="URLs as apprise writes them, such as ntfy://TOPIC; they hold secrets: only from outside this file",
            wrong="Nobody hears of a halt; an alert that no channel takes blocks the next plan.",
            example='"json://alerts.example"',
        ),
    ] = None
    heartbeat_url: Annotated[
        SecretStr | None,
        Key(
            meaning="Fetched while all is well, by the daemon: who watches it hears of a bot that is gone.",
            allowed="http://… or https://…; with a path only from outside this file, since it is the secret",
            wrong="A machine that is off sends no alert, and nobody misses it.",
            example='"https://heartbeat.example"',
        ),
    ] = None
    heartbeat_s: Annotated[
        float,
        Field(ge=5, le=3600),
        Key(
            meaning="How often heartbeat_url is fetched.",
            unit="seconds",
            wrong="Rarer than what watches it allows: it cries wolf.",
        ),
    ] = 60
    daily_summary: Annotated[
        bool,
        Key(
            meaning="One line after each session's close: value, drift, trades, holds.",
            wrong="Without it a quiet bot and a dead one look alike where there is no heartbeat_url.",
        ),
    ] = True

    @field_validator("urls", mode="after")
    @classmethod
    def _are_urls(cls, urls: SecretStr | None) -> SecretStr | None:
        # What was found is not repeated: it holds secrets.
        words = [] if urls is None else urls.get_secret_value().split()
        if urls is not None and not (words and all(_URL.fullmatch(word) for word in words)):
            kind, message = "inconsistent", "expected KIND://… , blanks between several, found else"
            raise PydanticCustomError(kind, message)
        return urls

    @field_validator("heartbeat_url", mode="after")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _HTTP.fullmatch(url.get_secret_value()):
            kind, message = "inconsistent", "expected http://… or https://…, found something else"
            raise PydanticCustomError(kind, message)
        return url
