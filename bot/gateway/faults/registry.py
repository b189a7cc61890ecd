"""Every fault there is, by name: one line a family."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.faults import accounts, codes, connections, orders, quotes, reports, system
from bot.gateway.faults.parameters import parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.gateway.faults.fault import Fault

#: The faults of a family, by the family's title.
FAMILIES: Final[Mapping[str, tuple[type[Fault], ...]]] = MappingProxyType(
    {
        "Connections": connections.FAULTS,
        "System": system.FAULTS,
        "Codes": codes.FAULTS,
        "Orders": orders.FAULTS,
        "Reports of orders": reports.FAULTS,
        "Quotes": quotes.FAULTS,
        "Account": accounts.FAULTS,
    }
)

REGISTRY: Final[Mapping[str, type[Fault]]] = MappingProxyType(
    {kind.NAME: kind for family in FAMILIES.values() for kind in family}
)


def summary(kind: type[Fault]) -> str:
    """Return what a fault does, in one line."""
    return (kind.__doc__ or "").partition("\n")[0]


def describe(kind: type[Fault]) -> dict[str, str]:
    """Return the parameters of a fault: what each one means, what it can be, and its default."""
    made = kind()
    return {
        name: f"{item.meaning} ({item.expected}; default {getattr(made, name)!s})"
        for name, item in parameters(kind).items()
    }
