"""Portfolios refuse what cannot be, with place and number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.core.planner.portfolios import Portfolios

# Two portfolios of two instruments: 10 x 20 + 5 x 40 + 100 = 500; 0 + 1 x 40 + 60 = 100.
TWO = Portfolios(
    shares=np.array([[10, 5], [0, 1]]),
    prices=np.array([[20.0, 40.0], [20.0, 40.0]]),
    base=np.array([500.0, 100.0]),
    cash=np.array([100.0, 60.0]),
    con_ids=np.array([7, 3]),
)


def test_weights_are_fractions_of_base_with_cash_last() -> None:
    assert TWO.weights().tolist() == [[0.4, 0.4, 0.2], [0.0, 0.4, 0.6]]


def test_tails_count_as_weight() -> None:
    tails = np.array([[0.5, 0.0], [0.0, 0.0]])
    # (10 + 0.5) x 20 = 210 of 510.
    with_tails = replace(TWO, tails=tails, base=np.array([510.0, 100.0]))
    assert with_tails.weights()[0].tolist() == pytest.approx([210 / 510, 200 / 510, 100 / 510])
    assert TWO.tail_shares.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_trades_turn_cash_into_shares_at_mid() -> None:
    after = TWO.after(np.array([[-3, 1], [2, 0]]))
    assert after.shares.tolist() == [[7, 6], [2, 1]]
    # 100 + 60 - 40 = 120; 60 - 40 = 20.
    assert after.cash.tolist() == [120.0, 20.0]
    assert after.base.tolist() == TWO.base.tolist()


def test_rows_and_columns_can_be_chosen() -> None:
    tailed = replace(TWO, tails=np.array([[0.5, 0.0], [0.0, 0.25]]))
    second = tailed.rows(np.array([False, True]))
    assert second.shares.tolist() == [[0, 1]]
    assert second.tail_shares.tolist() == [[0.0, 0.25]]
    turned = tailed.columns(np.array([1, 0]))
    assert turned.shares.tolist() == [[5, 10], [1, 0]]
    assert turned.con_ids.tolist() == [3, 7]
    assert turned.tail_shares.tolist() == [[0.0, 0.5], [0.25, 0.0]]
    assert TWO.rows(np.array([True, False])).tails is None
    assert TWO.columns(np.array([1, 0])).tails is None


def test_a_short_position_is_refused_with_its_row() -> None:
    with pytest.raises(ValueError, match=r"no short position\), found -1 at row 1, column 0"):
        replace(TWO, shares=np.array([[10, 5], [-1, 1]]))


@pytest.mark.parametrize("price", [0.0, -20.0, np.nan, np.inf])
def test_a_price_that_is_no_price_is_refused_with_its_place(price: float) -> None:
    with pytest.raises(
        ValueError, match=r"a price must be a number above 0, found .* at row 0, column 1"
    ):
        replace(TWO, prices=np.array([[20.0, price], [20.0, 40.0]]))


@pytest.mark.parametrize("base", [0.0, -1.0, np.nan, np.inf])
def test_a_base_that_is_no_base_is_refused_with_its_row(base: float) -> None:
    with pytest.raises(ValueError, match=r"the base must be a number above 0, found .* at row 1$"):
        replace(TWO, base=np.array([500.0, base]))


@pytest.mark.parametrize("cash", [np.nan, np.inf, -np.inf])
def test_cash_that_is_no_number_is_refused_with_its_row(cash: float) -> None:
    with pytest.raises(ValueError, match=r"cash must be a number, found .* at row 0$"):
        replace(TWO, cash=np.array([cash, 60.0]))


@pytest.mark.parametrize("tail", [1.0, -0.1, np.nan])
def test_a_tail_that_is_no_part_of_a_share_is_refused(tail: float) -> None:
    with pytest.raises(
        ValueError, match=r"a tail must be from 0 to below 1, found .* at row 0, column 0"
    ):
        replace(TWO, tails=np.array([[tail, 0.0], [0.0, 0.0]]))


def test_shapes_that_do_not_fit_are_refused() -> None:
    for change in (
        {"prices": np.array([[20.0, 40.0]])},
        {"base": np.array([500.0])},
        {"cash": np.array([100.0])},
        {"con_ids": np.array([7])},
        {"tails": np.zeros((1, 2))},
    ):
        with pytest.raises(ValueError, match=r"portfolios must be \(B, N\)"):
            replace(TWO, **change)


def test_a_portfolio_of_no_instruments_is_refused() -> None:
    with pytest.raises(ValueError, match=r"portfolios must be \(B, N\)"):
        Portfolios(
            shares=np.zeros((1, 0), dtype=np.int64),
            prices=np.zeros((1, 0)),
            base=np.ones(1),
            cash=np.ones(1),
            con_ids=np.zeros(0, dtype=np.int64),
        )


def test_shares_that_are_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        replace(TWO, shares=TWO.shares.astype(np.float64))  # type: ignore[arg-type]


def test_an_instrument_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"once, found con_ids \[7, 7\]"):
        replace(TWO, con_ids=np.array([7, 7]))


# --- settled cash, volumes, lots and parts of shares


def test_settled_cash_pays_for_buys_and_sells_bring_none() -> None:
    settled = replace(TWO, settled=np.array([80.0, 60.0]))
    after = settled.after(np.array([[-3, 1], [2, 0]]))
    # 80 - 40; 60 - 40. Cash gets the 60 of the sell as well: 100 + 60 - 40.
    assert after.settled is not None
    assert after.settled.tolist() == [40.0, 20.0]
    assert after.cash.tolist() == [120.0, 20.0]
    assert TWO.after(np.array([[-3, 1], [2, 0]])).settled is None


def test_parts_of_shares_are_traded_into_whole_ones_and_tails() -> None:
    tailed = replace(TWO, tails=np.array([[0.25, 0.0], [0.0, 0.5]]))
    after = tailed.after(np.array([[-0.75, 0.5], [0.0, 0.5]]))
    # 10.25 - 0.75 = 9.5, 5 + 0.5; 0, 1.5 + 0.5 = 2.
    assert after.shares.tolist() == [[9, 5], [0, 2]]
    assert after.tail_shares.tolist() == [[0.5, 0.5], [0.0, 0.0]]
    # 100 + 0.75 x 20 - 0.5 x 40 = 95; 60 - 20 = 40.
    assert after.cash.tolist() == [95.0, 40.0]


def test_tenths_add_up_to_a_whole_share() -> None:
    # 0.7 + 0.1 + 0.2 is a share less its last bit.
    tailed = replace(TWO, tails=np.array([[0.7, 0.0], [0.0, 0.0]]))
    after = tailed.after(np.array([[0.1 + 0.2, 0.0], [0.0, 0.0]]))
    assert (after.shares[0, 0], after.tail_shares[0, 0]) == (11, pytest.approx(0.0, abs=1e-12))


def test_holdings_can_be_counted_in_lots() -> None:
    tailed = replace(
        TWO, tails=np.array([[0.5, 0.0], [0.0, 0.0]]), daily_volumes=np.array([[40.0, 60.0]])
    )
    lots = tailed.in_lots(np.array([4, 2]))
    # 10.5 / 4 = 2.625, 5 / 2 = 2.5; 0, 1 / 2.
    assert lots.shares.tolist() == [[2, 2], [0, 0]]
    assert lots.tail_shares.tolist() == [[0.625, 0.5], [0.0, 0.5]]
    assert lots.prices.tolist() == [[80.0, 80.0], [80.0, 80.0]]
    assert lots.daily_volumes is not None
    assert lots.daily_volumes.tolist() == [[10.0, 30.0]]
    assert lots.weights().tolist() == tailed.weights().tolist()
    parts = TWO.in_lots(np.array([0.1, 0.1]))
    assert parts.shares.tolist() == [[100, 50], [0, 10]]
    assert parts.daily_volumes is None


def test_what_was_traded_is_counted_on_in_shares_or_lots() -> None:
    traded = replace(TWO, shares_traded=np.array([[7.0, 0.0]]))
    after = traded.after(np.array([[-3, 1], [2, 0]]))
    assert after.shares_traded is not None
    # 7 + 3, 0 + 1; 7 + 2, 0: a sell counts as much as a buy.
    assert after.shares_traded.tolist() == [[10.0, 1.0], [9.0, 0.0]]
    assert TWO.after(np.array([[-3, 1], [2, 0]])).shares_traded is None
    lots = traded.in_lots(np.array([4, 2]))
    assert lots.shares_traded is not None
    assert lots.shares_traded.tolist() == [[1.75, 0.0]]
    assert TWO.in_lots(np.array([4, 2])).shares_traded is None


def test_what_was_traded_goes_with_its_rows_and_columns() -> None:
    for traded, second, turned in (
        (np.array([[1.0, 2.0]]), [[1.0, 2.0]], [[2.0, 1.0]]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), [[3.0, 4.0]], [[2.0, 1.0], [4.0, 3.0]]),
    ):
        known = replace(TWO, shares_traded=traded)
        row, columns = known.rows(np.array([False, True])), known.columns(np.array([1, 0]))
        assert row.shares_traded is not None
        assert columns.shares_traded is not None
        assert (row.shares_traded.tolist(), columns.shares_traded.tolist()) == (second, turned)


def test_settled_cash_and_volumes_go_with_their_rows_and_columns() -> None:
    settled = np.array([80.0, 60.0])
    for volumes, second, turned in (
        (np.array([[1.0, 2.0]]), [[1.0, 2.0]], [[2.0, 1.0]]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), [[3.0, 4.0]], [[2.0, 1.0], [4.0, 3.0]]),
    ):
        known = replace(TWO, settled=settled, daily_volumes=volumes)
        row, columns = known.rows(np.array([False, True])), known.columns(np.array([1, 0]))
        assert row.settled is not None
        assert columns.settled is not None
        assert (row.settled.tolist(), columns.settled.tolist()) == ([60.0], [80.0, 60.0])
        assert row.daily_volumes is not None
        assert columns.daily_volumes is not None
        assert (row.daily_volumes.tolist(), columns.daily_volumes.tolist()) == (second, turned)
    assert TWO.rows(np.array([False, True])).settled is None


@pytest.mark.parametrize("amount", [np.nan, np.inf, -np.inf])
def test_settled_cash_that_is_no_number_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match=r"settled cash must be a number, found .* at row 1$"):
        replace(TWO, settled=np.array([-5.0, amount]))


@pytest.mark.parametrize("volume", [-1.0, np.nan, np.inf])
def test_a_volume_that_is_none_is_refused(volume: float) -> None:
    message = r"a daily volume must be a number of at least 0, found .* at row 0, column 1$"
    with pytest.raises(ValueError, match=message):
        replace(TWO, daily_volumes=np.array([[0.0, volume]]))


@pytest.mark.parametrize("shares", [-1.0, np.nan, np.inf])
def test_shares_traded_that_cannot_be_are_refused(shares: float) -> None:
    message = (
        r"a number of shares traded must be a number of at least 0, found .* at row 0, column 1$"
    )
    with pytest.raises(ValueError, match=message):
        replace(TWO, shares_traded=np.array([[0.0, shares]]))
    with pytest.raises(
        ValueError, match=r"^shares traded must be \(1, 2\) or \(2, 2\), found \(2, 1\)$"
    ):
        replace(TWO, shares_traded=np.ones((2, 1)))


def test_settled_cash_and_volumes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^settled cash must be \(2,\), found \(1,\)$"):
        replace(TWO, settled=np.array([1.0]))
    message = r"^daily volumes must be \(1, 2\) or \(2, 2\), found \(2, 1\)$"
    with pytest.raises(ValueError, match=message):
        replace(TWO, daily_volumes=np.ones((2, 1)))
