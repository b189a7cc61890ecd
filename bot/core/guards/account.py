"""No order but for the configured account, and none of a mode that does not fit it: paper ids start with D."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.domain.reading import Known
from bot.core.guards.proposal import against_all

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal

#: Whether each mode wants a paper account; in observe nothing is sent, and either will do.
_PAPER_FITS: Final[dict[str, bool | None]] = {"observe": None, "paper": True, "live": False}


def account(
    proposal: Proposal,
    market: Market,
    limits: Limits,  # noqa: ARG001 - every guard has this shape
) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if order, broker and configuration do not name one account that fits."""
    named = market.account.value.account if isinstance(market.account, Known) else "unknown"
    wanted = market.account_id
    if not wanted or {named, proposal.account} != {wanted}:
        statement = (
            f"the plan is for account {masked(proposal.account)}, the broker names {masked(named)}, "
            f"configured is {masked(wanted)}"
        )
    elif market.mode not in _PAPER_FITS:
        statement = f"the mode is {market.mode or 'unknown'!r}, expected observe, paper or live"
    elif _PAPER_FITS[market.mode] not in {None, wanted.startswith("D")}:
        statement = (
            f"account {masked(wanted)} does not fit mode {market.mode}: paper ids start with D"
        )
    else:
        return ()
    return (against_all("account", statement),)


def masked(account_id: str) -> str:
    """Return an account id as it may be shown: its first letter and its last three digits."""
    return f"{account_id[:1]}***{account_id[-3:]}" if len(account_id) > 4 else account_id or "none"  # noqa: PLR2004
