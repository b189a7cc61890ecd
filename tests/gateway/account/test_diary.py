"""What happens to accounts by the calendar: settlement, the day's profit, dividends and splits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.gateway import Behaviour, GatewayConfig
from bot.gateway.account.ledger import Position
from bot.gateway.account.settlement import Settlement
from bot.gateway.config.accounts import AccountRules
from bot.gateway.config.prices import ActionTable
from bot.gateway.exchange.sessions import NEW_YORK, Sessions
from bot.gateway.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.fixture
async def venue(hand_clock: Any) -> Any:
    """Make venues at a moment, with some actions; their timers are cancelled at the end."""
    made: list[Any] = []

    def make(at: str, *actions: ActionTable, **rules: Any) -> tuple[Any, Any]:
        clock = hand_clock(new_york(at))
        config = GatewayConfig(
            at=new_york(at),
            positions={"AAPL": 7},
            cash=Decimal(1000),
            commission_bps=Decimal(0),
            account_rules=AccountRules(**rules),
            actions=actions,
        )
        venue = Venue(config, clock, Behaviour())
        venue.turns.take(venue.diary.start)
        made.append(venue)
        return venue, clock

    yield make
    for each in made:
        each.turns.cancel_all()


def go_to(clock: Any, venue: Any, at: str) -> Any:
    """Let time pass, and return the books."""
    clock.moment = new_york(at)
    venue.turns.take(lambda: None)
    return venue.accounts.of("")


@pytest.mark.parametrize(
    ("at", "days", "settles_on"),
    [
        ("2020-06-01T10:30:00", 1, date(2020, 6, 2)),
        ("2020-06-01T10:30:00", 2, date(2020, 6, 3)),
        ("2020-06-05T15:59:00", 1, date(2020, 6, 8)),  # a Friday
        ("2020-06-05T18:30:00", 1, date(2020, 6, 8)),  # after the close it is still that Friday
        ("2020-11-25T10:30:00", 1, date(2020, 11, 27)),  # Thanksgiving lies between
        ("2020-07-02T10:30:00", 2, date(2020, 7, 7)),  # so do Independence Day and a weekend
        # Columbus Day and Veterans Day have a session, and no bank is open.
        ("2020-10-09T10:30:00", 1, date(2020, 10, 13)),
        ("2020-10-12T10:30:00", 1, date(2020, 10, 13)),
        ("2020-11-10T10:30:00", 1, date(2020, 11, 12)),
        ("2018-11-09T10:30:00", 1, date(2018, 11, 13)),  # Sunday the 11th, kept on Monday
        ("2020-06-01T10:30:00", 0, None),
    ],
)
def test_trades_settle_sessions_later(at: str, days: int, settles_on: date | None) -> None:
    moment = new_york(at)
    assert Settlement(Sessions(), lambda: moment, days)() == settles_on


def test_the_date_of_settlement_moves_with_the_day() -> None:
    moments = [new_york("2020-06-01T23:59:59"), new_york("2020-06-02T00:00:00")]
    settlement = Settlement(Sessions(), lambda: moments[0], 1)
    assert settlement() == settlement() == date(2020, 6, 2)
    del moments[0]
    assert settlement() == date(2020, 6, 3)


async def test_cash_settles_at_the_midnight_before_its_session(
    venue: Callable[..., tuple[Any, Any]],
) -> None:
    """Sold on a Friday; over the weekend it waits."""
    made, clock = venue("2020-06-05T10:30:00", settlement_days=1)
    made.accounts.of("").trade("AAPL", -2, Decimal(80))
    assert made.accounts.valuation("").settled_cash == 1000
    assert go_to(clock, made, "2020-06-07T23:59:59").pending == {
        (date(2020, 6, 8), "USD"): Decimal(160)
    }
    assert go_to(clock, made, "2020-06-08T00:00:00").pending == {}
    assert made.accounts.valuation("").settled_cash == 1160


async def test_the_day_of_profits_lasts_over_the_weekend(
    venue: Callable[..., tuple[Any, Any]],
) -> None:
    made, clock = venue("2020-06-05T10:30:00")
    made.accounts.of("").trade("AAPL", -2, Decimal(80))
    assert "AAPL" in go_to(clock, made, "2020-06-07T12:00:00").today
    assert go_to(clock, made, "2020-06-08T00:00:00").today == {}


async def test_dividends_are_paid_on_what_is_held_when_their_date_begins(
    venue: Callable[..., tuple[Any, Any]],
) -> None:
    """0.82 on 7 shares on the 2nd; on the 3rd nobody has any left."""
    dividends = [
        ActionTable("AAPL", date(2020, 6, day), "dividend", amount=Decimal("0.82"))
        for day in (1, 2, 3)
    ]
    made, clock = venue("2020-06-01T10:30:00", *dividends)
    assert go_to(clock, made, "2020-06-01T23:59:59").cash == 1000
    books = go_to(clock, made, "2020-06-02T00:00:00")
    assert books.cash == Decimal("1005.74")
    books.trade("AAPL", -7, Decimal(80))
    assert go_to(clock, made, "2020-06-04T10:00:00").cash == Decimal("1565.74")


async def test_splits_are_booked_in_every_account(venue: Callable[..., tuple[Any, Any]]) -> None:
    split = ActionTable("AAPL", date(2020, 8, 31), "split", ratio=Decimal(4))
    made, clock = venue("2020-08-28T10:30:00", split)
    cost = made.accounts.of("").positions["AAPL"].average_cost
    assert go_to(clock, made, "2020-08-31T09:00:00").positions == {"AAPL": Position(28, cost / 4)}


async def test_what_was_missed_is_caught_up_with_once(
    venue: Callable[..., tuple[Any, Any]],
) -> None:
    dividend = ActionTable("AAPL", date(2020, 6, 3), "dividend", amount=Decimal(1))
    made, clock = venue("2020-06-01T10:30:00", dividend)
    made.turns.cancel_all()
    clock.moment = new_york("2020-06-10T12:00:00")
    for _ in range(2):
        made.turns.take(made.diary.start)
    assert made.accounts.of("").cash == 1007


async def test_books_of_an_earlier_moment_go_on_from_there(
    venue: Callable[..., tuple[Any, Any]],
) -> None:
    dividend = ActionTable("AAPL", date(2020, 6, 3), "dividend", amount=Decimal(1))
    made, _ = venue("2020-06-10T10:30:00", dividend)
    assert made.accounts.of("").cash == 1000
    made.diary.go_on_from(new_york("2020-06-02T12:00:00"))
    made.turns.take(made.diary.start)
    assert made.accounts.of("").cash == 1007


async def test_subscribers_are_told_of_what_was_booked(
    start_gateway: Any, hand_clock: Any, dial: Any
) -> None:
    """A dividend of 1.00 on 7 shares at the midnight that begins the 2nd, 04:00 UTC."""
    clock = hand_clock(new_york("2020-06-01T23:59:59.950"))
    config = GatewayConfig(
        positions={"AAPL": 7},
        cash=Decimal(1000),
        actions=(ActionTable("AAPL", date(2020, 6, 2), "dividend", amount=Decimal(1)),),
    )
    running = await start_gateway(config, clock=clock)
    client = await dial(running.port)
    await client.start(1)
    client.send(6, 2, 1, "")
    await client.until(54)
    clock.moment = new_york("2020-06-02T00:00:00")
    told = await client.until(8)
    assert ["6", "2", "TotalCashValue", "1007.00", "USD", "DU1234567"] in told
    assert running.gateway.cash == 1007
