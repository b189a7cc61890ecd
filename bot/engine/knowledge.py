"""What a decision knows beyond its snapshot: the past, the account's own path, indices.

Rule: only what a rule, a target source or the planner asks for is gathered (`Needs`); the rest is not known, which is
not the same as nothing. What is asked for and cannot be had is not known either: the rule that needs it refuses, and
the look ends as UNKNOWN with the rule's name and the reason that is kept here. All of it is journaled with the
decision, so that the decision can be made again from the journal alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.core.domain.needs import Needs
from bot.core.domain.reading import Known, Unknown, known, rows
from bot.core.guards.proposal import is_beyond
from bot.engine import events, records
from bot.engine.histories import VOLUME_SESSIONS, find_history, measures_of
from bot.engine.worth import SESSIONS_MAX
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.core.domain.history import History
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.reading import Reading
    from bot.engine.desk import Desk
    from bot.engine.histories import Measures
    from bot.engine.mandate import Mandate
    from bot.engine.sight import Sight
    from bot.engine.worth import Valued

#: How a trade that never was is journaled: JSON has no infinity.
_NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known; None is not known, or nobody asked.

    Attributes:
        history: Closes and volumes of finished sessions.
        history_digest: Names the HISTORY event that has it; empty without one.
        values: The account's unit value, one a session, this session's last.
        flows: Cash that came (+) or went (-) since the last plan that traded, fraction of base.
        sessions_since_trade: Sessions since that plan, 0 in the same, +inf if never.
        days_since_trade: Calendar days since its session, +inf if never.
        levels: Levels of market indices, by name; what is unknown is left out.
        shares_traded: Shares that earlier plans of this session traded, bought and sold together, by conId.
        held: Instruments that are held, by conId: they are planned as if marked "none".
        unknown: Why what is needed is not known, one line each.
    """

    history: History | None = None
    history_digest: str = ""
    values: tuple[float, ...] | None = None
    flows: float | None = None
    sessions_since_trade: float | None = None
    days_since_trade: float | None = None
    levels: Mapping[str, float] = field(default_factory=dict)
    shares_traded: Mapping[int, float] | None = None
    held: frozenset[int] = frozenset()
    unknown: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return it for the journal; the history by its digest."""
        body: dict[str, Any] = {
            "history": self.history_digest,
            "history_sessions": 0 if self.history is None else len(self.history.sessions),
            "values": None if self.values is None else list(self.values),
            "flows": self.flows,
            "sessions_since_trade": _written(self.sessions_since_trade),
            "days_since_trade": _written(self.days_since_trade),
            "levels": dict(self.levels),
            "unknown": list(self.unknown),
        }
        # Older journals do not have it: those decisions were made without, and must be made so again.
        if self.shares_traded is not None:
            body["shares_traded"] = {str(key): each for key, each in self.shares_traded.items()}
        if self.held:
            body["held"] = sorted(self.held)
        return body


def knowledge_from(body: dict[str, Any], history: History | None) -> Knowledge:
    """Return the knowledge that `Knowledge.body` wrote, with the history that its digest names."""
    count, traded = body["history_sessions"], body.get("shares_traded")
    return Knowledge(
        history=None if history is None or count == 0 else history.last(count),
        history_digest=body["history"],
        values=None if body["values"] is None else tuple(body["values"]),
        flows=body["flows"],
        sessions_since_trade=_read(body["sessions_since_trade"]),
        days_since_trade=_read(body["days_since_trade"]),
        levels=body["levels"],
        shares_traded=None if traded is None else {int(key): each for key, each in traded.items()},
        held=frozenset(body.get("held", ())),
        unknown=tuple(body["unknown"]),
    )


def needs_of(mandate: Mandate) -> Needs:
    """Return what the policy, the target source and the planner's rules need together."""
    needs = mandate.policy.needs() | mandate.targets.needs()
    if mandate.needs_volumes:
        needs |= Needs(history_sessions=VOLUME_SESSIONS)
    return needs


def record_worth(desk: Desk, sight: Sight) -> None:
    """Journal what the account is worth as the next step of its path.

    Not without the lease, since the path is the daemon's; not while an own order may still fill, since cash and
    holdings were read one after the other; not while the broker's cash is behind our fills; and not while our count of
    the base and the broker's differ by more than the limit, since a wrong value would be a peak or a fall that never
    was.
    """
    difference, limit = abs(sight.valuation.nav_difference), desk.mandate.limits.nav_difference_max
    is_doubtful = is_beyond(difference, limit) or bool(_fills_not_in_cash(desk, sight))
    if desk.lease is None or desk.recorder.ledger.unsettled() or is_doubtful:
        return
    found = _value_now(desk, sight)
    desk.recorder.record(events.VALUED, records.body_of(found), look_id=sight.look_id)


