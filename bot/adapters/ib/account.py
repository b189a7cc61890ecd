"""Reads of the account: time, values, positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.adapters.ib import keys
from bot.adapters.ib.limiter import Lane
from bot.adapters.ib.pending import Failed
from bot.adapters.ib.translate import AccountRow, PortfolioRow, Untranslatable, account_state
from bot.core.domain.reading import ConfirmedEmpty, Known

if TYPE_CHECKING:
    from datetime import datetime

    from bot.adapters.ib.asking import Asking
    from bot.core.domain.account import AccountState, Position
    from bot.core.domain.reading import Reading

TIME_SOURCE: Final = "ib:time"
ACCOUNT_SOURCE: Final = "ib:account"
POSITIONS_SOURCE: Final = "ib:positions"


async def read_time(asking: Asking) -> Reading[datetime]:
    """Read the broker's clock; a heartbeat, so it may take the places kept for those."""
    answer = await asking.ask(keys.TIME, lambda client: client.reqCurrentTime(), lane=Lane.URGENT)
    if isinstance(answer, Failed):
        return asking.unknown(TIME_SOURCE, answer.reason)
    return Known(answer.rows[0], TIME_SOURCE, asking.connection.clock.now())


async def read_account(asking: Asking) -> Reading[AccountState]:
    """Read one account download to its end, then stop the subscription that it is."""
    account = asking.connection.settings.account
    answer = await asking.ask(
        keys.ACCOUNT,
        lambda client: client.reqAccountUpdates(True, account),  # noqa: FBT003 - theirs
        ending=lambda client: client.reqAccountUpdates(False, account),  # noqa: FBT003 - theirs
    )
    if isinstance(answer, Failed):
        return asking.unknown(ACCOUNT_SOURCE, answer.reason)
    values = [row for row in answer.rows if isinstance(row, AccountRow)]
    portfolio = [row for row in answer.rows if isinstance(row, PortfolioRow)]
    try:
        state = account_state(account, values, portfolio)
    except Untranslatable as error:
        return asking.unknown(ACCOUNT_SOURCE, str(error))
    return Known(state, ACCOUNT_SOURCE, asking.connection.clock.now())


async def read_positions(asking: Asking) -> Reading[tuple[Position, ...]]:
    """Read the positions to their end, then stop the subscription that they are; the newest row of each counts."""
    answer = await asking.ask(
        keys.POSITIONS,
        lambda client: client.reqPositions(),
        ending=lambda client: client.cancelPositions(),
    )
    if isinstance(answer, Failed):
        return asking.unknown(POSITIONS_SOURCE, answer.reason)
    newest = {row.con_id: row for row in answer.rows}
    held = tuple(row for row in newest.values() if row.quantity != 0)
    now = asking.connection.clock.now()
    return Known(held, POSITIONS_SOURCE, now) if held else ConfirmedEmpty(POSITIONS_SOURCE, now)
