"""`bot plan-many`: trades for a book of accounts, from files to files. Connects to nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import numpy as np
from cyclopts import Group, Parameter
from cyclopts.validators import Number
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.adapters.clock import WallClock
from bot.app import mandate_of
from bot.books.mandates import in_order_of, rules_of, targets_of
from bot.books.planning import Tally, book_of, by_symbol, plan_into, shared_targets
from bot.books.reading import Accounts, check_kind, read_accounts, read_numbers
from bot.books.writing import WRITTEN, writing
from bot.cli.options import AsJson, settings_of
from bot.cli.voice import Voice
from bot.core.planner.book import Book
from bot.core.planner.book_plan import BookRules
from bot.core.planner.rules import PlannerRules
from bot.errors import ConfigError
from bot.settings import Settings

if TYPE_CHECKING:
    from cyclopts import ArgumentCollection
    from numpy.typing import NDArray

# As in the settings, account currency.
_MONEY_MAX: Final = 1e12


def _one_source(arguments: ArgumentCollection) -> None:
    given = {argument.name for argument in arguments.filter_by(value_set=True)}
    if len(given & {"--targets", "--config"}) != 1:
        found = "both" if "--targets" in given else "neither"
        message = f"Expected either --targets or --config, found {found}."
        raise ValueError(message)
    if {"--targets", "--on"} <= given:
        message = "--on is for --config only: the weights of a --targets file have no date."
        raise ValueError(message)


_FROM = Group("Targets, from one of", validator=_one_source)


AccountsFile: TypeAlias = Annotated[
    Path, Parameter(help="Accounts (CSV, Parquet or npz): account, cash, one column a symbol.")
]
PricesFile: TypeAlias = Annotated[Path, Parameter(help="Prices (CSV): symbol,price.")]
TradesFile: TypeAlias = Annotated[Path, Parameter(help="Where the trades go (CSV or Parquet).")]
RefusedFile: TypeAlias = Annotated[
    Path, Parameter(help="Where refused accounts go, with the reason (CSV or Parquet).")
]
TargetsFile: TypeAlias = Annotated[
    Path | None, Parameter(group=_FROM, help="Target weights (CSV): symbol,weight, and cash.")
]
Config: TypeAlias = Annotated[
    Path | None,
    Parameter(
        name=["--config", "-c"],
        group=_FROM,
        help="Configuration (TOML) whose [targets] and [planner] hold for every account.",
    ),
]
On: TypeAlias = Annotated[
    datetime | None,
    Parameter(
        group=_FROM, help="Date of the configuration's targets, if they change; today if left out."
    ),
]
MinimumTrade: TypeAlias = Annotated[
    float | None,
    Parameter(
        help="Smaller trades are left out, account currency; 0 if left out, or the configuration's.",
        validator=Number(gte=0, lte=_MONEY_MAX),
    ),
]
CashBuffer: TypeAlias = Annotated[
    float | None,
    Parameter(
        help="Cash that buys never touch, fraction of base; 0 if left out, or the configuration's.",
        validator=Number(gte=0, lt=1),
    ),
]


def plan_many(  # noqa: PLR0913 - each is an option of its own
    accounts: AccountsFile,
    prices: PricesFile,
    trades: TradesFile,
    refused: RefusedFile,
    /,
    *,
    targets: TargetsFile = None,
    config: Config = None,
    on: On = None,
    minimum_trade: MinimumTrade = None,
    cash_buffer: CashBuffer = None,
    json: AsJson = False,
) -> int:
    """Plan a book of accounts, each to its target weights in whole shares; nothing is sent.

    An account that cannot be planned is told why in the file of refused accounts, and the command ends with 1.
    """
    voice = Voice(json)
    with voice.errors():
        for path in (trades, refused):
            check_kind(path, WRITTEN)
        _check_places((trades, refused), [accounts, prices, targets, config])
        read, by_name = read_accounts(accounts), read_numbers(prices, "price")
        if config is None:
            # One of the two is given: the command line sees to that.
            weights = read_numbers(targets or Path(), "weight")
            work = _from_weights(read, by_name, shared_targets(read, weights))
        else:
            work = _from_config(read, by_name, settings_of(config), on or WallClock().now())
        work = work.with_rules(minimum_trade, cash_buffer)
        tally = _plan(voice, work, trades, refused)
        voice.code = 1 if tally.refused else 0
        _show(voice, tally, work.currency)
        voice.answer(
            {
                "accounts": dict(tally.accounts),
                "trades": tally.trades,
                "bought": f"{tally.bought:.2f}",
                "sold": f"{tally.sold:.2f}",
                "currency": work.currency,
                "first_refused": tally.refusals,
                "trades_file": str(trades),
                "refused_file": str(refused),
                "exit_code": voice.code,
            }
        )
    return voice.code


@dataclass(frozen=True, slots=True)
class _Work:
    """A book that can be planned.

    Attributes:
        accounts: The accounts, for their names.
        book: Their numbers.
        rules: What each may do.
        currency: What money is in; None where nothing says it.
    """

    accounts: Accounts
    book: Book
    rules: BookRules
    currency: str | None = None

    def with_rules(self, minimum_trade: float | None, cash_buffer: float | None) -> _Work:
        """Return the same with what was said on the command line instead."""
        planner = self.rules.planner
        if minimum_trade is not None:
            planner = replace(planner, minimum_trade=minimum_trade)
        if cash_buffer is not None:
            planner = replace(planner, cash_buffer=cash_buffer)
        return replace(self, rules=replace(self.rules, planner=planner))


def _check_places(written: tuple[Path, Path], read: list[Path | None]) -> None:
    """Refuse to write into a file that is read, or both lists into one."""
    first, second = (path.resolve() for path in written)
    if first == second:
        message = f"{written[0]}: expected two files to write, one for trades and one for refused accounts, found one"
        raise ConfigError(message)
    for path in read:
        if path is not None and path.resolve() in (first, second):
            message = f"{path}: it is read, and would be overwritten; name another file to write"
            raise ConfigError(message)


def _from_weights(
    accounts: Accounts, prices: Mapping[str, float], targets: NDArray[np.float64]
) -> _Work:
    book = book_of(accounts, by_symbol(accounts, prices, "price", has_cash=False), targets)
    return _Work(accounts, book, BookRules(PlannerRules(minimum_trade=0.0, cash_buffer=0.0)))


def _from_config(
    accounts: Accounts, prices: Mapping[str, float], settings: Settings, moment: datetime
) -> _Work:
    mandate = mandate_of(settings)
    ours = in_order_of(mandate, accounts)
    found = by_symbol(ours, prices, "price", has_cash=False)
    targets = targets_of(mandate, ours, found, moment.date())
    book = book_of(ours, found, targets)
    return _Work(ours, book, rules_of(mandate), settings.account.currency)


def _plan(voice: Voice, work: _Work, trades: Path, refused: Path) -> Tally:
    progress = Progress(
        TextColumn("accounts"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=voice.console,
        disable=not voice.console.is_terminal,
    )
    with writing(trades) as for_trades, writing(refused) as for_refused, progress:
        task = progress.add_task("", total=len(work.book.cash))

        def advance(count: int) -> None:
            progress.advance(task, count)

        return plan_into(work.accounts, work.book, work.rules, (for_trades, for_refused), advance)


def _show(voice: Voice, tally: Tally, currency: str | None) -> None:
    counts = tally.accounts
    money = currency or "in the currency of the prices"
    voice.say(
        f"{sum(counts.values()):,} accounts: {counts['planned']:,} to trade, {counts['nothing']:,} with nothing to do,"
        f" {tally.refused:,} refused.",
        "bold",
    )
    voice.say(
        f"{tally.trades:,} trades: {tally.bought:,.2f} bought, {tally.sold:,.2f} sold, {money}."
    )
    for name, reason in tally.refusals.items():
        voice.say(f"refused: {name}: {reason}", "bold red")
    if tally.refused > len(tally.refusals):
        voice.say(f"... and {tally.refused - len(tally.refusals):,} more in the file.")
