"""How often: the guards that count the bot's own orders."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.guards.duplicate_order import duplicate_order
from bot.core.guards.order_count import order_count
from bot.core.guards.order_rate import order_rate
from bot.core.guards.repeated_execution import repeated_execution
from bot.core.guards.round_trip import round_trip
from tests.core.guards.given import (
    LIMITS,
    NOW,
    PREFIX,
    line,
    market,
    open_order,
    own_order,
    proposal,
    with_orders,
)

# --- order_count and order_rate


@pytest.mark.parametrize(("made", "held"), [(18, False), (19, True)])
def test_a_session_has_so_many_orders_and_no_more(made, held):
    # 20 a session: 18 and these two.
    seen = with_orders(market(), *(own_order(number) for number in range(made)))
    breaches = order_count(proposal(line(1), line(2, -5)), seen, LIMITS)
    assert bool(breaches) == held
    for breach in breaches:
        assert (breach.con_id, breach.found, breach.limit) == (None, 21, 20)


@pytest.mark.parametrize(
    ("ago_s", "made", "held"), [(59.999, 8, False), (59.999, 9, True), (60.0, 15, False)]
)
def test_a_minute_has_so_many_orders_and_no_more(ago_s, made, held):
    # 10 a minute: 8 and these two; what is a minute old does not count.
    orders = (own_order(n, made_at=NOW - timedelta(seconds=ago_s)) for n in range(made))
    breaches = order_rate(proposal(line(1), line(2, -5)), with_orders(market(), *orders), LIMITS)
    assert bool(breaches) == held


# --- repeated_execution


def tries(*outcomes, con_id=1, shares=10):
    """Return own orders, oldest first: ``f`` failed, ``.`` did not."""
    words = "".join(outcomes)
    return tuple(
        own_order(number, con_id, shares, has_failed=word == "f")
        for number, word in enumerate(words)
    )


@pytest.mark.parametrize(
    ("words", "held"),
    [("ff", False), ("fff", True), ("ffff", True), ("fff.", False), ("f.ff", False)],
)
def test_so_many_failures_in_a_row_stop_an_instrument_and_side(words, held):
    seen = with_orders(market(), *tries(words))
    breaches = repeated_execution(proposal(line(1), line(2, -5)), seen, LIMITS)
    assert {breach.con_id for breach in breaches} == ({1} if held else set())


def test_failures_of_the_other_side_or_another_instrument_do_not_count():
    seen = with_orders(market(), *tries("ff"), *tries("ff", shares=-10))
    assert repeated_execution(proposal(line(1)), seen, LIMITS) == ()
    seen = with_orders(market(), *tries("ff"), *tries("ff", con_id=2))
    assert repeated_execution(proposal(line(1)), seen, LIMITS) == ()


@pytest.mark.parametrize(("words", "held"), [("rrrr", False), ("rrrrr", True), ("rrrrr.", False)])
def test_so_many_refusals_in_a_row_of_whatever_instrument_stop_everything(words, held):
    orders = (
        own_order(number, con_id=10 + number, was_refused=word == "r", has_failed=word == "r")
        for number, word in enumerate(words)
    )
    breaches = repeated_execution(proposal(), with_orders(market(), *orders), LIMITS)
    assert bool(breaches) == held
    assert all(breach.con_id is None for breach in breaches)


def test_a_broken_line_that_loses_many_orders_at_once_is_one_mishap():
    lost = (own_order(number, con_id=10 + number, has_failed=True) for number in range(9))
    assert repeated_execution(proposal(), with_orders(market(), *lost), LIMITS) == ()


def test_what_may_still_fill_says_nothing_yet_and_what_is_in_doubt_has_failed():
    working = own_order(9, filled=0.0, is_open=True)
    assert (
        len(repeated_execution(proposal(), with_orders(market(), *tries("fff"), working), LIMITS))
        == 1
    )
    doubted = (own_order(n, filled=0.0, is_open=True, has_failed=True) for n in range(3))
    assert len(repeated_execution(proposal(), with_orders(market(), *doubted), LIMITS)) == 1


def test_a_price_that_is_made_anew_is_no_failure():
    cancelled = (own_order(number, filled=0.0) for number in range(9))
    assert repeated_execution(proposal(), with_orders(market(), *cancelled), LIMITS) == ()


# --- duplicate_order


def test_an_own_order_that_may_still_fill_is_the_only_one_of_its_instrument():
    open_one = own_order(filled=0.0, is_open=True)
    (breach,) = duplicate_order(proposal(), with_orders(market(), open_one), LIMITS)
    assert breach.con_id == 1
    assert (
        breach.statement == f"S1: {PREFIX}P1-0-1 may still fill, and this would be a second order"
    )
    assert duplicate_order(proposal(line(2, -5)), with_orders(market(), open_one), LIMITS) == ()
    assert duplicate_order(proposal(), with_orders(market(), own_order()), LIMITS) == ()


def test_an_own_order_that_only_the_broker_knows_counts_as_well():
    lost = market(open_orders=(open_order(PREFIX + "P0-0-1"),))
    assert len(duplicate_order(proposal(), lost, LIMITS)) == 1
    assert duplicate_order(proposal(line(2, -5)), lost, LIMITS) == ()
    # The journal knows this one, and knows that it ended since the list was read.
    ended = market(open_orders=(open_order(PREFIX + "P1-0-1"),))
    assert duplicate_order(proposal(), with_orders(ended, own_order()), LIMITS) == ()
    # Another hand's is not ours to count: a guard of its own speaks.
    assert duplicate_order(proposal(), market(open_orders=(open_order(""),)), LIMITS) == ()


def test_a_plan_has_one_order_for_an_instrument():
    breaches = duplicate_order(proposal(line(1), line(1), line(2, -5)), market(), LIMITS)
    assert [breach.con_id for breach in breaches] == [1, 1]


# --- round_trip


@pytest.mark.parametrize(
    ("order", "held"),
    [
        (own_order(shares=-10), True),
        (own_order(shares=-10, filled=-1.0), True),
        (own_order(shares=-10, filled=0.0, is_open=True), True),
        (own_order(shares=-10, filled=0.0), False),
        (own_order(shares=10), False),
        (own_order(con_id=2, shares=-10), False),
    ],
)
def test_what_was_traded_is_not_undone_in_the_same_session(order, held):
    assert bool(round_trip(proposal(line(1, 10)), with_orders(market(), order), LIMITS)) == held
