"""The layout of placeOrder (3), the longest request: 115 fields at server version 176."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.wire.incoming import CONTRACT, DELTA_NEUTRAL
from bot.gateway.wire.numbers import UNSET_DOUBLE, NumberError, read_decimal
from bot.gateway.wire.requests import Part, Repeat, RequestLayout, Variants, When, run

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Spellings of an infinite offset, which announces two more fields.
_INFINITE: Final = frozenset({"Infinity", "Infinite", "inf"})

#: The columns of an order condition after its kind.
_CONDITION_KINDS: Final = MappingProxyType(
    {
        "1": ("conjunction", "is_more", "price", "contract_id", "exchange", "trigger_method"),
        "3": ("conjunction", "is_more", "time"),
        "4": ("conjunction", "is_more", "percent"),
        "5": ("conjunction", "security_type", "exchange", "symbol"),
        "6": ("conjunction", "is_more", "volume", "contract_id", "exchange"),
        "7": ("conjunction", "is_more", "change_percent", "contract_id", "exchange"),
    }
)


def _has_scale(texts: Mapping[str, str]) -> bool:
    """Tell whether a scale increment above zero announces the scale parameters."""
    text = texts["scale_price_increment"]
    if text in ("", UNSET_DOUBLE):
        return False
    try:
        increment = read_decimal(text)
    except NumberError:
        return False
    return increment is not None and increment > 0


_COMBINATION: Final = When(
    lambda texts: texts["security_type"] == "BAG",
    (
        Repeat(
            "legs",
            (
                "contract_id",
                "ratio",
                "action",
                "exchange",
                "open_close",
                "short_sale_slot",
                "designated_location",
                "exempt_code",
            ),
        ),
        Repeat("leg_prices", ("price",)),
        Repeat("routing", ("tag", "value")),
    ),
)

_VOLATILITY: Final[tuple[Part, ...]] = (
    run("volatility volatility_type delta_neutral_order_type delta_neutral_aux_price"),
    When(
        lambda texts: bool(texts["delta_neutral_order_type"]),
        (
            run(
                "delta_neutral_contract_id delta_neutral_settling_firm"
                " delta_neutral_clearing_account delta_neutral_clearing_intent"
                " delta_neutral_open_close delta_neutral_short_sale"
                " delta_neutral_short_sale_slot delta_neutral_designated_location"
            ),
        ),
    ),
)

_SCALE_AND_HEDGE: Final[tuple[Part, ...]] = (
    run("scale_first_size scale_next_size scale_price_increment"),
    When(
        _has_scale,
        (
            run(
                "scale_adjust_value scale_adjust_interval scale_profit_offset scale_auto_reset"
                " scale_first_position scale_first_fill scale_random_percent"
            ),
        ),
    ),
    run("scale_table active_from active_until hedge_type"),
    When(lambda texts: bool(texts["hedge_type"]), (run("hedge_parameter"),)),
)

_ALGORITHM: Final[tuple[Part, ...]] = (
    run("algorithm"),
    When(
        lambda texts: bool(texts["algorithm"]), (Repeat("algorithm_parameters", ("tag", "value")),)
    ),
    run("algorithm_id"),
)

_PEGGED_AND_CONDITIONS: Final[tuple[Part, ...]] = (
    When(
        lambda texts: texts["order_type"] in ("PEG BENCH", "PEGBENCH"),
        (
            run(
                "reference_contract_id is_pegged_change_decrease pegged_change_amount"
                " reference_change_amount reference_exchange"
            ),
        ),
    ),
    Variants("conditions", _CONDITION_KINDS),
    When(
        lambda texts: texts["conditions"] != "0",
        (run("conditions_ignore_hours conditions_cancel_order"),),
    ),
)

_BEST_AND_MID: Final[tuple[Part, ...]] = (
    When(lambda texts: texts["exchange"] == "IBKRATS", (run("minimum_trade_size"),), since=170),
    When(
        lambda texts: texts["order_type"] in ("PEG BEST", "PEGBEST"),
        (
            run("minimum_compete_size compete_against_best"),
            When(
                lambda texts: texts["compete_against_best"] in _INFINITE,
                (run("middle_offset_at_whole middle_offset_at_half"),),
            ),
        ),
        since=170,
    ),
    When(
        lambda texts: texts["order_type"] in ("PEG MID", "PEGMID"),
        (run("middle_offset_at_whole middle_offset_at_half"),),
        since=170,
    ),
)

PLACE_ORDER: Final = RequestLayout(
    3,
    "placeOrder",
    (
        run("order_id"),
        CONTRACT,
        run(
            "security_id_type security_id action quantity order_type limit_price aux_price"
            " time_in_force oca_group account open_close origin order_ref transmit parent_id"
            " block_order sweep_to_fill display_size trigger_method outside_hours hidden"
        ),
        _COMBINATION,
        run(
            "shares_allocation discretionary_amount good_after_time good_till_date"
            " advisor_group advisor_method advisor_percentage"
        ),
        run("advisor_profile", until=177),
        run(
            "model_code short_sale_slot designated_location exempt_code oca_type rule_80a"
            " settling_firm all_or_none minimum_quantity percent_offset electronic_trade_only"
            " firm_quote_only nbbo_price_cap auction_strategy starting_price stock_ref_price"
            " delta stock_range_lower stock_range_upper override_percentage_constraints"
        ),
        *_VOLATILITY,
        run("continuous_update reference_price_type trail_stop_price trailing_percent"),
        *_SCALE_AND_HEDGE,
        run("opt_out_smart_routing clearing_account clearing_intent not_held"),
        *DELTA_NEUTRAL,
        *_ALGORITHM,
        run("what_if misc_options solicited randomize_size randomize_price"),
        *_PEGGED_AND_CONDITIONS,
        run(
            "adjusted_order_type trigger_price limit_price_offset adjusted_stop_price"
            " adjusted_stop_limit_price adjusted_trailing_amount adjustable_trailing_unit"
            " external_operator soft_dollar_name soft_dollar_value cash_quantity"
            " decision_maker decision_algorithm execution_trader execution_algorithm"
            " no_auto_price_for_hedge is_oms_container discretionary_up_to_limit"
            " use_price_management"
        ),
        run("duration", since=158),
        run("post_to_ats", since=160),
        run("auto_cancel_parent", since=162),
        run("advanced_error_override", since=166),
        run("manual_order_time", since=169),
        *_BEST_AND_MID,
    ),
)
