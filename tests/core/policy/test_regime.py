"""Stress is when prices move more than so many times as much as they did."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.core.domain.needs import Needs
from bot.core.policy.regime import Regime
from bot.core.signals.volatility import ewma_volatility, portfolio_volatility
from bot.core.signals.window import window_sessions
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.history import History
    from bot.core.policy.state import PolicyState

MakeState = Callable[..., "PolicyState"]
MakeHistory = Callable[[np.ndarray], "History"]
#: Half-lives of 1 and 4 sessions: windows of 5 and 20 returns.
SHORT = Regime(symbol="XOM", half_life_sessions=1, baseline_half_life_sessions=4)


@pytest.fixture(scope="module")
def after(make_state: MakeState, make_history: MakeHistory) -> Callable[..., PolicyState]:
    """Return a function to a state after 20 returns: XOM's last `count` were `big`, the others 0.01; JPM's all 0.01."""

    def made(big: float, count: int = 1, **changes: object) -> PolicyState:
        returns = np.full((21, 2), 0.01)
        returns[21 - count :, 1] = big
        closes = 100 * np.exp(np.cumsum(returns, axis=0))
        return make_state(history=make_history(closes[np.newaxis]), **changes)

    return made


After = Callable[..., "PolicyState"]


def weights_of(half_life: float, count: int) -> list[float]:
    parts = [2 ** (-age / half_life) for age in range(count)]
    return [part / sum(parts) for part in parts]


def ratio_of(big: float) -> float:
    """Return the ratio for one last return of `big` times 0.01, by hand."""
    newest_now, newest_before = weights_of(1, 5)[0], weights_of(4, 20)[0]
    # The newest weighs 16/31 now; all the others moved by 0.01.
    now = math.sqrt(newest_now * big**2 + (1 - newest_now))
    return now / math.sqrt(newest_before * big**2 + (1 - newest_before))


def test_the_same_moves_as_ever_are_calm(after: After) -> None:
    found = SHORT.explain(after(0.01), 0)
    # 1 percent a session is 0.01 x sqrt(252) = 15.87 percent a year.
    assert found.rule == "regime"
    assert found.asks == "anything"
    assert found.statement == (
        "permits: XOM moves by 15.87 % a year, 1.00 times its 15.87 % of before; "
        "more than 1.50 times is stress, trading is permitted in calm"
    )
    assert found.numbers == {
        "whose": "XOM",
        "volatility_fraction": pytest.approx(0.01 * math.sqrt(252), rel=1e-9),
        "baseline_fraction": pytest.approx(0.01 * math.sqrt(252), rel=1e-9),
        "volatility_ratio": pytest.approx(1, rel=1e-9),
        "limit_ratio": 1.5,
        "distance_ratio": pytest.approx(-0.5, rel=1e-9),
    }


def test_one_wild_day_is_stress(after: After) -> None:
    ratio = ratio_of(10)
    # Now sqrt(16/31 x 100 + 15/31) = 7.218 percent a session, before sqrt(0.1642 x 100 + 0.8358) = 4.154.
    assert round(ratio, 3) == 1.737
    found = SHORT.explain(after(0.1), 0)
    assert found.asks == "nothing"
    assert found.statement.startswith(
        "pauses: XOM moves by 114.58 % a year, 1.74 times its 65.95 % of"
    )
    assert found.numbers["volatility_ratio"] == pytest.approx(ratio, rel=1e-9)
    assert found.numbers["distance_ratio"] == pytest.approx(ratio - 1.5, rel=1e-6)


def test_the_limit_itself_is_calm(after: After) -> None:
    state = after(0.1)
    closes = state.history.closes[:, :, 1:]
    ratio = float(ewma_volatility(closes, 1)[0, 0] / ewma_volatility(closes, 4)[0, 0])
    for change, is_calm in ((0.0, True), (5e-13, True), (-5e-13, True), (-1e-11, False)):
        calm, stress = (
            Regime(ratio_max=ratio + change, permits_in=each, symbol="XOM",
                   half_life_sessions=1, baseline_half_life_sessions=4)
            for each in ("calm", "stress")
        )  # fmt: skip
        assert calm.permits(state).tolist() == [is_calm]
        assert stress.permits(state).tolist() == [not is_calm]


def test_it_may_permit_in_stress_only(after: After) -> None:
    rule = Regime(
        permits_in="stress", symbol="XOM", half_life_sessions=1, baseline_half_life_sessions=4
    )
    found = rule.explain(after(0.01), 0)
    assert found.asks == "nothing"
    assert found.statement.endswith("trading is permitted in stress")
    assert found.numbers["distance_ratio"] == pytest.approx(0.5, rel=1e-9)
    assert rule.explain(after(0.1), 0).asks == "anything"


def test_a_storm_that_lasts_becomes_normal(after: After) -> None:
    assert SHORT.permits(after(0.1, 1)).tolist() == [False]
    assert SHORT.permits(after(0.1, 15)).tolist() == [True]


def test_without_a_symbol_it_is_the_portfolio_at_its_weights(after: After) -> None:
    rule = Regime(half_life_sessions=1, baseline_half_life_sessions=4)
    weights = np.array([[0.5, 0.4, 0.1], [0.9, 0.0, 0.1], [0.0, 0.0, 1.0]])
    state = after(0.1, weights=weights)
    # Only the first holds XOM, which went wild; the last is all in cash, which does not move.
    assert rule.permits(state).tolist() == [False, True, True]
    closes = state.history.closes
    now = portfolio_volatility(closes, weights[:, :-1], 1)
    before = portfolio_volatility(closes, weights[:, :-1], 4)
    found = rule.explain(state, 0)
    assert found.numbers["whose"] == "the portfolio"
    assert found.numbers["volatility_fraction"] == now[0]
    assert found.numbers["baseline_fraction"] == before[0]
    assert found.numbers["volatility_ratio"] == now[0] / before[0]
    cash = rule.explain(state, 2)
    assert cash.numbers["volatility_ratio"] == 0
    assert cash.statement.startswith(
        "permits: the portfolio moves by 0.00 % a year, 0.00 times its 0.00 % of before"
    )


def test_a_symbol_with_one_past_is_for_all_rows(after: After) -> None:
    state = after(0.1, weights=np.repeat([[0.5, 0.4, 0.1]], 2, axis=0))
    assert SHORT.permits(state).tolist() == [False, False]


def test_it_names_its_instrument_and_its_past(after: After) -> None:
    # What is left out: two weeks beside a quarter, and half as much again is stress.
    assert Regime() == Regime(1.5, "calm", None, 10.0, 63.0)
    assert Regime().symbols() == frozenset()
    assert SHORT.symbols() == frozenset({"XOM"})
    # Five half-lives of 63 sessions and a close before the first.
    assert Regime().needs() == Needs(history_sessions=316)
    assert SHORT.needs() == Needs(history_sessions=window_sessions(4))
    with pytest.raises(
        ReadUnknown, match=r"^regime needs 316 sessions of price history, found 21: nothing"
    ):
        Regime().asks(after(0.01))
    with pytest.raises(ValueError, match=r"^regime names SPY, which is not among JPM, XOM$"):
        Regime(symbol="SPY", half_life_sessions=1, baseline_half_life_sessions=4).asks(after(0.01))


def test_the_volatility_of_now_must_be_the_shorter_one() -> None:
    for half_life in (63.0, 64.0):
        with pytest.raises(
            ValueError,
            match=rf"^half_life_sessions must be less than baseline_half_life_sessions \(sessions\), "
            rf"found {half_life:g} and 63$",
        ):
            Regime(half_life_sessions=half_life)
