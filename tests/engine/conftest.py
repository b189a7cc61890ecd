"""A plan that is open in the journal, as a crash would have left it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from bot.core.domain.reading import rows
from bot.engine import events, records
from bot.engine.cycle import look
from bot.engine.execution.proposals import intent_for

if TYPE_CHECKING:
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord


@pytest.fixture
async def opened(desk: Desk) -> PlanRecord:
    """The plan that a look would make, opened and not worked yet."""
    shown = await look(replace(desk, lease=None), execute=False)
    positions = rows(await desk.broker.read_positions())
    body = {
        "plan": records.body_of(shown.plan),
        "cash": Decimal("5000.00"),
        "settings": desk.mandate.digest,
        "positions": {str(row.con_id): row.quantity for row in positions},
    }
    desk.recorder.record(events.PLAN_OPENED, body, plan_id=shown.plan.plan_id)
    return desk.recorder.ledger.plans[shown.plan.plan_id]


@pytest.fixture
def first_intent(desk: Desk, opened: PlanRecord):
    """The first attempt of the plan's first leg, a sell, at a limit that fills."""
    leg = opened.plan.legs[0]
    return intent_for(
        desk, opened, leg, leg.shares, Decimal(str(round(leg.arrival_price * 0.999, 2)))
    )
