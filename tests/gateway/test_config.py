"""The configuration: its file, its defaults, the portfolio it means, and one line for every mistake."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.gateway import GatewayConfig, GatewayConfigError
from bot.gateway.account.opening import open_ledger
from bot.gateway.config.accounts import AccountRules, AccountTable
from bot.gateway.config.market import BookTable, ExchangeTable
from bot.gateway.config.prices import ActionTable, InstrumentTable, PricesTable
from bot.gateway.config.quotes import QuotesTable
from bot.gateway.config.reports import ReportsTable
from bot.gateway.exchange.sessions import NEW_YORK, Sessions
from bot.gateway.exchange.sources.closes import DailyCloses
from bot.prices import load_history

if TYPE_CHECKING:
    from bot.gateway.config.reading import Table

SHIPPED = Path(__file__).parents[2] / "config" / "gateway.toml"


TABLES = (
    AccountTable,
    AccountRules,
    PricesTable,
    InstrumentTable,
    ActionTable,
    ExchangeTable,
    BookTable,
    ReportsTable,
    QuotesTable,
)


def heads(name: str) -> tuple[str, ...]:
    """The ways in which a table begins in the file."""
    return (f"[{name}]", f"# [[{name}]]", f"# [{name}]")


def weights(config: GatewayConfig) -> dict[str, Decimal]:
    """Weights at the closes of the replayed date, cash among them."""
    history = load_history()
    books = open_ledger(config, DailyCloses(history))
    row = history.row_on_or_before(config.at.date())
    worth = {
        symbol: held.shares * Decimal(repr(float(history.closes[row, history.column(symbol)])))
        for symbol, held in books.positions.items()
    }
    total = books.cash + sum(worth.values())
    return {symbol: value / total for symbol, value in {**worth, "cash": books.cash}.items()}


def test_shipped_file_shows_every_key_and_equals_the_defaults() -> None:
    assert GatewayConfig.from_toml(SHIPPED) == GatewayConfig()
    text = SHIPPED.read_text(encoding="utf-8")
    for item in dataclasses.fields(GatewayConfig):
        shown = (f"{item.name} = ", f"# {item.name} = ", f"[{item.name}]", f"# [{item.name}]")
        assert any(f"\n{it}" in text for it in (*shown, f"# [[{item.name}]]")), item.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.NAME)
def test_shipped_file_shows_every_key_of_every_table(table: type[Table]) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    start = min(text.find(f"\n{it}") for it in heads(table.NAME) if f"\n{it}" in text)
    end = text.find("\n# ---", start)
    part = text[start : end if end > 0 else None]
    for item in dataclasses.fields(table):  # type: ignore[arg-type]  # every table is a dataclass
        assert f"\n{item.name} = " in part or f"\n# {item.name} = " in part, item.name


def test_shipped_lifelike_file_can_be_served() -> None:
    found = GatewayConfig.from_toml(SHIPPED.with_name("gateway-lifelike.toml"))
    assert found != GatewayConfig()
    assert found.reports.sequences == "recorded"


def test_shipped_file_comments_every_key() -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    keys = [item.name for item in dataclasses.fields(GatewayConfig)]
    for number, line in enumerate(lines):
        if line.partition(" = ")[0] in keys:
            assert lines[number - 1].startswith("#"), line


def test_default_portfolio_has_drifted_as_its_comment_says() -> None:
    drift = {symbol: weight * 100 for symbol, weight in weights(GatewayConfig()).items()}
    cash = drift.pop("cash")
    off = {symbol: round(weight - Decimal("9.9"), 1) for symbol, weight in drift.items()}
    beyond = {symbol for symbol, points in off.items() if abs(points) > 5}
    assert beyond == {"MSFT", "AAPL", "GE", "XOM"}
    text = SHIPPED.read_text(encoding="utf-8")
    for symbol, points in off.items():
        assert f"{symbol} {points:+}" in text
    assert f"cash {cash:.1f} %" in text


def test_default_moment_is_inside_a_session_after_2019() -> None:
    at = GatewayConfig().at
    assert at.year > 2019
    assert Sessions().is_open(at.astimezone(UTC))


def test_default_account_is_worth_about_a_million() -> None:
    config = GatewayConfig()
    books = open_ledger(config, DailyCloses(load_history()))
    assert books.cash == Decimal("7259.00")
    assert books.positions["AAPL"].shares == 2484  # 67,320 at 27.096
    assert books.positions["AAPL"].average_cost == Decimal("27.096")


def test_explicit_positions_replace_the_investment() -> None:
    config = GatewayConfig(positions={"AAPL": 100, "KO": 0}, cash=Decimal("5000.50"))
    books = open_ledger(config, DailyCloses(load_history()))
    assert books.cash == Decimal("5000.50")
    assert {symbol: held.shares for symbol, held in books.positions.items()} == {"AAPL": 100}
    assert books.positions["AAPL"].average_cost == Decimal("78.998")


def test_without_holdings_all_is_cash() -> None:
    books = open_ledger(GatewayConfig(holdings=()), DailyCloses(load_history()))
    assert (books.cash, books.positions) == (Decimal(680_000), {})


def test_a_moment_without_a_zone_is_new_york_time() -> None:
    config = GatewayConfig(at=datetime(2020, 6, 2, 12))  # noqa: DTZ001  (that is the point)
    assert config.at == datetime(2020, 6, 2, 12, tzinfo=NEW_YORK)


def test_positions_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text("cash = 100\n[positions]\nKO = 3\n", encoding="utf-8")
    config = GatewayConfig.from_toml(path)
    assert (config.cash, config.positions) == (Decimal(100), {"KO": 3})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("acount = 'DU1'", "unknown key 'acount'; did you mean 'account'?"),
        ("account = 'nonsense'", "account = 'nonsense': expected an id such as DU1234567"),
        ("account = 5", "account = 5: expected a text"),
        ("universe = ['AAPL', 'TSLA']", "universe: unknown symbol 'TSLA'; there are prices for"),
        ("universe = []", "universe is empty"),
        ("universe = 'AAPL'", "universe = 'AAPL': expected a list of symbols"),
        ("holdings = ['TSLA']", "holdings: unknown symbol 'TSLA'; it is not in universe"),
        ("holdings = ['KO', 'KO']", "holdings: a symbol is named twice"),
        ("cash = 1\npositions = {TSLA = 1}", "positions: unknown symbol 'TSLA'"),
        ("positions = {KO = 1}", "positions and cash replace the investment only together"),
        ("cash = 1", "positions and cash replace the investment only together"),
        ("cash = 1\npositions = {KO = -1}", "positions: the gateway holds no short positions"),
        ("cash = 1\npositions = {KO = 1.5}", "expected a table of whole shares by symbol"),
        ("at = 2023-06-01T10:30:00", "at: 2023-06-01 has no prices; they go from 1990-01-02 to"),
        ("at = 2020-06-01", "at = datetime.date(2020, 6, 1): expected a date and time"),
        ("invested_on = 1980-01-01", "invested_on: 1980-01-01 has no prices"),
        ("invested_on = 2020-06-02", "invested_on: 2020-06-02 is after the replayed date"),
        ("initial_cash = 'much'", "initial_cash = 'much': expected an amount"),
        ("initial_cash = -1", "initial_cash = -1: expected a number from 0 to 1000000000000"),
        ("initial_cash = nan", "initial_cash = NaN: expected a number from 0"),
        ("invested_fraction = 1.1", "invested_fraction = 1.1: expected a number from 0 to 1"),
        ("half_spread_bps = -1", "half_spread_bps = -1: expected a number from 0 to 1000"),
        ("commission_bps = true", "commission_bps = True: expected a number of basis points"),
        ("currency = 'usd'", "currency = 'usd': expected three capital letters"),
        ("seed = 1.5", "seed = 1.5: expected a whole number"),
        ("[quotes]\nlines_max = -1", "quotes.lines_max = -1: expected a number from 0 to 10000"),
        (
            "[quotes]\nclosed_quotes = 'gone'",
            "quotes.closed_quotes = 'gone': expected one of shown, withdrawn",
        ),
        ("[quotes]\nhas_pacing = 1", "quotes.has_pacing = 1: expected true or false"),
        ("account = ", "no TOML"),
        ("account = 'A'\naccount = 'B'", "no TOML"),
        (f"seed = '{'9' * 5000}'", " ...: expected a whole number"),
        # Python makes no number of more than 4300 digits.
        (f"seed = {'9' * 5000}", "no TOML"),
        ("#" * (5 << 20), "more than 4 MiB"),
    ],
)
def test_mistakes_are_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GatewayConfigError) as caught:
        GatewayConfig.from_toml(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def test_missing_file_is_named() -> None:
    with pytest.raises(GatewayConfigError, match=r"nowhere\.toml: No such file"):
        GatewayConfig.from_toml("nowhere.toml")


def test_invested_on_may_be_a_day_without_a_session() -> None:
    sunday = GatewayConfig(invested_on=date(2017, 1, 1))
    friday = GatewayConfig(invested_on=date(2016, 12, 30))
    source = DailyCloses(load_history())
    assert open_ledger(sunday, source).positions == open_ledger(friday, source).positions
