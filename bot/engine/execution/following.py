"""What comes next for each leg of a plan, and why nothing more does: read off the plan's own orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.execution.ladder import GivenUp, Step
from bot.core.execution.sizes import slice_shares

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.domain.plan import Leg
    from bot.core.domain.quote import Quote
    from bot.engine.desk import Desk
    from bot.engine.ledger import PlanRecord


@dataclass(frozen=True, slots=True)
class Next:
    """The next orders of a plan.

    Attributes:
        desk: Ports and rules.
        plan: The plan and its orders so far.
    """

    desk: Desk
    plan: PlanRecord

    def stuck(self) -> dict[int, str]:
        """Return the legs that this plan can do nothing more for, with the reason, by leg."""
        reasons = {}
        for leg in self.plan.plan.legs:
            if self.plan.remaining(leg):
                reason = self._stopped(leg) or self._spent(leg)
                if reason is not None:
                    reasons[leg.index] = reason
        return reasons

    def step(self, leg: Leg) -> Step | GivenUp:
        """Return which order of a leg comes next; a style that is too late for the closing auction is passed over.

        Args:
            leg: One whose orders are all final, with shares left.
        """
        rules = self.desk.mandate.execution
        step = self.plan.next_step(leg, len(rules.ladder), rules.attempts_max)
        cutoff = self.plan.plan.expires_at - timedelta(seconds=rules.close_cutoff_s)
        is_late = self.desk.clock.now() >= cutoff
        while is_late and isinstance(step, Step) and rules.ladder[step.rung] == "limit_on_close":
            if step.rung + 1 == len(rules.ladder):
                return GivenUp("too late for an order in the closing auction", is_refused=False)
            step = replace(step, rung=step.rung + 1, number=0)
        return step

    def shares(self, leg: Leg, step: Step) -> int:
        """Return the signed shares that the next order of a leg asks for, at most what is left of it.

        0 if not even one lot is within the part of the daily volume that an order may have.
        """
        remaining = self.plan.remaining(leg)
        if step.rest is not None:
            return min(step.rest, remaining, key=abs)
        rules, lot = self.desk.mandate.execution, self.desk.mandate.lot_of(leg.instrument.symbol)
        most = None
        if rules.order_volume_max is not None:
            # A volume that is not known limits the order to nothing.
            most = rules.order_volume_max * self.plan.volumes.get(leg.instrument.con_id, 0.0)
        return slice_shares(leg.shares, remaining, rules.slices, lot, most)

    def shown(self, leg: Leg, shares: int, quote: Quote | None) -> int:
        """Return what of `shares` (signed) the size at the other side of the quote lets through, in whole lots.

        A size that is not known lets nothing through, where the limit is set.
        """
        most = self.desk.mandate.execution.order_displayed_max
        if most is None or quote is None:
            return shares
        size = (quote.ask_size if shares > 0 else quote.bid_size) or 0.0
        lot = self.desk.mandate.lot_of(leg.instrument.symbol)
        return slice_shares(shares, shares, 1, lot, most * size)

    def due_at(self, leg: Leg, step: Step) -> datetime | None:
        """Return when the next slice of a leg may begin (aware UTC), or None for at once."""
        rules = self.desk.mandate.execution
        if step.rest is not None or step.slice_number == 0 or rules.slices == 1:
            return None
        began_at = min(
            record.recorded_at
            for record in self.plan.attempts(leg)
            if record.intent.slice_number == step.slice_number - 1
        )
        return began_at + timedelta(seconds=rules.slice_interval_s)

    def _stopped(self, leg: Leg) -> str | None:
        """Return why the broker's answers leave nothing to do for a leg, or None."""
        symbol = leg.instrument.symbol
        if leg.index in self.plan.stopped:
            return self.plan.stopped[leg.index]
        if self.plan.fatal is not None:
            return f"{symbol}: nothing more is sent under this plan, {self.plan.fatal}"
        if any(attempt.has_lost_shares for attempt in self.plan.attempts(leg)):
            # It may be booked anew under another execution, and would then be traded twice.
            return f"{symbol}: the broker took back a part of what it had filled"
        return None

    def _spent(self, leg: Leg) -> str | None:
        """Return why ladder or budget leave nothing to do for a leg, or None; what is open is waited for."""
        attempts, rules = self.plan.attempts(leg), self.desk.mandate.execution
        symbol = leg.instrument.symbol
        if any(not attempt.is_final for attempt in attempts):
            return None
        step = self.step(leg)
        if isinstance(step, GivenUp):
            words = f", {self.plan.refusal(leg)}" if step.is_refused else ""
            return f"{symbol}: {step.reason}{words}"
        if self.shares(leg, step) == 0:
            volume = self.plan.volumes.get(leg.instrument.con_id)
            known = "unknown" if volume is None else f"{volume:,.0f} shares a day"
            return f"{symbol}: not one lot is within [execution] order_volume_max, its volume is {known}"
        if len(attempts) >= rules.orders_per_leg_max:
            return f"{symbol}: not filled in {len(attempts)} attempts, all that a leg may have"
        if len(self.plan.orders) >= rules.orders_per_plan_max:
            return (
                f"{symbol}: its plan has had {len(self.plan.orders)} orders, all that it may have"
            )
        return None
