"""The three-way reconciliation: one room, one result. Journal, orders and positions; cash where it was read.

    read the lists ─▶ halt? ─▶ count fills that nobody heard ─▶ compare ─▶ hold and release ─▶ RECONCILED

It is made in every look from the snapshot that the look took anyway, and by `watch.py` at the start, after every
reconnect, after codes 1101 and 1102, after an order ended and every minute while orders work. With a quiet broker it is
one read of the lists. What differs is a value, and holds its symbol or all; what no hold can contain raises.

A holding that differs is read again some times before it counts, since a broker's positions lag its fills for some
seconds; a look, which has its quotes to lose, judges what it saw. A hold is journaled by whoever has the lease, and by
nobody else: a tool beside the daemon only tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.core.domain.reading import Known, rows
from bot.engine import events
from bot.engine.recovery.compare import compare
from bot.engine.recovery.differences import Effect, Kind, Reconciliation, difference_from
from bot.engine.recovery.flows import flow_difference
from bot.engine.recovery.halting import check_books
from bot.engine.recovery.lost import may_still_fill
from bot.engine.recovery.seen import Seen, read_now, seen_in

if TYPE_CHECKING:
    from bot.core.domain.account import AccountState
    from bot.core.domain.orders import OrderBooks
    from bot.core.domain.reading import Reading
    from bot.core.domain.snapshot import Snapshot
    from bot.engine.desk import Desk
    from bot.engine.holds import Hold
    from bot.engine.ledger import PlanRecord
    from bot.engine.recorder import Recorder
    from bot.engine.recovery.differences import Difference

#: How often holdings are read before a difference counts, and the pause between, seconds.
HOLDINGS_READS = 5
HOLDINGS_READ_PAUSE_S = 1.0
#: The least pause between two comparisons, seconds.
PAUSE_S = 1.0
#: What ends by itself in the same session and has its own way of stopping plans: told, and no journaled hold.
_NOT_JOURNALED = frozenset({Kind.UNKNOWN_ORDER})


async def reconcile_look(desk: Desk, look_id: str, snapshot: Snapshot) -> Reconciliation:
    """Compare what a look saw with the journal; nothing is read anew, unless a hold may end.

    Raises:
        HaltRequired: For what no hold can contain.
        ReadUnknown: If orders or positions are unknown.
    """
    desk.tracker.recheck = None
    seen = seen_in(desk, snapshot, look_id)
    check_books(desk, seen.books)
    _count_fills(desk, seen.books, is_over=True)
    found = _compare(desk, seen, is_working=False)
    cash = _cash(desk, snapshot.account)
    return await _conclude(desk, "a look", found, cash, {"look_id": look_id})


async def reconcile(
    desk: Desk, occasion: str, *, is_working: bool = False, plan: PlanRecord | None = None
) -> Reconciliation:
    """Read the broker's lists and compare them with the journal.

    Args:
        desk: Connected.
        occasion: Why, for the journal.
        is_working: Whether a plan is being worked: then its worker takes the broker's events, and holdings may be
            behind its fills.
        plan: The plan that this is told with, or None for the one that is open.

    Raises:
        HaltRequired: For what no hold can contain.
        ReadUnknown: If a list could not be read.
    """
    desk.tracker.recheck = None
    seen = await read_now(desk)
    await _drain(desk, is_working=is_working)
    check_books(desk, seen.books)
    _count_fills(desk, seen.books, is_over=False)
    found = _compare(desk, seen, is_working=is_working)
    for _ in range(HOLDINGS_READS - 1):
        if not any(_is_news(desk, each) for each in found):
            break
        await desk.clock.sleep(HOLDINGS_READ_PAUSE_S)
        seen = replace(seen, positions=rows(await desk.broker.read_positions()))
        await _drain(desk, is_working=is_working)
        found = _compare(desk, seen, is_working=is_working)
    return await _conclude(desk, occasion, found, None, _keys(desk, plan))


def _keys(desk: Desk, plan: PlanRecord | None = None) -> dict[str, str]:
    """Return the plan that this is told with, else the open one: `bot explain` shows it with the plan's look."""
    plan = plan or desk.recorder.ledger.open_plan()
    return {} if plan is None else {"plan_id": plan.plan.plan_id}


async def reconcile_all(desk: Desk, occasion: str) -> Reconciliation:
    """As `reconcile`, with the account's cash: what a person is shown.

    Raises:
        HaltRequired: For what no hold can contain.
        ReadUnknown: If a list or the account could not be read.
    """
    result = await reconcile(desk, occasion)
    cash = _cash(desk, await desk.broker.read_account())
    found = tuple(each for each in result.differences if each.kind is not Kind.CASH)
    return await _conclude(desk, occasion, found, cash, _keys(desk))


def held_now(recorder: Recorder) -> Reconciliation:
    """Return what is held by the journal alone."""
    held = (difference_from(hold.body) for hold in recorder.holds.all())
    return Reconciliation("the journal alone", tuple(held))


async def _drain(desk: Desk, *, is_working: bool) -> None:
    """Take the broker's events, unless a plan's worker waits for them, or this desk may not write to the journal."""
    if desk.lease is not None and not is_working:
        await desk.drain()


