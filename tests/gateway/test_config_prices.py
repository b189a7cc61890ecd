"""The tables about prices: what they make of a gateway, and one line for every mistake."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.gateway import Gateway, GatewayConfig, GatewayConfigError
from bot.gateway.account.opening import open_ledger
from bot.gateway.config.choice import stock_prices, universe_of

if TYPE_CHECKING:
    from pathlib import Path

BARS = """symbol,date,open,high,low,close
ACME,2020-05-29,10,11,9,10
ACME,2020-06-01,10,11,9,10.5
BETA,2020-06-01,20,22,18,21
"""
MADE = """
universe = ["ACME"]
holdings = ["ACME"]
prices = { source = "synthetic", STEP }
instruments = [{ symbol = "ACME", price = "50" }]
"""


def load(folder: Path, text: str) -> GatewayConfig:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return GatewayConfig.from_toml(path)


def test_bars_beside_the_file_of_the_configuration_are_found(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text(BARS, encoding="utf-8")
    config = load(
        tmp_path,
        """
        universe = ["ACME", "BETA"]
        cash = 100
        positions = { ACME = 3 }
        prices = { source = "bars", path = "bars.csv" }
        instruments = [{ symbol = "ACME" }, { symbol = "BETA", daily_volume = 5000 }]
        """,
    )
    source = stock_prices(config, config.exchange.sessions())
    prices = source.prices_at("ACME", config.at)
    assert (prices.middle, prices.prior_close) == (Decimal("10.5"), 10)
    assert open_ledger(config, source).positions["ACME"].average_cost == Decimal("10.5")


def test_synthetic_prices_buy_a_portfolio(tmp_path: Path) -> None:
    config = load(tmp_path, MADE.replace("STEP", "step_s = 60"))
    source = stock_prices(config, config.exchange.sessions())
    held = open_ledger(config, source).positions["ACME"]
    cost = source.close_on("ACME", config.invested_on, config.at.date())
    assert (held.shares, held.average_cost) == (int(673_200 // cost), cost)
    assert [item.key for item in universe_of(config).by_symbol.values()] == ["ACME", "IND.VIX"]


def test_shares_bought_before_a_split_are_those_of_the_start(tmp_path: Path) -> None:
    """AAPL cost 27.096 adjusted, and the split is still to come: its raw price is four times that."""
    action = "actions = [{ symbol = 'AAPL', on = DAY, kind = 'split', ratio = 4 }]"
    ahead = load(tmp_path, action.replace("DAY", "2020-08-31"))
    over = load(tmp_path, action.replace("DAY", "2019-08-30"))
    shares = []
    for config in (ahead, over):
        books = open_ledger(config, stock_prices(config, config.exchange.sessions()))
        shares.append((books.positions["AAPL"].shares, books.positions["AAPL"].average_cost))
    assert shares == [(621, Decimal("108.384")), (2484, Decimal("27.096"))]


def test_a_gateway_quotes_pairs_and_declared_instruments(tmp_path: Path, hand_clock: type) -> None:
    text = MADE.replace("STEP", "fx = { EUR = '1.10' }").replace(
        "price =", 'tick = "0.05", price ='
    )
    config = load(tmp_path, text)
    market = Gateway(config, hand_clock(config.at))._venue.market
    assert (market.quote("EUR.USD").bid, market.quote("EUR.USD").ask) == (
        Decimal("1.09985"),  # 1.1 less one basis point: 1.09989
        Decimal("1.10015"),
    )
    assert market.quote("ACME").bid % Decimal("0.05") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prices = { source = 'web' }", "prices.source = 'web': expected one of closes, bars"),
        ("prices = { source = 'bars' }", "prices.path = '': expected a file or a folder of bars"),
        ("prices = { source = 'bars', path = 'none.csv' }", "none.csv: No such file or directory"),
        ("prices = { step_s = -1 }", "prices.step_s = -1: expected a number from 0 to 86400"),
        ("prices = { step_s = 0.01 }", "prices.step_s = 0.01: expected 0, or a number from 0.1"),
        ("prices = { step_s = 'x' }", "prices.step_s = 'x': expected a number of seconds"),
        ("prices = { correlation = 2 }", "prices.correlation = 2: expected a number from 0 to 1"),
        ("prices = { fx = { euro = 1 } }", "prices.fx = 'euro': expected three capital letters"),
        ("prices = { fx = { EUR = 0 } }", "prices.fx.EUR = 0: expected a number from 0.000001"),
        ("prices = { fx = { USD = 1 } }", "prices.fx: USD is the currency of the account"),
        ("prices = { source = 'synthetic' }", "universe: no prices for 'AAPL': declare it in"),
        ("instruments = [{ name = 'X' }]", "instruments.symbol is missing: expected a text"),
        ("instruments = [{ symbol = '' }]", "instruments.symbol = '': expected a text of plain"),
        ("instruments = [{ symbol = 'X', tick = 'no' }]", "instruments.tick = 'no': expected 'us-"),
        (
            "instruments = [{ symbol = 'X', tick = 0 }]",
            "instruments.tick = '0': expected 'us-stock",
        ),
        ("instruments = [{ symbol = 'X', currency = 'usd' }]", "instruments.currency = 'usd'"),
        (
            "instruments = [{ symbol = 'X' }, { symbol = 'X' }]",
            "instruments: 'X' is declared twice",
        ),
        (
            "holdings = []\nuniverse = ['AAPL', 'X']\ninstruments = [{ symbol = 'X' }]",
            "universe: no prices for 'X': the source closes has only what is shipped",
        ),
        (
            "instruments = [{ symbol = 'KO', contract_id = 265598 }]",
            "instruments: AAPL and KO have the same contract_id 265598",
        ),
        (
            "actions = [{ symbol = 'X', on = 2020-06-02, kind = 'split', ratio = 2 }]",
            "actions: unknown symbol 'X'; it is not in universe",
        ),
        (
            "actions = [{ symbol = 'KO', on = 2020-06-02, kind = 'split', amount = 2 }]",
            "actions.ratio = 0: expected a number from 0.001 to 1000",
        ),
        (
            "actions = [{ symbol = 'KO', on = 2020-06-02, kind = 'split', ratio = 2, amount = 2 }]",
            "actions.amount = 2: expected none: a split has ratio",
        ),
        (
            "actions = [{ symbol = 'KO', on = 2020-06-02, kind = 'dividend' }]",
            "actions.amount = 0: expected a number from 0.000001 to 10000000",
        ),
        (
            """
            [[actions]]
            symbol = 'KO'
            on = 2020-06-02
            kind = 'split'
            ratio = 2
            [[actions]]
            symbol = 'KO'
            on = 2020-06-02
            kind = 'dividend'
            amount = 1
            """,
            "actions: KO has two on 2020-06-02; give one of them another date",
        ),
        (
            MADE.replace("STEP", "starts_on = 2018-01-02"),
            "invested_on: 2017-01-03 has no prices; they go from 2018-01-02 to 2040-12-31",
        ),
    ],
)
def test_mistakes_are_one_line_that_names_file_and_key(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(GatewayConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'gateway.toml'}: ")
    assert words in message
    assert "\n" not in message


def test_mistakes_in_bars_name_the_key_the_file_and_the_line(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text(BARS + "ACME,2020-06-02,x,1,1,1\n", encoding="utf-8")
    text = "holdings = []\nuniverse = ['ACME']\nprices = { source = 'bars', path = 'bars.csv' }\n"
    with pytest.raises(GatewayConfigError, match="line 5, column open: 'x' is no number") as caught:
        load(tmp_path, text + "instruments = [{ symbol = 'ACME' }]")
    assert f"prices.path: {tmp_path / 'bars.csv'}: " in str(caught.value)
    with pytest.raises(GatewayConfigError, match="universe: unknown symbol 'ACME'"):
        load(tmp_path, text)


@pytest.mark.parametrize(("currency", "pair"), [("EUR", "EUR.USD"), ("JPY", "USD.JPY")])
def test_a_pair_is_halted_by_its_own_name(tmp_path: Path, currency: str, pair: str) -> None:
    halts = f'[exchange]\nhalts = [{{ since = 2020-06-01T11:00:00, symbol = "{pair}" }}]\n'
    config = load(tmp_path, f"prices = {{ fx = {{ {currency} = 0.5 }} }}\n{halts}")
    assert [halt.symbol for halt in config.exchange.all_halts()] == [pair]
