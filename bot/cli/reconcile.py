"""`bot reconcile`: what the journal and the broker disagree about, and a person's word on it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from bot.app import memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.voice import Voice
from bot.core.machines.order import OrderEvent, OrderState
from bot.engine import events
from bot.engine.ledger import OrderRecord
from bot.engine.recorder import Recorder
from bot.engine.tracker import Tracker
from bot.errors import ConfigError


def reconcile(
    *,
    acknowledge: Annotated[
        str | None, Parameter(help="Reference of an UNKNOWN order that never reached the market.")
    ] = None,
    reason: Annotated[str, Parameter(help="How you know, in words for the journal.")] = "",
    config: Config = None,
    json: AsJson = False,
) -> int:
    """List orders whose fate is UNKNOWN; with --acknowledge, say that one of them is over.

    Look the order up at IB first (TWS, Client Portal): an acknowledged order gives its leg free for another attempt.
    Listing works beside a running daemon; stop it before --acknowledge, which takes its lock. Fills that the order had
    are counted when the broker reports them.
    """
    voice = Voice(json)
    with voice.errors():
        memory = memory_of(settings_of(config))
        if acknowledge is not None:
            with memory.lease(), memory.journal() as journal:
                _acknowledge(Recorder(journal), acknowledge, reason)
        journal_to_read = memory.journal_to_read()
        if journal_to_read is None:
            voice.say("There is no journal yet.")
            unknown = []
        else:
            with journal_to_read as journal:
                unknown = _unknown(Recorder(journal))
        for record in unknown:
            voice.say(
                f"UNKNOWN: {record.intent.order_ref}, {record.intent.shares:+,}"
                f" {record.intent.instrument.symbol} limit {record.intent.limit_price},"
                f" sent {record.recorded_at:%Y-%m-%d %H:%M:%S} UTC, {record.filled} filled"
            )
        if not unknown:
            voice.say("No order's fate is unknown.")
        voice.code = 1 if unknown else 0
        voice.answer(
            {
                "unknown": [record.intent.order_ref for record in unknown],
                "acknowledged": acknowledge,
            }
        )
    return voice.code


def _unknown(recorder: Recorder) -> list[OrderRecord]:
    """Return the orders that only a person or the broker's lists can settle."""
    return [record for record in recorder.ledger.unsettled() if record.state is OrderState.UNKNOWN]


def _acknowledge(recorder: Recorder, order_ref: str, reason: str) -> None:
    record = recorder.ledger.order(order_ref)
    if record is None or record.state is not OrderState.UNKNOWN:
        state = "not in the journal" if record is None else record.state.value
        message = f"{order_ref} is {state}; only an order that is UNKNOWN can be acknowledged"
        raise ConfigError(message)
    if not reason.strip():
        message = "--reason must say how you know what became of the order"
        raise ConfigError(message)
    recorder.record(
        events.ACKNOWLEDGED,
        {"reason": reason},
        plan_id=record.intent.plan_id,
        order_ref=order_ref,
    )
    # Cancelled, not never-arrived: a late fill of it is still counted, where the other would halt.
    Tracker(recorder).move(record, OrderEvent.CANCEL_CONFIRMED, f"a person says: {reason}")
