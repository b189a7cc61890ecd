from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from bot.core.costs.model import CostModel
from bot.core.domain.instrument import InstrumentSpec
from bot.core.guards.limits import Limits
from bot.core.planner.rules import PlannerRules
from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.calendar import Calendar
from bot.core.policy.destination import Destination, Reach
from bot.core.targets.current import CurrentWeights
from bot.core.targets.source import Universe
from bot.core.targets.static import StaticWeights
from bot.settings import convert
from bot.settings.rules import Policy as SettingsPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.settings.conftest import Load

BAND = '{ kind = "absolute_band", width = 0.05 }'
CALENDAR = '{ kind = "calendar", every = "quarter" }'
CURRENT = 'source = { kind = "current" }'
INDEX = 'source = { kind = "index", file = "index.csv" }'


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


def test_the_universe_is_what_stands_beside_the_instruments(load: Load) -> None:
    xom = '"XOM", weight = 0.099'
    universe = convert.universe(load({xom: f'{xom}, asset_class = "energy"'}))
    assert universe == Universe(
        symbols=("AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "MSFT", "XOM"),
        asset_classes=("",) * 9 + ("energy",),
        written=(0.099,) * 10,
        cash=0.01,
    )


def test_a_weight_that_is_left_out_is_none(load: Load) -> None:
    settings = load({", weight = 0.099": "", "holdings = [": f"{CURRENT}\nholdings = ["})
    assert convert.universe(settings).written == (None,) * 10


def test_targets_are_static_unless_a_source_is_named(load: Load) -> None:
    assert convert.target_source(load()) == StaticWeights()
    settings = load({", weight = 0.099": "", "holdings = [": f"{CURRENT}\nholdings = ["})
    assert convert.target_source(settings) == CurrentWeights()


def test_instruments_that_only_the_source_names_come_last(load: Load, file: Path) -> None:
    file.parent.mkdir()
    symbols = ("NEW", "AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "MSFT", "XOM")
    lines = (f"2022-11-21,{symbol},100,1\n" for symbol in symbols)
    text = "".join(("effective_on,symbol,shares,float_factor\n", *lines))
    (file.parent / "index.csv").write_text(text, encoding="utf-8")
    changes = {
        ", weight = 0.099": "",
        '"XOM" }': '"XOM", con_id = 13977, lot = 10 }',
        "holdings = [": f"{INDEX}\nholdings = [",
    }
    settings = load(changes)
    assert settings.targets.symbols[-2:] == ("XOM", "NEW")
    assert settings.targets.symbols.count("KO") == 1
    specs = convert.instrument_specs(settings)
    assert specs[-2:] == (
        InstrumentSpec("XOM", "USD", con_id=13977),
        InstrumentSpec("NEW", "USD"),
    )
    assert convert.universe(settings).symbols == settings.targets.symbols
    marks = convert.marks(settings)
    assert marks.lots.tolist() == [1] * 9 + [10, 1]
    assert marks.may_buy.all()
    assert marks.may_sell.all()


def test_marks_say_what_may_be_done_with_each_instrument(load: Load) -> None:
    settings = load(
        {
            '"AAPL", weight = 0.099': '"AAPL", weight = 0.099, trade = "buy_only", lot = 100',
            '"BAC", weight = 0.099': '"BAC", weight = 0.099, trade = "sell_only"',
            '"CVX", weight = 0.099': '"CVX", weight = 0.099, trade = "none"',
        }
    )
    marks = convert.marks(settings)
    assert marks.lots.tolist() == [100, *[1] * 9]
    assert marks.lots.dtype == np.int64
    assert marks.may_buy.tolist() == [True, False, False, *[True] * 7]
    assert marks.may_sell.tolist() == [False, True, False, *[True] * 7]
    assert marks.may_buy.dtype == marks.may_sell.dtype == np.bool_


def test_the_rule_tree_becomes_the_policy_tree(load: Load) -> None:
    assert convert.policy(load()) == AnyOf((AbsoluteBand(0.05), Calendar("quarter", 1, 5)))
    calendar = '{ kind = "calendar", every = "month", nth_session = 2, catch_up_sessions = 0 }'
    nested = f'{{ kind = "all_of", rules = [{BAND}, {calendar}] }}'
    policy = convert.policy(load({BAND: nested}))
    both = AllOf((AbsoluteBand(0.05), Calendar("month", 2, 0)))
    assert policy == AnyOf((both, Calendar("quarter", 1, 5)))


@pytest.mark.parametrize("reach", [Reach.TARGET, Reach.HALFWAY, Reach.EDGE])
def test_a_destination_is_the_cores(load: Load, reach: Reach) -> None:
    settings = load({'"halfway"': f'"{reach.value}"'})
    assert convert.destination(settings) == Destination(reach)


@pytest.mark.parametrize("reach", [Reach.FRACTION, Reach.DISTANCE])
def test_a_destination_has_its_amount(load: Load, reach: Reach) -> None:
    settings = load({'"halfway"': f'"{reach.value}"\ndestination_amount = 0.04'})
    assert convert.destination(settings) == Destination(reach, 0.04)


def test_every_destination_but_that_of_cash_can_be_written() -> None:
    written = get_args(SettingsPolicy.model_fields["destination"].annotation)
    # To use cash is what a rule asks for, never what is configured.
    assert set(written) == {reach.value for reach in Reach} - {"use_cash"}


def test_costs_are_those_of_the_model_unless_written(load: Load) -> None:
    assert convert.costs(load()) == CostModel()
    costs = '[costs]\ncommission = "tiered"\nhalf_spread_bps = 2.5\n\n[limits]'
    assert convert.costs(load({"[limits]": costs})) == CostModel(
        commission="tiered", half_spread_bps=2.5
    )


def test_limits_and_rules_keep_their_numbers(load: Load) -> None:
    settings = load()
    assert convert.limits(settings) == Limits(
        quote_age_max_s=10,
        spread_max_bps=50,
        quote_jump_max_bps=300,
        collar_max_bps=100,
        close_move_max=0.2,
        order_notional_max=150000,
        order_nav_max=0.15,
        order_volume_max=0.01,
        concentration_max=1,
        plan_turnover_max=0.5,
        # Left out: as much as one plan.
        day_turnover_max=0.5,
        day_loss_max=0.1,
        index_fall_max=0.07,
        nav_difference_max=0.01,
        orders_per_day_max=300,
        orders_per_minute_max=100,
        repeats_max=3,
        refusals_max=5,
        round_trips_max=0,
        excess_liquidity_min=0.1,
        no_trade_after_open_s=300,
        # That of [execution].
        no_trade_before_close_s=120,
    )
    assert convert.planner_rules(settings) == PlannerRules(minimum_trade=500, cash_buffer=0.002)


def test_planner_rules_take_what_is_written(load: Load) -> None:
    keys = (
        "cash_buffer = 0.003\nminimum_drift = 0.0005\nturnover_max = 0.1\nparticipation_max = 0.05"
    )
    settings = load({"[planner]": f'[planner]\naccount_type = "cash"\n{keys}'})
    assert convert.planner_rules(settings) == PlannerRules(
        minimum_trade=500,
        cash_buffer=0.003,
        minimum_drift=0.0005,
        turnover_max=0.1,
        participation_max=0.05,
    )
    assert settings.planner.account_type == "cash"
    assert load().planner.account_type == "margin"
