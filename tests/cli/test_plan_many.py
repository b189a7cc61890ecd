"""`bot plan-many`: from files to files, refused accounts beside the others, and exit codes that say which it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from bot.cli.plan_many import plan_many

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
mode = "observe"
[account]
id = "DU0000001"
currency = "USD"

[broker]
port = 4002

[state]
dir = "state"

[limits]
order_notional_max = 500000
order_nav_max = 0.5
order_volume_max = 0.01
close_move_max = 0.2
plan_turnover_max = 2
quote_age_max_s = 10
spread_max_bps = 50
collar_max_bps = 100
nav_difference_max = 0.01

[targets]
cash = 0.2
holdings = [
  { symbol = "AAPL", weight = 0.45 },
  { symbol = "MSFT", weight = 0.35 },
]

[policy.rule]
kind = "absolute_band"
width = 0.05

[planner]
minimum_trade = 0
"""


@pytest.fixture
def files(tmp_path):
    """Three accounts, of which one cannot be planned."""
    written = {
        "book.csv": "account,cash,MSFT,AAPL\nU1,200,10,25\nU2,x,1,1\nU3,1000,0,0\n",
        "prices.csv": "symbol,price\nAAPL,20\nMSFT,30\n",
        "targets.csv": "symbol,weight\nAAPL,0.45\nMSFT,0.35\ncash,0.2\n",
        "bot.toml": CONFIG,
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(files: Path, kind: str = "csv", **options):
    return plan_many(
        files / "book.csv",
        files / "prices.csv",
        files / f"trades.{kind}",
        files / f"refused.{kind}",
        **options,
    )


#: U1, base 1,000: AAPL 450 / 20 = 22.5 -> 22 (held 25), MSFT 350 / 30 = 11.67 -> 12 (held 10). U3 buys all of it.
EXPECTED = [
    ("U1", "MSFT", 2, 60.0),
    ("U1", "AAPL", -3, -60.0),
    ("U3", "MSFT", 12, 360.0),
    ("U3", "AAPL", 22, 440.0),
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("source", ["targets", "config"])
def test_trades_and_refused_accounts_are_written(files, capsys, kind, source):
    option = (
        {"targets": files / "targets.csv"}
        if source == "targets"
        else {"config": files / "bot.toml"}
    )
    assert run(files, kind, json=True, **option) == 1
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    trades = sorted(read(files / f"trades.{kind}").itertuples(index=False, name=None))
    assert trades == sorted(EXPECTED)
    refused = read(files / f"refused.{kind}")
    assert refused.to_numpy().tolist() == [["U2", "cash", "cash must be a number, found nan"]]
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "accounts": {"planned": 2, "nothing": 0, "shares": 0, "cash": 1, "targets": 0, "base": 0},
        "trades": 4,
        "bought": "860.00",
        "sold": "60.00",
        "currency": "USD" if source == "config" else None,
        "first_refused": {"U2": "cash must be a number, found nan"},
        "trades_file": str(files / f"trades.{kind}"),
        "refused_file": str(files / f"refused.{kind}"),
        "exit_code": 1,
    }


def test_people_are_told_in_words(files, capsys):
    assert run(files, targets=files / "targets.csv") == 1
    said = capsys.readouterr().out
    assert "3 accounts: 2 to trade, 0 with nothing to do, 1 refused." in said
    assert "4 trades: 860.00 bought, 60.00 sold, in the currency of the prices." in said
    assert "refused: U2: cash must be a number, found nan" in said


def test_a_configuration_says_what_money_is_in(files, capsys):
    assert run(files, config=files / "bot.toml") == 1
    assert "4 trades: 860.00 bought, 60.00 sold, USD." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("targets", "book.csv"),
        ("targets", "prices.csv"),
        ("targets", "targets.csv"),
        ("config", "bot.toml"),
    ],
)
@pytest.mark.parametrize("place", [2, 3])
def test_what_is_read_is_never_overwritten(files, capsys, source, name, place):
    path = files / (name if name.endswith("csv") else "bot.csv")
    (files / name).rename(path)
    before = path.read_text(encoding="utf-8")
    names = ["book.csv", "prices.csv", "trades.csv", "refused.csv"]
    # The same file by another name.
    names[place] = f"../{files.name}/{path.name}"
    option = {source: files / ("targets.csv" if source == "targets" else path.name)}
    assert plan_many(*(files / each for each in names), **option) == 78
    assert f"{path}: it is read, and would be overwritten" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == before


def test_two_lists_do_not_go_into_one_file(files, capsys):
    one = files / "trades.csv"
    names = (files / "book.csv", files / "prices.csv", one, one)
    assert plan_many(*names, targets=files / "targets.csv") == 78
    assert f"{one}: expected two files to write" in capsys.readouterr().err
    assert not one.exists()


def test_many_refused_accounts_are_counted(files, capsys):
    lines = "".join(f"U{number},x,0,0\n" for number in range(12))
    (files / "book.csv").write_text(f"account,cash,MSFT,AAPL\n{lines}", encoding="utf-8")
    assert run(files, targets=files / "targets.csv") == 1
    said = capsys.readouterr().out
    assert "refused: U9: " in said
    assert "U10" not in said
    assert "... and 2 more in the file." in said


