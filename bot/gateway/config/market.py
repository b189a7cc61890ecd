"""The tables about the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.gateway.config.reading import Table


@dataclass(frozen=True, slots=True)
class ExchangeTable(Table):
    """The calendar of the exchange, its sessions and halts."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "exchange"


@dataclass(frozen=True, slots=True)
class BookTable(Table):
    """Depth, impact and pace of fills."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "book"
