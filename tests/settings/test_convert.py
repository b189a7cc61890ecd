from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from bot.core.domain.instrument import InstrumentSpec
from bot.core.guards.proposal import Limits
from bot.core.planner.shares import PlannerRules
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.destination import Destination
from bot.core.targets.registry import REGISTRY as TARGETS
from bot.settings import convert
from bot.settings.targets import Targets

if TYPE_CHECKING:
    import pytest
    from numpy.typing import NDArray

    from tests.settings.conftest import Load

BAND = '{ kind = "absolute_band", width = 0.05 }'
CALENDAR = '{ kind = "calendar", every = "quarter" }'


def test_instruments_keep_the_order_of_the_file_and_take_the_currency_of_the_account(
    load: Load,
) -> None:
    xom = '"XOM", weight = 0.099'
    settings = load({xom: f'{xom}, currency = "USD", primary_exchange = "NYSE", con_id = 13977'})
    specs = convert.instrument_specs(settings)
    assert [spec.symbol for spec in specs] == [
        "AAPL",
        "BAC",
        "CVX",
        "GE",
        "HD",
        "JNJ",
        "JPM",
        "KO",
        "MSFT",
        "XOM",
    ]
    assert specs[0] == InstrumentSpec("AAPL", "USD")
    assert specs[-1] == InstrumentSpec("XOM", "USD", primary_exchange="NYSE", con_id=13977)


def test_target_weights_have_cash_last(load: Load) -> None:
    weights = convert.target_weights(load())
    np.testing.assert_array_equal(weights, [0.099] * 10 + [0.01])
    assert weights.dtype == np.float64


class _AllInCash:
    def __init__(self, values: tuple[float, ...]) -> None:
        self.count = len(values)

    def weights(self) -> NDArray[np.float64]:
        return np.array([0.0] * (self.count - 1) + [1.0])


def test_the_kind_of_targets_chooses_their_source(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load()
    monkeypatch.setitem(TARGETS, "static", _AllInCash)
    np.testing.assert_array_equal(convert.target_weights(settings), [0.0] * 10 + [1.0])


def test_every_kind_of_targets_has_a_source() -> None:
    assert set(get_args(Targets.model_fields["kind"].annotation)) == set(TARGETS)


def test_cash_without_a_width_is_free(load: Load) -> None:
    widths = convert.band_half_width(load())
    np.testing.assert_array_equal(widths, [0.05] * 10 + [np.inf])


def test_cash_has_its_own_width(load: Load) -> None:
    widths = convert.band_half_width(load({"width = 0.05": "width = 0.05, cash_width = 0.02"}))
    np.testing.assert_array_equal(widths, [0.05] * 10 + [0.02])


def test_without_one_band_there_is_no_half_width(load: Load) -> None:
    target = {'"halfway"': '"target"'}
    assert convert.band_half_width(load({BAND: CALENDAR, **target})) is None
    two = f"{BAND}, {BAND.replace('0.05', '0.04')}"
    assert convert.band_half_width(load({BAND: two, **target})) is None


def test_the_rule_tree_becomes_the_policy_tree(load: Load) -> None:
    assert convert.policy(load()) == AnyOf((AbsoluteBand(0.05), Calendar("quarter", 1, 5)))
    calendar = '{ kind = "calendar", every = "month", nth_session = 2, catch_up_sessions = 0 }'
    nested = f'{{ kind = "all_of", rules = [{BAND}, {calendar}] }}'
    policy = convert.policy(load({BAND: nested}))
    both = AllOf((AbsoluteBand(0.05), Calendar("month", 2, 0)))
    assert policy == AnyOf((both, Calendar("quarter", 1, 5)))


def test_every_destination_is_known_to_the_core(load: Load) -> None:
    for destination in Destination:
        settings = load({'"halfway"': f'"{destination.value}"'})
        assert convert.destination(settings) is destination


def test_limits_and_rules_keep_their_numbers(load: Load) -> None:
    settings = load()
    assert convert.limits(settings) == Limits(
        quote_age_max_s=10,
        spread_max_bps=50,
        collar_max_bps=100,
        order_notional_max=150000,
        plan_turnover_max=0.5,
        nav_difference_max=0.01,
    )
    assert convert.planner_rules(settings) == PlannerRules(minimum_trade=500, cash_buffer=0.002)
