"""`bot explain`: why a look did what it did, from the journal alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bot.app import memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.tables import finding_lines, weights_table
from bot.cli.voice import Voice
from bot.engine import events
from bot.engine.records import decision_from
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.core.domain.event import Event
    from bot.ports import Journal

#: What happened to a plan, in the order in which it is told.
TOLD = (
    events.BREACHES,
    events.ORDER_INTENT,
    events.EXECUTION,
    events.LEG_TRIMMED,
    events.ORDER_ERROR,
    events.PLAN_ENDED,
)


def explain(
    look: Annotated[
        str | None, Parameter(help="The look, e.g. L12; without it the last one that ended.")
    ] = None,
    /,
    *,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Say why a look traded or did not, with the numbers that each rule and guard saw."""
    voice = Voice(json)
    with voice.errors():
        journal = memory_of(settings_of(config)).journal_to_read()
        if journal is None:
            message = "there is no journal yet: `bot look` makes one"
            raise ConfigError(message)
        try:
            look_id = look or _last(journal)
            story = _story(journal, look_id)
        finally:
            journal.close()
        _show(voice, look_id, story)
        voice.answer({"look_id": look_id, "events": [_plain(event) for event in story]})
    return voice.code


def _last(journal: Journal) -> str:
    ended = journal.events(kinds=(events.LOOK_ENDED,), newest=1)
    if not ended:
        message = "no look has ended yet: `bot look` makes one"
        raise ConfigError(message)
    return str(ended[0].look_id)


def _story(journal: Journal, look_id: str) -> list[Event]:
    """Return the events of a look and of the plan that it made or went on with, in sequence."""
    story = {event.sequence: event for event in journal.events(look_id=look_id)}
    if not story:
        message = f"the journal has no look {look_id}"
        raise ConfigError(message)
    for plan_id in {event.plan_id for event in story.values() if event.plan_id is not None}:
        for event in journal.events(plan_id=plan_id):
            story[event.sequence] = event
    return [story[sequence] for sequence in sorted(story)]


def _show(voice: Voice, look_id: str, story: list[Event]) -> None:
    for event in story:
        if event.kind == events.DECISION and event.look_id == look_id:
            decision = decision_from(event.body)
            voice.say(
                weights_table(
                    decision, f"Look {look_id}, {event.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
                )
            )
            voice.say("\n".join(finding_lines(decision.finding)))
        elif event.kind in TOLD:
            voice.say(f"{event.recorded_at:%H:%M:%S}  {_line(event)}")
        elif event.kind == events.LOOK_ENDED and event.look_id == look_id:
            voice.say(f"{event.body['outcome']}: {event.body['statement']}")


def _line(event: Event) -> str:
    body = event.body
    if event.kind == events.BREACHES:
        return "; ".join(
            f"held by {each['guard']}: {each['statement']}" for each in body["breaches"]
        )
    if event.kind == events.ORDER_INTENT:
        return (
            f"order {body['order_ref']}: {body['shares']:+,} {body['instrument']['symbol']}"
            f" limit {body['limit_price']}"
        )
    if event.kind == events.EXECUTION:
        return f"fill  {event.order_ref}: {body['shares']} at {body['price']}"
    if event.kind == events.PLAN_ENDED:
        return f"plan {event.plan_id} {body['end']}: {body['reason']}"
    if event.kind == events.ORDER_ERROR:
        return f"error {body['code']} on {event.order_ref}: {body['message']}"
    return str(body.get("reason", event.kind))


def _plain(event: Event) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "at": event.recorded_at,
        "kind": event.kind,
        "plan_id": event.plan_id,
        "order_ref": event.order_ref,
        "body": event.body,
    }
