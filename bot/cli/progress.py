"""What a look does, while it does it: weights and reasons, the plan, orders as they are sent and filled."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.cli.tables import AS_EXPECTED, decision_lines, plan_table, style_of, weights_table
from bot.engine import events
from bot.engine.records import decision_from, plan_from

if TYPE_CHECKING:
    from bot.cli.voice import Voice
    from bot.core.domain.event import Event


class Progress:
    """Listens to the journal's facts and shows those that a person waits for.

    Attributes:
        plan_shown: Whether a plan's trades were shown: a look that sends nothing journals no plan.
        tip: Number and hash of the newest fact: written down elsewhere, they prove the journal.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._symbols: dict[str, str] = {}
        self.plan_shown = False
        self.tip: dict[str, int | str] | None = None

    def __call__(self, event: Event) -> None:
        """Show one fact, or nothing."""
        self.tip = {"sequence": event.sequence, "hash": event.hash}
        if event.kind == events.DECISION:
            decision = decision_from(event.body)
            self._voice.say(weights_table(decision, f"Look {event.look_id}: weights, % of base"))
            self._voice.say("\n".join(decision_lines(event.body, decision.finding)))
        elif event.kind == events.PLAN_OPENED:
            self.plan_shown = True
            self._voice.say(plan_table(plan_from(event.body["plan"])))
        else:
            line = self._line(event)
            if line is not None:
                self._voice.say(line)

    def _line(self, event: Event) -> str | None:
        body = event.body
        if event.kind == events.ORDER_INTENT:
            self._symbols[body["order_ref"]] = body["instrument"]["symbol"]
            side = "buy" if body["shares"] > 0 else "sell"
            return (
                f"  order   {side:4} {abs(body['shares']):>6,} {body['instrument']['symbol']:6}"
                f" {style_of(body)} {body['limit_price']} {body['instrument']['currency']}"
                f"  {body['order_ref']}"
            )
        if event.kind == events.EXECUTION:
            shares = abs(Decimal(body["shares"]))
            return f"  fill         {shares:>6,} {body['symbol']:6}    at {body['price']}"
        if event.kind == events.ORDER_STATE and body["event"] not in AS_EXPECTED:
            symbol = self._symbols.get(str(event.order_ref), str(event.order_ref))
            return f"  {symbol}: {body['event'].replace('_', ' ')} ({body['evidence']})"
        if event.kind in {events.LEG_TRIMMED, events.LEG_STOPPED, events.ORDER_ALTERED}:
            return f"  {body['reason']}"
        return None
