from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.core.targets.registry import REGISTRY as SOURCES
from bot.settings.made import default_source
from bot.settings.targets import Holding, Targets
from tests.settings.conftest import PAPER

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

XOM = '"XOM", weight = 0.099'


def test_weights_that_do_not_sum_to_one_are_refused_with_sum_and_difference(
    refusal: Refusal,
) -> None:
    # Nine times 0.099, 0.09 and 0.01 of cash are 0.991.
    line = refusal({XOM: '"XOM", weight = 0.09'})
    assert "weights and cash sum to 0.991, expected 1 (fractions of base): 0.009 missing" in line
    # With 0.1 they are 1.001.
    line = refusal({XOM: '"XOM", weight = 0.1'})
    assert "sum to 1.001, expected 1 (fractions of base): 0.001 too much" in line


@pytest.mark.parametrize(("weight", "is_refused"), [(0.0990000009, False), (0.0990000011, True)])
def test_the_sum_may_be_off_by_a_billionth(
    load: Load,
    refusal: Refusal,
    weight: float,
    is_refused: bool,  # noqa: FBT001 - a table's column
) -> None:
    change = {XOM: f'"XOM", weight = {weight}'}
    if is_refused:
        # The difference is told even where the rounded sum looks right.
        assert "1.1e-09 too much" in refusal(change)
    else:
        assert load(change)


@pytest.mark.parametrize("weight", ["0", "-0.099", "1.01", "nan", "inf", '"0.099"'])
def test_a_weight_is_a_fraction_above_zero(refusal: Refusal, weight: str) -> None:
    line = refusal({XOM: f'"XOM", weight = {weight}'})
    assert line.startswith('[targets] holdings number 10 ("XOM") weight: expected a number, more')


def test_a_symbol_stands_once(refusal: Refusal) -> None:
    assert "symbol KO stands in 2 holdings" in refusal({'"XOM"': '"KO"'})


def test_a_contract_id_stands_once(refusal: Refusal) -> None:
    line = refusal({"weight = 0.099": "weight = 0.099, con_id = 7"})
    assert "con_id 7 stands in 10 holdings" in line


@pytest.mark.parametrize("symbol", ["BRK B", "BF.B", "700", "A", "RDS-A"])
def test_a_symbol_is_what_ib_writes(load: Load, symbol: str) -> None:
    assert load({'"XOM"': f'"{symbol}"'}).targets.holdings[-1].symbol == symbol


@pytest.mark.parametrize("symbol", ["", " XOM", "XOM ", "xom", "X\\nM", "XOM/USD"])
def test_a_symbol_that_ib_does_not_write_is_refused(refusal: Refusal, symbol: str) -> None:
    assert "symbol: expected capitals, digits" in refusal({'"XOM"': f'"{symbol}"'})


@pytest.mark.parametrize("holdings", ["", "holdings = []"])
def test_at_least_one_holding_is_needed(refusal: Refusal, load: Load, holdings: str) -> None:
    assert load()
    text = PAPER.read_text(encoding="utf-8")
    start, end = text.index("holdings = ["), text.index("[policy]")
    assert refusal({text[start:end]: f"{holdings}\n\n"}) == (
        "[targets]: holdings are missing: expected a list of tables with symbol and weight, at least one; for example "
        'holdings = [{ symbol = "AAPL", weight = 0.99 }]'
    )


def test_a_weight_that_static_targets_need_is_missed_by_name(refusal: Refusal) -> None:
    line = refusal({XOM: '"XOM"'})
    assert line == "[targets]: XOM has no target weight: write one beside it"


@pytest.mark.parametrize("name", ["equity", "US equity", "A", "small-cap_2", "x" * 40])
def test_an_asset_class_is_a_persons_own_name(load: Load, name: str) -> None:
    settings = load({XOM: f'{XOM}, asset_class = "{name}"'})
    assert settings.targets.holdings[-1].asset_class == name


@pytest.mark.parametrize("name", ["", " equity", "equity ", "a/b", "x" * 41])
def test_an_asset_class_that_is_no_name_is_refused(refusal: Refusal, name: str) -> None:
    line = refusal({XOM: f'{XOM}, asset_class = "{name}"'})
    assert line.startswith(
        '[targets] holdings number 10 ("XOM") asset_class: expected letters, digits'
    )


def test_cash_is_no_asset_class_of_a_holding(refusal: Refusal) -> None:
    assert refusal({XOM: f'{XOM}, asset_class = "cash"'}) == (
        '[targets] holdings number 10 ("XOM") asset_class: cash is the class of the account\'s own cash: expected '
        "another name, such as cash_like"
    )


@pytest.mark.parametrize("lot", ["0", "-1", "0.5", "1.0", "1000001", "true"])
def test_a_lot_is_a_whole_number_of_shares(refusal: Refusal, load: Load, lot: str) -> None:
    # IB's API takes no orders for parts of a share (error 10243).
    assert load({XOM: f"{XOM}, lot = 1000000"}).targets.holdings[-1].lot == 1_000_000
    assert load().targets.holdings[-1].lot == 1
    assert refusal({XOM: f"{XOM}, lot = {lot}"}).startswith(
        '[targets] holdings number 10 ("XOM") lot: expected a whole number, at least 1, at most 1000000 (shares), '
    )


def test_a_mark_is_one_of_four(refusal: Refusal, load: Load) -> None:
    assert load().targets.holdings[-1].trade == "any"
    for mark in ("any", "buy_only", "sell_only", "none"):
        assert load({XOM: f'{XOM}, trade = "{mark}"'}).targets.holdings[-1].trade == mark
    assert refusal({XOM: f'{XOM}, trade = "never"'}) == (
        '[targets] holdings number 10 ("XOM") trade: expected one of "any", "buy_only", "sell_only", "none", '
        'found "never"'
    )


def test_an_unknown_source_is_refused_with_the_known_ones(refusal: Refusal) -> None:
    line = refusal({"holdings = [": 'source = { kind = "statik" }\nholdings = ['})
    assert line == (
        f'[targets] source: kind "statik" is not known, expected one of {", ".join(SOURCES)}; the nearest is static'
    )


@given(
    steps=st.lists(st.integers(1, 10_000), min_size=1, max_size=50),
    cash=st.integers(0, 10_000),
    off=st.integers(-5, 5),
)
def test_weights_load_exactly_when_they_sum_to_one(steps: list[int], cash: int, off: int) -> None:
    total = sum(steps) + cash
    weights = [step / total for step in steps]
    # One part in a million is a thousand times the tolerance.
    weights[0] += off * 1e-6
    holdings = tuple(
        Holding(symbol=f"S{index}", weight=min(weight, 1.0))
        for index, weight in enumerate(weights)
        if weight > 0
    )
    is_whole = abs(sum(each.weight for each in holdings) + cash / total - 1) <= 1e-9
    if is_whole:
        assert (
            Targets(cash=cash / total, holdings=holdings, source=default_source()).cash
            == cash / total
        )
    else:
        with pytest.raises(ValidationError, match=r"weights and cash sum to"):
            Targets(cash=cash / total, holdings=holdings, source=default_source())
