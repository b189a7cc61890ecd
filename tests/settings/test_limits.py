"""No file lifts a limit above what is compiled in, and every limit of the guards can be written in one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.core.guards.limits import HARD_MAXIMA, MAY_BE_ZERO
from bot.core.guards.registry import REGISTRY
from bot.settings import convert
from bot.settings.limits import Limits
from bot.settings.trading import Execution

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

# One limit stands where orders are worked, since it is also a moment of theirs.
ELSEWHERE = {"no_trade_before_close_s": ("[execution]", Execution)}
NOT_OF_GUARDS = convert.NO_LIMITS


def written(key: str, value: float) -> dict[str, str]:
    """Return the change of config/paper.toml that writes one limit."""
    table, model = ELSEWHERE.get(key, ("[limits]", Limits))
    is_there = model.model_fields[key].is_required()
    number = f"{value:.12f}".rstrip("0").rstrip(".")
    if is_there:
        return {f"\n{key} = ": f"\n{key} = {number} # "}
    return {f"{table}\n": f"{table}\n{key} = {number}\n"}


def test_every_limit_of_the_guards_is_a_key_and_every_key_a_limit() -> None:
    assert set(HARD_MAXIMA) == (set(Limits.model_fields) - NOT_OF_GUARDS) | set(ELSEWHERE)


@pytest.mark.parametrize("key", HARD_MAXIMA)
def test_a_limit_just_above_its_compiled_maximum_is_refused(refusal: Refusal, key: str) -> None:
    most = HARD_MAXIMA[key]
    above = most + 1 if most >= 5 else most + 1e-6
    assert f"{key}: expected a" in refusal(written(key, above))


@pytest.mark.parametrize("key", HARD_MAXIMA)
def test_what_a_file_says_reaches_the_guards(load: Load, key: str) -> None:
    # The half, which agrees with the other keys; the looks, half an hour from the open on, leave less to the pauses.
    half = 180.0 if key.startswith("no_trade_") else HARD_MAXIMA[key] / 2
    value = int(half) if half >= 5 or half in {1.0, 2.0} else half
    assert getattr(convert.limits(load(written(key, value))), key) == value


@pytest.mark.parametrize("key", sorted(MAY_BE_ZERO - set(ELSEWHERE)))
def test_a_limit_that_means_something_at_0_may_be_written_as_0(load: Load, key: str) -> None:
    assert getattr(convert.limits(load(written(key, 0))), key) == 0


def test_a_session_may_trade_what_a_plan_may_unless_a_file_says_more(load: Load) -> None:
    assert convert.limits(load()).day_turnover_max == 0.5
    assert convert.limits(load(written("day_turnover_max", 0.75))).day_turnover_max == 0.75


@pytest.mark.parametrize(
    "window", ["23:40-00:15", "24:00-00:15 America/New_York", "23:40-00:15 Nowhere/Land", ""]
)
def test_a_restart_window_is_two_times_and_a_zone(refusal: Refusal, window: str) -> None:
    line = refusal({"[limits]\n": f'[limits]\nrestart_window = "{window}"\n'})
    assert line.startswith("[limits] restart_window: expected begin, end and zone")


@pytest.mark.parametrize("tier", ["notify", "confirm"])
@pytest.mark.parametrize(
    ("written_tier", "words"),
    [
        (
            "{ plan_turnover_max = 0.5 }",
            "expected more than 0 and less than [limits] plan_turnover_max = 0.5",
        ),
        (
            "{ day_turnover_max = 0.5 }",
            "expected more than 0 and less than [limits] day_turnover_max = 0.5",
        ),
        ("{ plan_turnover_max = 0 }", "found 0"),
        ("{ quote_age_max_s = 5 }", "quote_age_max_s is no limit that has tiers"),
        ("{ plan_turnover = 0.1 }", "plan_turnover is no limit that has tiers"),
    ],
)
def test_a_tier_is_stricter_than_its_limit(
    refusal: Refusal, tier: str, written_tier: str, words: str
) -> None:
    line = refusal({"[limits]\n": f"[limits]\n{tier} = {written_tier}\n"})
    assert line.startswith(f"[limits] {tier}: ")
    assert words in line


def test_a_tier_is_the_limits_with_its_own_in_their_place(load: Load) -> None:
    settings = load({"[limits]\n": "[limits]\nnotify = { plan_turnover_max = 0.1 }\n"})
    told = convert.notices(settings)
    assert told is not None
    assert (told.plan_turnover_max, told.order_nav_max) == (0.1, 0.15)
    assert convert.confirmations(settings) is None


def test_the_page_of_guards_has_every_guard_in_order_with_its_maxima() -> None:
    text = (Path(__file__).parent.parent.parent / "docs" / "guards.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if "|" in line
    ]
    assert [row[0] for row in rows[2:]] == list(REGISTRY)
    told = [name for row in rows[2:] for name in re.findall(r"`(\w+)`", row[2])]
    assert {*told} == (set(HARD_MAXIMA) | {"market_index", "restart_window", "flow_ack"})
    for row in rows[2:]:
        names = [name for name in re.findall(r"`(\w+)`", row[2]) if name in HARD_MAXIMA]
        most = [
            float(number)
            for number in re.findall(r"\d+(?:e\d+)?(?:\.\d+)?", row[4].split(", conf")[0])
        ]
        hours = [HARD_MAXIMA[name] / (3600 if name.startswith("no_trade") else 1) for name in names]
        assert most == hours, row[0]
        for name, default in zip(names, row[3].split(", ")[-len(names) :], strict=False):
            field = Limits.model_fields.get(name)
            if field is not None and default == "none":
                assert field.is_required(), name