@pytest.mark.parametrize("source", ["targets", "config"])
def test_nobody_refused_is_done(files, source):
    (files / "book.csv").write_text("account,cash,MSFT,AAPL\nU1,200,10,25\n", encoding="utf-8")
    option = (
        {"targets": files / "targets.csv"}
        if source == "targets"
        else {"config": files / "bot.toml"}
    )
    assert run(files, **option) == 0
    assert len(pd.read_csv(files / "trades.csv")) == 2
    # Both trades are 60; a buffer of 80 % of 1,000 leaves nothing to buy with.
    assert run(files, minimum_trade=60.01, **option) == 0
    assert len(pd.read_csv(files / "trades.csv")) == 0
    assert run(files, cash_buffer=0.8, **option) == 0
    assert pd.read_csv(files / "trades.csv")["shares"].max() < 0


def test_a_configuration_has_its_own_rules(files):
    text = CONFIG.replace("minimum_trade = 0", "minimum_trade = 70\nreserved_cash = 500")
    (files / "bot.toml").write_text(text, encoding="utf-8")
    # U1 has 200 of which 500 are reserved: base 500, AAPL 225 / 20 = 11.25 -> 11, MSFT 175 / 30 = 5.83 -> 6.
    # U3: base 500, the same from nothing.
    assert run(files, config=files / "bot.toml") == 1
    trades = pd.read_csv(files / "trades.csv").itertuples(index=False, name=None)
    assert sorted(trades) == [
        ("U1", "AAPL", -14, -280.0),
        ("U1", "MSFT", -4, -120.0),
        ("U3", "AAPL", 11, 220.0),
        ("U3", "MSFT", 6, 180.0),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("prices.csv", "AAPL,20", "AAPL,-1", "AAPL: a price must be a number above 0, found -1"),
        ("prices.csv", "AAPL,20\n", "", "there is no price for AAPL"),
        ("prices.csv", "AAPL", "TSLA", "there is no price for AAPL"),
        (
            "targets.csv",
            "cash,0.2",
            "cash,0.2001",
            "targets must sum to 1 within 1e-9, found 1.0001 (fractions of base",
        ),
        ("targets.csv", "cash,0.2\n", "", "there is no weight for cash"),
        ("book.csv", "account", "name", "the column account is missing"),
    ],
)
def test_a_file_that_is_wrong_for_all_ends_with_78(files, capsys, name, old, new, words):
    text = (files / name).read_text(encoding="utf-8")
    assert old in text
    (files / name).write_text(text.replace(old, new), encoding="utf-8")
    assert run(files, targets=files / "targets.csv") == 78
    assert words in capsys.readouterr().err
    assert not (files / "trades.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'symbol = "MSFT"',
            'symbol = "TSLA"',
            "MSFT is in the accounts and not in the configuration",
        ),
        (
            '{ symbol = "MSFT", weight = 0.35 }',
            '{ symbol = "MSFT", weight = 0.3 }, { symbol = "XOM", weight = 0.05 }',
            "XOM is in the configuration and not in the accounts",
        ),
        (
            "minimum_trade = 0",
            'minimum_trade = 0\naccount_type = "cash"',
            "needs the settled cash of each account",
        ),
        (
            "minimum_trade = 0",
            "minimum_trade = 0\nparticipation_max = 0.1",
            "participation_max (0.1) needs daily volumes",
        ),
    ],
)
def test_a_configuration_that_no_book_can_follow_ends_with_78(files, capsys, old, new, words):
    assert old in CONFIG
    (files / "bot.toml").write_text(CONFIG.replace(old, new), encoding="utf-8")
    assert run(files, config=files / "bot.toml") == 78
    assert words in capsys.readouterr().err


def test_marks_are_kept(files):
    text = CONFIG.replace('"AAPL", weight', '"AAPL", trade = "none", weight')
    (files / "bot.toml").write_text(text, encoding="utf-8")
    assert run(files, config=files / "bot.toml") == 1
    assert set(pd.read_csv(files / "trades.csv")["symbol"]) == {"MSFT"}


async def test_the_command_line_wants_targets_from_one_place(world):
    words = ("plan-many", "a.csv", "p.csv", "t.csv", "r.csv")
    for options, said in (
        ((), "Expected either --targets or --config, found neither."),
        (("--targets", "w.csv", "-c", "bot.toml"), "found both."),
        (("--targets", "w.csv", "--on", "2020-06-01"), "--on is for --config only"),
        (("--targets", "w.csv", "--minimum-trade", "inf"), 'Invalid value "inf"'),
    ):
        answer = await world.bot(*words, *options)
        assert answer.code == 64
        assert said in " ".join(answer.err.replace("│", " ").split())
    answer = await world.bot(*words, "--targets", "w.csv", "--json")
    assert (answer.code, answer.facts["kind"]) == (78, "ConfigError")
    assert "a.csv: there is no such file" in answer.err
    assert answer.facts["runbook"] == "configuration"


def test_ten_thousand_accounts_equal_one_by_one(files):
    generator = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "account": [f"U{number}" for number in range(10_000)],
            "cash": np.round(generator.uniform(-500, 5_000, 10_000), 2),
            "MSFT": generator.integers(0, 100, 10_000),
            "AAPL": generator.integers(0, 100, 10_000),
        }
    )
    table.to_csv(files / "book.csv", index=False)
    assert run(files, targets=files / "targets.csv") in (0, 1)
    together = pd.read_csv(files / "trades.csv")
    few = table.iloc[[17, 4_000, 9_999]]
    few.to_csv(files / "book.csv", index=False)
    run(files, targets=files / "targets.csv")
    alone = pd.read_csv(files / "trades.csv")
    chosen = together[together["account"].isin(few["account"])]
    assert chosen.to_numpy().tolist() == alone.to_numpy().tolist()