def _is_news(desk: Desk, difference: Difference) -> bool:
    """Return whether a holding differs and is not known to: what is held already is held without more reads."""
    return difference.kind is Kind.SHARES and desk.recorder.holds.get(difference.key) is None


def _compare(desk: Desk, seen: Seen, *, is_working: bool) -> tuple[Difference, ...]:
    return compare(desk.recorder, seen, desk.own_prefix, desk.clock.now(), is_working=is_working)


def _cash(desk: Desk, account: Reading[AccountState]) -> tuple[Difference, ...] | None:
    """Return cash that own fills do not explain, if any; None where that cannot be told now."""
    if not isinstance(account, Known) or account.value.cash is None or may_still_fill(desk):
        return None
    if account.value.currency != desk.mandate.currency:
        return None  # a look refuses it, with both names
    cash, worth = desk.mandate.cash_of(account.value), desk.recorder.worth
    session = desk.calendar.session_at(desk.clock.now())
    if session is not None and worth.lacking(session.held_on, cash):
        return None
    found = flow_difference(worth, cash, account.value.currency, desk.mandate.flow_ack)
    return () if found is None else (found,)


def _count_fills(desk: Desk, books: OrderBooks, *, is_over: bool) -> None:
    """Count fills of own orders that nobody heard of.

    Args:
        desk: Only one with the lease counts.
        books: The broker's lists.
        is_over: Of orders that are over only: of one that works a fill may be in this list and not in the positions,
            which a look reads before it, and once.
    """
    if desk.lease is None:
        return
    for execution in books.executions:
        record = desk.recorder.ledger.order(execution.order_ref)
        if record is not None and (record.is_final or not is_over):
            desk.tracker.count(execution)


async def _conclude(
    desk: Desk,
    occasion: str,
    found: tuple[Difference, ...],
    cash: tuple[Difference, ...] | None,
    keys: dict[str, str],
) -> Reconciliation:
    """Begin and end holds, journal the result, and return it.

    Args:
        desk: Only one with the lease holds and releases.
        occasion: Why, for the journal.
        found: What differs in orders and holdings.
        cash: What differs in cash, or None if that was not compared.
        keys: The look that compared, or the plan that is open.
    """
    found = tuple(_as_held(desk, each) for each in (*found, *(cash or ())))
    missing = _missing(desk, found)
    kept = [hold for hold in missing if hold.is_of_all and cash is None]
    if desk.lease is not None:
        gone = [hold for hold in missing if hold not in kept]
        kept += await _not_gone(desk, gone, keys)
        for difference in found:
            _hold(desk, difference, keys)
    differences = (*found, *(difference_from(hold.body) for hold in kept))
    result = Reconciliation(
        occasion, tuple(sorted(differences, key=lambda each: each.effect is not Effect.ALL))
    )
    if desk.lease is not None or "look_id" in keys:
        body = {"occasion": occasion, "differences": [each.body() for each in result.differences]}
        desk.recorder.record(events.RECONCILED, body, **keys)
    desk.watch.compared_at_s = desk.clock.monotonic()
    desk.watch.not_before_s = desk.watch.compared_at_s + PAUSE_S
    return result


def _as_held(desk: Desk, difference: Difference) -> Difference:
    """Return a difference in the words in which it is held, as long as its numbers are the same.

    What a split looks like is seen once, when the price changes; a later read would call it something else.
    """
    hold = desk.recorder.holds.get(difference.key)
    if hold is None:
        return difference
    held = difference_from(hold.body)
    same = (held.journal, held.broker) == (difference.journal, difference.broker)
    return held if same else difference


def _missing(desk: Desk, found: tuple[Difference, ...]) -> list[Hold]:
    there = {each.key for each in found if each.effect is not Effect.TOLD}
    return [hold for hold in desk.recorder.holds.all() if hold.key not in there]


def _hold(desk: Desk, difference: Difference, keys: dict[str, str]) -> None:
    if difference.effect is Effect.TOLD or difference.kind in _NOT_JOURNALED:
        return
    before = desk.recorder.holds.get(difference.key)
    if before is None or before.statement != difference.statement:
        desk.recorder.record(events.HELD, difference.body(), **keys)


async def _not_gone(desk: Desk, gone: list[Hold], keys: dict[str, str]) -> list[Hold]:
    """End the holds that a second read does not find either; return those that it does, or could not ask about."""
    if not gone:
        return []
    await desk.clock.sleep(HOLDINGS_READ_PAUSE_S)
    again = _compare(desk, await read_now(desk), is_working=False)
    cash: tuple[Difference, ...] | None = ()
    if any(hold.is_of_all for hold in gone):
        cash = _cash(desk, await desk.broker.read_account())
    there = {each.key for each in (*again, *(cash or ())) if each.effect is not Effect.TOLD}
    kept = [hold for hold in gone if hold.key in there or (hold.is_of_all and cash is None)]
    for hold in gone:
        if hold not in kept:
            body: dict[str, Any] = {"key": hold.key, "symbol": hold.body["symbol"], "by": "bot"}
            body["reason"] = "two reads did not find it"
            desk.recorder.record(events.RELEASED, body, **keys)
    return kept
