"""Why nothing was done with one instrument in one look: from each stage that could have left it out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.engine import events
from bot.engine.holds import Holds
from bot.engine.records import decision_from
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.domain.decision import Decision, Finding
    from bot.core.domain.event import Event


def reasons_against(
    symbol: str, look_id: str, story: Iterable[Event], holds: Iterable[Event] = ()
) -> list[str]:
    """Return what each stage of a look said of `symbol`, one line each: rules, holds, guards, orders, its end.

    Args:
        symbol: As the settings name it; any case.
        look_id: The look.
        story: Its events and those of its plan, in sequence.
        holds: Every hold that began or ended up to the look's end, in sequence.

    Raises:
        ConfigError: If the look decided, and has no such instrument.
    """
    told = list(story)
    own = [event for event in told if event.look_id == look_id]
    lines = [f"Why nothing was done with {symbol} in look {look_id}:"]
    con_id = _con_id(symbol, own)
    for event in own:
        if event.kind == events.DECISION:
            lines += _decided(symbol, con_id, event.body)
    lines += _holding(con_id, holds)
    for event in told:
        lines += _stopped(symbol, con_id, event)
    lines += [
        f"the look: {event.body['outcome']}: {event.body['statement']}"
        for event in own
        if event.kind == events.LOOK_ENDED
    ]
    return lines


def _con_id(symbol: str, own: list[Event]) -> int | None:
    for event in own:
        if event.kind == events.SNAPSHOT:
            for instrument in event.body["instruments"]:
                if instrument["symbol"].upper() == symbol.upper():
                    return int(instrument["con_id"])
    return None


def _decided(symbol: str, con_id: int | None, body: dict[str, Any]) -> list[str]:
    decision = decision_from(body)
    names = [name.upper() for name in decision.symbols]
    if symbol.upper() not in names:
        known = ", ".join(decision.symbols)
        message = f"{symbol} has no target in this look, so it is never touched; known are {known}"
        raise ConfigError(message)
    lines = [_weight_line(decision, names.index(symbol.upper()))]
    lines += _rule_lines(decision.finding)
    if not decision.rebalance:
        lines.append("the policy: asks for no rebalance, so nothing is planned")
    word = re.compile(rf"\b{re.escape(symbol)}\b", re.IGNORECASE)
    left_out = [reason for reason in body.get("left_out", ()) if word.search(reason)]
    lines += [f"the planner left it out: {reason}" for reason in left_out]
    legs = [leg for leg in body.get("legs", ()) if leg["con_id"] == con_id]
    lines += [f"the planner wants {leg['shares']:+,} shares of it" for leg in legs]
    if decision.rebalance and not legs and not left_out:
        lines.append("the planner: its desired weight needs no whole share more or less")
    return lines


def _weight_line(decision: Decision, row: int) -> str:
    weight, target = decision.weights[row], decision.targets[row]
    drift = weight - target
    width = decision.above[row] if drift >= 0 else decision.below[row]
    line = (
        f"weight {weight * 100:.2f} %, target {target * 100:.2f} %, drift {drift * 100:+.2f} points"
    )
    if width is None:
        return f"{line}; no band of its own"
    left = (width - abs(drift)) * 100
    where = f"{left:.2f} points inside" if left >= 0 else f"{-left:.2f} points outside"
    return f"{line}; band {width * 100:.2f} points on that side, {where}"


def _rule_lines(finding: Finding, depth: int = 0) -> list[str]:
    mark = "fired" if finding.fired else "quiet"
    distances = [
        f"{name.replace('_', ' ')} {number:.6g}"
        for name, number in finding.numbers.items()
        if name.startswith("distance") and isinstance(number, int | float)
    ]
    left = f" ({', '.join(distances)})" if distances else ""
    lines = [f"{'  ' * depth}rule {finding.rule} {mark}: {finding.statement}{left}"]
    for part in finding.parts:
        lines += _rule_lines(part, depth + 1)
    return lines


def _holding(con_id: int | None, events_of_holds: Iterable[Event]) -> list[str]:
    holds = Holds()
    for event in events_of_holds:
        holds.apply(event)
    return [
        f"held since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.statement}"
        for hold in holds.all()
        if hold.is_of_all or hold.con_id == con_id
    ]


def _stopped(symbol: str, con_id: int | None, event: Event) -> list[str]:
    """Return what stopped the instrument, or everything, on the way from the planner to the broker."""
    body = event.body
    if event.kind == events.BREACHES:
        return [
            f"guard {breach['guard']}: {breach['statement']}"
            for breach in body["breaches"]
            if breach["con_id"] in {None, con_id}
        ]
    if event.kind in {events.LEG_TRIMMED, events.LEG_STOPPED}:
        word = re.compile(rf"\b{re.escape(symbol)}\b", re.IGNORECASE)
        return [f"its leg: {body['reason']}"] if word.search(str(body["reason"])) else []
    if event.kind == events.ORDER_INTENT and body["instrument"]["con_id"] == con_id:
        return [f"yet it was traded: order {event.order_ref}, {body['shares']:+,} shares"]
    return []
