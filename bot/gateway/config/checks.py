"""What a configuration must be like as a whole, so that everything in it has a price."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from bot.gateway.config.choice import PriceConfig, pairs_of, stock_prices
from bot.gateway.config.prices import known_instruments
from bot.gateway.config.reading import GatewayConfigError
from bot.gateway.exchange.sessions import local
from bot.gateway.exchange.sources.files import PriceFileError
from bot.prices import load_history

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.gateway.config.market import ExchangeTable

#: No synthetic prices are made beyond this date.
_LAST_ON: Final = date(2040, 12, 31)


class CheckedConfig(PriceConfig, Protocol):
    """What is checked here."""

    @property
    def at(self) -> datetime:
        """The replayed moment at start, aware."""
        ...

    @property
    def invested_on(self) -> date:
        """When holdings were bought."""
        ...

    @property
    def positions(self) -> Mapping[str, int] | None:
        """Explicit positions instead of holdings, or None."""
        ...

    @property
    def exchange(self) -> ExchangeTable:
        """The exchange."""
        ...


def with_folder(given: Mapping[str, object], folder: Path) -> Mapping[str, object]:
    """Return plain values whose path of bars is found from anywhere.

    A path that is not absolute begins at the folder of the file of the configuration, or where the
    program was started if there is nothing.
    """
    prices = given.get("prices")
    if not (isinstance(prices, dict) and isinstance(prices.get("path"), str) and prices["path"]):
        return given
    beside = folder / prices["path"]
    path = beside if beside.exists() else Path(prices["path"])
    return {**given, "prices": {**prices, "path": str(path)}}


def check_symbols(config: CheckedConfig) -> None:
    """Check that every symbol of the universe is an instrument, and no two are the same.

    Raises:
        GatewayConfigError: If not.
    """
    keys = [table.key or table.symbol for table in config.instruments]
    for key in keys:
        if keys.count(key) > 1:
            message = f"instruments: {key!r} is declared twice; give one of them another key"
            raise GatewayConfigError(message)
    known = known_instruments(config.instruments)
    for symbol in config.universe:
        if symbol not in known:
            message = (
                f"universe: unknown symbol {symbol!r}; there are prices for {', '.join(known)}"
            )
            raise GatewayConfigError(message)
    if config.currency in config.prices.fx:
        message = f"prices.fx: {config.currency} is the currency of the account"
        raise GatewayConfigError(message)
    owner: dict[int, str] = {}
    for item in (*(known[symbol] for symbol in config.universe), *pairs_of(config)):
        if owner.setdefault(item.contract_id, item.key) != item.key:
            both = f"{owner[item.contract_id]} and {item.key}"
            message = f"instruments: {both} have the same contract_id {item.contract_id}"
            raise GatewayConfigError(message)


def check_halts(config: CheckedConfig) -> None:
    """Check that what is halted exists.

    Raises:
        GatewayConfigError: If not.
    """
    known = ("", *config.universe, *(pair.key for pair in pairs_of(config)))
    for table in config.exchange.halts:
        if table.symbol not in known:
            message = f"exchange.halts: unknown symbol {table.symbol!r}; it is not in universe"
            raise GatewayConfigError(message)


def check_prices(config: CheckedConfig) -> None:
    """Check that there are prices for the universe and the dates, and actions make sense.

    Raises:
        GatewayConfigError: If not.
    """
    first_on, last_on = _reach(config)
    replayed_on = local(config.at).date()
    days = [("at", replayed_on)]
    if config.positions is None:
        days.append(("invested_on", config.invested_on))
    for key, day in days:
        if not first_on <= day <= last_on:
            message = f"{key}: {day} has no prices; they go from {first_on} to {last_on}"
            raise GatewayConfigError(message)
    if config.positions is None and config.invested_on > replayed_on:
        message = f"invested_on: {config.invested_on} is after the replayed date {replayed_on}"
        raise GatewayConfigError(message)
    _check_actions(config)


def _reach(config: CheckedConfig) -> tuple[date, date]:
    """Return the first and the last date on which everything has a price.

    Raises:
        GatewayConfigError: If something never has one.
    """
    if config.prices.source == "closes":
        return _reach_of_history(config)
    if config.prices.source == "synthetic":
        declared = {table.key or table.symbol for table in config.instruments if table.price}
        _check_all_priced(config, declared, "declare it in [[instruments]] with a price")
        return config.prices.starts_on, _LAST_ON
    try:
        source = stock_prices(config, config.exchange.sessions())
    except (PriceFileError, LookupError) as error:
        message = f"prices.path: {error}"
        raise GatewayConfigError(message) from error
    reaches = [source.reach(symbol) for symbol in config.universe]
    return max(first for first, _ in reaches), max(last for _, last in reaches)


def _reach_of_history(config: CheckedConfig) -> tuple[date, date]:
    """Return the first and the last date of the shipped history.

    Raises:
        GatewayConfigError: If it does not have everything.
    """
    history = load_history()
    _check_all_priced(config, set(history.symbols), "the source closes has only what is shipped")
    return history.first_on, history.last_on


def _check_all_priced(config: CheckedConfig, priced: set[str], advice: str) -> None:
    """Refuse a symbol without prices.

    Raises:
        GatewayConfigError: If there is one.
    """
    for symbol in config.universe:
        if symbol not in priced:
            message = f"universe: no prices for {symbol!r}: {advice}"
            raise GatewayConfigError(message)


def _check_actions(config: CheckedConfig) -> None:
    """Refuse actions of what does not exist, and two of an instrument on one date.

    Raises:
        GatewayConfigError: If there are any.
    """
    seen = set()
    for action in config.actions:
        if action.symbol not in config.universe:
            message = f"actions: unknown symbol {action.symbol!r}; it is not in universe"
            raise GatewayConfigError(message)
        if (action.symbol, action.on) in seen:
            message = (
                f"actions: {action.symbol} has two on {action.on}; give one of them another date"
            )
            raise GatewayConfigError(message)
        seen.add((action.symbol, action.on))
