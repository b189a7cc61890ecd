"""One object that says what trades cost: the gate `cost_benefit` asks it, and the backtest will.

The cost of a trade has four parts, each at least 0, none rounded to the cent:

1. Commission, by Interactive Brokers' US schedules. Fixed: 0.005 a share, at least 1.00 an order. Tiered: 0.0035 a
   share for the first 300,000 shares of a month, then 0.0020 up to 3 million, 0.0015 up to 20 million, 0.0010 up to
   100 million and 0.0005 above, at least 0.35 an order. Both: at most 1 % of the trade's value, and where that is less
   than the minimum, the 1 % is charged. The smaller minimum of fractional orders (0.01) is not modelled.
2. Fees of third parties. On sells, under both schedules: the SEC's Section 31 fee and FINRA's trading activity fee.
   Under tiered also clearing, on buys and sells. Not counted: FINRA's audit trail fee and pass-through fees (together
   below 3 % of the commission of fixed and of the first tier, more of the cheaper tiers), and under tiered the
   exchange's own fee or rebate, which depends on the venue.
3. Half the spread: what a trade at bid or ask loses against the mid.
4. Impact: coefficient x daily volatility x sqrt(shares / daily volume), a fraction of the notional.

Sources: commissions and clearing, "Commissions Stocks" (interactivebrokers.co.uk/en/pricing/commissions-stocks.php, a
copy from before May 2025). SEC: Fee Rate Advisory 2026-2, 20.60 per million from 4 April 2026 (0 from 14 May 2025 until
then). FINRA: SR-FINRA-2024-019, 0.000195 a share and at most 9.79 a trade from 1 January 2026. Impact: the square root
law of Torre, BARRA Market Impact Model Handbook (1997); Almgren, Thum, Hauptmann and Li, Direct Estimation of Equity
Market Impact (2005), find a power of 3/5 instead for the temporary part, so it is an estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.parameter import check_parameters, parameter
from bot.core.domain.refuse import refuse
from bot.core.domain.session import SESSIONS_PER_YEAR
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Commission per share from so many shares in the month on: (shares, account currency per share).
_TIERS: Final = (
    (0.0, 0.0035),
    (300_000.0, 0.0020),
    (3_000_000.0, 0.0015),
    (20_000_000.0, 0.0010),
    (100_000_000.0, 0.0005),
)
_TIERED_MINIMUM: Final = 0.35
_FIXED_PER_SHARE: Final = 0.005
_FIXED_MINIMUM: Final = 1.00
#: The most of a trade's value that either schedule takes.
_COMMISSION_MAX: Final = 0.01


@dataclass(frozen=True, slots=True)
class CostModel:
    """What trades of US stocks cost, in US dollars: the account's currency must be that.

    Raises:
        ValueError: If a parameter is out of range.
    """

    commission: str = field(
        default="fixed",
        metadata=parameter(
            "Interactive Brokers' price list of the account; none for no commission and no clearing fee.",
            wrong="Small trades look cheaper or dearer than they are.",
            choices=("fixed", "tiered", "none"),
        ),
    )
    month_shares: float = field(
        default=0.0,
        metadata=parameter(
            "How much was traded this month before; only tiered asks for it.",
            wrong="Commission is taken from another tier.",
            unit="shares",
            at_least=0,
            at_most=1e12,
        ),
    )
    clearing_per_share: float = field(
        default=0.0002,
        metadata=parameter(
            "Clearing fee on buys and sells; fixed has it inside the commission.",
            wrong="Tiered trades look cheaper or dearer than they are.",
            unit="account currency per share",
            at_least=0,
            at_most=0.01,
        ),
    )
    sec_fee_per_million: float = field(
        default=20.60,
        metadata=parameter(
            "The SEC's fee on sells (Section 31), as of 4 April 2026; it changes about once a year.",
            wrong="Sells look cheaper or dearer than they are.",
            unit="account currency per million sold",
            at_least=0,
            at_most=1000,
        ),
    )
    taf_per_share: float = field(
        default=0.000195,
        metadata=parameter(
            "FINRA's trading activity fee on sells, as of 1 January 2026.",
            wrong="Sells look cheaper or dearer than they are.",
            unit="account currency per share",
            at_least=0,
            at_most=0.01,
        ),
    )
    taf_max: float = field(
        default=9.79,
        metadata=parameter(
            "The most that FINRA's trading activity fee takes of one sell, as of 1 January 2026.",
            wrong="Large sells look cheaper or dearer than they are.",
            unit="account currency",
            at_least=0,
            at_most=1000,
        ),
    )
    half_spread_bps: float = field(
        default=1.0,
        metadata=parameter(
            "Half the distance of bid and ask, for every instrument.",
            wrong="Too low: trades are planned that cost more than they bring. Too high: none are.",
            unit="basis points of the notional",
            at_least=0,
            at_most=1000,
        ),
    )
    impact_coefficient: float = field(
        default=0.0,
        metadata=parameter(
            "How much a trade moves the price: this x daily volatility x sqrt(shares / daily volume); 0 for not at"
            " all, about 1 is usual.",
            wrong="Large trades look cheaper or dearer than they are. Above 0, volumes and volatilities must be known.",
            unit="fraction of the notional",
            at_least=0,
            at_most=10,
        ),
    )

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        check_parameters(self)

    def cost(
        self,
        shares: NDArray[np.float64] | NDArray[np.int64],
        prices: NDArray[np.float64],
        daily_volumes: NDArray[np.float64] | None = None,
        volatility: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return what each trade costs (B, N), account currency, at least 0; 0 for no trade.

        Each trade is one order, and the next one after `month_shares`, whatever else is in the batch.

        Args:
            shares: Signed shares (B, N), whole or not; + buys.
            prices: Mids (R, N), account currency per share, above 0, with R 1 or B.
            daily_volumes: Average shares traded in a day (R, N), above 0; only impact needs them.
            volatility: Annualised volatility (R, N), fraction, at least 0; only impact needs it.

        Raises:
            ReadUnknown: If impact counts, and volumes or volatilities are not known.
            ValueError: If shapes differ or a number is out of range; with place and number.
        """
        _check(shares, prices)
        traded: NDArray[np.float64] = np.abs(shares).astype(np.float64)
        notional = traded * prices
        charges = self._commission(traded, notional) + self._fees(shares, traded, notional)
        charges += notional * (self.half_spread_bps * 1e-4)
        if self.impact_coefficient > 0:
            charges += notional * self._impact(traded, daily_volumes, volatility)
        return charges

    def _commission(
        self, traded: NDArray[np.float64], notional: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the commission (B, N); no trade has no value, so that the 1 % makes it 0."""
        if self.commission == "none":
            return np.zeros_like(traded)
        if self.commission == "fixed":
            charged = np.maximum(traded * _FIXED_PER_SHARE, _FIXED_MINIMUM)
        else:
            charged = np.maximum(self._tiered(traded), _TIERED_MINIMUM)
        return np.minimum(charged, notional * _COMMISSION_MAX)

    def _tiered(self, traded: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over the tiers of the shares that fall into each, times its rate (B, N)."""
        charged = np.zeros_like(traded)
        before = self.month_shares
        for number, (low, rate) in enumerate(_TIERS):
            is_last = number == len(_TIERS) - 1
            high = math.inf if is_last else _TIERS[number + 1][0]
            inside = np.clip(traded + before, low, high) - min(max(before, low), high)
            charged += inside * rate
        return charged

    def _fees(
        self,
        shares: NDArray[np.float64] | NDArray[np.int64],
        traded: NDArray[np.float64],
        notional: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what third parties take (B, N)."""
        taf = np.minimum(traded * self.taf_per_share, self.taf_max)
        fees = np.where(shares < 0, notional * (self.sec_fee_per_million * 1e-6) + taf, 0.0)
        if self.commission == "tiered":
            fees += traded * self.clearing_per_share
        return fees

    def _impact(
        self,
        traded: NDArray[np.float64],
        daily_volumes: NDArray[np.float64] | None,
        volatility: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """Return by how much trades move their prices (B, N), fractions."""
        if daily_volumes is None or volatility is None:
            what = "daily volumes" if daily_volumes is None else "volatilities"
            message = f"the cost of impact needs {what}, which are unknown"
            raise ReadUnknown(message)
        _check_shape("daily volumes", daily_volumes, traded.shape)
        _check_shape("volatilities", volatility, traded.shape)
        # Written so that NaN is refused too.
        is_volume = (daily_volumes > 0) & np.isfinite(daily_volumes)
        is_volatility = (volatility >= 0) & np.isfinite(volatility)
        refuse(~is_volume, daily_volumes, "a daily volume must be a number above 0")
        refuse(~is_volatility, volatility, "a volatility must be a number of at least 0")
        daily = volatility / math.sqrt(SESSIONS_PER_YEAR)
        moves: NDArray[np.float64] = (
            self.impact_coefficient * daily * np.sqrt(traded / daily_volumes)
        )
        return moves


def _check(shares: NDArray[np.float64] | NDArray[np.int64], prices: NDArray[np.float64]) -> None:
    if shares.ndim != 2:  # noqa: PLR2004 - (B, N)
        message = f"shares must be (B, N), found {shares.shape}"
        raise ValueError(message)
    _check_shape("prices", prices, shares.shape)
    refuse(~np.isfinite(shares), shares, "shares must be numbers")
    refuse(~((prices > 0) & np.isfinite(prices)), prices, "a price must be a number above 0")


def _check_shape(name: str, values: NDArray[np.float64], shape: tuple[int, ...]) -> None:
    if values.shape not in ((1, shape[1]), shape):
        message = f"{name} must be {(1, shape[1])} or {shape}, found {values.shape}"
        raise ValueError(message)
