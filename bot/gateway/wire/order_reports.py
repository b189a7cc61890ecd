"""The layouts of the five messages that tell about orders and fills.

The constants are what a real gateway sends for a plain stock order. An algorithm adds fields: after
its name come the number of its parameters and their tags and values; without one, the empty name
is all. The delta-neutral order type
is sent as `None`, which is not empty, so the fields that follow a delta-neutral type are sent too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.gateway.wire.answers import Answer, Field, always, given, layout
from bot.gateway.wire.numbers import UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG, wire_text

if TYPE_CHECKING:
    from bot.gateway.wire.numbers import Rows

#: The five fields of the pegged-to-best order types, at the end of both order messages.
_BEST_AND_MID: Final = always(
    "",
    "minimum_trade_size minimum_compete_size compete_against_best"
    " middle_offset_at_whole middle_offset_at_half",
    since=170,
)

_CONTRACT: Final = layout(
    given("contract_id symbol security_type"),
    always("", "last_trade_date"),
    always("0", "strike"),
    always("?", "right"),
    always("", "multiplier"),
    given("exchange currency local_symbol trading_class"),
)

_TERMS: Final = layout(
    given("action quantity order_type limit_price aux_price time_in_force oca_group account"),
    always("", "open_close"),
    always("0", "origin"),
    given("order_ref"),
)

_STOCK_RANGE: Final = always("", "starting_price stock_ref_price delta range_lower range_upper")

_VOLATILITY: Final = layout(
    always("", "volatility"),
    always("0", "volatility_type"),
    always("None", "delta_neutral_order_type"),
    always("", "delta_neutral_aux_price"),
    always("0", "delta_neutral_contract_id"),
)

_LEGS_AND_SCALE: Final = layout(
    always("", "legs_description"),
    always("0", "leg_count leg_price_count routing_count"),
    always(UNSET_INTEGER, "scale_first_size scale_next_size"),
    always("", "scale_price_increment hedge_type"),
)

#: The fields between the hidden flag and the good-till date differ in one: the share allocation.
_ADVISOR: Final = layout(
    always("", "advisor_group advisor_method advisor_percentage"),
    always("", "advisor_profile", until=177),
    always("", "model_code"),
    given("good_till_date"),
    always("", "rule_80a percent_offset settling_firm"),
    always("0", "short_sale_slot"),
    always("", "designated_location"),
    always("-1", "exempt_code"),
)

_MARGINS: Final = given(
    "initial_margin_before maintenance_margin_before equity_before"
    " initial_margin_change maintenance_margin_change equity_change"
    " initial_margin_after maintenance_margin_after equity_after"
    " commission minimum_commission maximum_commission commission_currency warning"
)

_ADJUSTED: Final[tuple[Field, ...]] = layout(
    always("None", "adjusted_order_type"),
    always(
        UNSET_DOUBLE,
        "trigger_price trail_stop_price_again limit_price_offset adjusted_stop_price"
        " adjusted_stop_limit_price adjusted_trailing_amount",
    ),
    always("0", "adjustable_trailing_unit"),
    always("", "soft_dollar_name soft_dollar_value soft_dollar_display_name"),
    always("0", "cash_quantity"),
    always("1", "no_auto_price_for_hedge"),
    always("0", "is_oms_container discretionary_up_to_limit use_price_management"),
)

OPEN_ORDER: Final = Answer(
    5,
    "openOrder",
    layout(
        given("order_id"),
        _CONTRACT,
        _TERMS,
        given("client_id permanent_id outside_hours"),
        always("0", "hidden discretionary_amount"),
        given("good_after_time"),
        given("shares_allocation"),
        _ADVISOR,
        always("0", "auction_strategy"),
        _STOCK_RANGE,
        always(UNSET_INTEGER, "display_size"),
        always("0", "block_order sweep_to_fill all_or_none"),
        always("", "minimum_quantity"),
        given("oca_type"),
        always("0", "electronic_trade_only firm_quote_only"),
        always("", "nbbo_price_cap"),
        given("parent_id"),
        always("0", "trigger_method"),
        _VOLATILITY,
        always("", "delta_neutral_settling_firm delta_neutral_clearing_account"),
        always("", "delta_neutral_clearing_intent"),
        always("?", "delta_neutral_open_close"),
        always("0", "delta_neutral_short_sale delta_neutral_short_sale_slot"),
        always("", "delta_neutral_designated_location"),
        always("0", "continuous_update reference_price_type"),
        always("", "trail_stop_price trailing_percent basis_points basis_points_type"),
        _LEGS_AND_SCALE,
        always("0", "opt_out_smart_routing"),
        always("", "clearing_account"),
        always("IB", "clearing_intent"),
        always("0", "not_held has_delta_neutral"),
        given("algorithm"),
        always("0", "solicited"),
        given("what_if status"),
        _MARGINS,
        always("0", "randomize_size randomize_price condition_count"),
        _ADJUSTED,
        # The official client reads the duration from 158 on, the Python libraries from 159 on.
        always("", "duration", since=158),
        always("", "post_to_ats", since=160),
        always("0", "auto_cancel_parent", since=162),
        _BEST_AND_MID,
    ),
)

COMPLETED_ORDER: Final = Answer(
    101,
    "completedOrder",
    layout(
        _CONTRACT,
        _TERMS,
        given("permanent_id outside_hours"),
        always("0", "hidden discretionary_amount"),
        given("good_after_time"),
        _ADVISOR,
        _STOCK_RANGE,
        always(UNSET_INTEGER, "display_size"),
        always("0", "sweep_to_fill all_or_none"),
        always("", "minimum_quantity"),
        given("oca_type"),
        always("0", "trigger_method"),
        _VOLATILITY,
        always("0", "delta_neutral_short_sale delta_neutral_short_sale_slot"),
        always("", "delta_neutral_designated_location"),
        always("0", "continuous_update reference_price_type"),
        always("", "trail_stop_price trailing_percent"),
        _LEGS_AND_SCALE,
        always("", "clearing_account"),
        always("IB", "clearing_intent"),
        always("0", "not_held has_delta_neutral"),
        given("algorithm"),
        always("0", "solicited"),
        given("status"),
        always("0", "randomize_size randomize_price condition_count"),
        always(UNSET_DOUBLE, "trail_stop_price_again limit_price_offset"),
        always("0", "cash_quantity"),
        always("1", "no_auto_price_for_hedge"),
        always("0", "is_oms_container"),
        always("", "auto_cancel_date"),
        given("filled"),
        always(UNSET_INTEGER, "reference_future_id"),
        always("0", "auto_cancel_parent"),
        always("Not an insider or substantial shareholder", "shareholder"),
        always("0", "imbalance_only route_marketable_to_bbo"),
        always(UNSET_LONG, "parent_permanent_id"),
        given("completed_time completed_status"),
        _BEST_AND_MID,
    ),
)

ORDER_STATUS: Final = Answer(
    3,
    "orderStatus",
    given(
        "order_id status filled remaining average_price permanent_id parent_id last_price"
        " client_id why_held market_cap_price"
    ),
)

EXECUTION: Final = Answer(
    11,
    "execDetails",
    layout(
        given("request_id order_id contract_id symbol security_type"),
        always("", "last_trade_date"),
        always("0.0", "strike"),
        always("", "right multiplier"),
        given("exchange currency local_symbol trading_class execution_id time account"),
        given("execution_exchange side shares price permanent_id client_id"),
        given("liquidation cumulative average_price order_ref"),
        always("", "economic_value_rule economic_value_multiplier model_code"),
        given("last_liquidity"),
        # ib_insync unpacks exactly the 31 fields before this one: it must not be told 178.
        always("0", "pending_price_revision", since=178),
    ),
)

COMMISSION: Final = Answer(
    59,
    "commissionReport",
    layout(
        always("1", "version"),
        given("execution_id commission currency realized_pnl"),
        always(UNSET_DOUBLE, "yield"),
        always("", "yield_redemption_date"),
    ),
)


def algorithm_text(name: str, parameters: Rows) -> str:
    """Return the fields about an algorithm, as the value of the one named `algorithm`.

    Args:
        name: Of the algorithm; empty for none.
        parameters: Its tags and values, a pair each.
    """
    return f"{name}\0{wire_text(parameters)}" if name else ""
