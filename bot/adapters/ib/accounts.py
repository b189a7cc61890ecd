"""Paper and live cannot be confused: the accounts that the gateway itself names decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.endpoint import is_paper
from bot.errors import WrongAccount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.ib.settings import IbSettings


def check_accounts(settings: IbSettings, managed: Sequence[str]) -> None:
    """Refuse a gateway whose accounts do not fit the settings.

    Raises:
        WrongAccount: If the account is not among them, one of them is live in paper mode, or ours is paper in live
            mode.
    """
    expected = f"{settings.account} ({'paper' if is_paper(settings.account) else 'live'})"
    found = f"the gateway at {settings.endpoint} manages {', '.join(managed) or 'no account'}"
    live_ones = [account for account in managed if not is_paper(account)]
    if settings.account not in managed:
        mend = "log the gateway in as the other user, or change the account in the settings"
    elif settings.mode == "paper" and live_ones:
        mend = f'mode = "paper" refuses a gateway with live accounts ({", ".join(live_ones)})'
    elif settings.mode == "live" and is_paper(settings.account):
        mend = 'mode = "live" refuses a paper account'
    else:
        return
    message = f"expected account {expected}, {found}: {mend}"
    raise WrongAccount(message)
