"""A snapshot's value: what the policy and the planner work on, or one clear line why it cannot be known.

Rule: unknown is never zero. The base is counted from the mandate's own holdings at mid, plus cash,
less reserved cash, and again from the broker's net liquidation, less what is held outside the
mandate, less reserved cash; the two must agree, and how far they differ is reported, so that a
guard can refuse. Whatever one of the two sums needs and does not have, refuses here. An instrument
of the mandate without a position is zero only because the positions read ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from bot.core.domain.reading import known, rows
from bot.core.domain.sums import total
from bot.core.planner.portfolios import Portfolios
from bot.errors import CycleSkipped, ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bot.core.domain.account import AccountState, Position
    from bot.core.domain.instrument import Instrument
    from bot.core.domain.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Valuation:
    """One account's mandate in numbers, all in `currency`, instruments in the order of the snapshot.

    Attributes:
        instruments: The N instruments.
        currency: The account's, and every instrument's.
        whole_shares: Whole shares held (N,), int64, at least 0.
        tails: Fractional shares held beside them (N,), from 0 to below 1.
        prices: Mids (N,), per share.
        holdings: Value of each holding at mid (N,), with its tail.
        cash: Total cash less reserved cash; may be negative.
        base: Holdings + cash, above 0: what weights are fractions of.
        weights: (N+1,), fractions of base, cash last.
        net_liquidation: NAV as the broker says it.
        outside_value: The broker's market value of everything held outside the mandate.
        nav_difference: (NAV - outside - reserved cash - base) / base, a signed fraction.
    """

    instruments: tuple[Instrument, ...]
    currency: str
    whole_shares: NDArray[np.int64]
    tails: NDArray[np.float64]
    prices: NDArray[np.float64]
    holdings: NDArray[np.float64]
    cash: float
    base: float
    weights: NDArray[np.float64]
    net_liquidation: float
    outside_value: float
    nav_difference: float

    def portfolios(self) -> Portfolios:
        """Return the same as a batch of one, for the planner."""
        return Portfolios(
            shares=self.whole_shares[np.newaxis],
            prices=self.prices[np.newaxis],
            base=np.array([self.base]),
            cash=np.array([self.cash]),
            con_ids=np.array([item.con_id for item in self.instruments], dtype=np.int64),
            tails=self.tails[np.newaxis],
        )


def value(snapshot: Snapshot, reserved_cash: Decimal) -> Valuation:
    """Return what `snapshot` is worth, with `reserved_cash` (account currency, at least 0) set aside.

    Raises:
        ReadUnknown: If a read did not end, or a number that is needed is missing.
        CycleSkipped: If what was read cannot be handled: a short position, another currency, no base.
    """
    account = known(snapshot.account)
    positions = _by_con_id(rows(snapshot.positions))
    _refuse_other_currencies(account, snapshot.instruments)
    net_liquidation, total_cash = _amounts(account)
    quantities = [_quantity(positions, instrument) for instrument in snapshot.instruments]
    prices = np.array([_mid(snapshot, item) for item in snapshot.instruments], dtype=np.float64)
    holdings = np.array([float(quantity) for quantity in quantities], dtype=np.float64) * prices
    cash = float(total_cash - reserved_cash)
    base = _held(snapshot.instruments, holdings) + cash
    if base <= 0:
        message = (
            f"the base must be above 0, found {base:.2f} {account.currency}: holdings with a target and "
            f"{total_cash:.2f} cash, less {reserved_cash:.2f} of it reserved ([planner] reserved_cash)"
        )
        raise CycleSkipped(message)
    mandate = {instrument.con_id for instrument in snapshot.instruments}
    outside = _outside_value(account, [row for key, row in positions.items() if key not in mandate])
    whole = [int(quantity) for quantity in quantities]
    tails = [float(quantity - count) for quantity, count in zip(quantities, whole, strict=True)]
    return Valuation(
        instruments=snapshot.instruments,
        currency=account.currency,
        whole_shares=np.array(whole, dtype=np.int64),
        tails=np.array(tails, dtype=np.float64),
        prices=prices,
        holdings=holdings,
        cash=cash,
        base=base,
        weights=np.append(holdings, cash) / base,
        net_liquidation=float(net_liquidation),
        outside_value=float(outside),
        nav_difference=(float(net_liquidation - outside - reserved_cash) - base) / base,
    )


def _held(instruments: tuple[Instrument, ...], holdings: NDArray[np.float64]) -> float:
    # Added by conId, so that the order of the targets does not move the last bits of the base.
    order = np.argsort([instrument.con_id for instrument in instruments])
    return float(total(holdings[order]))


def _by_con_id(positions: tuple[Position, ...]) -> dict[int, Position]:
    found: dict[int, Position] = {}
    for position in positions:
        if position.con_id in found:
            message = (
                f"{position.symbol} (conId {position.con_id}) is in the positions twice: "
                f"{found[position.con_id].quantity} and {position.quantity} shares"
            )
            raise ReadUnknown(message)
        found[position.con_id] = position
    return found


def _refuse_other_currencies(account: AccountState, instruments: tuple[Instrument, ...]) -> None:
    for instrument in instruments:
        if instrument.currency != account.currency:
            message = (
                f"{instrument.symbol} is priced in {instrument.currency}, the account is in "
                f"{account.currency}: other currencies cannot be traded yet"
            )
            raise CycleSkipped(message)
    for currency, balance in account.foreign_cash.items():
        if balance != 0:
            message = (
                f"the account has a balance of {balance} {currency} beside its {account.currency}: "
                "it must be 0, since other currencies cannot be valued yet"
            )
            raise CycleSkipped(message)


def _amounts(account: AccountState) -> tuple[Decimal, Decimal]:
    """Return net liquidation and total cash."""
    return (
        _amount("net liquidation", account.net_liquidation, account.currency),
        _amount("cash", account.cash, account.currency),
    )


def _amount(name: str, amount: Decimal | None, currency: str) -> Decimal:
    if amount is None or not amount.is_finite():
        message = f"{name} ({currency}) is unknown: the broker did not say it"
        raise ReadUnknown(message)
    return amount


def _quantity(positions: Mapping[int, Position], instrument: Instrument) -> Decimal:
    position = positions.get(instrument.con_id)
    if position is None:
        # The positions read ended without it: this is a real zero.
        return Decimal(0)
    if not position.quantity.is_finite():
        message = f"{instrument.symbol}: the number of shares is unknown, found {position.quantity}"
        raise ReadUnknown(message)
    if position.quantity < 0:
        message = f"{instrument.symbol} is short: {position.quantity} shares, expected at least 0"
        raise CycleSkipped(message)
    return position.quantity


def _mid(snapshot: Snapshot, instrument: Instrument) -> float:
    reading = snapshot.quotes.get(instrument.con_id)
    if reading is None:
        message = f"{instrument.symbol}: no quote was read"
        raise ReadUnknown(message)
    quote = known(reading)
    if quote.mid is None:
        message = (
            f"{instrument.symbol}: no mid price, found bid {quote.bid} and ask {quote.ask} "
            f"{instrument.currency} per share"
        )
        raise ReadUnknown(message)
    return quote.mid


def _outside_value(account: AccountState, positions: list[Position]) -> Decimal:
    """Return the broker's market value of `positions`, account currency."""
    worth = Decimal(0)
    for position in positions:
        if position.quantity == 0:
            continue
        if position.currency != account.currency:
            message = (
                f"{position.symbol} is outside the mandate and priced in {position.currency}, the account is in "
                f"{account.currency}: other currencies cannot be valued yet"
            )
            raise CycleSkipped(message)
        name = f"market value of {position.symbol} ({position.quantity} shares outside the mandate)"
        worth += _amount(name, account.market_values.get(position.con_id), account.currency)
    return worth
