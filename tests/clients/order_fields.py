"""Which attribute of a client's order becomes which field of our layout, and orders that show it.

Every attribute gets a value that nothing else has, so a value under a wrong name is seen. Booleans
have two values only: over a few orders each of them is set in a pattern of its own.
"""

from __future__ import annotations

import math
from typing import Any, Final

#: Attributes of a contract, in the order of the message: attribute and field.
CONTRACT: Final = {
    "conId": "contract_id",
    "symbol": "symbol",
    "secType": "security_type",
    "lastTradeDateOrContractMonth": "last_trade_date",
    "strike": "strike",
    "right": "right",
    "multiplier": "multiplier",
    "exchange": "exchange",
    "primaryExchange": "primary_exchange",
    "currency": "currency",
    "localSymbol": "local_symbol",
    "tradingClass": "trading_class",
}

TEXTS: Final = {
    "action": "action",
    "tif": "time_in_force",
    "ocaGroup": "oca_group",
    "account": "account",
    "openClose": "open_close",
    "orderRef": "order_ref",
    "goodAfterTime": "good_after_time",
    "goodTillDate": "good_till_date",
    "faGroup": "advisor_group",
    "faMethod": "advisor_method",
    "faPercentage": "advisor_percentage",
    "modelCode": "model_code",
    "designatedLocation": "designated_location",
    "rule80A": "rule_80a",
    "settlingFirm": "settling_firm",
    "deltaNeutralOrderType": "delta_neutral_order_type",
    "deltaNeutralSettlingFirm": "delta_neutral_settling_firm",
    "deltaNeutralClearingAccount": "delta_neutral_clearing_account",
    "deltaNeutralClearingIntent": "delta_neutral_clearing_intent",
    "deltaNeutralOpenClose": "delta_neutral_open_close",
    "deltaNeutralDesignatedLocation": "delta_neutral_designated_location",
    "scaleTable": "scale_table",
    "activeStartTime": "active_from",
    "activeStopTime": "active_until",
    "hedgeType": "hedge_type",
    "hedgeParam": "hedge_parameter",
    "clearingAccount": "clearing_account",
    "clearingIntent": "clearing_intent",
    "algoStrategy": "algorithm",
    "algoId": "algorithm_id",
    "adjustedOrderType": "adjusted_order_type",
    "extOperator": "external_operator",
    "mifid2DecisionMaker": "decision_maker",
    "mifid2DecisionAlgo": "decision_algorithm",
    "mifid2ExecutionTrader": "execution_trader",
    "mifid2ExecutionAlgo": "execution_algorithm",
}

WHOLE: Final = {
    "origin": "origin",
    "parentId": "parent_id",
    "displaySize": "display_size",
    "triggerMethod": "trigger_method",
    "shortSaleSlot": "short_sale_slot",
    "exemptCode": "exempt_code",
    "ocaType": "oca_type",
    "minQty": "minimum_quantity",
    "auctionStrategy": "auction_strategy",
    "volatilityType": "volatility_type",
    "deltaNeutralConId": "delta_neutral_contract_id",
    "deltaNeutralShortSaleSlot": "delta_neutral_short_sale_slot",
    "referencePriceType": "reference_price_type",
    "scaleInitLevelSize": "scale_first_size",
    "scaleSubsLevelSize": "scale_next_size",
    "scalePriceAdjustInterval": "scale_adjust_interval",
    "scaleInitPosition": "scale_first_position",
    "scaleInitFillQty": "scale_first_fill",
    "adjustableTrailingUnit": "adjustable_trailing_unit",
}

DECIMALS: Final = {
    "totalQuantity": "quantity",
    "lmtPrice": "limit_price",
    "auxPrice": "aux_price",
    "discretionaryAmt": "discretionary_amount",
    "percentOffset": "percent_offset",
    "nbboPriceCap": "nbbo_price_cap",
    "startingPrice": "starting_price",
    "stockRefPrice": "stock_ref_price",
    "delta": "delta",
    "stockRangeLower": "stock_range_lower",
    "stockRangeUpper": "stock_range_upper",
    "volatility": "volatility",
    "deltaNeutralAuxPrice": "delta_neutral_aux_price",
    "trailStopPrice": "trail_stop_price",
    "trailingPercent": "trailing_percent",
    "scalePriceIncrement": "scale_price_increment",
    "scalePriceAdjustValue": "scale_adjust_value",
    "scaleProfitOffset": "scale_profit_offset",
    "triggerPrice": "trigger_price",
    "lmtPriceOffset": "limit_price_offset",
    "adjustedStopPrice": "adjusted_stop_price",
    "adjustedStopLimitPrice": "adjusted_stop_limit_price",
    "adjustedTrailingAmount": "adjusted_trailing_amount",
    "cashQty": "cash_quantity",
}

