"""No order in a session that has lost much already: what falls so fast is for a person to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.guards.proposal import against_all, is_beyond

if TYPE_CHECKING:
    from bot.core.domain.breach import Breach
    from bot.core.guards.limits import Limits
    from bot.core.guards.proposal import Market, Proposal


_UNIT: Final = "fraction of the unit value"


def day_loss(
    proposal: Proposal,  # noqa: ARG001 - every guard has this shape
    market: Market,
    limits: Limits,
) -> tuple[Breach, ...]:
    """Return one breach that stops the plan if the unit value fell by more than `day_loss_max`, or is unknown."""
    loss, limit = market.day_loss, limits.day_loss_max
    if loss is None:
        return (against_all("day_loss", "the session's loss is unknown", None, limit, _UNIT),)
    if not is_beyond(loss, limit):
        return ()
    statement = (
        f"the account lost {loss * 100:.2f} % since the session's first look, deposits left aside, at most "
        f"{limit * 100:g} % allowed"
    )
    return (against_all("day_loss", statement, loss, limit, _UNIT),)
