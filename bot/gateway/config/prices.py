"""The tables about prices."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.gateway.config.reading import Table


@dataclass(frozen=True, slots=True)
class PricesTable(Table):
    """Where prices come from, and how they move within a day."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "prices"


@dataclass(frozen=True, slots=True)
class InstrumentTable(Table):
    """An instrument of one's own."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "instruments"


@dataclass(frozen=True, slots=True)
class ActionTable(Table):
    """A dividend or a split."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "actions"
