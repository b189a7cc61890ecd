"""The tables about prices."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 the fields of a table are read at run time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final

from bot.gateway.config.reading import (
    A_DATE,
    A_NUMBER,
    A_TEXT,
    A_WHOLE_NUMBER,
    CURRENCY,
    Reader,
    Table,
    one_of,
    read_amounts,
    read_decimal,
)
from bot.gateway.exchange.actions import ALL, NOTHING, SPLITS, Action, ActionKind
from bot.gateway.exchange.instruments import (
    KNOWN_INSTRUMENTS,
    PRICE_MAX,
    US_STOCK_RULE,
    Instrument,
    fixed_rule,
    own_contract_id,
)
from bot.gateway.exchange.sources.bridge import Wobble
from bot.gateway.exchange.sources.synthetic import Walk

#: How a tick rule is named that is no single increment.
US_STOCK: Final = "us-stock"

#: How an index may be called.
INDEX: Final = re.compile("[A-Z0-9]{1,12}")

_WORKED_IN: Final = MappingProxyType({"none": NOTHING, "splits": SPLITS, "all": ALL})
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_SMALLEST: Final = Decimal("0.000001")
_STEP_MIN_S: Final = Decimal("0.1")
_STEP_MAX_S: Final = Decimal(86_400)
_RATIO_MAX: Final = Decimal(1000)
_VOLUME_MAX: Final = Decimal("1e12")
_CONTRACT_ID_MAX: Final = Decimal(2**31 - 1)


def _read_tick(value: object) -> str:
    """Accept a name or a number."""
    return value if isinstance(value, str) else str(read_decimal(value))


_RATES: Final[Reader] = ("a table of rates by currency", read_amounts)
_FRACTION: Final[Reader] = ("a fraction", read_decimal)


@dataclass(frozen=True, slots=True)
class PricesTable(Table):
    """Where prices come from, and how they move within a day.

    Attributes:
        source: `closes` of the shipped history, `bars` from files, or `synthetic` ones.
        path: File or folder of the bars.
        adjusted: For which of the declared actions the bars are adjusted already.
        step_s: Seconds from one price to the next within a session; 0 if it stands still.
        intraday_volatility: Standard deviation of a whole session, as a fraction of the price.
        gap_volatility: Standard deviation from a close to the next open, likewise.
        starts_on: First date of synthetic prices.
        correlation: Of the daily returns of two synthetic prices, 0 to 1.
        fx: What one unit of a currency is worth in the account's, by currency.
        fx_volatility: Standard deviation of a currency over a day, as a fraction.
        indices: Level of each market index that can be read, by symbol; declared, no data.
    """

    source: str = "closes"
    path: str = ""
    adjusted: str = "none"
    step_s: Decimal = _ZERO
    intraday_volatility: Decimal = Decimal("0.01")
    gap_volatility: Decimal = Decimal("0.005")
    starts_on: date = date(2015, 1, 2)
    correlation: Decimal = Decimal("0.3")
    fx: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    fx_volatility: Decimal = Decimal("0.003")
    indices: Mapping[str, Decimal] = field(
        default_factory=lambda: MappingProxyType({"VIX": Decimal(20)})
    )

    READERS: ClassVar = MappingProxyType(
        {
            "source": one_of("closes", "bars", "synthetic"),
            "path": A_TEXT,
            "adjusted": one_of(*_WORKED_IN),
            "step_s": ("a number of seconds", read_decimal),
            "intraday_volatility": _FRACTION,
            "gap_volatility": _FRACTION,
            "starts_on": A_DATE,
            "correlation": ("a number from 0 to 1", read_decimal),
            "fx": _RATES,
            "fx_volatility": _FRACTION,
            "indices": ("a table of levels by symbol", read_amounts),
        }
    )
    NAME: ClassVar = "prices"

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        self.check_bounds(
            ("intraday_volatility", _ZERO, _ONE),
            ("gap_volatility", _ZERO, _ONE),
            ("fx_volatility", _ZERO, _ONE),
            ("correlation", _ZERO, _ONE),
            ("step_s", _ZERO, _STEP_MAX_S),
        )
        is_right = self.step_s == 0 or self.step_s >= _STEP_MIN_S
        self.require(is_right, "step_s", self.step_s, f"0, or a number from {_STEP_MIN_S}")
        is_right = self.source != "bars" or self.path != ""
        self.require(is_right, "path", "''", "a file or a folder of bars")
        for currency, rate in self.fx.items():
            is_right = CURRENCY.fullmatch(currency) is not None
            self.require(is_right, "fx", repr(currency), "three capital letters such as EUR")
            is_right = rate.is_finite() and _SMALLEST <= rate <= 1 / _SMALLEST
            expected = f"a number from {_SMALLEST} to {1 / _SMALLEST:f}"
            self.require(is_right, f"fx.{currency}", rate, expected)
        for symbol, level in self.indices.items():
            is_right = INDEX.fullmatch(symbol) is not None
            self.require(is_right, "indices", repr(symbol), "capitals and digits such as VIX")
            is_right = level.is_finite() and 0 < level <= PRICE_MAX
            self.require(is_right, f"indices.{symbol}", level, "a number above 0")

    def wobble(self, seed: int) -> Wobble:
        """Return how prices of stocks move within a day."""
        volatilities = float(self.intraday_volatility), float(self.gap_volatility)
        return Wobble(seed, float(self.step_s), *volatilities)

    def pair_wobble(self, seed: int) -> Wobble:
        """Return how prices of currency pairs move within a day: without gaps."""
        return Wobble(seed, float(self.step_s), float(self.fx_volatility), 0.0)

    def worked_in(self) -> frozenset[ActionKind]:
        """Return the kinds of actions that the bars are adjusted for."""
        return _WORKED_IN[self.adjusted]

    def file(self) -> Path:
        """Return the file or folder of the bars."""
        return Path(self.path)


@dataclass(frozen=True, slots=True)
class InstrumentTable(Table):
    """An instrument of one's own; it exists if `universe` names its key.

    Attributes:
        symbol: Ticker symbol.
        key: How everything else in the configuration names it; empty for the symbol.
        name: Of the company, ASCII; empty for the symbol.
        exchange: Where it is listed.
        currency: Of its prices.
        contract_id: What identifies it for clients; 0 for one that follows from the key.
        price: Its first close, if prices are synthetic.
        volatility: Standard deviation of a year's return, if they are.
        drift: Mean return of a year, if they are.
        daily_volume: Shares a day, unless files of bars have volume.
        tick: `us-stock`, or the one price increment.
    """

    symbol: str
    key: str = ""
    name: str = ""
    exchange: str = "NYSE"
    currency: str = "USD"
    contract_id: int = 0
    price: Decimal = _ZERO
    volatility: Decimal = Decimal("0.25")
    drift: Decimal = _ZERO
    daily_volume: int = 1_000_000
    tick: str = US_STOCK

    READERS: ClassVar = MappingProxyType(
        {
            "symbol": A_TEXT,
            "key": A_TEXT,
            "name": A_TEXT,
            "exchange": A_TEXT,
            "currency": A_TEXT,
            "contract_id": A_WHOLE_NUMBER,
            "price": A_NUMBER,
            "volatility": _FRACTION,
            "drift": _FRACTION,
            "daily_volume": A_WHOLE_NUMBER,
            "tick": ('"us-stock" or a price increment such as "0.005"', _read_tick),
        }
    )
    NAME: ClassVar = "instruments"

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        for key in ("symbol", "exchange"):
            text = getattr(self, key)
            is_right = text != "" and text.isascii() and text.isprintable()
            self.require(is_right, key, repr(text), "a text of plain characters")
        is_right = CURRENCY.fullmatch(self.currency) is not None
        self.require(is_right, "currency", repr(self.currency), "three capital letters")
        is_right = self.name.isascii() and self.name.isprintable()
        self.require(is_right, "name", repr(self.name), "a text of plain characters")
        self.check_bounds(
            ("contract_id", _ZERO, _CONTRACT_ID_MAX),
            ("price", _ZERO, PRICE_MAX),
            ("volatility", _ZERO, Decimal(5)),
            ("drift", Decimal(-5), Decimal(5)),
            ("daily_volume", _ZERO, _VOLUME_MAX),
        )
        self._check_tick()

    def instrument(self) -> Instrument:
        """Return what clients see."""
        rule = US_STOCK_RULE if self.tick == US_STOCK else fixed_rule(Decimal(self.tick))
        key = self.key or self.symbol
        return Instrument(
            contract_id=self.contract_id or own_contract_id(key),
            symbol=self.symbol,
            name=self.name or self.symbol,
            primary_exchange=self.exchange,
            trading_class="NMS" if self.exchange == "NASDAQ" else self.symbol,
            industry="",
            daily_volume=self.daily_volume,
            currency=self.currency,
            rule=rule,
            key=key,
        )

    def walk(self) -> Walk:
        """Return how its synthetic price goes."""
        return Walk(
            price=float(self.price),
            volatility=float(self.volatility),
            drift=float(self.drift),
            daily_volume=self.daily_volume,
        )

    def _check_tick(self) -> None:
        """Refuse a tick rule that is none.

        Raises:
            GatewayConfigError: If it is neither a name nor an increment.
        """
        if self.tick == US_STOCK:
            return
        expected = f"{US_STOCK!r} or a price increment such as '0.005'"
        try:
            increment = read_decimal(self.tick)
        except ArithmeticError:
            increment = Decimal("NaN")
        is_right = increment.is_finite() and _SMALLEST <= increment <= _RATIO_MAX
        self.require(is_right, "tick", repr(self.tick), expected)


@dataclass(frozen=True, slots=True)
class ActionTable(Table):
    """A dividend or a split.

    Attributes:
        symbol: Key of the instrument.
        on: Date of the split, or the first date without the dividend.
        kind: `dividend` or `split`.
        amount: Of a dividend, for each share, in the instrument's currency.
        ratio: Of a split: new shares for one old.
    """

    symbol: str
    on: date
    kind: str
    amount: Decimal = _ZERO
    ratio: Decimal = _ZERO

    READERS: ClassVar = MappingProxyType(
        {
            "symbol": A_TEXT,
            "on": A_DATE,
            "kind": one_of("dividend", "split"),
            "amount": A_NUMBER,
            "ratio": A_NUMBER,
        }
    )
    NAME: ClassVar = "actions"

    def __post_init__(self) -> None:
        """Refuse what cannot be served.

        Raises:
            GatewayConfigError: With the key, what was found and what was expected.
        """
        given, other = ("amount", "ratio") if self.kind == "dividend" else ("ratio", "amount")
        high = PRICE_MAX if given == "amount" else _RATIO_MAX
        low = _SMALLEST if given == "amount" else 1 / _RATIO_MAX
        self.check_bounds((given, low, high))
        found = getattr(self, other)
        self.require(not found, other, found, f"none: a {self.kind} has {given}")

    def action(self) -> Action:
        """Return what happens."""
        if self.kind == "dividend":
            return Action(self.symbol, self.on, "dividend", self.amount)
        return Action(self.symbol, self.on, "split", self.ratio)


def known_instruments(tables: tuple[InstrumentTable, ...]) -> dict[str, Instrument]:
    """Return the shipped and the declared stocks by key."""
    declared = [table.instrument() for table in tables]
    return {**KNOWN_INSTRUMENTS, **{item.key: item for item in declared}}
