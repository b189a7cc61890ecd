"""A decision made again, from the journal alone: the proof that everything it hung on was written down.

Rule: the body that comes out equals the body that was journaled, for the mandate with the digest of that look.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from bot.core.domain.account import AccountState, Position
from bot.core.domain.quote import Quote, QuoteKind
from bot.core.domain.reading import ConfirmedEmpty, Known, Unknown
from bot.core.domain.session import Session
from bot.core.domain.snapshot import Snapshot
from bot.core.planner.base import value
from bot.engine import events
from bot.engine.decide import Moment, decide
from bot.engine.histories import history_from
from bot.engine.knowledge import knowledge_from
from bot.engine.ledger import LEDGER_KINDS, Ledger
from bot.engine.records import instrument_from
from bot.errors import InvariantBroken, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.domain.event import Event
    from bot.core.domain.history import History
    from bot.core.domain.reading import Reading
    from bot.engine.decide import Verdict
    from bot.engine.desk import Desk
    from bot.engine.mandate import Mandate
    from bot.ports import Journal

T = TypeVar("T")


def keep_settings(desk: Desk, look_id: str) -> None:
    """Journal the settings of a look, unless the journal has those of this digest."""
    mandate = desk.mandate
    if mandate.settings and settings_kept(desk.recorder.journal, mandate.digest) is None:
        body = {"digest": mandate.digest, "settings": dict(mandate.settings)}
        desk.recorder.record(events.SETTINGS, body, look_id=look_id)


def settings_kept(journal: Journal, digest: str) -> dict[str, Any] | None:
    """Return the settings of `digest` as the journal kept them, or None where it did not."""
    for event in journal.events(kinds=[events.SETTINGS]):
        if event.body["digest"] == digest:
            found: dict[str, Any] = event.body["settings"]
            return found
    return None


def digest_of_look(journal: Journal, look_id: str) -> str:
    """Return the digest of the settings that a look was made under; empty if there is no such look."""
    number = look_id.removeprefix("L")
    for event in journal.events(kinds=[events.LOOK_STARTED]):
        if str(event.sequence) == number:
            return str(event.body["settings"])
    return ""


def decide_again(mandate: Mandate, journal: Journal, look_id: str) -> Verdict:
    """Return what the look `look_id` decided, recomputed.

    Args:
        mandate: The rules, those of that look.
        journal: Where the look's SNAPSHOT and DECISION are, and the HISTORY that it names.
        look_id: A look that asked the policy.

    Raises:
        InvariantBroken: If the journal has no such decision, or not what it was made on.
    """
    story = {event.kind: event for event in journal.events(look_id=look_id)}
    require(
        events.DECISION in story and events.SNAPSHOT in story, f"look {look_id} asked no policy"
    )
    decision = story[events.DECISION]
    snapshot = snapshot_from(story[events.SNAPSHOT].body)
    session = snapshot.session
    if session is None:
        message = f"look {look_id} decided outside a session"
        raise InvariantBroken(message)
    written = decision.body["knowledge"]
    knowledge = knowledge_from(written, _history(journal, written["history"]))
    done = _occurrences_done(journal, before=decision)
    valuation = value(snapshot, mandate.reserved_cash)
    return decide(mandate, Moment(snapshot, valuation, session, done), knowledge)


def _history(journal: Journal, digest: str) -> History | None:
    if not digest:
        return None
    found = [
        event for event in journal.events(kinds=[events.HISTORY]) if event.body["digest"] == digest
    ]
    require(bool(found), f"the journal has no history {digest}")
    return history_from(found[-1].body)


def _occurrences_done(journal: Journal, before: Event) -> frozenset[str]:
    ledger = Ledger()
    for event in journal.events(kinds=LEDGER_KINDS):
        if event.sequence < before.sequence:
            ledger.apply(event)
    return frozenset(ledger.occurrences_done)


def snapshot_from(body: dict[str, Any]) -> Snapshot:
    """Return the snapshot of a SNAPSHOT event, but for the orders, which no decision is a function of."""
    taken_at = datetime.fromisoformat(body["taken_at"])
    return Snapshot(
        taken_at=taken_at,
        broker_time=_reading(body["broker_time"], datetime.fromisoformat),
        session=None if body["session"] is None else _session(body["session"]),
        instruments=tuple(instrument_from(each) for each in body["instruments"]),
        account=_reading(body["account"], _account),
        positions=_reading(body["positions"], _positions),
        orders=Unknown("journal:orders", taken_at, "a decision does not depend on them"),
        quotes={int(con_id): _reading(quote, _quote) for con_id, quote in body["quotes"].items()},
    )


def _reading(body: dict[str, Any], read: Callable[[Any], T]) -> Reading[T]:
    source, received_at = body["source"], datetime.fromisoformat(body["received_at"])
    if body["type"] == Known.__name__:
        return Known(read(body["value"]), source, received_at)
    if body["type"] == ConfirmedEmpty.__name__:
        return ConfirmedEmpty(source, received_at)
    return Unknown(source, received_at, body["reason"])


def _session(body: dict[str, Any]) -> Session:
    return Session(
        exchange=body["exchange"],
        held_on=date.fromisoformat(body["held_on"]),
        opens_at=datetime.fromisoformat(body["opens_at"]),
        closes_at=datetime.fromisoformat(body["closes_at"]),
        is_half_day=body["is_half_day"],
        number_in=body["number_in"],
    )


def _account(body: dict[str, Any]) -> AccountState:
    return AccountState(
        account=body["account"],
        account_type=body["account_type"],
        currency=body["currency"],
        net_liquidation=_amount(body["net_liquidation"]),
        cash=_amount(body["cash"]),
        settled_cash=_amount(body["settled_cash"]),
        market_values={int(key): Decimal(each) for key, each in body["market_values"].items()},
        foreign_cash={key: Decimal(each) for key, each in body["foreign_cash"].items()},
        excess_liquidity=_amount(body.get("excess_liquidity")),  # older journals do not have it
    )


def _positions(rows: list[dict[str, Any]]) -> tuple[Position, ...]:
    return tuple(
        Position(
            con_id=row["con_id"],
            symbol=row["symbol"],
            security_type=row["security_type"],
            currency=row["currency"],
            quantity=Decimal(row["quantity"]),
            average_cost=_amount(row["average_cost"]),
        )
        for row in rows
    )


def _quote(body: dict[str, Any]) -> Quote:
    return Quote(
        con_id=body["con_id"],
        bid=body["bid"],
        ask=body["ask"],
        last=body["last"],
        close=body["close"],
        kind=None if body["kind"] is None else QuoteKind(body["kind"]),
        received_at=datetime.fromisoformat(body["received_at"]),
        bid_size=body.get("bid_size"),  # older journals do not have sizes
        ask_size=body.get("ask_size"),
        is_halted=body.get("is_halted"),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
