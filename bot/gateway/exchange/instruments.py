"""The instruments: what they are called, and which prices and sizes their exchange takes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.prices import DAILY_VOLUME

if TYPE_CHECKING:
    from collections.abc import Iterable


#: No stock has ever cost more; beyond it, arithmetic on ticks would not be exact for ever.
PRICE_MAX: Final = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class TickBand:
    """The price increment from one price upward.

    Attributes:
        low_edge: First price of the band, in the instrument's currency.
        increment: Distance of two allowed prices.
    """

    low_edge: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class MarketRule:
    """The allowed prices of an instrument: tick bands, the lowest first.

    Attributes:
        number: The id by which a client asks for the rule.
        bands: Ascending by low edge; the first one starts at zero.
    """

    number: int
    bands: tuple[TickBand, ...]

    def increment_at(self, price: Decimal) -> Decimal:
        """Return the price increment in force at a price."""
        for band in reversed(self.bands):
            if price >= band.low_edge:
                return band.increment
        return self.bands[0].increment

    def is_on_tick(self, price: Decimal) -> bool:
        """Tell whether orders may have this price."""
        return 0 < price <= PRICE_MAX and not price % self.increment_at(price)

    def floor(self, price: Decimal) -> Decimal:
        """Return the highest allowed price at or below a price."""
        return self._round(price, ROUND_FLOOR)

    def ceiling(self, price: Decimal) -> Decimal:
        """Return the lowest allowed price at or above a price."""
        return self._round(price, ROUND_CEILING)

    def nearest(self, price: Decimal) -> Decimal:
        """Return the allowed price nearest to a price."""
        return self._round(price, ROUND_HALF_EVEN)

    def _round(self, price: Decimal, rounding: str) -> Decimal:
        """Return an allowed price beside a price; never zero or less."""
        increment = self.increment_at(price)
        steps = (price / increment).to_integral_value(rounding)
        return max(steps, Decimal(1)) * increment


#: The rule of US stocks: hundredths of a cent below one dollar, cents from there on.
US_STOCK_RULE: Final = MarketRule(
    26,
    (
        TickBand(Decimal(0), Decimal("0.0001")),
        TickBand(Decimal(1), Decimal("0.01")),
    ),
)

#: The rule of currency pairs: half a pip.
PAIR_RULE: Final = MarketRule(239, (TickBand(Decimal(0), Decimal("0.00005")),))

MARKET_RULES: Final = MappingProxyType({rule.number: rule for rule in (US_STOCK_RULE, PAIR_RULE)})

#: Rules and contracts of our own are numbered from here on; real numbers lie below.
_OWN_RULES: Final = 100_000
_OWN_CONTRACTS: Final = 910_000_000
_OWN_NUMBERS: Final = 80_000_000


def fixed_rule(increment: Decimal) -> MarketRule:
    """Return the rule of prices that are all multiples of one increment, > 0."""
    if increment == PAIR_RULE.bands[0].increment:
        return PAIR_RULE
    step = increment.normalize()
    number = _OWN_RULES + zlib.crc32(f"{step:f}".encode()) % _OWN_RULES
    return MarketRule(number, (TickBand(Decimal(0), step),))


def own_contract_id(key: str) -> int:
    """Return the contract id of an instrument that has no real one here; it follows from the key."""
    return _OWN_CONTRACTS + zlib.crc32(key.encode()) % _OWN_NUMBERS


@dataclass(frozen=True, slots=True)
class Instrument:
    """A stock, a currency pair or an index that the gateway knows.

    Attributes:
        contract_id: What identifies it; symbols are for people.
        symbol: Ticker symbol; of a pair, the currency that is bought.
        name: Name of the company, ASCII.
        primary_exchange: Where it is listed.
        trading_class: As the real gateway names it: NMS for Nasdaq listings, else the symbol.
        industry: Coarse classification.
        daily_volume: Declared shares a day; no data, see `bot.prices`. 0 for a pair and an index.
        currency: Of its prices; of a pair, the currency that is paid with.
        security_type: STK for a stock, CASH for a currency pair, IND for an index.
        rule: Its allowed prices.
        exchange: Where orders go if nothing else is said.
        local_symbol: What the exchange calls it: the symbol of a stock, EUR.USD for a pair.
        key: By which it is priced, held and configured; no two instruments have the same one.
    """

    contract_id: int
    symbol: str
    name: str
    primary_exchange: str
    trading_class: str
    industry: str
    daily_volume: int
    currency: str = "USD"
    security_type: str = "STK"
    rule: MarketRule = US_STOCK_RULE
    exchange: str = "SMART"
    local_symbol: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        """Fill in the names that were left out."""
        object.__setattr__(self, "local_symbol", self.local_symbol or self.symbol)
        object.__setattr__(self, "key", self.key or self.local_symbol)

    @property
    def is_pair(self) -> bool:
        """Whether it is a currency pair and no stock."""
        return self.security_type == "CASH"

    @property
    def is_index(self) -> bool:
        """Whether it is a level that nobody can trade."""
        return self.security_type == "IND"

    @property
    def valid_exchanges(self) -> tuple[str, ...]:
        """Where orders may be routed to, the usual one first."""
        if self.primary_exchange in ("", self.exchange):
            return (self.exchange,)
        return (self.exchange, self.primary_exchange)


def _listed(
    contract_id: int, symbol: str, name: str, primary_exchange: str, industry: str
) -> Instrument:
    """Return one line of the table below as an instrument."""
    trading_class = "NMS" if primary_exchange == "NASDAQ" else symbol
    volume = DAILY_VOLUME[symbol]
    return Instrument(contract_id, symbol, name, primary_exchange, trading_class, industry, volume)


#: Every stock of the price history. The ids of AAPL and MSFT are the real ones. All others are
#: numbers of our own, from 900,000,001 on, since a wrong real id would be worse than an odd one.
KNOWN_INSTRUMENTS: Final = MappingProxyType(
    {
        instrument.symbol: instrument
        for instrument in (
            _listed(265598, "AAPL", "APPLE INC", "NASDAQ", "Technology"),
            _listed(900_000_001, "AMD", "ADVANCED MICRO DEVICES", "NASDAQ", "Technology"),
            _listed(900_000_002, "BAC", "BANK OF AMERICA CORP", "NYSE", "Financial"),
            _listed(900_000_003, "BBY", "BEST BUY CO INC", "NYSE", "Consumer, Cyclical"),
            _listed(900_000_004, "CVX", "CHEVRON CORP", "NYSE", "Energy"),
            _listed(900_000_005, "GE", "GENERAL ELECTRIC CO", "NYSE", "Industrial"),
            _listed(900_000_006, "HD", "HOME DEPOT INC", "NYSE", "Consumer, Cyclical"),
            _listed(900_000_007, "JNJ", "JOHNSON & JOHNSON", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_008, "JPM", "JPMORGAN CHASE & CO", "NYSE", "Financial"),
            _listed(900_000_009, "KO", "COCA-COLA CO/THE", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_010, "LLY", "ELI LILLY & CO", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_011, "MRK", "MERCK & CO. INC.", "NYSE", "Consumer, Non-cyclical"),
            _listed(272093, "MSFT", "MICROSOFT CORP", "NASDAQ", "Technology"),
            _listed(900_000_012, "PEP", "PEPSICO INC", "NASDAQ", "Consumer, Non-cyclical"),
            _listed(900_000_013, "PFE", "PFIZER INC", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_014, "PG", "PROCTER & GAMBLE CO/THE", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_015, "RRC", "RANGE RESOURCES CORP", "NYSE", "Energy"),
            _listed(900_000_016, "UNH", "UNITEDHEALTH GROUP INC", "NYSE", "Consumer, Non-cyclical"),
            _listed(900_000_017, "WMT", "WALMART INC", "NYSE", "Consumer, Cyclical"),
            _listed(900_000_018, "XOM", "EXXON MOBIL CORP", "NYSE", "Energy"),
        )
    }
)


class Universe:
    """The instruments of one gateway, found by what clients call them.

    Attributes:
        by_symbol: All of them by key, which is the symbol of a stock and EUR.USD of a pair.
        rules: The tick rules by number.
    """

    def __init__(self, symbols: Iterable[str], declared: Iterable[Instrument] = ()) -> None:
        """Take the named stocks, and all declared pairs and indices.

        Args:
            symbols: Keys of stocks; an unknown one is a KeyError.
            declared: Instruments beside `KNOWN_INSTRUMENTS`, or instead of those with their keys.
        """
        known = {**KNOWN_INSTRUMENTS, **{item.key: item for item in declared}}
        others = [key for key, item in known.items() if item.security_type != "STK"]
        self.by_symbol = {key: known[key] for key in (*symbols, *others)}
        self.rules = {
            **MARKET_RULES,
            **{item.rule.number: item.rule for item in self.by_symbol.values()},
        }
        self._by_id = {item.contract_id: item for item in self.by_symbol.values()}
        self._by_name: dict[str, list[Instrument]] = {}
        for item in self.by_symbol.values():
            for name in dict.fromkeys((item.symbol, item.local_symbol)):
                self._by_name.setdefault(name, []).append(item)

    def __len__(self) -> int:
        return len(self.by_symbol)

    def find_all(
        self,
        *,
        contract_id: int = 0,
        symbol: str = "",
        exchange: str = "",
        currency: str = "",
        security_type: str = "",
    ) -> list[Instrument]:
        """Return every instrument that a client can mean.

        Args:
            contract_id: 0 if the client does not know it; otherwise it decides alone.
            symbol: Ticker symbol or local symbol, or empty with an id.
            exchange: Where it can be routed to, or empty for any.
            currency: Of the instrument, or empty for any.
            security_type: STK, CASH, IND, or empty for all.
        """
        if contract_id:
            found = self._by_id.get(contract_id)
            return [found] if found and (not symbol or symbol in self._names(contract_id)) else []
        return [
            item
            for item in self._by_name.get(symbol, ())
            if currency in ("", item.currency)
            and exchange in ("", *item.valid_exchanges)
            and security_type in ("", item.security_type)
        ]

    def matching(self, pattern: str) -> list[Instrument]:
        """Return the instruments whose symbol or name begins with a pattern, in any case."""
        wanted = pattern.upper()
        return [
            item
            for item in self.by_symbol.values()
            if wanted and (item.symbol.startswith(wanted) or item.name.startswith(wanted))
        ]

    def _names(self, contract_id: int) -> tuple[str, ...]:
        """Return what the instrument of an id is called."""
        item = self._by_id.get(contract_id)
        return () if item is None else (item.symbol, item.local_symbol)
