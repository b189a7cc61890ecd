"""Whose account, over which gateway, and where the bot keeps its memory."""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - pydantic reads annotations at run time
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, Strict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bot.settings.keys import Key, Table

_SERVER: Final = re.compile(r"postgresql\+psycopg://[^\s@]+@[^\s@]*/[^\s@/]+")


class Account(Table):
    """The one account that the bot may touch."""

    id: Annotated[
        str,
        Field(pattern=r"^[A-Z][A-Z0-9]{3,19}$"),
        Key(
            meaning="IB's id of the one account to trade; paper ids start with D, live ones do not.",
            allowed="capitals and digits as the gateway shows them",
            wrong="The gateway names another account and the bot refuses to start.",
            example='"DU1234567"',
        ),
    ]
    currency: Annotated[
        str,
        Field(pattern=r"^[A-Z]{3}$"),
        Key(
            meaning="The account's base currency; every amount of money in this file is in it.",
            allowed="three capitals of ISO 4217",
            wrong="Amounts would mean other money than you think; it must be the account's own.",
            example='"USD"',
        ),
    ]


class Broker(Table):
    """How to reach TWS or IB Gateway."""

    host: Annotated[
        str,
        Field(min_length=1, pattern=r"^\S+$"),
        Key(
            meaning="Where TWS or IB Gateway listens.",
            allowed="a host name or an IP address",
            wrong="Its port has no password and whoever reaches it can trade: never across a foreign network.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(ge=1, le=65535),
        Key(
            meaning="The gateway's API port; IB's own are 4002 (paper) and 4001 (live), TWS has 7497 and 7496.",
            wrong="Another gateway answers, or none; IB's live ports in mode paper and its "
            "paper ports with a live account are refused.",
            example="4002",
        ),
    ]
    client_id: Annotated[
        int,
        Field(ge=1, le=2147483647),
        Key(
            meaning="The API client id of the trading bot; keep it for the life of the account.",
            wrong="Orders belong to the id that sent them: under another id the bot cannot cancel its own.",
        ),
    ] = 17
    tool_client_id: Annotated[
        int,
        Field(ge=1, le=2147483647),
        Key(
            meaning="The API client id of check, and of look without --execute, which work beside a running bot.",
            allowed="a whole number, at least 1, other than client_id",
            wrong="An id in use is refused by the gateway, and the tool cannot connect.",
        ),
    ] = 18
    library: Annotated[
        Literal["ib_insync", "ib_async"],
        Key(
            meaning="The client library that speaks to the gateway.",
            wrong="A library that is not installed stops the start; nothing else changes.",
        ),
    ] = "ib_insync"
    connect_timeout_s: Annotated[
        float,
        Field(gt=0, le=300),
        Key(
            meaning="How long one connection attempt may take.",
            unit="seconds",
            wrong="Too short: a busy gateway looks dead. Too long: a dead one is noticed late.",
        ),
    ] = 10
    request_timeout_s: Annotated[
        float,
        Field(gt=0, le=300),
        Key(
            meaning="How long the answer to one request may take; after it the read is unknown, never empty.",
            unit="seconds",
            wrong="Too short: looks end without a decision. Too long: a hung gateway uses up the look.",
        ),
    ] = 10
    quote_timeout_s: Annotated[
        float,
        Field(gt=0, le=60),
        Key(
            meaning="How long the quotes of one look may take to arrive.",
            unit="seconds",
            wrong="Too short: slow symbols have no quote and the look does not trade.",
        ),
    ] = 5
    follow_gateway_time: Annotated[
        bool,
        Key(
            meaning="Set the bot's clock to the gateway's, for a paper gateway that replays the past; loopback only.",
            wrong="With a real gateway the check that both clocks agree would be worth nothing.",
        ),
    ] = False

    @model_validator(mode="after")
    def _client_ids_differ(self) -> Self:
        if self.client_id == self.tool_client_id:
            message = (
                "client_id and tool_client_id are both {id}: expected two numbers, because the gateway refuses an id "
                "in use; leave tool_client_id out, or write another one"
            )
            kind = "inconsistent"
            raise PydanticCustomError(kind, message, {"id": self.client_id})
        return self


class State(Table):
    """Where the journal, the kill switch and the lock are."""

    dir: Annotated[
        Path,
        Strict(strict=False),
        Key(
            meaning="The folder of the journal, the kill switch and the lock; relative to this file's own folder.",
            allowed="a path, written in full or relative to this file, without ~",
            wrong="Two folders are two memories: a halt in one is not seen by the bot of the other.",
            example='"../state/paper"',
        ),
    ]
    journal: Annotated[
        SecretStr | None,
        Key(
            meaning="A PostgreSQL database for the journal, if it is not to be a file in dir.",
            allowed="postgresql+psycopg://USER@HOST/DATABASE; with :PASSWORD only from outside this file",
            wrong="Another database is another memory, which knows none of the bot's orders.",
            example='"postgresql+psycopg://bot@db.example/journal"',
        ),
    ] = None

    @field_validator("dir", mode="after")
    @classmethod
    def _is_absolute(cls, path: Path) -> Path:
        # The loader has made it absolute; who builds settings by hand must say where the folder is.
        if not path.is_absolute():
            message = "expected an absolute path, found {path}"
            kind = "inconsistent"
            raise PydanticCustomError(kind, message, {"path": str(path)})
        return path

    @field_validator("journal", mode="after")
    @classmethod
    def _is_server(cls, url: SecretStr | None) -> SecretStr | None:
        # What was found is not repeated: it may hold a password.
        if url is not None and not _SERVER.fullmatch(url.get_secret_value()):
            message = "expected postgresql+psycopg://USER@HOST/DATABASE, found something else; leave it out for a file"
            kind = "inconsistent"
            raise PydanticCustomError(kind, message)
        return url
