"""The table about order reports."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.gateway.config.reading import Table


@dataclass(frozen=True, slots=True)
class ReportsTable(Table):
    """The sequences in which orders are reported."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "reports"
