"""`bot explain`: why a look did what it did, from the journal alone, with the decision made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from bot.adapters.journal import canonical_json
from bot.app import mandate_then, memory_of
from bot.cli.options import AsJson, Config, settings_of
from bot.cli.tables import AS_EXPECTED, decision_lines, style_of, weights_table
from bot.cli.voice import Voice
from bot.cli.why_not import reasons_against
from bot.core.domain.event import Event
from bot.engine import events
from bot.engine.holds import HOLD_KINDS
from bot.engine.records import decision_from
from bot.engine.replay import decide_again, digest_of_look, settings_kept
from bot.errors import BotError, ConfigError

if TYPE_CHECKING:
    from bot.ports import Journal


def explain(
    what: Annotated[
        str | None,
        Parameter(help="A look (L12), a plan or an order; without it the last look that ended."),
    ] = None,
    /,
    *,
    why_not: Annotated[
        str | None, Parameter(help="A symbol: say why nothing was done with it.")
    ] = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Say why a look traded or did not, with the numbers that each rule and guard saw, and decide again to prove it.

    Exit 1 if the decision that comes out now is not the one that was journaled.
    """
    voice = Voice(json)
    with voice.errors():
        journal = memory_of(settings_of(config)).journal_to_read()
        if journal is None:
            message = "there is no journal yet: `bot look` makes one"
            raise ConfigError(message)
        with journal:
            look_id = _last(journal) if what is None else look_of(journal, what)
            story = _story(journal, look_id)
            again = replayed(journal, look_id)
            holds = journal.events(kinds=HOLD_KINDS)
        if why_not is None:
            _show(voice, look_id, story)
            told: dict[str, Any] = {"events": [_plain(event) for event in story]}
        else:
            holds_then = [each for each in holds if each.sequence <= story[-1].sequence]
            lines = reasons_against(why_not, look_id, story, holds_then)
            voice.say("\n".join(lines))
            told = {"symbol": why_not, "why_not": lines}
        voice.say(again["statement"])
        voice.code = 1 if again["identical"] is False else 0
        voice.answer({"look_id": look_id, "replay": again, **told})
    return voice.code


def look_of(journal: Journal, what: str) -> str:
    """Return the look that `what` names: itself, or the one that made the plan, or the plan of the order.

    Raises:
        ConfigError: If the journal knows nothing of that name.
    """
    if journal.events(look_id=what, newest=1):
        return what
    plan_id = what
    for event in journal.events(kinds=(events.ORDER_INTENT,), order_ref=what):
        plan_id = str(event.plan_id)
    for event in journal.events(kinds=(events.PLAN_OPENED,), plan_id=plan_id):
        return str(event.look_id or event.body["plan"]["look_id"])
    message = f"the journal has no look, plan or order {what}"
    raise ConfigError(message)


def replayed(journal: Journal, look_id: str) -> dict[str, Any]:
    """Make the decision of a look again and return whether the same bytes come out: `identical` and a `statement`.

    `identical` is None where there is nothing to compare: the policy was not asked, or the settings were not kept.
    """
    decided = journal.events(kinds=(events.DECISION,), look_id=look_id)
    if not decided:
        return _not_replayed("the policy was not asked in this look")
    digest = digest_of_look(journal, look_id)
    kept = settings_kept(journal, digest)
    if kept is None:
        return _not_replayed(f"the journal did not keep the settings {digest[:12]} of this look")
    try:
        verdict = decide_again(mandate_then(kept, digest), journal, look_id)
    except BotError as error:
        return {"identical": False, "statement": f"replayed: FAILED, {error}"}
    if canonical_json(verdict.body()) == canonical_json(decided[-1].body):
        return {"identical": True, "statement": "replayed: identical"}
    return {
        "identical": False,
        "statement": f"replayed: DIFFERENT from what was journaled by build {decided[-1].build[:12]}",
    }


