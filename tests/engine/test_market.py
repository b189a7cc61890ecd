"""What guards may look at, and where the bot stands when they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.adapters.clock import WallClock
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import Known, Unknown
from bot.core.guards.close_move import CONFIRM_S
from bot.core.machines.order import OrderEvent
from bot.core.planner.base import value
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.execution.judging import CLOCKS_APART, judge, own_order, standing_of
from bot.engine.execution.send import Refused, send
from bot.engine.histories import history_from, measures_of
from bot.engine.knowledge import read_outside
from bot.engine.market import market_of, with_second_read
from bot.engine.monitor.snapshot import take_snapshot
from bot.engine.report import Outcome
from tests.core.guards import given


class Waiting:
    """A clock that is moved by whoever waits, and keeps count of it."""

    def __init__(self):
        self.waited_s = 0.0

    def now(self):
        return given.NOW + timedelta(seconds=self.waited_s)

    def monotonic(self):
        return self.waited_s

    async def sleep(self, seconds):
        self.waited_s += seconds


class Quoting:
    """A broker's quotes: 115 at every read."""

    def __init__(self, clock):
        self.clock = clock
        self.asked = []

    async def read_quotes(self, instruments):
        self.asked.append([each.con_id for each in instruments])
        quotes = {each.con_id: at(115.0, each.con_id, self.clock.now()) for each in instruments}
        return {con_id: Known(quote, "test", self.clock.now()) for con_id, quote in quotes.items()}


def at(mid, con_id=1, now=given.NOW):
    return Quote(con_id, mid - 0.1, mid + 0.1, mid, 100.0, QuoteKind.LIVE, now)


def watching(desk):
    clock = Waiting()
    limits = replace(desk.mandate.limits, close_move_max=0.1)
    mandate = replace(desk.mandate, limits=limits)
    return replace(desk, clock=clock, broker=Quoting(clock), mandate=mandate)


async def test_a_large_move_is_read_again_and_then_confirmed(desk):
    made = watching(desk)
    instruments = [given.instrument(1), given.instrument(2)]
    quotes = {1: Known(at(115.0), "test", given.NOW), 2: Known(at(100.0, 2), "test", given.NOW)}
    seen = given.market(quotes=quotes, first_quotes=quotes)
    again = await with_second_read(made, seen, instruments)
    assert made.clock.waited_s == CONFIRM_S
    # All of the plan are read again: the others' quotes have grown old meanwhile.
    assert made.broker.asked == [[1, 2]]
    assert again.first_quotes == quotes
    assert again.quotes[1].value.received_at == given.NOW + timedelta(seconds=CONFIRM_S)
    assert again.now == made.clock.now()


async def test_on_other_days_nothing_is_waited_for(desk):
    made = watching(desk)
    quotes = {1: Known(at(109.0), "test", given.NOW)}
    seen = given.market(quotes=quotes, first_quotes=quotes)
    assert await with_second_read(made, seen, [given.instrument(1)]) is seen
    assert (made.clock.waited_s, made.broker.asked) == (0.0, [])


async def read(desk, opened):
    """Return what a look would read of the plan's instruments: the snapshot, its worth and the past."""
    session = desk.calendar.session_at(desk.clock.now())
    instruments = tuple(leg.instrument for leg in opened.plan.legs)
    outside = await read_outside(desk, "L1", instruments, session.held_on)
    snapshot = await take_snapshot(desk.broker, desk.clock, desk.calendar, instruments)
    return snapshot, value(snapshot, desk.mandate.reserved_cash), outside


