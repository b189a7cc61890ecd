"""The groups of benchmarks: one line each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from benchmarks import gateway, journal, planning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.rows import Row

GROUPS: Final[Mapping[str, Callable[[], Sequence[Row]]]] = MappingProxyType(
    {
        "gateway": gateway.measure,
        "journal": journal.measure,
        "planning": planning.measure,
    }
)
