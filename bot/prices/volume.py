"""The declared daily volumes: constants, since the adjusted closes ship without any volume."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

#: Shares a day by symbol. Declared, not measured: the rough order of magnitude of each stock's
#: trading around 2020, rounded to one digit so that nobody takes it for data.
DAILY_VOLUME: Final = MappingProxyType(
    {
        "AAPL": 100_000_000,
        "AMD": 60_000_000,
        "BAC": 50_000_000,
        "BBY": 3_000_000,
        "CVX": 10_000_000,
        "GE": 10_000_000,
        "HD": 4_000_000,
        "JNJ": 7_000_000,
        "JPM": 20_000_000,
        "KO": 20_000_000,
        "LLY": 4_000_000,
        "MRK": 10_000_000,
        "MSFT": 30_000_000,
        "PEP": 5_000_000,
        "PFE": 30_000_000,
        "PG": 8_000_000,
        "RRC": 9_000_000,
        "UNH": 4_000_000,
        "WMT": 8_000_000,
        "XOM": 20_000_000,
    }
)
