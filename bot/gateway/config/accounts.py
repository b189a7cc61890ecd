"""The tables about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.gateway.config.reading import Table


@dataclass(frozen=True, slots=True)
class AccountTable(Table):
    """One more account under the same login."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "further_accounts"


@dataclass(frozen=True, slots=True)
class AccountRules(Table):
    """Margin, settlement, and how account values are spelled."""

    READERS: ClassVar = MappingProxyType({})
    NAME: ClassVar = "account_rules"
