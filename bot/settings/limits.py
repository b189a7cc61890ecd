"""What no order and no plan may exceed: the settings of `[limits]`."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from bot.core.guards.limits import HARD_MAXIMA
from bot.settings.keys import Key, Table


def _zoned(text: str) -> str:
    zone = text.rsplit(maxsplit=1)[-1]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"no such time zone: {zone}"
        raise ValueError(message) from error
    return text


class Limits(Table):
    """What no order and no plan may exceed; the caps are without defaults, since only you know your account."""

    order_notional_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["order_notional_max"]),
        Key(
            meaning="The largest single order; about a tenth of the account is usual.",
            unit="account currency",
            wrong="Too large: one wrong price is one huge order. Too small: plans are refused.",
            example="10000",
        ),
    ]
    order_nav_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["order_nav_max"]),
        Key(
            meaning="The largest single order as a part of the account; about a tenth is usual.",
            unit="fraction of net liquidation",
            wrong="Too large: one wrong weight is one huge order. Too small: plans are refused.",
            example="0.1",
        ),
    ]
    order_volume_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["order_volume_max"]),
        Key(
            meaning="The largest single order as a part of what the instrument trades in a day.",
            unit="fraction of the average daily volume of 20 sessions",
            wrong="Too large: your own order moves the price. Too small: thin funds never trade.",
            example="0.01",
        ),
    ]
    close_move_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["close_move_max"]),
        Key(
            meaning="How far a limit price may be from the prior close; a second read 30 s later may confirm more.",
            unit="fraction of the prior close",
            wrong="Too large: a misplaced decimal point passes. Too small: every lively day waits for a second "
            "read.",
            example="0.1",
        ),
    ]
    plan_turnover_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["plan_turnover_max"]),
        Key(
            meaning="The most that one plan may trade, buys and sells together.",
            unit="fraction of base",
            wrong="Too large: a wrong target rebuilds the whole account. Too small: the first purchase is refused.",
            example="0.25",
        ),
    ]
    quote_age_max_s: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["quote_age_max_s"]),
        Key(
            meaning="A quote older than this is stale and stops its trade.",
            unit="seconds",
            wrong="Too large: orders at prices of the past. Too small: quiet funds never trade.",
            example="10",
        ),
    ]
    spread_max_bps: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["spread_max_bps"]),
        Key(
            meaning="A wider spread between bid and ask stops the trade.",
            unit="basis points of the mid",
            wrong="Too large: you pay the spread of an empty book. Too small: small funds never trade.",
            example="50",
        ),
    ]
    collar_max_bps: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["collar_max_bps"]),
        Key(
            meaning="How far a limit price may be beyond the mid.",
            unit="basis points of the mid",
            wrong="Too large: a bad quote costs that much. Too small: limits do not reach the market.",
            example="100",
        ),
    ]
    nav_difference_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["nav_difference_max"]),
        Key(
            meaning="How far our own valuation of the base may be from the one by IB's net liquidation.",
            unit="fraction of base",
            wrong="Too large: a missing position or a wrong price goes unnoticed. Too small: false alarms.",
            example="0.01",
        ),
    ]
    quote_jump_max_bps: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["quote_jump_max_bps"]),
        Key(
            meaning="How far a mid may move within one look.",
            unit="basis points of the look's first mid",
            wrong="Too large: a wrong quote passes. Too small: lively minutes hold trades.",
        ),
    ] = 300
    concentration_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["concentration_max"]),
        Key(
            meaning="No buy makes one instrument a larger part than this; a little above your largest target is "
            "right.",
            unit="fraction of base",
            wrong="At 1: a wrong target may fill the account with one instrument. Too small: its buys are refused.",
        ),
    ] = 1
    day_turnover_max: Annotated[
        float | None,
        Field(gt=0, le=HARD_MAXIMA["day_turnover_max"]),
        Key(
            meaning="The most that all plans of one session may trade together; left out, as much as one plan.",
            unit="fraction of base",
            wrong="Too large: plan after plan rebuilds the account. Too small: the second plan of a day is "
            "refused.",
            example="0.25",
        ),
    ] = None
    day_loss_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["day_loss_max"]),
        Key(
            meaning="A session in which the account lost more than this since its first look gets no order.",
            unit="fraction of the unit value",
            wrong="Too large: a crash or a wrong price is traded into. Too small: no trade on the days that "
            "matter.",
        ),
    ] = 0.1
    market_index: Annotated[
        Literal["SPX"] | None,
        Key(
            meaning="The index whose fall stops all trading; IB's data for it is needed. Left out, none is watched.",
            wrong="Without the data: its fall is unknown, and nothing is traded.",
            example='"SPX"',
        ),
    ] = None
    index_fall_max: Annotated[
        float,
        Field(gt=0, le=HARD_MAXIMA["index_fall_max"]),
        Key(
            meaning="A fall of market_index by this from its prior close, or more, stops all trading.",
            unit="fraction of the prior close",
            wrong="Too large: orders go into a market that is about to halt. Too small: no trade on nervous days.",
        ),
    ] = 0.07
    orders_per_day_max: Annotated[
        int,
        Field(gt=0, le=HARD_MAXIMA["orders_per_day_max"]),
        Key(
            meaning="Orders of one session at the most; cancels do not count.",
            unit="orders",
            wrong="Too large: a loop runs long. Too small: large plans are refused.",
        ),
    ] = 300
    orders_per_minute_max: Annotated[
        int,
        Field(gt=0, le=HARD_MAXIMA["orders_per_minute_max"]),
        Key(
            meaning="Orders of any 60 seconds at the most; cancels do not count.",
            unit="orders",
            wrong="Too large: a loop runs fast. Below the trades of a plan: the plan is refused.",
        ),
    ] = 100
    repeats_max: Annotated[
        int,
        Field(gt=0, le=HARD_MAXIMA["repeats_max"]),
        Key(
            meaning="After so many failed orders in a row for one symbol and side it gets no further one in the "
            "session.",
            unit="orders",
            wrong="Too large: a broker that refuses is asked again and again. 1: one slip ends the symbol's day.",
        ),
    ] = 3
    refusals_max: Annotated[
        int,
        Field(gt=0, le=HARD_MAXIMA["refusals_max"]),
        Key(
            meaning="After so many refused orders in a row, of whatever symbol, no further one leaves in the session.",
            unit="orders",
            wrong="Too large: a fault of the account is tried on every symbol. Too small: one bad symbol stops "
            "all.",
        ),
    ] = 5
    round_trips_max: Annotated[
        int,
        Field(ge=0, le=HARD_MAXIMA["round_trips_max"]),
        Key(
            meaning="Orders that a symbol may have on both sides in one session; 0 is none.",
            unit="orders",
            wrong="Above 0: what was sold in the morning is bought back in the afternoon.",
        ),
    ] = 0
    excess_liquidity_min: Annotated[
        float,
        Field(ge=0, le=HARD_MAXIMA["excess_liquidity_min"]),
        Key(
            meaning="A margin account with less excess liquidity than this buys nothing.",
            unit="fraction of net liquidation",
            wrong="Too small: IB liquidates when prices fall. Too large: nothing is ever bought.",
        ),
    ] = 0.1
    no_trade_after_open_s: Annotated[
        float,
        Field(ge=0, le=HARD_MAXIMA["no_trade_after_open_s"]),
        Key(
            meaning="Nothing is sent this soon after the session's open.",
            unit="seconds",
            wrong="Too short: orders meet prices that are still being found. Too long: early looks cannot trade.",
        ),
    ] = 300
    restart_window: Annotated[
        str,
        Field(
            pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d [A-Za-z_]+(/[A-Za-z_]+)*$"
        ),
        AfterValidator(_zoned),
        Key(
            meaning="When the gateway restarts every day: nothing is sent then.",
            allowed="begin, end and zone, as in the default",
            wrong="Another time than the gateway's own: orders vanish in its restart.",
        ),
    ] = "23:40-00:15 America/New_York"
    clock_difference_max_s: Annotated[
        float,
        Field(gt=0, le=60),
        Key(
            meaning="How far our clock may be from the broker's.",
            unit="seconds",
            wrong="Too large: sessions and quote ages are misjudged. Below 1: false alarms.",
        ),
    ] = 2
    flow_ack: Annotated[
        float,
        Field(ge=0.02, le=1),
        Key(
            meaning="Cash that came or went by no fill of the bot holds every order from here on until you accept it.",
            unit="fraction of base",
            wrong="Too large: money that a stranger's sale brought is invested. Too small: each deposit waits for you.",
        ),
    ] = 0.1
    first_investment_turnover_max: Annotated[
        float | None,
        Field(gt=0, le=HARD_MAXIMA["plan_turnover_max"]),
        Key(
            meaning="What the first plan of an account without holdings may trade once you approved it (bot approve); "
            "left out, it is a plan as any other.",
            unit="fraction of base",
            wrong="Too large: a wrong target is bought at once. Left out: a first purchase is refused.",
            example="1",
        ),
    ] = None
    notify: Annotated[
        dict[str, Annotated[float, Field(ge=0)]] | None,
        Key(
            meaning="Stricter values of these limits: a plan beyond one goes out, and the look tells of it.",
            allowed="names of limits, each with a stricter value than its own",
            wrong="Too strict: every plan is told of, and nobody reads it any more.",
            example="{ plan_turnover_max = 0.1 }",
        ),
    ] = None
    confirm: Annotated[
        dict[str, Annotated[float, Field(ge=0)]] | None,
        Key(
            meaning="Stricter values of these limits: a plan beyond one waits for bot approve, and ends without it.",
            allowed="names of limits, each with a stricter value than its own",
            wrong="Too strict: the bot waits for you at every look. Left out: nothing is asked.",
            example="{ plan_turnover_max = 0.2 }",
        ),
    ] = None