async def test_the_market_has_what_the_broker_and_the_past_say(desk, opened):
    snapshot, valuation, outside = await read(desk, opened)
    seen = market_of(desk, snapshot, valuation, outside)
    assert seen.day_loss is None
    assert (seen.index, seen.index_fall) == ("", None)
    assert seen.account.value.excess_liquidity > 0
    event = desk.recorder.journal.events(kinds=[events.HISTORY])[-1]
    history = history_from(event.body)
    for instrument in snapshot.instruments:
        con_id = instrument.con_id
        column = event.body["con_ids"].index(con_id)
        assert seen.volumes[con_id] == history.mean_volumes(20)[0, column]
        assert seen.closes[con_id] == history.closes[0, -1, column]
        assert seen.instruments[con_id].security_type == "STK"
        # 2020-06-01, a Monday: the gateway's own words for the calendar's session are among its windows.
        assert (snapshot.session.opens_at, snapshot.session.closes_at) in seen.hours[con_id]
    assert seen.first_quotes == snapshot.quotes


async def test_one_instrument_without_a_past_leaves_the_others_theirs(desk, opened):
    """A listing of last week has no month of volumes: the history as a whole is unknown."""

    class OneIsNew:
        async def read_history(self, instruments, sessions):
            if new in instruments:
                return Unknown("ib:history", desk.clock.now(), f"{new.symbol}: too short")
            return await desk.broker.read_history(instruments, sessions)

    instruments = [leg.instrument for leg in opened.plan.legs]
    new, *others = instruments
    session = desk.calendar.session_at(desk.clock.now())
    sessions = desk.calendar.sessions_before(session.held_on, 20)
    apart = replace(desk, broker=OneIsNew())
    past = await apart.broker.read_history(instruments, sessions)
    measures = await measures_of(apart, instruments, sessions, past)
    assert measures.unknown == {new.con_id: f"{new.symbol}: too short"}
    assert set(measures.volumes) == set(measures.closes) == {each.con_id for each in others}


async def test_a_past_without_volumes_has_its_closes(desk, opened):
    class Closes:
        async def read_history(self, instruments, sessions):
            reading = await desk.broker.read_history(instruments, sessions)
            return replace(reading, value=replace(reading.value, volumes=None))

    instruments = [leg.instrument for leg in opened.plan.legs][:2]
    session = desk.calendar.session_at(desk.clock.now())
    sessions = desk.calendar.sessions_before(session.held_on, 20)
    apart = replace(desk, broker=Closes())
    past = await apart.broker.read_history(instruments, sessions)
    measures = await measures_of(apart, instruments, sessions, past)
    assert set(measures.unknown.values()) == {"IB leaves its volume out"}
    assert (len(measures.closes), measures.volumes) == (2, {})


async def test_a_market_index_is_read_where_one_is_watched(world, desk, opened):
    """The gateway of the tests declares the VIX alone, which stands in here; its level never moves."""
    watching = replace(desk, mandate=replace(desk.mandate, market_index="VIX"))
    snapshot, valuation, outside = await read(watching, opened)
    seen = market_of(watching, snapshot, valuation, outside)
    assert (seen.index, seen.index_fall) == ("VIX", 0.0)
    lost = replace(outside, index_fall=Unknown("ib:levels:VIX", desk.clock.now(), "no answer"))
    assert market_of(watching, snapshot, valuation, lost).index_fall is None


async def test_hours_that_cannot_be_read_are_left_out(desk, opened):
    snapshot, valuation, outside = await read(desk, opened)
    first, *rest = snapshot.instruments
    strange = replace(first, liquid_hours="whenever")
    seen = market_of(desk, replace(snapshot, instruments=(strange, *rest)), valuation, outside)
    assert set(seen.hours) == {instrument.con_id for instrument in rest}


async def test_an_order_that_left_counts_at_once_and_the_one_that_is_judged_does_not(
    desk, opened, first_intent
):
    def standing():
        session = desk.calendar.session_at(desk.clock.now())
        return standing_of(desk, opened, [], given.market(session=session))

    assert standing().orders == ()
    desk.recorder.record(
        events.ORDER_INTENT,
        records.body_of(first_intent),
        plan_id=first_intent.plan_id,
        order_ref=first_intent.order_ref,
    )
    (order,) = standing().orders
    assert (order.order_ref, order.shares) == (first_intent.order_ref, first_intent.shares)
    assert (order.is_open, order.filled, order.has_failed) == (True, 0.0, False)
    assert order.price == float(first_intent.limit_price)
    itself = standing_of(desk, opened, [first_intent.order_ref], given.market(session=None))
    assert itself.orders == ()
    desk.tracker.move(opened.orders[first_intent.order_ref], OrderEvent.WITHHELD, "test")
    # It never left: it is no order of the session.
    assert standing().orders == ()


