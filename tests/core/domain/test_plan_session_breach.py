"""The small computations of nouns that are otherwise only data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.domain.breach import Breach
from bot.core.domain.instrument import Instrument
from bot.core.domain.plan import Leg, Plan
from bot.core.domain.session import Session

OPENS_AT = datetime(2020, 3, 16, 13, 30, tzinfo=UTC)
CLOSES_AT = datetime(2020, 3, 16, 20, 0, tzinfo=UTC)


def leg(index: int, shares: int, price: float) -> Leg:
    instrument = Instrument(
        con_id=index,
        symbol=f"S{index}",
        currency="USD",
        exchange="SMART",
        primary_exchange="NYSE",
        price_bands=(),
        time_zone="US/Eastern",
        liquid_hours="",
    )
    return Leg(index=index, instrument=instrument, shares=shares, arrival_price=price, reason="")


def test_a_leg_is_worth_the_same_bought_or_sold() -> None:
    assert leg(0, -20, 50.0).notional == 1000.0
    assert leg(0, 20, 50.0).notional == 1000.0


def test_turnover_counts_sells_and_buys_over_the_base() -> None:
    plan = Plan(
        plan_id="P1",
        look_id="L1",
        account="DU1",
        currency="USD",
        base=10_000.0,
        legs=(leg(0, -20, 50.0), leg(1, 10, 90.0)),
        occurrences=(),
        created_at=OPENS_AT,
        expires_at=CLOSES_AT,
    )
    # (20 x 50 + 10 x 90) / 10,000
    assert plan.turnover == pytest.approx(0.19)


def test_a_session_contains_its_open_and_not_its_close() -> None:
    session = Session(
        exchange="XNYS",
        held_on=date(2020, 3, 16),
        opens_at=OPENS_AT,
        closes_at=CLOSES_AT,
        is_half_day=False,
        number_in={},
    )
    a_moment = timedelta(microseconds=1)
    assert session.contains(OPENS_AT)
    assert session.contains(CLOSES_AT - a_moment)
    assert not session.contains(CLOSES_AT)
    assert not session.contains(OPENS_AT - a_moment)


def test_a_breach_names_its_page() -> None:
    breach = Breach(guard="quote_age", statement="", con_id=1, found=11.0, limit=10.0, unit="s")
    assert breach.runbook == "guard-quote-age"