FLAGS: Final = {
    "transmit": "transmit",
    "blockOrder": "block_order",
    "sweepToFill": "sweep_to_fill",
    "outsideRth": "outside_hours",
    "hidden": "hidden",
    "allOrNone": "all_or_none",
    "eTradeOnly": "electronic_trade_only",
    "firmQuoteOnly": "firm_quote_only",
    "overridePercentageConstraints": "override_percentage_constraints",
    "deltaNeutralShortSale": "delta_neutral_short_sale",
    "continuousUpdate": "continuous_update",
    "scaleAutoReset": "scale_auto_reset",
    "scaleRandomPercent": "scale_random_percent",
    "optOutSmartRouting": "opt_out_smart_routing",
    "notHeld": "not_held",
    "whatIf": "what_if",
    "solicited": "solicited",
    "randomizeSize": "randomize_size",
    "randomizePrice": "randomize_price",
    "dontUseAutoPriceForHedge": "no_auto_price_for_hedge",
    "isOmsContainer": "is_oms_container",
    "discretionaryUpToLimitPrice": "discretionary_up_to_limit",
    "usePriceMgmtAlgo": "use_price_management",
}

#: Attributes that only some server versions have: attribute, value, field, first and last version.
GATED: Final = (
    ("faProfile", "text-faProfile", "advisor_profile", 0, 176),
    ("duration", 7158, "duration", 158, 999),
    ("postToAts", 7160, "post_to_ats", 160, 999),
    ("autoCancelParent", True, "auto_cancel_parent", 162, 999),
    ("advancedErrorOverride", "text-override", "advanced_error_override", 166, 999),
    ("manualOrderTime", "text-manual", "manual_order_time", 169, 999),
)

#: Enough patterns to tell all flags apart.
PATTERNS: Final = math.ceil(math.log2(len(FLAGS) + 1))

PEG_BENCH: Final = {
    "referenceContractId": (7301, "reference_contract_id"),
    "isPeggedChangeAmountDecrease": (True, "is_pegged_change_decrease"),
    "peggedChangeAmount": (7302.25, "pegged_change_amount"),
    "referenceChangeAmount": (7303.25, "reference_change_amount"),
    "referenceExchangeId": ("text-reference", "reference_exchange"),
}
PEG_BEST: Final = {
    "minCompeteSize": (7311, "minimum_compete_size"),
    "competeAgainstBestOffset": (7312.25, "compete_against_best"),
}
PEG_UP_TO_MID: Final = {
    "minCompeteSize": (7311, "minimum_compete_size"),
    "competeAgainstBestOffset": (math.inf, "compete_against_best"),
    "midOffsetAtWhole": (7313.25, "middle_offset_at_whole"),
    "midOffsetAtHalf": (7314.25, "middle_offset_at_half"),
}
PEG_MID: Final = {
    "midOffsetAtWhole": (7313.25, "middle_offset_at_whole"),
    "midOffsetAtHalf": (7314.25, "middle_offset_at_half"),
}
ATS: Final = {"minTradeQty": (7321, "minimum_trade_size")}


def distinct() -> dict[str, tuple[Any, str]]:
    """Return a value of its own, and the field, for each attribute that takes any value."""
    found: dict[str, tuple[Any, str]] = {}
    for attribute, field in TEXTS.items():
        found[attribute] = (f"text-{attribute}", field)
    for number, (attribute, field) in enumerate(WHOLE.items()):
        found[attribute] = (5000 + number, field)
    for number, (attribute, field) in enumerate(DECIMALS.items()):
        found[attribute] = (6000.25 + number, field)
    return found


def pattern(number: int) -> dict[str, tuple[Any, str]]:
    """Return the flags of one pattern: bit `number` of the position of each."""
    return {
        attribute: (bool((position + 1) >> number & 1), field)
        for position, (attribute, field) in enumerate(FLAGS.items())
    }


def gated(version: int) -> dict[str, tuple[Any, str]]:
    """Return the attributes that a server version has beside those of every version."""
    return {
        attribute: (value, field)
        for attribute, value, field, since, last in GATED
        if since <= version <= last
    }