def _not_replayed(reason: str) -> dict[str, Any]:
    return {"identical": None, "statement": f"not replayed: {reason}"}


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
    symbols: dict[int, str] = {}
    is_headed = False
    for event in story:
        if event.kind == events.SNAPSHOT and event.look_id == look_id:
            symbols = {each["con_id"]: each["symbol"] for each in event.body["instruments"]}
        if event.kind == events.DECISION and event.look_id == look_id:
            decision = decision_from(event.body)
            voice.say(
                weights_table(
                    decision, f"Look {look_id}, {event.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
                )
            )
            is_headed = True
            lines = decision_lines(event.body, decision.finding)
            voice.say("\n".join([*lines, *_wanted(event.body, symbols)]))
        elif event.kind in _TELL and event.body.get("event") not in AS_EXPECTED:
            voice.say(f"{event.recorded_at:%H:%M:%S}  {_line(event)}")
        elif event.kind == events.LOOK_ENDED and event.look_id == look_id:
            if not is_headed:
                voice.say(f"Look {look_id}, {event.recorded_at:%Y-%m-%d %H:%M:%S} UTC")
            voice.say(f"{event.body['outcome']}: {event.body['statement']}")


def _wanted(body: dict[str, Any], symbols: dict[int, str]) -> list[str]:
    """Return one line for each trade of a decision; orders, where there were any, are told on their own."""
    return [
        f"wanted: {leg['shares']:+,} {symbols.get(leg['con_id'], leg['con_id'])}"
        for leg in body.get("legs", ())
    ]


def _line(event: Event) -> str:
    return _TELL[event.kind](event, event.body)


def _plan_ended(event: Event, body: dict[str, Any]) -> str:
    lines = [f"plan {event.plan_id} {body['end']}: {body['reason']}"]
    lines += [
        f"          {each['order_ref']}: {each['shares']} {each['symbol']} at {each['average_price']:.4f},"
        f" arrival mid {each['arrival_price']:.4f}: {each['slippage_bps']:+.1f} bps (+ is a cost)"
        for each in body.get("orders", ())  # older journals do not have it
    ]
    return "\n".join(lines)


def _said(word: str) -> Callable[[Event, dict[str, Any]], str]:
    """Return how what guards said is told, each tier by its own word."""
    return lambda _event, body: "; ".join(
        f"{word} by {each['guard']}: {each['statement']}" for each in body["breaches"]
    )


#: How each kind is told; what is not here is only in the JSON.
_TELL: Final[dict[str, Callable[[Event, dict[str, Any]], str]]] = {
    events.BREACHES: _said("held"),
    events.NOTICES: _said("told"),
    events.QUESTIONS: _said("asked"),
    events.PLAN_APPROVED: lambda event, _body: f"plan {event.plan_id} approved",
    events.ORDER_INTENT: lambda event, body: (
        f"order {event.order_ref}: {body['shares']:+,} {body['instrument']['symbol']}"
        f" {style_of(body)} {body['limit_price']}"
    ),
    events.EXECUTION: lambda event, body: (
        f"fill  {event.order_ref}: {body['shares']} at {body['price']}"
    ),
    events.ORDER_STATE: lambda event, body: (
        f"      {event.order_ref} {body['event'].replace('_', ' ')}: {body['evidence']}"
    ),
    events.LEG_TRIMMED: lambda _event, body: str(body["reason"]),
    events.LEG_STOPPED: lambda _event, body: str(body["reason"]),
    events.ORDER_ERROR: lambda event, body: (
        f"error {body['code']} on {event.order_ref}: {body['message']}"
    ),
    events.HELD: lambda _event, body: f"{body['statement']}: {body['remedy']}",
    events.RELEASED: lambda _event, body: (
        f"{body['symbol']} is held no more, by {body['by']}: {body['reason']}"
    ),
    events.ORDER_ALTERED: lambda _event, body: str(body["reason"]),
    events.PLAN_ENDED: _plan_ended,
}


def _plain(event: Event) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "at": event.recorded_at,
        "kind": event.kind,
        "plan_id": event.plan_id,
        "order_ref": event.order_ref,
        "body": event.body,
    }
