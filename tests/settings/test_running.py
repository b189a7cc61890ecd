from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.scheduler import parse_look
from bot.settings.running import Schedule

if TYPE_CHECKING:
    from tests.settings.conftest import Load, Refusal

LOOK = '"every 15m"'


@pytest.mark.parametrize(
    "look",
    ["open+6m", "open+5m", "open+999m", "open+1h", "close-3m", "close-23h", "every 1m", "every 2h"],
)
def test_a_look_is_a_distance_from_open_or_close_or_between_looks(load: Load, look: str) -> None:
    assert look in load({LOOK: f'"{look}"'}).schedule.looks


@pytest.mark.parametrize(
    "look",
    [
        "",
        "15m",
        "every 15",
        "every  15m",
        "every15m",
        "every 0m",
        "every 24h",
        "open-5m",
        "open+05m",
        "close-0m",
        "close+5m",
        "close-1000m",
        "10:30",
        "open+5m ",
        "open+5m\\n",
    ],
)
def test_any_other_look_is_refused_with_the_forms(refusal: Refusal, look: str) -> None:
    line = refusal({LOOK: f'"{look}"'})
    assert line.startswith('[schedule] looks number 2: expected a list of "open+30m", "close-1h"')


@given(text=st.from_regex(r"(open\+|close-|every )[0-9]{1,3}[mh]", fullmatch=True))
def test_what_the_settings_accept_the_scheduler_understands(text: str) -> None:
    try:
        looks = Schedule(looks=(text,)).looks
    except ValueError:
        return
    assert parse_look(looks[0])


def test_a_look_stands_once(refusal: Refusal) -> None:
    line = refusal({LOOK: '"open+30m"'})
    assert line.startswith("[schedule] looks: expected each look once")


def test_at_least_one_look_is_needed(refusal: Refusal) -> None:
    line = refusal({'["open+30m", "every 15m", "close-60m"]': "[]"})
    assert line.startswith("[schedule] looks: expected a list")


def test_an_exchange_is_a_market_identifier(refusal: Refusal) -> None:
    line = refusal({"[schedule]": '[schedule]\nexchange = "NYSE "'})
    assert line.startswith("[schedule] exchange: expected four capitals of ISO 10383")
