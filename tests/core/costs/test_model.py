"""What trades cost: the broker's own examples, fees on sells only, half the spread, impact; nothing for no trade."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.costs.model import CostModel
from bot.core.domain.parameter import parameters_of
from bot.errors import ReadUnknown

NO_FEES = {"sec_fee_per_million": 0.0, "taf_per_share": 0.0, "half_spread_bps": 0.0}
FIXED = CostModel(**NO_FEES)
TIERED = CostModel(commission="tiered", clearing_per_share=0.0, **NO_FEES)
FREE = CostModel(commission="none", **NO_FEES)


def cost(model: CostModel, shares: float, price: float) -> float:
    return float(model.cost(np.array([[shares]]), np.array([[price]]))[0, 0])


# --- commissions


@pytest.mark.parametrize(
    ("shares", "price", "expected"),
    [
        # The three examples on the broker's page.
        (100, 25.0, 1.00),  # 100 x 0.005 = 0.50: the minimum
        (1_000, 25.0, 5.00),  # 1,000 x 0.005
        (1_000, 0.25, 2.50),  # 1,000 x 0.005 = 5.00, but 1 % of 250
        # The maximum is below the minimum: the maximum.
        (10, 0.20, 0.02),  # 1 % of 2.00
        (1, 99.0, 0.99),
        (1, 100.0, 1.00),
        (1, 101.0, 1.00),
        # Both sides of the minimum.
        (199, 50.0, 1.00),
        (200, 50.0, 1.00),
        (201, 50.0, 1.005),
        (0, 50.0, 0.0),
    ],
)
@pytest.mark.parametrize("side", [1, -1])
def test_fixed_commission(shares: float, price: float, expected: float, side: int) -> None:
    assert cost(FIXED, side * shares, price) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("month_shares", "shares", "expected"),
    [
        (0, 100, 0.35),  # exactly the minimum
        (0, 99, 0.35),
        (0, 101, 0.3535),
        (0, 1_000, 3.50),
        (0, 300_000, 1_050.0),
        # 300,000 x 0.0035 + 100,000 x 0.0020
        (0, 400_000, 1_250.0),
        # 500 x 0.0035 + 500 x 0.0020
        (299_500, 1_000, 2.75),
        (300_000, 1_000, 2.00),
        # 1,000 x 0.0020 + 1,000 x 0.0015
        (2_999_000, 2_000, 3.50),
        # 1,000 x 0.0015 + 1,000 x 0.0010
        (19_999_000, 2_000, 2.50),
        # 1,000 x 0.0010 + 1,000 x 0.0005
        (99_999_000, 2_000, 1.50),
        (200_000_000, 10_000, 5.00),
        # All tiers in one order: 1,050 + 2.7 M x 0.0020 + 17 M x 0.0015 + 80 M x 0.0010 + 1 M x 0.0005.
        (0, 101_000_000, 1_050.0 + 5_400.0 + 25_500.0 + 80_000.0 + 500.0),
        (0, 0, 0.0),
    ],
)
def test_tiered_commission(month_shares: float, shares: float, expected: float) -> None:
    model = CostModel(
        commission="tiered", month_shares=month_shares, clearing_per_share=0.0, **NO_FEES
    )
    assert cost(model, shares, 50.0) == pytest.approx(expected, rel=1e-12)


def test_tiered_commission_is_at_most_one_percent() -> None:
    # 1,000 x 0.0035 = 3.50, 1 % of 1,000 x 0.10 = 1.00; 1 x 20: minimum 0.35, 1 % is 0.20.
    assert cost(TIERED, 1_000, 0.10) == pytest.approx(1.0)
    assert cost(TIERED, 1, 20.0) == pytest.approx(0.20)


def test_without_commission_only_the_rest_is_charged() -> None:
    assert cost(FREE, 1_000, 25.0) == 0.0
    # 1,000 x 25 = 25,000; half a spread of 4 bps is 10.
    assert cost(CostModel(commission="none", half_spread_bps=4.0), 1_000, 25.0) == pytest.approx(10)


# --- fees, spread, impact


def test_regulators_charge_sells_only() -> None:
    model = CostModel(half_spread_bps=0.0)
    assert cost(model, 1_000, 50.0) == pytest.approx(5.0, abs=1e-12)
    # 50,000 x 20.60 / 1,000,000 = 1.03; 1,000 x 0.000195 = 0.195.
    assert cost(model, -1_000, 50.0) == pytest.approx(5.0 + 1.03 + 0.195, abs=1e-12)


def test_the_trading_activity_fee_has_a_maximum() -> None:
    model = CostModel(commission="none", sec_fee_per_million=0.0, half_spread_bps=0.0)
    # 50,000 x 0.000195 = 9.75; 50,205 x 0.000195 = 9.789975; 50,206 would be 9.79017.
    assert cost(model, -50_000, 1.0) == pytest.approx(9.75)
    assert cost(model, -50_205, 1.0) == pytest.approx(9.789975)
    assert cost(model, -50_206, 1.0) == 9.79


@pytest.mark.parametrize("side", [1, -1])
def test_clearing_is_charged_on_both_sides_and_under_tiered_only(side: int) -> None:
    tiered = CostModel(commission="tiered", **NO_FEES)
    # 1,000 x (0.0035 + 0.0002).
    assert cost(tiered, side * 1_000, 50.0) == pytest.approx(3.70)
    assert cost(FIXED, side * 1_000, 50.0) == pytest.approx(5.0)
    assert cost(FREE, side * 1_000, 50.0) == 0.0


@pytest.mark.parametrize("side", [1, -1])
def test_impact_grows_with_the_root_of_the_share_of_the_volume(side: int) -> None:
    model = CostModel(commission="none", impact_coefficient=0.8, **NO_FEES)
    # Daily volatility 0.252 / sqrt(252) = 0.01587451; 10,000 of 1,000,000 shares: root 0.1.
    # 0.8 x 0.01587451 x 0.1 = 12.699606 bps of 10,000 x 50 = 500,000: 634.98 USD.
    shares, prices = np.array([[side * 10_000]]), np.array([[50.0]])
    found = model.cost(shares, prices, np.array([[1e6]]), np.array([[0.252]]))
    assert found[0, 0] == pytest.approx(634.98031, abs=1e-5)
    # Four times the shares: eight times the cost.
    four = model.cost(4 * shares, prices, np.array([[1e6]]), np.array([[0.252]]))
    assert four[0, 0] == pytest.approx(8 * found[0, 0])
    assert model.cost(0 * shares, prices, np.array([[1e6]]), np.array([[0.252]]))[0, 0] == 0.0


def test_the_parts_add_up() -> None:
    model = CostModel(impact_coefficient=0.8)
    # Sell 10,000 at 50: commission 50, SEC 10.30, TAF 1.95, half spread 1 bp of 500,000 = 50, impact as above.
    shares, prices = np.array([[-10_000]]), np.array([[50.0]])
    found = model.cost(shares, prices, np.array([[1e6]]), np.array([[0.252]]))
    assert found[0, 0] == pytest.approx(50 + 10.30 + 1.95 + 50 + 634.98031, abs=1e-5)


def test_impact_is_not_guessed() -> None:
    model = CostModel(impact_coefficient=0.8)
    shares, prices, known = np.array([[1]]), np.array([[50.0]]), np.array([[1.0]])
    with pytest.raises(ReadUnknown, match="impact needs daily volumes, which are unknown"):
        model.cost(shares, prices, None, known)
    with pytest.raises(ReadUnknown, match="impact needs volatilities, which are unknown"):
        model.cost(shares, prices, known, None)
    # Without a coefficient nobody asks for them.
    assert CostModel(impact_coefficient=0.0).cost(shares, prices).shape == (1, 1)


# --- batches

numbers = st.integers(-500_000, 500_000)
prices_of = st.floats(0.01, 5_000.0)


@given(
    shares=st.lists(st.tuples(numbers, numbers, numbers), min_size=2, max_size=5),
    prices=st.tuples(prices_of, prices_of, prices_of),
    commission=st.sampled_from(["fixed", "tiered", "none"]),
)
def test_a_row_alone_costs_what_it_costs_among_others(
    shares: list[tuple[int, ...]], prices: tuple[float, ...], commission: str
) -> None:
    model = CostModel(commission=commission, impact_coefficient=0.5, month_shares=250_000)
    traded, shared = np.array(shares), np.array([prices])
    volumes, volatility = np.array([[1e5, 1e6, 1e7]]), np.array([[0.1, 0.2, 0.3]])
    together = model.cost(traded, shared, volumes, volatility)
    assert (together >= 0).all()
    assert (together[traded == 0] == 0).all()
    own_prices = np.repeat(shared, len(traded), axis=0)
    assert (model.cost(traded, own_prices, volumes, volatility) == together).all()
    for row in range(len(traded)):
        alone = model.cost(traded[row : row + 1], shared, volumes, volatility)
        assert (alone[0] == together[row]).all()
    order = np.array([2, 0, 1])
    turned = model.cost(traded[:, order], shared[:, order], volumes[:, order], volatility[:, order])
    assert (turned == together[:, order]).all()


@given(
    shares=st.integers(1, 1_000_000),
    more=st.integers(0, 1_000_000),
    price=prices_of,
    commission=st.sampled_from(["fixed", "tiered", "none"]),
)
def test_a_larger_trade_never_costs_less(
    shares: int, more: int, price: float, commission: str
) -> None:
    model = CostModel(commission=commission)
    for side in (1, -1):
        small, large = cost(model, side * shares, price), cost(model, side * (shares + more), price)
        assert large >= small * (1 - 1e-12)
    # A sell costs what a buy costs, and fees.
    assert cost(model, -shares, price) >= cost(model, shares, price)


# --- refusals


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_shares_must_be_numbers(bad: float) -> None:
    with pytest.raises(
        ValueError, match=rf"shares must be numbers, found {bad:g} at row 0, column 1"
    ):
        FIXED.cost(np.array([[1.0, bad]]), np.array([[50.0, 60.0]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 0.0])
def test_prices_must_be_above_zero(bad: float) -> None:
    with pytest.raises(
        ValueError, match=rf"price must be a number above 0, found {bad:g} at row 1, column 0"
    ):
        FIXED.cost(np.array([[1], [2]]), np.array([[50.0], [bad]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 0.0])
def test_volumes_must_be_above_zero(bad: float) -> None:
    model = CostModel(impact_coefficient=1.0)
    with pytest.raises(
        ValueError, match=rf"daily volume must be .* above 0, found {bad:g} at row 0, column 0"
    ):
        model.cost(np.array([[1]]), np.array([[5.0]]), np.array([[bad]]), np.array([[0.1]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1])
def test_volatilities_must_be_at_least_zero(bad: float) -> None:
    model = CostModel(impact_coefficient=1.0)
    one = np.array([[1.0]])
    with pytest.raises(
        ValueError, match=rf"volatility must be .* at least 0, found {bad:g} at row 0, column 0"
    ):
        model.cost(one, one, one, np.array([[bad]]))
    # A price that never moved is a number too: commission 1 % of 1.00, half a spread of 1 bp.
    assert model.cost(one, one, one, np.array([[0.0]]))[0, 0] == pytest.approx(0.01 + 0.0001)


def test_shapes_must_fit() -> None:
    model, two = CostModel(impact_coefficient=1.0), np.ones((1, 2))
    with pytest.raises(ValueError, match=r"shares must be \(B, N\), found \(2,\)"):
        model.cost(np.ones(2), two)
    with pytest.raises(ValueError, match=r"prices must be \(1, 2\) or \(3, 2\), found \(2, 2\)"):
        model.cost(np.ones((3, 2)), np.ones((2, 2)))
    with pytest.raises(
        ValueError, match=r"daily volumes must be \(1, 2\) or \(1, 2\), found \(1, 3\)"
    ):
        model.cost(two, two, np.ones((1, 3)), two)
    with pytest.raises(ValueError, match=r"volatilities must be .*, found \(2,\)"):
        model.cost(two, two, two, np.ones(2))


@pytest.mark.parametrize(
    ("name", "bad", "words"),
    [
        ("commission", "cheap", "commission must be one of fixed, tiered, none, found 'cheap'"),
        ("month_shares", -1.0, "month_shares must be at least 0 .*, found -1"),
        ("clearing_per_share", -0.1, "clearing_per_share must be at least 0 and at most 0.01"),
        ("clearing_per_share", 0.02, "found 0.02"),
        ("sec_fee_per_million", -1.0, "sec_fee_per_million must be at least 0 and at most 1000"),
        ("sec_fee_per_million", 1001.0, "found 1001"),
        ("taf_per_share", -0.1, "taf_per_share must be at least 0 and at most 0.01"),
        ("taf_per_share", 0.011, "found 0.011"),
        ("taf_max", -1.0, "taf_max must be at least 0 and at most 1000"),
        ("taf_max", 1001.0, "found 1001"),
        ("half_spread_bps", -1.0, "half_spread_bps must be at least 0 and at most 1000"),
        ("half_spread_bps", float("nan"), "found nan"),
        ("impact_coefficient", -1.0, "impact_coefficient must be at least 0 and at most 10"),
        ("impact_coefficient", 11.0, "found 11"),
    ],
)
def test_parameters_have_ranges(name: str, bad: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CostModel(**{name: bad})


def test_every_parameter_is_described_and_may_be_left_out() -> None:
    described = parameters_of(CostModel)
    assert set(described) == set(CostModel.__dataclass_fields__)
    assert isinstance(CostModel(), CostModel)
