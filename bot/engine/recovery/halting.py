"""What no hold can contain: the journal is not this account's newest, or the broker does what nobody of ours asked for.

Each of these raises; the supervisor engages the switch. A person looks, and only a person goes on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.core.domain.reading import Known
from bot.engine import events, records
from bot.errors import HaltRequired, JournalBehind

if TYPE_CHECKING:
    from bot.core.domain.account import AccountState
    from bot.core.domain.orders import Execution, OrderBooks
    from bot.core.domain.reading import Reading
    from bot.engine.desk import Desk

#: Looks in a row without a net liquidation before trading is halted: two may be a slow morning at the broker.
NAV_UNKNOWN_MAX = 3


def check_books(desk: Desk, books: OrderBooks) -> None:
    """Raise on what the lists must not show.

    Raises:
        JournalBehind: If the broker has an own order that the journal does not know.
        HaltRequired: If two orders work for one leg, or the broker liquidated.
    """
    strangers = _own_orders_unknown(desk, books)
    if strangers:
        message = (
            f"the broker has orders of this journal that the journal does not know: {', '.join(strangers)};"
            " it is an old copy: restore the newest one"
        )
        raise JournalBehind(message)
    twins = _twins(desk, books)
    if twins:
        message = (
            f"two orders work for one leg: {'; '.join(twins)}; own orders are cancelled: compare orders and fills at"
            " IB before `bot resume`"
        )
        raise HaltRequired(message)
    if desk.lease is not None:
        _check_liquidation(desk, books)


def _own_orders_unknown(desk: Desk, books: OrderBooks) -> list[str]:
    references = [
        order.order_ref
        for orders in (books.open_orders, books.completed_orders, books.executions)
        for order in orders
        if order.order_ref.startswith(desk.own_prefix)
        and desk.recorder.ledger.order(order.order_ref) is None
    ]
    return sorted(set(references))


def _twins(desk: Desk, books: OrderBooks) -> list[str]:
    """Return legs for which two orders work: two attempts, or one reference under two permIds."""
    working: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for order in books.open_orders:
        record = desk.recorder.ledger.order(order.order_ref)
        if record is not None and order.status != "Inactive":
            named = f"{order.order_ref} (permId {order.perm_id})"
            working[record.intent.plan_id, record.intent.leg].add(named)
    return [" and ".join(sorted(named)) for named in working.values() if len(named) > 1]


def _check_liquidation(desk: Desk, books: OrderBooks) -> None:
    """Halt once for each execution by which the broker itself took shares for want of margin."""
    taken = [fill for fill in books.executions if fill.is_liquidation]
    if not taken:
        return
    journaled = desk.recorder.journal.events(kinds=[events.LIQUIDATED])
    told = {event.body["execution_id"] for event in journaled}
    new = [fill for fill in taken if fill.execution_id not in told]
    for fill in new:
        desk.recorder.record(events.LIQUIDATED, records.body_of(fill))
    if new:
        message = (
            f"the broker liquidated: {'; '.join(_told(fill) for fill in new)}; the account lacks margin: call IB"
            " before `bot resume`"
        )
        raise HaltRequired(message)


def _told(fill: Execution) -> str:
    return f"{fill.shares:+} {fill.symbol} at {fill.price}, execution {fill.execution_id}"


def check_nav(desk: Desk, account: Reading[AccountState]) -> None:
    """Halt if the account's net liquidation was unknown in this look and in the ones before, since the last resume.

    Args:
        desk: With this look's snapshot in its journal.
        account: What this look read.

    Raises:
        HaltRequired: After `NAV_UNKNOWN_MAX` looks in a row.
    """
    if desk.lease is None or (isinstance(account, Known) and account.value.net_liquidation):
        return
    resumed = desk.recorder.journal.events(kinds=[events.RESUMED], newest=1)
    since = resumed[0].sequence if resumed else 0
    snapshots = desk.recorder.journal.events(kinds=[events.SNAPSHOT], newest=NAV_UNKNOWN_MAX)
    unknown = [
        event
        for event in snapshots
        if event.sequence > since and not _has_nav(event.body["account"].get("value"))
    ]
    if len(unknown) == NAV_UNKNOWN_MAX:
        message = (
            f"the account's net liquidation was unknown in {NAV_UNKNOWN_MAX} looks in a row; look at the account in"
            " TWS before `bot resume`"
        )
        raise HaltRequired(message)


def _has_nav(account: dict[str, object] | None) -> bool:
    nav = None if account is None else account["net_liquidation"]
    return nav is not None and float(str(nav)) != 0
