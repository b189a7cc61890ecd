"""How much may be traded at once, and how orders are worked."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from bot.settings.keys import Key, Table


def _exact(value: object) -> object:
    # The shortest decimal that means this float: 0.1 is 0.1, and 500.0 is 500, so that one meaning has one digest.
    # A bool is a number to Python and to nobody else.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    exact = Decimal(str(value))
    return Decimal(f"{exact.normalize():f}") if exact.is_finite() else exact


class Planner(Table):
    """How weights become whole shares."""

    minimum_trade: Annotated[
        float,
        Field(ge=0, le=1e12),
        Key(
            meaning="A trade smaller than this is left out.",
            unit="account currency",
            wrong="Too small: fees eat tiny trades. Larger than the drift you want mended: nothing trades.",
            example="500",
        ),
    ]
    minimum_drift: Annotated[
        float,
        Field(ge=0, lt=1),
        Key(
            meaning="A trade that moves its weight by less than this is left out.",
            unit="fraction of base",
            wrong="Too small: many tiny trades. Larger than the drift you want mended: nothing trades.",
        ),
    ] = 0
    turnover_max: Annotated[
        float | None,
        Field(gt=0, le=2),
        Key(
            meaning="What one plan may trade, buys and sells together: a larger plan is scaled down to it and goes on "
            "at the next look; left out, no limit but the refusal of plan_turnover_max.",
            unit="fraction of base",
            wrong="Too small: a drift lasts for many looks. More than plan_turnover_max is refused.",
            example="0.1",
        ),
    ] = None
    participation_max: Annotated[
        float | None,
        Field(gt=0, le=1),
        Key(
            meaning="The largest part of an instrument's average daily volume that the plans of one session may trade "
            "of it, buys and sells together; left out, no limit.",
            unit="fraction of the average daily volume",
            wrong="Too large: your own order moves the price. Too small: thin funds hardly trade.",
            example="0.05",
        ),
    ] = None
    account_type: Annotated[
        Literal["margin", "cash"],
        Key(
            meaning="cash: buys are paid from settled cash only, never from the same day's sells.",
            wrong="margin for a cash account: unsettled money is spent, a good-faith violation.",
        ),
    ] = "margin"
    cash_buffer: Annotated[
        float,
        Field(ge=0, lt=1),
        Key(
            meaning="Cash that buys leave alone, for fees and prices that move; at most the cash target.",
            unit="fraction of base",
            wrong="Too small: the last buy may find too little cash. Too large: cash drags.",
        ),
    ] = 0.002
    reserved_cash: Annotated[
        Decimal,
        Field(ge=0, le=1_000_000_000_000),
        BeforeValidator(_exact),
        WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000_000_000}),
        Key(
            meaning="Cash in the account that is not the bot's to invest; it is taken off the base.",
            unit="account currency",
            wrong="Forgotten: the bot invests the money that you keep for something else.",
        ),
    ] = Decimal(0)


class Execution(Table):
    """How orders are worked until they are final."""

    limit_offset_bps: Annotated[
        float,
        Field(ge=0, le=1000),
        Key(
            meaning="How far through the other side of the quote a limit goes; less than collar_max_bps.",
            unit="basis points of the price",
            wrong="Too large: a worse price in a moving market. 0: a small move and the order does not fill.",
        ),
    ] = 5
    acknowledge_timeout_s: Annotated[
        float,
        Field(gt=0, le=300),
        Key(
            meaning="An order without a sign of life from the broker is in doubt after this.",
            unit="seconds",
            wrong="Too short: slow answers become doubts, and doubts hold the symbol. Too long: they show late.",
        ),
    ] = 10
    order_timeout_s: Annotated[
        float,
        Field(gt=0, le=3600),
        Key(
            meaning="A working order is cancelled after this, and made again at the new price.",
            unit="seconds",
            wrong="Too short: orders are cancelled before they fill. Too long: an old price stands in the market.",
        ),
    ] = 60
    attempts_max: Annotated[
        int,
        Field(ge=1, le=10),
        Key(
            meaning="Orders of one style for one slice of a leg at the most; after them the next style of the ladder.",
            unit="orders",
            wrong="Too many: chasing a price. Too few: legs stay open until the next look.",
        ),
    ] = 3
    ladder: Annotated[
        tuple[Literal["limit", "mid", "midprice", "adaptive", "limit_on_close"], ...],
        Strict(strict=False),
        Field(min_length=1, max_length=5),
        Key(
            meaning="How an order is worked: these styles one after the other, the next when one failed. limit trades "
            "at once; mid goes from the mid to the other side in attempts_max orders; midprice and adaptive are IB's.",
            allowed='a list of 1 to 5 of "limit", "mid", "midprice", "adaptive", "limit_on_close"',
            wrong="Only patient styles: orders do not fill. limit_on_close before others: they come too late.",
        ),
    ] = ("limit",)
    adaptive_priority: Annotated[
        Literal["Patient", "Normal", "Urgent"],
        Key(
            meaning="How eagerly IB's Adaptive algorithm trades; for the style adaptive only.",
            wrong="Patient: orders run out of their time. Urgent: little is gained over limit.",
        ),
    ] = "Normal"
    close_cutoff_s: Annotated[
        float,
        Field(ge=60, le=14400),
        Key(
            meaning="No order for the closing auction is sent this close to the close; it cannot be taken back then.",
            unit="seconds",
            wrong="Too short: the exchange refuses the order. Too long: the style limit_on_close is never used.",
        ),
    ] = 900
    slices: Annotated[
        int,
        Field(ge=1, le=50),
        Key(
            meaning="Parts that each leg is worked in, one after the other.",
            unit="slices",
            wrong="Too many: tiny orders, each with its fee, and the session ends before the last.",
        ),
    ] = 1
    slice_interval_s: Annotated[
        float,
        Field(ge=0, le=14400),
        Key(
            meaning="From the first order of a slice to the first order of the next, at least.",
            unit="seconds",
            wrong="Too short: slices are of no use. Too long: the session ends before the last one.",
        ),
    ] = 300
    order_volume_max: Annotated[
        float | None,
        Field(gt=0, le=1),
        Key(
            meaning="The largest single order: a leg that is larger is worked in several; left out, no such limit.",
            unit="fraction of the average daily volume",
            wrong="Too large: your own order moves the price. Too small: many small orders, each with its fee.",
            example="0.01",
        ),
    ] = None
    order_displayed_max: Annotated[
        float | None,
        Field(gt=0, le=1000),
        Key(
            meaning="The largest single order: a leg that is larger is worked in several; left out, no such limit.",
            unit="multiples of the shares shown at the other side of the quote",
            wrong="Too large: an order goes through the book. Too small: many small orders, each with its fee.",
            example="1",
        ),
    ] = None
    orders_per_leg_max: Annotated[
        int,
        Field(ge=1, le=1000),
        Key(
            meaning="Orders of one leg of one plan at the most, of every style and slice together.",
            unit="orders",
            wrong="Too many: a broker that answers oddly is asked again and again. Too few: slices are left out.",
        ),
    ] = 30
    orders_per_plan_max: Annotated[
        int,
        Field(ge=1, le=5000),
        Key(
            meaning="Orders of one plan at the most.",
            unit="orders",
            wrong="Too many: a broker that answers oddly is asked again and again. Too few: legs are left out.",
        ),
    ] = 300
    settle_s: Annotated[
        float,
        Field(ge=0.1, le=600),
        Key(
            meaning="Two equal reads this far apart settle what became of an order in doubt.",
            unit="seconds",
            wrong="Too short: a late fill is missed and the order sent again. 30 for a real gateway; "
            "less only for bot gateway.",
        ),
    ] = 30
    no_trade_before_close_s: Annotated[
        float,
        Field(ge=0, le=14400),
        Key(
            meaning="Nothing is sent this close to the session's end.",
            unit="seconds",
            wrong="Too short: orders meet the close half done. Too long: late looks cannot trade.",
        ),
    ] = 120
