"""What no plan and no order may exceed, and what no configuration may exceed either.

Rule: a limit that nobody chose is no limit, so `Limits` has no defaults; those of the settings are made at the edge.
Above every limit stands a maximum that is compiled in: a slip of the finger in a file cannot lift it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

#: The largest value that each limit may have, in its own unit, whatever a configuration says.
HARD_MAXIMA: Final = MappingProxyType(
    {
        "quote_age_max_s": 300.0,
        "spread_max_bps": 500.0,
        "quote_jump_max_bps": 1000.0,
        "collar_max_bps": 1000.0,
        "close_move_max": 0.5,
        "order_notional_max": 1e12,
        "order_nav_max": 0.5,
        "order_volume_max": 0.2,
        "concentration_max": 1.0,
        "plan_turnover_max": 2.0,
        "day_turnover_max": 4.0,
        "day_loss_max": 0.5,
        "index_fall_max": 0.2,
        "nav_difference_max": 0.1,
        "orders_per_day_max": 5000.0,
        "orders_per_minute_max": 1000.0,
        "repeats_max": 10.0,
        "refusals_max": 20.0,
        "round_trips_max": 10.0,
        "excess_liquidity_min": 0.9,
        "no_trade_after_open_s": 14400.0,
        "no_trade_before_close_s": 14400.0,
    }
)
#: Limits where more is stricter.
FLOORS: Final = frozenset(
    {"excess_liquidity_min", "no_trade_after_open_s", "no_trade_before_close_s"}
)
#: Limits that mean something at 0, too.
MAY_BE_ZERO: Final = FLOORS | {"round_trips_max"}
#: Limits that may have a stricter tier which only tells, or asks: the sizes of orders, plans and holdings.
TIERED: Final = frozenset(
    {
        "order_notional_max",
        "order_nav_max",
        "order_volume_max",
        "concentration_max",
        "plan_turnover_max",
        "day_turnover_max",
        "day_loss_max",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What no plan and no order may exceed.

    Attributes:
        quote_age_max_s: Seconds since a quote arrived.
        spread_max_bps: Spread over mid, basis points.
        quote_jump_max_bps: Mid against the look's own first one, either way, basis points.
        collar_max_bps: Limit price beyond the mid on the aggressive side, basis points.
        close_move_max: Limit price from the prior close, either way, a fraction; a second read may confirm more.
        order_notional_max: Value of one order at its limit price, account currency.
        order_nav_max: The same over net liquidation, a fraction.
        order_volume_max: Shares of one order over the average daily volume, a fraction.
        concentration_max: Value of an instrument after a buy over the base, a fraction.
        plan_turnover_max: Value of all orders of a plan over the base, a fraction.
        day_turnover_max: Value of all orders of a session over the base, a fraction.
        day_loss_max: Fall of the unit value since the session's first look, a fraction.
        index_fall_max: Fall of the market index since its prior close at which all trading stops, a fraction.
        nav_difference_max: Size of the difference between the broker's count of the base and ours, a fraction.
        orders_per_day_max: Orders of a session.
        orders_per_minute_max: Orders of any 60 seconds.
        repeats_max: So many failed orders in a row for one instrument and side stop it.
        refusals_max: So many refused orders in a row, of whatever instrument, stop everything.
        round_trips_max: Orders on the other side of the same instrument in the same session; 0 is a number.
        excess_liquidity_min: Excess liquidity over net liquidation, below which a margin account buys nothing; a
            fraction, may be 0.
        no_trade_after_open_s: Seconds after the open without orders; may be 0.
        no_trade_before_close_s: Seconds before the close without orders; may be 0.

    Raises:
        ValueError: If one is not a number above 0 (or of at least 0, where it says so), or is above its compiled
            maximum; the message names it.
    """

    quote_age_max_s: float
    spread_max_bps: float
    quote_jump_max_bps: float
    collar_max_bps: float
    close_move_max: float
    order_notional_max: float
    order_nav_max: float
    order_volume_max: float
    concentration_max: float
    plan_turnover_max: float
    day_turnover_max: float
    day_loss_max: float
    index_fall_max: float
    nav_difference_max: float
    orders_per_day_max: int
    orders_per_minute_max: int
    repeats_max: int
    refusals_max: int
    round_trips_max: int
    excess_liquidity_min: float
    no_trade_after_open_s: float
    no_trade_before_close_s: float

    def __post_init__(self) -> None:
        for field in fields(self):
            name, limit = field.name, getattr(self, field.name)
            most = HARD_MAXIMA[name]
            is_enough = limit >= 0 if name in MAY_BE_ZERO else limit > 0
            if not (math.isfinite(limit) and is_enough):
                least = "of at least 0" if name in MAY_BE_ZERO else "above 0"
                message = f"{name} must be a number {least}, found {limit:g}"
                raise ValueError(message)
            if limit > most:
                message = f"{name} must be at most {most:g}, which no configuration lifts, found {limit:g}"
                raise ValueError(message)
