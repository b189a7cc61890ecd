"""What the account is worth, session by session, as if nobody had ever put money in or taken it out: a fold.

Rule: one unit is worth 1 at the first look. Between two looks it earns what the account earned on what was in it:

    unit now = unit before x (base now + what went out) / (base before + what came in)

where the flow, in or out, is the change in cash that own fills and their commissions do not explain. So a deposit is no
gain and a withdrawal no drawdown. When it came or went is not known: a deposit counts as if it came first and a
withdrawal as if it went last. So the divisor is the most that can have earned, and nobody's unit is made ten times as
much, or a tenth, by the small rest that a withdrawal leaves.
Interest, fees and dividends count as flows as well, since TWS does not tell them apart from a deposit; a dividend
therefore shows as the fall of its ex-date alone.

The path has one value for each session, that of its first look, and keeps it. What a latch once saw it sees again in
every later look, so that it cannot turn on at one look and off at the next, because the path forgot what turned it on.

Shares that came or went without an own order (accepted by a person: a transfer, a split), or with a change of the
mandate, have no price that the gain could be counted with: the unit stays as it was over that gap, which is journaled.

A broker's cash may be behind its own fills: IB renews account values every three minutes. Cash that lacks what own
fills took would be taken for a deposit, and be spent again; so who decides asks first (`lacking`).

Nothing is added up in memory alone: what a look found is journaled and applied from there, so a restart, at any event,
knows the same. Only looks with the lease are journaled, in any mode; a tool's look counts on from the last of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.engine import events
from bot.errors import InvariantBroken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.domain.event import Event
    from bot.engine.ledger import Ledger

#: Sessions that are remembered: ten years.
SESSIONS_MAX: Final = 2520
_ZERO: Final = Decimal(0)
# What the broker rounds its cash to, account currency.
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Valued:
    """What one look found the account to be worth; the body of a VALUED event.

    Attributes:
        session: The session's date in the exchange's zone.
        base: What weights are fractions of, account currency, above 0.
        cash: Cash less reserved cash, account currency.
        held: Shares of the mandate's instruments by conId.
        flow: Cash that came (+) or went (-) since the look before, not by own fills, account currency.
        unit: What one unit is worth, 1 at the first look.
        is_gap: Whether holdings changed without own fills, so that the unit was left as it was.
    """

    session: date
    base: float
    cash: Decimal
    held: Mapping[int, Decimal]
    flow: Decimal
    unit: float
    is_gap: bool


class Worth:
    """The path of unit values, flows and the last trade. `apply` is the only way in, after the ledger's own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        #: The unit value of each session's first look, in order.
        self.units: dict[date, float] = {}
        #: The newest look that was journaled, or None.
        self.newest: Valued | None = None
        #: The session of the last plan that traded, or None if there was none.
        self.traded_on: date | None = None
        self._flows = _ZERO
        self._flows_at_trade = _ZERO
        self._opened: tuple[str, date, Decimal] | None = None
        # What own fills add up to: cash by order, shares by order and conId, and both when `newest` was journaled.
        self._cash_of: dict[str, Decimal] = {}
        self._shares_of: dict[str, Decimal] = {}
        self._cash = _ZERO
        self._shares: dict[int, Decimal] = {}
        self._cash_then = _ZERO
        self._shares_then: dict[int, Decimal] = {}
        # Cash of own fills since `newest`, by order, in the order of their first fill.
        self._cash_since: dict[str, Decimal] = {}
        # Cash that a person accepted as come (+) or gone (-) since `newest`.
        self._accepted = _ZERO

    def apply(self, event: Event) -> None:
        """Take one journaled fact into account."""
        if event.kind == events.VALUED:
            self._valued(event)
        elif event.kind == events.PLAN_OPENED:
            created_on = datetime.fromisoformat(event.body["plan"]["created_at"]).date()
            session = created_on if self.newest is None else self.newest.session
            self._opened = (str(event.plan_id), session, self._flows)
        elif event.kind == events.FLOW_ACCEPTED:
            self._accepted += Decimal(event.body["amount"])
        elif event.kind in {events.EXECUTION, events.COMMISSION}:
            self._count(str(event.order_ref), is_fill=event.kind == events.EXECUTION)
            if event.kind == events.EXECUTION and self._opened is not None:
                plan_id, session, flows = self._opened
                if plan_id == event.plan_id:
                    # What came in until that plan was made has been dealt with by it.
                    self.traded_on, self._flows_at_trade = session, flows

    def now(self, session: date, base: float, cash: Decimal, held: Mapping[int, Decimal]) -> Valued:
        """Return what a look that finds `base`, `cash` and `held` makes of it; nothing is changed."""
        before = self.newest
        if before is None:
            return Valued(session, base, cash, dict(held), _ZERO, 1.0, is_gap=False)
        flow = (cash - before.cash) - (self._cash - self._cash_then)
        came, went = float(max(flow, _ZERO)), float(max(-flow, _ZERO))
        is_gap = self._has_strange_shares(before.held, held)
        gain = (base + went) / (before.base + came)
        unit = before.unit if is_gap else before.unit * gain
        return Valued(session, base, cash, dict(held), flow, unit, is_gap)

    def cash_expected(self) -> Decimal:
        """Return the cash (less reserved cash) that the newest look, own fills since and a person's word add up to."""
        before = _ZERO if self.newest is None else self.newest.cash
        return before + (self._cash - self._cash_then) + self._accepted

    def lacking(self, session: date, cash: Decimal) -> tuple[str, ...]:
        """Return the own orders whose fills are not in the broker's `cash` (less reserved cash) yet; none if all are.

        They are not if it is, to a cent for each order, what the newest look found and the first of the orders that
        filled since then add up to, and not what all of them do. In a later session nothing lacks: the broker has
        closed its books since.
        """
        if self.newest is None or session > self.newest.session:
            return ()
        orders = tuple(self._cash_since)
        noise = _CENT * (len(orders) + 1)
        unexplained = cash - self.newest.cash - sum(self._cash_since.values(), _ZERO)
        missing = _ZERO
        if abs(unexplained) <= noise:
            return ()
        for first in reversed(range(len(orders))):
            missing -= self._cash_since[orders[first]]
            if abs(unexplained - missing) <= noise:
                return orders[first:]
        return ()

    def path(self, now: Valued, sessions: int) -> tuple[float, ...]:
        """Return the unit value of each of the last `sessions` sessions before, oldest first, and this one's last.

        That is the value of the session's first look; `now` is that look if none was journaled yet.
        """
        before = [unit for session, unit in self.units.items() if session < now.session]
        return (*before[max(0, len(before) - sessions) :], self.units.get(now.session, now.unit))

    def flows(self, now: Valued) -> Decimal:
        """Return the cash that came (+) or went (-) since the last plan that traded was made, account currency.

        Without such a plan: since the first look. `now` is what the method of that name returns, journaled or not yet.
        """
        if now is self.newest:
            return self._flows - self._flows_at_trade
        return self._flows + now.flow - self._flows_at_trade

    def _valued(self, event: Event) -> None:
        body = event.body
        found = Valued(
            session=date.fromisoformat(body["session"]),
            base=body["base"],
            cash=Decimal(body["cash"]),
            held={int(key): Decimal(shares) for key, shares in body["held"].items()},
            flow=Decimal(body["flow"]),
            unit=body["unit"],
            is_gap=body["is_gap"],
        )
        self.newest = found
        self.units.setdefault(found.session, found.unit)
        if len(self.units) > SESSIONS_MAX:
            del self.units[min(self.units)]
        self._flows += found.flow
        self._cash_then, self._shares_then = self._cash, dict(self._shares)
        self._cash_since = {}
        self._accepted = _ZERO

    def _count(self, order_ref: str, *, is_fill: bool) -> None:
        record = self._ledger.order(order_ref)
        if record is None:
            message = f"the ledger has no order {order_ref}, whose fill is to be counted"
            raise InvariantBroken(message)
        con_id = record.intent.instrument.con_id
        cash = record.cash_flow - self._cash_of.get(order_ref, _ZERO)
        self._cash += cash
        if is_fill or order_ref in self._cash_since:
            # A commission that is reported late has been in the broker's cash all along.
            self._cash_since[order_ref] = self._cash_since.get(order_ref, _ZERO) + cash
        more = record.filled - self._shares_of.get(order_ref, _ZERO)
        self._shares[con_id] = self._shares.get(con_id, _ZERO) + more
        self._cash_of[order_ref], self._shares_of[order_ref] = record.cash_flow, record.filled

    def _has_strange_shares(
        self, before: Mapping[int, Decimal], held: Mapping[int, Decimal]
    ) -> bool:
        def strange(
            shares: Mapping[int, Decimal], own: Mapping[int, Decimal], con_id: int
        ) -> Decimal:
            return shares.get(con_id, _ZERO) - own.get(con_id, _ZERO)

        return any(
            strange(held, self._shares, con_id) != strange(before, self._shares_then, con_id)
            for con_id in {*before, *held}
        )