async def test_holdings_are_the_plan_s_start_and_what_it_may_trade(desk, opened):
    holdings = standing_of(desk, opened, [], given.market(session=None)).holdings
    for leg in opened.plan.legs:
        held = holdings[leg.instrument.con_id]
        start = opened.positions[leg.instrument.con_id]
        assert (held.start, held.shares, held.approved) == (start, start, leg.shares)


async def test_a_plan_and_its_order_are_judged_by_the_same_function(desk, opened, first_intent):
    """Of a market of which nothing is known, the plan's judgement and the send path say the same."""
    blank = given.market(
        now=desk.clock.now(),
        own_prefix=desk.own_prefix,
        quotes={},
        first_quotes={},
        instruments={},
        hours={},
        account=Unknown("test", desk.clock.now(), "no answer"),
    )
    result = await send(desk, opened, first_intent, blank)
    assert isinstance(result, Refused)
    assert {breach.guard for breach in result.breaches} >= {
        "quote_age",
        "instrument_kind",
        "account",
    }
    again = judge(desk, opened, [first_intent], blank)
    assert [each.guard for each in again] == [each.guard for each in result.breaches]


async def test_a_day_that_lost_too_much_opens_no_plan(world, desk):
    """The account was worth a tenth more at the session's first look."""
    first = await look(desk, execute=False)
    assert first.outcome is Outcome.WOULD_TRADE
    (valued,) = desk.recorder.journal.events(kinds=[events.VALUED])
    limits = replace(desk.mandate.limits, day_loss_max=0.05)
    careful = replace(desk, mandate=replace(desk.mandate, limits=limits))
    lost = {**valued.body, "base": valued.body["base"] / 0.9}
    desk.recorder.record(events.VALUED, lost)
    report = await look(careful, execute=True)
    assert report.outcome is Outcome.BLOCKED
    assert "the account lost 10.00 % since the session's first look" in report.statement
    assert world.gateway.orders == ()


class Hurrying:
    """The desk's clock, for which a long wait is over at once: the time is set forward instead."""

    def __init__(self, clock):
        self._clock = clock
        self.waits = []

    def now(self):
        return self._clock.now()

    def monotonic(self):
        return self._clock.monotonic()

    async def sleep(self, seconds):
        if seconds < CONFIRM_S:
            await self._clock.sleep(seconds)
            return
        self.waits.append(seconds)
        self._clock.follow(self._clock.now() - WallClock().now() + timedelta(seconds=seconds))


async def test_a_look_on_a_day_of_large_moves_waits_reads_again_and_trades(world, desk):
    """For a limit of 0.05 % the demo's day is one: every instrument is further from its close."""
    hurried = Hurrying(desk.clock)
    limits = replace(desk.mandate.limits, close_move_max=0.0005)
    mandate = replace(desk.mandate, limits=limits)
    report = await look(replace(desk, clock=hurried, mandate=mandate), execute=True)
    assert report.outcome is Outcome.TRADED, report.statement
    assert hurried.waits == [CONFIRM_S]


async def test_what_was_filled_since_the_account_was_read_is_counted_by_its_fills(desk):
    report = await look(desk, execute=True)
    plan = desk.recorder.ledger.plans[report.plan.plan_id]
    record = next(iter(plan.orders.values()))
    filled_at = max(fill.executed_at for fill in record.fills.values())
    just_read = own_order(record, filled_at + CLOCKS_APART)
    assert just_read.filled_since == just_read.filled == float(record.filled)
    assert own_order(record, filled_at + CLOCKS_APART + timedelta(microseconds=1)).filled_since == 0
    assert own_order(record, None).filled_since == float(record.filled)
