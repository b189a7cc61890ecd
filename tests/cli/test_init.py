"""What cannot have a target is named, and borrowed money is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.cli.init import _draft, _Found, _Where
from bot.core.domain.account import AccountState, Position
from bot.errors import ConfigError

WHERE = _Where("DU1234567", "127.0.0.1", 4002, "ib_insync")


def account(**changes: object) -> AccountState:
    state = AccountState(
        account="DU1234567",
        account_type=None,
        currency="USD",
        net_liquidation=Decimal(1000),
        cash=Decimal(1000),
        settled_cash=None,
        market_values={1: Decimal(500)},
        foreign_cash={},
    )
    return replace(state, **changes)


def test_where_nothing_can_have_a_target_each_holding_is_named_with_the_reason() -> None:
    bond = Position(1, "T 4 05/34", "BOND", "USD", Decimal(5), None)
    with pytest.raises(ConfigError, match=r"T 4 05/34 \(BOND is not a stock or fund\)"):
        _draft(WHERE, _Found(account(), (bond,), replays=False))
    with pytest.raises(ConfigError, match="it holds nothing"):
        _draft(WHERE, _Found(account(), (), replays=False))


def test_borrowed_money_is_refused() -> None:
    with pytest.raises(ConfigError, match="borrowed money"):
        _draft(WHERE, _Found(account(cash=Decimal(-1)), (), replays=False))
