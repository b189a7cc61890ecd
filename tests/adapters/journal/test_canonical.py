from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.journal import canonical_json

if TYPE_CHECKING:
    from random import Random


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


def test_keys_are_sorted_and_there_are_no_blanks() -> None:
    assert canonical_json({"b": 1, "a": [1, 2], "B": None}) == '{"B":null,"a":[1,2],"b":1}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), '"1.50"'),
        (Decimal("1E+2"), '"1E+2"'),
        (Decimal("-0"), '"-0"'),
        (datetime(2026, 1, 2, 14, 30, tzinfo=UTC), '"2026-01-02T14:30:00.000000+00:00"'),
        (
            # Five hours behind UTC: the same instant is the same text.
            datetime(2026, 1, 2, 9, 30, 0, 7, tzinfo=timezone(timedelta(hours=-5))),
            '"2026-01-02T14:30:00.000007+00:00"',
        ),
        (date(2026, 1, 2), '"2026-01-02"'),
        (Colour.RED, '"red"'),
        (Level.HIGH, "3"),
        (True, "true"),
        (None, "null"),
        ((1, 2), "[1,2]"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (-0.0, "-0.0"),
        (np.float64(0.1), "0.1"),
        (np.float32(0.5), "0.5"),
        (np.int64(7), "7"),
        (np.uint8(7), "7"),
        (np.bool_(True), "true"),  # noqa: FBT003
        (np.str_("x"), '"x"'),
        ("é\n", '"\\u00e9\\n"'),
        (2**80, "1208925819614629174706176"),
    ],
)
def test_each_value_has_one_text(value: object, text: str) -> None:
    assert canonical_json({"v": value}) == f'{{"v":{text}}}'


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        np.float64("nan"),
        np.float32("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_what_is_not_a_finite_number_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(ValueError, match=r"^body\.legs\[1\]\.price: only a finite"):
        canonical_json({"legs": [{"price": 1}, {"price": value}]})


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^body\.at: a time needs its zone"):
        canonical_json({"at": datetime(2026, 1, 2)})  # noqa: DTZ001


@pytest.mark.parametrize(
    "value", [{1, 2}, b"x", object(), timedelta(1), np.array([1.0]), 1 + 2j, Colour]
)
def test_what_has_no_one_form_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(TypeError, match=r"^body\.v: .* has no canonical JSON form"):
        canonical_json({"v": value})


@pytest.mark.parametrize("key", [1, None, True, date(2026, 1, 2), Colour.RED])
def test_a_key_that_is_not_text_is_refused(key: object) -> None:
    with pytest.raises(TypeError, match=r"^body\.v: a key must be text"):
        canonical_json({"v": {key: 1}})


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
_BODIES = st.dictionaries(st.text(), _JSON, max_size=4)


@given(_BODIES)
def test_json_reads_back_as_it_was(body: dict[str, Any]) -> None:
    text = canonical_json(body)
    assert json.loads(text) == body
    assert text.isascii()


@given(_BODIES)
def test_what_was_read_back_is_written_as_the_same_bytes(body: dict[str, Any]) -> None:
    text = canonical_json(body)
    assert canonical_json(json.loads(text)) == text


@given(_BODIES, st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_added_does_not_show(
    body: dict[str, Any], random: Random
) -> None:
    items = list(body.items())
    random.shuffle(items)
    assert canonical_json(dict(items)) == canonical_json(body)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_comes_back_with_its_exponent(value: Decimal) -> None:
    back = Decimal(json.loads(canonical_json({"v": value}))["v"])
    assert back.as_tuple() == value.as_tuple()


@given(st.datetimes(timezones=st.timezones()), st.timezones())
def test_an_instant_is_the_same_text_in_every_zone(moment: datetime, zone: tzinfo) -> None:
    instant = moment.astimezone(UTC)
    if not datetime(2, 1, 1, tzinfo=UTC) < instant < datetime(9998, 1, 1, tzinfo=UTC):
        return
    text = canonical_json({"v": instant})
    assert canonical_json({"v": instant.astimezone(zone)}) == text
    assert datetime.fromisoformat(json.loads(text)["v"]) == instant


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_numpy_float_is_written_as_pythons(value: float) -> None:
    assert canonical_json({"v": np.float64(value)}) == canonical_json({"v": value})
