"""The table of IB's codes: each row against the facts that it was made from."""

from __future__ import annotations

import pytest

from bot.adapters.ib.error_codes import (
    CODES,
    FARM_BACK,
    FARM_BROKEN,
    LINK_BACK,
    LINK_LOST,
    CodeClass,
    consequence_of,
    explain,
    is_refusal,
    meaning_of,
)
from bot.core.domain.orders import REFUSALS as REFUSING
from bot.core.domain.orders import Consequence

#: What each order code means for the orders after it: the reactions of the page on IB's facts, section 3.2.
CONSEQUENCES = {
    Consequence.INFORMATIONAL: {202, 399, 404, 2102, 2109, 2137, 10311, 10349},
    Consequence.CANCEL_REFUSED: {135, 136, 161, 10147, 10148},
    Consequence.PRICE_GRID: {110},
    Consequence.ORDER_NUMBER: {103},
    Consequence.STYLE_FATAL: {111, 113, 387, 411, 439, 441, 442},
    Consequence.SYMBOL_FATAL: {154, 200, 203, 412, 460, 10015},
    Consequence.RUN_FATAL: {435, 436},
    Consequence.UNKNOWN: {100, 104, 105, 160, 329, 4711, 10006, 10241, 10242, 10268, 10269, 10270},
    Consequence.ORDER_FATAL: {
        *(106, 107, 109, 163, 164, 201, 321, 355, 382, 383, 388, 403, 434, 451),
        *range(10243, 10253),
    },
}

# Codes whose order is never live: the allow-list. Adding one here needs proof of that.
REFUSALS = {
    *(103, 106, 107, 109, 110, 111, 113, 163, 164, 200, 201, 203, 321, 355, 382, 383, 387, 388),
    *(403, 434, 435, 436, 451, 460),
    *range(10243, 10253),
}

# Codes that the client libraries take for a cancel, while the order works.
LIVE_ALL_THE_SAME = {105, 110 + 10239, 329, 399, 404, 2109, 10147, 10148, 10311}


def test_refusals_are_the_allow_list_and_nothing_else() -> None:
    assert {code for code in range(20_000) if is_refusal(code)} == REFUSALS


@pytest.mark.parametrize("consequence", Consequence)
def test_each_code_has_its_consequence_for_the_orders_after_it(consequence: Consequence) -> None:
    codes = CONSEQUENCES[consequence]
    assert {consequence_of(code, "words") for code in codes} == {consequence}


def test_every_code_that_refuses_an_order_has_a_consequence_that_refuses() -> None:
    assert {code for code in REFUSALS if consequence_of(code, "") not in REFUSING} == set()


def test_a_read_only_api_is_told_by_its_words_and_ends_the_run() -> None:
    assert consequence_of(321, "The API interface is in Read-Only mode.") is Consequence.RUN_FATAL
    assert consequence_of(201, "read-only") is Consequence.ORDER_FATAL


def test_orders_that_work_all_the_same_are_not_refused() -> None:
    assert 10349 in LIVE_ALL_THE_SAME
    assert not any(is_refusal(code) for code in LIVE_ALL_THE_SAME)
    assert {meaning_of(code).kind for code in LIVE_ALL_THE_SAME} == {CodeClass.ORDER_NOTE}


def test_a_code_without_a_row_is_unknown_and_shown() -> None:
    assert meaning_of(4711).kind is CodeClass.UNKNOWN
    assert explain(4711, "Something\nnew.") == "4711 Something new."


@pytest.mark.parametrize("code", CODES)
def test_every_explanation_is_one_line_with_ibs_own_words(code: int) -> None:
    line = explain(code, "Requested\nwords. ")
    assert line.startswith(f"{code} ")
    assert "Requested words." in line
    assert "\n" not in line


@pytest.mark.parametrize("code", [101, 354, 10089, 10090, 10091, 10167, 10168, 10186, 10187, 10197])
def test_market_data_codes_say_what_is_missing(code: int) -> None:
    row = meaning_of(code)
    assert row.kind in {CodeClass.MARKET_DATA, CodeClass.MARKET_DATA_NOTE}
    assert row.meaning


def test_the_connection_codes_have_rows() -> None:
    assert {meaning_of(code).kind for code in LINK_LOST | LINK_BACK} == {CodeClass.CONNECTION}
    assert meaning_of(FARM_BROKEN).kind is CodeClass.FARM
    assert {meaning_of(code).kind for code in FARM_BACK} == {CodeClass.INFO}
