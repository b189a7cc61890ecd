"""Orders as they are sent and filled, line by line, while a look works."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bot.engine import events

if TYPE_CHECKING:
    from bot.cli.voice import Voice
    from bot.core.domain.event import Event


class Progress:
    """Listens to the journal's facts and shows those that a person waits for."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._symbols: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Show one fact, or nothing."""
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
                f" limit {body['limit_price']} {body['instrument']['currency']}  {body['order_ref']}"
            )
        if event.kind == events.EXECUTION:
            shares = abs(Decimal(body["shares"]))
            return f"  fill         {shares:>6,} {body['symbol']:6}    at {body['price']}"
        if event.kind == events.ORDER_STATE and body["event"] not in {
            "sent",
            "acknowledged",
            "filled",
            "part_filled",
        }:
            symbol = self._symbols.get(str(event.order_ref), str(event.order_ref))
            return f"  {symbol}: {body['event'].replace('_', ' ')} ({body['evidence']})"
        if event.kind == events.LEG_TRIMMED:
            return f"  {body['reason']}"
        return None
