"""Which instruments and which price source a configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.gateway.exchange.instruments import Instrument, Universe
from bot.gateway.exchange.sources.bars import FilePrices
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.gateway.exchange.sources.files import read_bars
from bot.gateway.exchange.sources.fx import PairPrices, Several, currency_pairs
from bot.gateway.exchange.sources.indices import index_levels
from bot.gateway.exchange.sources.synthetic import SyntheticPrices
from bot.prices import DAILY_VOLUME, load_history

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.gateway.config.prices import ActionTable, InstrumentTable, PricesTable
    from bot.gateway.exchange.prices import PriceSource, TradingDays
    from bot.gateway.exchange.sources.replay import Replay


class PriceConfig(Protocol):
    """What of a configuration prices depend on; see `GatewayConfig`."""

    @property
    def universe(self) -> tuple[str, ...]:
        """Keys of the stocks that exist."""
        ...

    @property
    def currency(self) -> str:
        """That of the first account."""
        ...

    @property
    def seed(self) -> int:
        """Decides what is arbitrary."""
        ...

    @property
    def prices(self) -> PricesTable:
        """Where prices come from."""
        ...

    @property
    def instruments(self) -> tuple[InstrumentTable, ...]:
        """Instruments of one's own."""
        ...

    @property
    def actions(self) -> tuple[ActionTable, ...]:
        """Dividends and splits."""
        ...


def universe_of(config: PriceConfig) -> Universe:
    """Return the instruments of a gateway."""
    declared = [table.instrument() for table in config.instruments]
    return Universe(config.universe, (*declared, *pairs_of(config), *indices_of(config)))


def indices_of(config: PriceConfig) -> dict[Instrument, Decimal]:
    """Return the market indices of a gateway, each with its level."""
    return index_levels(config.prices.indices)


def pairs_of(config: PriceConfig) -> dict[Instrument, Decimal]:
    """Return the currency pairs of a gateway, each with its price."""
    return currency_pairs(config.prices.fx, config.currency)


def stock_prices(config: PriceConfig, sessions: TradingDays) -> Replay:
    """Return the price source of the stocks.

    Raises:
        PriceFileError: If bars cannot be read.
        LookupError: If an instrument has no bars in regular hours.
    """
    prices = config.prices
    wobble = prices.wobble(config.seed)
    actions = tuple(table.action() for table in config.actions)
    if prices.source == "bars":
        declared = (table.instrument() for table in config.instruments)
        return FilePrices(
            read_bars(prices.file(), config.universe, sessions.zone),
            {**DAILY_VOLUME, **{item.key: item.daily_volume for item in declared}},
            wobble=wobble,
            sessions=sessions,
            actions=actions,
            worked_in=prices.worked_in(),
        )
    if prices.source == "synthetic":
        return SyntheticPrices(
            {table.key or table.symbol: table.walk() for table in config.instruments},
            wobble=wobble,
            starts_on=prices.starts_on,
            correlation=float(prices.correlation),
            sessions=sessions,
            actions=actions,
        )
    return DailyCloses(load_history(), sessions, wobble, actions)


def with_declared(stocks: PriceSource, config: PriceConfig) -> PriceSource:
    """Return a price source that has the currency pairs and the indices of a configuration, too."""
    levels = {item.key: level for item, level in indices_of(config).items()}
    if levels:
        stocks = Several(levels, PairPrices(levels), stocks)
    pairs = {item.key: price for item, price in pairs_of(config).items()}
    if not pairs:
        return stocks
    return Several(pairs, PairPrices(pairs, config.prices.pair_wobble(config.seed)), stocks)