def with_loss(desk: Desk, sight: Sight) -> Sight:
    """Return the sight whose market knows what the account lost since the session's first look, deposits left aside."""
    now = _value_now(desk, sight)
    first = desk.recorder.worth.units.get(now.session, now.unit)
    return replace(sight, market=replace(sight.market, day_loss=1 - now.unit / first))


def check_cash(desk: Desk, sight: Sight) -> None:
    """Refuse to decide on cash of the broker's that is behind our fills: what they cost would be spent again.

    Raises:
        ReadUnknown: With the cash and the orders.
    """
    lacking = _fills_not_in_cash(desk, sight)
    if lacking:
        account = known(sight.snapshot.account)
        message = (
            f"the broker's cash is {account.cash} {account.currency}, without what {', '.join(lacking)} filled: it is"
            " behind, and nothing is decided until it is not"
        )
        raise ReadUnknown(message)


def _fills_not_in_cash(desk: Desk, sight: Sight) -> tuple[str, ...]:
    cash = desk.mandate.cash_of(known(sight.snapshot.account))
    return desk.recorder.worth.lacking(sight.session.held_on, cash)


def _value_now(desk: Desk, sight: Sight) -> Valued:
    snapshot = sight.snapshot
    quantities = {row.con_id: row.quantity for row in rows(snapshot.positions)}
    held = {
        instrument.con_id: quantities[instrument.con_id]
        for instrument in snapshot.instruments
        if quantities.get(instrument.con_id)
    }
    cash = desk.mandate.cash_of(known(snapshot.account))
    return desk.recorder.worth.now(sight.session.held_on, sight.valuation.base, cash, held)


@dataclass(frozen=True, slots=True)
class Outside:
    """What a look reads of the outside world before its snapshot.

    Attributes:
        knowledge: What the rules asked for.
        measures: Closes and volumes that guards measure every order by, asked for by a rule or not.
        index_fall: How far the watched market index has fallen, or None where none is watched.
    """

    knowledge: Knowledge
    measures: Measures
    index_fall: Reading[float] | None


async def read_outside(
    desk: Desk, look_id: str, instruments: Sequence[Instrument], session: date
) -> Outside:
    """Read what the mandate needs of the outside world; what cannot be had is left out, with the reason.

    It comes before the snapshot, whose quotes must be fresh when orders leave.
    """
    needs, unknown = needs_of(desk.mandate), []
    sessions = desk.calendar.sessions_before(session, max(needs.history_sessions, VOLUME_SESSIONS))
    past, digest = await find_history(desk, look_id, instruments, sessions)
    history, levels = None, {}
    if needs.history_sessions and isinstance(past, Known):
        history = past.value.last(needs.history_sessions)
    elif needs.history_sessions:
        unknown.append(_why(past))
    for name, level in (await desk.broker.read_levels(needs.levels)).items():
        if isinstance(level, Known):
            levels[name] = level.value
        else:
            unknown.append(_why(level))
    known_by = digest if needs.history_sessions else ""
    found = Knowledge(
        history=history, history_digest=known_by, levels=levels, unknown=tuple(unknown)
    )
    index = desk.mandate.market_index
    return Outside(
        knowledge=found,
        measures=await measures_of(desk, instruments, sessions[-VOLUME_SESSIONS:], past),
        index_fall=await desk.broker.read_fall(index) if index else None,
    )


def with_own_past(desk: Desk, sight: Sight, outside: Knowledge) -> Knowledge:
    """Return `outside` with what the journal knows of the account, as far as the mandate needs it."""
    needs, worth, now = needs_of(desk.mandate), desk.recorder.worth, _value_now(desk, sight)
    session, count = sight.session.held_on, min(needs.values_sessions, SESSIONS_MAX)
    sessions_since, days_since = math.inf, math.inf
    if worth.traded_on is not None:
        sessions_since = desk.calendar.sessions_since(worth.traded_on, session)
        days_since = (session - worth.traded_on).days
    traded = None
    if desk.mandate.planner_rules.participation_max is not None:
        counted = desk.recorder.ledger.shares_traded(sight.session.opens_at)
        traded = {con_id: float(shares) for con_id, shares in counted.items()}
    return replace(
        outside,
        values=worth.path(now, count) if count else None,
        flows=float(worth.flows(now)) / now.base if needs.has_flows else None,
        sessions_since_trade=sessions_since if needs.has_last_trade else None,
        days_since_trade=days_since if needs.has_last_trade else None,
        shares_traded=traded,
    )


def _why(reading: Reading[History] | Reading[float]) -> str:
    reason = reading.reason if isinstance(reading, Unknown) else "it ended with nothing"
    return f"{reading.source}: {reason}"


def _written(number: float | None) -> float | str | None:
    return _NEVER if number is not None and math.isinf(number) else number


def _read(written: float | str | None) -> float | None:
    if isinstance(written, str):
        return math.inf
    return None if written is None else float(written)
