"""Cash that own fills do not explain: a flow for the cash-flow policy, or a reason to hold everything.

Rule: below 2 % of base it is a flow. From there to `[limits] flow_ack` it is a flow that is told. From
`flow_ack` on every order is held until a person accepts it: it may be a deposit, and it may be the sale of half the
account by somebody else. What was accepted counts as a flow from then on.
The journal's number is the cash of the newest look that was valued, and what own fills made of it since; so nothing is
compared while an own order may fill, nor while the broker's cash is behind our fills (`knowledge.check_cash`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.engine.recovery.differences import CASH_NAME, Difference, Effect, Kind

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.engine.worth import Worth

#: From this part of base on a flow is told.
FLOW_TOLD: Final = 0.02


def flow_difference(
    worth: Worth, cash: Decimal, currency: str, flow_ack: float
) -> Difference | None:
    """Return the cash that came or went, if it is worth telling.

    Args:
        worth: What the newest look found, and what own fills made of it.
        cash: The broker's cash less reserved cash, account currency.
        currency: The account's.
        flow_ack: From this part of base on everything is held.
    """
    before = worth.newest
    if before is None:
        return None
    expected = worth.cash_expected()
    flow = cash - expected
    part = abs(float(flow)) / before.base
    if part < FLOW_TOLD:
        return None
    is_large = part >= flow_ack
    told = (
        f"{flow:+,.2f} {currency} of cash that own fills do not explain, {part * 100:.1f} % of the base:"
        f" {cash:,.2f} found, {expected:,.2f} explained"
    )
    return Difference(
        kind=Kind.CASH,
        subject=CASH_NAME,
        symbol=CASH_NAME,
        con_id=None,
        journal=expected,
        broker=cash,
        unit=currency,
        effect=Effect.ALL if is_large else Effect.TOLD,
        statement=f"every order is held: {told}" if is_large else told,
        remedy=(
            "if that is right, `bot reconcile --acknowledge cash --reason TEXT`"
            if is_large
            else "nothing to do: it is a flow for the policy"
        ),
    )
