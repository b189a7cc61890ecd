"""Each style at a gateway that serves it, in virtual time: what is asked for, when it ends, and what follows.

`wrongs` of a trial is asked after every look: no order twice, no leg overfilled, no short.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.gateway import GatewayConfig
from tests.engine.faults.trial import Trial, run


def by_leg(story):
    """The orders of each leg as the broker had them, oldest first."""
    orders = {order.ticket.order_ref: order for order in story.orders}
    legs = defaultdict(list)
    for intent in story.intents:
        if intent.order_ref in orders:
            legs[intent.plan_id, intent.leg].append((intent, orders[intent.order_ref]))
    return legs


def at(hour, minute):
    """A moment of the replayed day, exchange time, which is four hours behind UTC then."""
    return GatewayConfig(at=datetime(2020, 6, 1, hour + 4, minute, tzinfo=UTC))


def test_mid_goes_to_the_far_side_order_by_order_and_fills(tmp_path):
    story = run(Trial(execution='ladder = ["mid"]\norder_timeout_s = 10'), tmp_path)
    assert story.wrong == []
    assert (story.looks[0].outcome, story.looks[-1].outcome) == ("traded", "nothing_to_do")
    assert {order.ticket.order_type for order in story.orders} == {"LMT"}
    for orders in by_leg(story).values():
        # 0, 1/2 and 1 of the way; the replayed quote moves little in half a minute.
        assert 1 <= len(orders) <= 3
        assert orders[-1][1].status.value == "Filled"
        for (_, before), (_, after) in pairwise(orders):
            assert before.status.value == "Cancelled"
            assert before.ended_at <= after.ended_at
    assert max(map(len, by_leg(story).values())) > 1


def test_orders_that_may_name_a_moment_at_which_they_die(tmp_path):
    """60 s to work, 10 s for the cancel, and two minutes: after 190 s the broker takes it off by itself."""
    story = run(Trial(), tmp_path)
    for intent, order in [pair for pairs in by_leg(story).values() for pair in pairs]:
        assert order.ticket.time_in_force == "GTD"
        assert order.ticket.good_till_date == f"{intent.good_till:%Y%m%d-%H:%M:%S}"
        assert order.expires_at == intent.good_till
    first = min(intent.good_till for intent in story.intents)
    assert timedelta(seconds=189) < first - GatewayConfig().at < timedelta(seconds=240)


@pytest.mark.parametrize(
    ("style", "order_type", "algorithm"),
    [("midprice", "MIDPRICE", ""), ("adaptive", "LMT", "Adaptive")],
)
def test_what_the_broker_works_is_capped_at_our_limit(tmp_path, style, order_type, algorithm):
    story = run(Trial(execution=f'ladder = ["{style}"]'), tmp_path)
    assert story.wrong == []
    assert story.looks[-1].outcome == "nothing_to_do"
    for order in story.orders:
        ticket = order.ticket
        assert (ticket.order_type, ticket.algorithm) == (order_type, algorithm)
        assert ticket.time_in_force == "DAY"
        assert order.limit == ticket.limit > 0
        assert order.side.value * (order.average_price - ticket.limit) <= 0


def test_a_style_that_does_not_fill_makes_room_for_the_next_and_at_last_the_leg_is_given_up(
    tmp_path,
):
    """Nothing trades: one order of each style, each cancelled before the next, then nothing more."""
    rules = (
        'ladder = ["mid", "midprice", "adaptive", "limit"]\nattempts_max = 1\norder_timeout_s = 5'
    )
    stuck = {"state": "PreSubmitted", "count": 0}
    story = run(Trial("stuck-order", stuck, execution=rules), tmp_path)
    assert story.wrong == []
    assert story.looks[0].outcome == "abandoned"
    assert "not filled in 4 attempts" in story.looks[0].statement
    for orders in by_leg(story).values():
        assert [intent.style for intent, _ in orders] == ["mid", "midprice", "adaptive", "limit"]
        assert {order.status.value for _, order in orders} == {"Cancelled"}
        ends = [order.ended_at for _, order in orders]
        assert ends == sorted(ends)


def test_slices_follow_one_another_at_their_interval_and_add_up_to_the_leg(tmp_path):
    """Three slices, 20 s apart at least: 100 shares are 34, 34 and 32."""
    story = run(Trial(execution="slices = 3\nslice_interval_s = 20"), tmp_path)
    assert story.wrong == []
    assert story.looks[-1].outcome == "nothing_to_do"
    for orders in by_leg(story).values():
        sells = [order for intent, order in orders if intent.shares < 0]
        assert len(sells) in {0, 3}
        for before, after in pairwise(sells):
            assert after.ended_at - before.ended_at >= timedelta(seconds=19)
        if sells:
            assert sells[0].quantity == -(-sum(order.quantity for order in sells) // 3)
            assert [intent.slice_number for intent, _ in orders] == [0, 1, 2]


def test_no_order_is_larger_than_its_part_of_the_daily_volume(tmp_path):
    """MSFT trades some 30 million shares a day: 0.00001 of it is about 300, so 474 shares need two orders."""
    story = run(Trial(execution="order_volume_max = 0.00001"), tmp_path)
    assert story.wrong == []
    assert story.looks[-1].outcome == "nothing_to_do"
    assert len(story.orders) > len({order.instrument.symbol for order in story.orders})
    for orders in by_leg(story).values():
        sizes = [order.quantity for _, order in orders]
        # What is cut by size is cut to the same size until the rest; buys may be cut further by the cash.
        if orders[0][0].shares < 0:
            assert sizes == sorted(sizes, reverse=True)
            assert len(set(sizes[:-1])) <= 1


def test_no_order_is_larger_than_what_the_quote_shows(tmp_path):
    """Whatever is shown of a stock, half of it is less than the largest leg: it needs several orders."""
    story = run(Trial(execution="order_displayed_max = 0.5\norders_per_leg_max = 1000"), tmp_path)
    assert story.wrong == []
    assert len(story.orders) > len({order.instrument.symbol for order in story.orders})


def test_nothing_works_after_the_deadline_before_the_close(tmp_path):
    """Orders that would work for an hour, at 15:29, with half an hour to be left free: cancelled by 15:30."""
    rules = "order_timeout_s = 3600\nno_trade_before_close_s = 1800\nattempts_max = 1"
    stuck = {"state": "PreSubmitted", "count": 0}
    story = run(Trial("stuck-order", stuck, config=at(15, 29), execution=rules), tmp_path)
    assert story.wrong == []
    assert story.orders
    deadline = at(15, 30).at
    for order in story.orders:
        assert order.status.value == "Cancelled"
        assert deadline <= order.ended_at < deadline + timedelta(seconds=5)


def test_limit_on_close_works_until_the_auction_and_not_after_its_cutoff(tmp_path):
    """At 15:49 the sells go to the auction at 16:00; at 15:50 the exchange takes none any more."""
    rules = 'ladder = ["limit_on_close"]\nclose_cutoff_s = 600'
    story = run(Trial(config=at(15, 49), execution=rules), tmp_path)
    assert story.wrong == []
    assert {(order.ticket.order_type, order.ticket.time_in_force) for order in story.orders} == {
        ("LOC", "DAY")
    }
    assert {order.status.value for order in story.orders} == {"Filled"}
    assert {order.ended_at for order in story.orders} == {at(16, 0).at}


def test_too_late_for_the_auction_the_leg_is_given_up(tmp_path):
    rules = 'ladder = ["limit_on_close"]\nclose_cutoff_s = 1200'
    story = run(Trial(config=at(15, 41), execution=rules), tmp_path)
    assert story.intents == []
    assert story.looks[0].outcome == "abandoned"
    assert "too late for an order in the closing auction" in story.looks[0].statement
