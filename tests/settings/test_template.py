from __future__ import annotations

import tempfile
from math import fsum, inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.settings import Settings, load_settings
from bot.settings.keys import tables
from bot.settings.template import Draft, DraftHolding, render_config, target_steps


def draft_of(*weights: float, base: float = 1_000_000.0, folder: str = "state") -> Draft:
    return Draft(
        account="DU7654321",
        currency="EUR",
        port=4002,
        state_dir=folder,
        holdings=tuple(DraftHolding(f"S{number}", weight) for number, weight in enumerate(weights)),
        base=base,
    )


def loaded(draft: Draft) -> Settings:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bot.toml"
        path.write_text(render_config(draft), encoding="utf-8")
        return load_settings(path, {})


def test_a_new_configuration_observes_the_account_as_it_is() -> None:
    holdings = (
        DraftHolding("VTI", 0.6, con_id=12340041),
        DraftHolding("BRK B", 0.3),
    )
    draft = Draft(
        account="U1234567",
        currency="USD",
        host="ib-gateway",
        port=4001,
        library="ib_async",
        state_dir="/var/lib/bot",
        holdings=holdings,
        base=1_234_567.0,
    )
    settings = loaded(draft)
    assert settings.mode == "observe"
    assert (settings.account.id, settings.account.currency) == ("U1234567", "USD")
    assert (settings.broker.host, settings.broker.port) == ("ib-gateway", 4001)
    assert settings.broker.library == "ib_async"
    assert settings.state.dir == Path("/var/lib/bot")
    assert [each.symbol for each in settings.targets.holdings] == ["VTI", "BRK B"]
    assert [each.con_id for each in settings.targets.holdings] == [12340041, None]
    # Whatever the holdings leave of 1 is cash.
    assert settings.targets.cash == 0.1
    # A tenth of 1,234,567 to two digits; a quarter of the base a plan; a thousandth to two digits.
    assert settings.limits.order_notional_max == 120_000
    assert settings.limits.order_nav_max == 0.1
    assert settings.limits.order_volume_max == 0.01
    assert settings.limits.close_move_max == 0.1
    assert settings.limits.plan_turnover_max == 0.25
    assert settings.planner.minimum_trade == 1_200


def test_a_paper_gateway_that_replays_the_past_may_set_the_clock() -> None:
    holdings = (DraftHolding("KO", 0.5),)
    draft = Draft("DU1234567", "USD", 4002, "s", holdings, 1e6, follow_gateway_time=True)
    assert loaded(draft).broker.follow_gateway_time


@given(
    shares=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=50),
    invested=st.floats(1e-6, 1.5),
    base=st.floats(1.0, 1e13),
)
def test_whatever_is_held_makes_a_configuration_that_loads(
    shares: list[float], invested: float, base: float
) -> None:
    scale = invested / fsum(shares)
    settings = loaded(draft_of(*(share * scale for share in shares), base=base))
    weights = [each.weight for each in settings.targets.holdings]
    assert len(weights) == len(shares)
    assert abs(fsum([*weights, settings.targets.cash]) - 1) <= 1e-9


@given(shares=st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=50), invested=st.floats(0.01, 1))
def test_written_weights_sum_to_exactly_one_and_stay_close_to_what_is_held(
    shares: list[float], invested: float
) -> None:
    scale = invested / fsum(shares)
    held = [share * scale for share in shares]
    weights, cash = target_steps(draft_of(*held))
    assert sum(weights) + cash == 1
    assert cash >= 0
    # Each is rounded to a hundred-thousandth; up to fifty that round up may be given back by the largest.
    for weight, share in zip(weights, held, strict=True):
        assert weight > 0
        assert abs(float(weight) - share) <= (1 + len(held)) / 100_000


def test_what_is_held_on_borrowed_money_is_scaled_down_without_cash() -> None:
    # 0.9 and 0.6 are 1.5 of the base: six and four tenths of what can be a target.
    settings = loaded(draft_of(0.9, 0.6))
    assert [each.weight for each in settings.targets.holdings] == [0.6, 0.4]
    assert settings.targets.cash == 0
    assert settings.planner.cash_buffer == 0


def test_little_cash_makes_a_buffer_that_fits() -> None:
    settings = loaded(draft_of(0.999))
    assert settings.targets.cash == settings.planner.cash_buffer == 0.001


def test_many_small_holdings_do_not_spend_more_than_there_is() -> None:
    # Thirty at a millionth round up to a hundred-thousandth each; the large one gives them back.
    weights, cash = target_steps(draft_of(0.99997, *[1e-6] * 30))
    assert [f"{weight:f}" for weight in weights[:2]] == ["0.9997", "0.00001"]
    assert cash == 0


def test_equal_caps_follow_the_base() -> None:
    settings = loaded(draft_of(0.5, base=54_321.0))
    assert settings.limits.order_notional_max == 5_400
    assert settings.planner.minimum_trade == 54


@pytest.mark.parametrize("weight", [0.0, -0.1, nan, inf])
def test_what_cannot_be_a_target_is_refused(weight: float) -> None:
    with pytest.raises(ConfigError, match="S1: expected a weight above 0"):
        render_config(draft_of(0.5, weight))


def test_an_empty_account_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one holding"):
        render_config(draft_of())


@pytest.mark.parametrize("base", [0.0, -1.0, nan, inf])
def test_a_base_that_is_no_money_is_refused(base: float) -> None:
    with pytest.raises(ConfigError, match="expected a base above 0"):
        render_config(draft_of(0.5, base=base))


@given(
    folder=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
)
def test_any_folder_name_is_written_so_that_it_is_read_back(folder: str) -> None:
    text = f"/state/{folder}"
    assert loaded(draft_of(0.5, folder=text)).state.dir == Path(text).resolve()


def test_every_key_is_written_below_a_comment_of_its_own() -> None:
    lines = render_config(draft_of(0.5)).splitlines()
    for table, model in tables(Settings):
        for name, field in model.model_fields.items():
            starts = (f"{name} = ", f"[{table}.{name}]", f"# {name} = ")
            places = [number for number, line in enumerate(lines) if line.startswith(starts)]
            assert places, name
            assert lines[places[0] - 1].startswith("# "), (name, field)
