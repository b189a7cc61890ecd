"""The tables about accounts: what they mean, and one line for every mistake."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.gateway import GatewayConfig, GatewayConfigError

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNTS = """
[account_rules]
advisor = "DF1234567"
kind = "margin"
settlement_days = 1
initial_margin = "0.5"
maintenance_margin = "0.3"
shorting = true
ledger_keys = "both"
account_values = "all"
balances = { EUR = "1000" }

[[further_accounts]]
account = "DU1234568"
cash = "50000.25"
positions = { AAPL = 100 }

[[further_accounts]]
account = "DU1234569"
currency = "EUR"
balances = { USD = 5 }

[prices]
fx = { EUR = "1.1" }
"""


def read(tmp_path: Path, text: str) -> GatewayConfig:
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return GatewayConfig.from_toml(path)


def test_accounts_and_their_rules_are_read(tmp_path: Path) -> None:
    config = read(tmp_path, ACCOUNTS)
    second, third = config.further_accounts
    assert (second.account, second.cash) == ("DU1234568", Decimal("50000.25"))
    assert second.positions == {"AAPL": 100}
    assert (third.currency, third.balances) == ("EUR", {"USD": Decimal(5)})
    rules = config.account_rules
    assert (rules.initial_margin, rules.maintenance_margin) == (Decimal("0.5"), Decimal("0.3"))
    assert (rules.advisor, rules.settlement_days, rules.shorting) == ("DF1234567", 1, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[further_accounts]]\ncash = 1", "further_accounts.account is missing"),
        ("[[further_accounts]]\naccount = 'x'", "further_accounts.account = 'x': expected an id"),
        (
            "[[further_accounts]]\naccount = 'DU1234567'",
            "further_accounts: the account 'DU1234567' is named twice",
        ),
        (
            "[[further_accounts]]\naccount = 'DU1'\n",
            "further_accounts.account = 'DU1': expected an id such as DU1234568",
        ),
        (
            "[[further_accounts]]\naccount = 'DU1234568'\ncurrency = 'eur'",
            "further_accounts.currency = 'eur': expected three capital letters",
        ),
        (
            "[[further_accounts]]\naccount = 'DU1234568'\npositions = { TSLA = 1 }",
            "further_accounts.positions: unknown symbol 'TSLA'",
        ),
        (
            "[[further_accounts]]\naccount = 'DU1234568'\npositions = { KO = -1 }",
            "further_accounts.positions: shares must be 0 or more",
        ),
        (
            "[[further_accounts]]\naccount = 'DU1234568'\ncash = nan",
            "further_accounts.cash = NaN: expected a number",
        ),
        ("[account_rules]\nadvisor = 'DU1234568'", "account_rules.advisor = 'DU1234568': expected"),
        ("[account_rules]\nkind = 'paper'", "account_rules.kind = 'paper': expected one of margin"),
        ("[account_rules]\nsettlement_days = 11", "account_rules.settlement_days = 11: expected"),
        ("[account_rules]\ninitial_margin = 0", "account_rules.initial_margin = 0: expected"),
        (
            "[account_rules]\nmaintenance_margin = '0.5'",
            "account_rules.maintenance_margin = 0.5: expected no more than initial_margin, 0.25",
        ),
        ("[account_rules]\nledger_keys = 'old'", "account_rules.ledger_keys = 'old': expected one"),
        ("[account_rules]\nledger = 1", "unknown key 'account_rules.ledger'"),
        (
            "[account_rules]\nbalances = { EUR = 5 }",
            "account_rules.balances = 'EUR': expected a currency with a rate to USD",
        ),
        (
            "[account_rules]\nbalances = { USD = 5 }",
            "account_rules.balances = 'USD': expected a currency with a rate to USD, and not USD",
        ),
        ("[account_rules]\nbalances = { euro = 5 }", "account_rules.balances = 'euro': expected"),
        (
            "[account_rules]\nbalances = { EUR = inf }",
            "account_rules.balances.EUR = Infinity: expected a number from",
        ),
    ],
)
def test_mistakes_are_one_line_that_names_the_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(GatewayConfigError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
