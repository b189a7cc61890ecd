"""Rules between keys of different tables.

Rule: each function looks at one contradiction and returns its line, or None. The account's id decides between paper
and live; IB's own ports must not speak against it, any other port is neutral, since containers map ports at will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.endpoint import LIVE_PORTS, PAPER_PORTS, PAPER_PREFIX, is_loopback, is_paper
from bot.core.guards.limits import TIERED
from bot.core.policy.calendar import Calendar
from bot.core.policy.combined import rules_with_measure
from bot.core.policy.destination import Reach
from bot.core.targets.current import CurrentWeights
from bot.settings import convert
from bot.settings.trial import refusal_of, rules_in, sources_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings.tables import Tables

# What the cost model's prices are in.
COSTS_CURRENCY = "USD"

# What rules call cash, which is no instrument.
CASH = "cash"

# What moves only what is out of its band; a distance can also be that of a measure.
_OF_BANDS = (Reach.EDGE, Reach.HALFWAY, Reach.DISTANCE)

# Seconds in the units of a look, "m" and "h".
SECONDS = {"m": 60, "h": 3600}

# No exchange's full session is shorter, seconds: five hours.
SESSION_MIN_S = 5 * 3600


def contradictions(settings: Tables) -> tuple[str, ...]:
    """Return one line for every rule between tables that `settings` break, in the order of importance."""
    return tuple(line for rule in _RULES if (line := rule(settings)) is not None)


def _paper_mode_has_paper_account(settings: Tables) -> str | None:
    if settings.mode != "paper" or is_paper(settings.account.id):
        return None
    return (
        f'[account] id: mode "paper" on port {settings.broker.port} needs a paper account, whose id starts '
        f"with {PAPER_PREFIX}, "
        f'found {settings.account.id}; write the paper account\'s id, or mode = "observe"'
    )


def _port_fits_account(settings: Tables) -> str | None:
    port, account = settings.broker.port, settings.account.id
    # In mode paper a live account has a line of its own, whatever the port.
    if port in PAPER_PORTS and not is_paper(settings.account.id) and settings.mode != "paper":
        return (
            f"[broker] port: {port} is IB's port for paper accounts, whose ids start with {PAPER_PREFIX}, but "
            f"[account] id is the live account {account}; write the port of the live gateway, or the paper account"
        )
    if port in LIVE_PORTS and is_paper(settings.account.id):
        return (
            f"[broker] port: {port} is IB's port for live accounts, but [account] id is the paper account {account} "
            f'(mode "{settings.mode}"); write the port of the paper gateway (4002, in TWS 7497)'
        )
    return None


def _gateway_time_is_followed_only_here(settings: Tables) -> str | None:
    host = settings.broker.host
    if not settings.broker.follow_gateway_time:
        return None
    if settings.mode != "live" and is_loopback(host):
        return None
    return (
        f"[broker] follow_gateway_time: expected false unless the gateway runs on this machine and mode is not live, "
        f'found true with host {host} and mode "{settings.mode}"; leave it out'
    )


def _holdings_are_in_account_currency(settings: Tables) -> str | None:
    own = settings.account.currency
    for holding in settings.targets.holdings:
        if holding.currency not in (None, own):
            return (
                f"[targets] holdings: {holding.symbol} is quoted in {holding.currency}, but the account is in "
                f"{own} and currencies are not converted yet; choose a listing in {own}, or leave it out"
            )
    return None


def _source_fits_the_instruments(settings: Tables) -> str | None:
    try:
        convert.target_source(settings).check_universe(convert.universe(settings))
    except ValueError as error:
        return f"[targets]: {error}"
    return None


def _current_may_trade_everything(settings: Tables) -> str | None:
    # What cannot take its part leaves it to the others, and what is held then is the mix from there on.
    sources = sources_in(convert.target_source(settings))
    if not any(isinstance(source, CurrentWeights) for source in sources):
        return None
    found = [
        f"[targets] holdings: {holding.symbol} has {key}"
        for holding in settings.targets.holdings
        for key, is_free in (
            (f'trade = "{holding.trade}"', holding.trade == "any"),
            (f"lot = {holding.lot}", holding.lot == 1),
        )
        if not is_free
    ]
    if settings.planner.participation_max is not None:
        found.append(f"[planner] participation_max = {settings.planner.participation_max:g}")
    if not found:
        return None
    return (
        f'{found[0]}, but [targets.source] kind = "current" takes the mix from what is held: money that one holding '
        "cannot take goes to the others, and the mix shifts for good; leave it out, or write the weights "
        '(kind = "static")'
    )


def _rule_names_known_instruments(settings: Tables) -> str | None:
    named = convert.policy(settings).symbols()
    return _unknown(named, frozenset(settings.targets.symbols), "instruments of [targets]")


def _rule_names_known_classes(settings: Tables) -> str | None:
    named = convert.policy(settings).asset_classes()
    written = frozenset(convert.universe(settings).asset_classes)
    return _unknown(named, written, "asset classes of the holdings in [targets]")


def _unknown(named: frozenset[str], written: frozenset[str], what: str) -> str | None:
    # Cash is a column and a class of its own in every mandate.
    known = (written - {""}) | {CASH}
    unknown = sorted(named - known)
    if not unknown:
        return None
    return (
        f"[policy] rule: {', '.join(unknown)} not among the {what}: expected one of {', '.join(sorted(known))}; "
        "write it there, or leave it out of the rule"
    )


def _destination_has_what_it_refers_to(settings: Tables) -> str | None:
    reach, rule = Reach(settings.policy.destination), convert.policy(settings)
    if reach in _OF_BANDS[:2] and not rule.has_band():
        wanted = "a rule with a band, such as absolute_band"
    elif reach is Reach.DISTANCE and not (rule.has_band() or rule.has_measure()):
        wanted = "a rule with a band or a measure, such as absolute_band or total_drift"
    elif reach is Reach.DISTANCE and not rule.has_band() and len(rules_with_measure(rule)) > 1:
        wanted = f"one rule with a measure, not {' and '.join(rules_with_measure(rule))}"
    elif reach in _OF_BANDS and rule.has_band() and rule.has_measure():
        # Inside all bands nothing would move, and the measure would ask again at every look.
        wanted = f"rules with bands alone, not {' and '.join(rules_with_measure(rule))} beside them"
    else:
        return None
    return (
        f'[policy] destination: "{reach.value}" needs {wanted} in [policy] rule; write that, or '
        'destination = "target"'
    )


def _rule_takes_these_instruments(settings: Tables) -> str | None:
    # What these say, they say better.
    earlier = (
        _source_fits_the_instruments,
        _rule_names_known_instruments,
        _rule_names_known_classes,
        _destination_has_what_it_refers_to,
    )
    if any(rule(settings) for rule in earlier):
        return None
    refusal = refusal_of(
        convert.policy(settings), convert.destination(settings), convert.universe(settings)
    )
    return None if refusal is None else f"[policy]: {refusal}"


def _costs_are_in_account_currency(settings: Tables) -> str | None:
    own = settings.account.currency
    if own == COSTS_CURRENCY or not convert.policy(settings).needs().has_costs:
        return None
    return (
        f"[policy] rule: it asks what trades cost, and [costs] knows Interactive Brokers' prices for US stocks in "
        f"{COSTS_CURRENCY} only, but the account is in {own}; write a rule that does not ask for costs"
    )


def _turnover_is_within_its_limit(settings: Tables) -> str | None:
    wanted, limit = settings.planner.turnover_max, settings.limits.plan_turnover_max
    # The planner counts at mids, the guard at limit prices: a plan of buys alone is as much more as the collar allows.
    most = limit / (1 + settings.limits.collar_max_bps / 1e4)
    if wanted is None or wanted <= most:
        return None
    return (
        f"[planner] turnover_max: expected at most {most:.4g}, which is [limits] plan_turnover_max = {limit:g} less "
        f"[limits] collar_max_bps = {settings.limits.collar_max_bps:g} (limit prices are beyond the mids), found "
        f"{wanted:g} (fractions of base); a plan between the two would be refused, so write a smaller turnover_max"
    )


def _smallest_drift_is_within_turnover(settings: Tables) -> str | None:
    smallest, largest = settings.planner.minimum_drift, settings.planner.turnover_max
    if largest is None or smallest < largest:
        return None
    return (
        f"[planner] minimum_drift: expected less than turnover_max = {largest:g}, found {smallest:g} (fractions of "
        "base); no trade could be both, so write a smaller minimum_drift"
    )


def _cash_buffer_is_within_cash_target(settings: Tables) -> str | None:
    buffer, cash = settings.planner.cash_buffer, settings.targets.cash
    if buffer <= cash:
        return None
    return (
        f"[planner] cash_buffer: expected at most [targets] cash = {cash:g}, found {buffer:g} (fractions of base); "
        "raise cash and lower the weights, or write a smaller cash_buffer"
    )


def _offset_is_within_collar(settings: Tables) -> str | None:
    offset, collar = settings.execution.limit_offset_bps, settings.limits.collar_max_bps
    if offset < collar:
        return None
    return (
        f"[execution] limit_offset_bps: expected less than [limits] collar_max_bps = {collar:g}, found {offset:g} "
        "(basis points); every order would break the collar, so write a smaller offset"
    )


def _nothing_follows_the_close(settings: Tables) -> str | None:
    ladder = settings.execution.ladder
    if "limit_on_close" not in ladder[:-1] and len(set(ladder)) == len(ladder):
        return None
    return (
        f"[execution] ladder: expected each style once and limit_on_close last, found {', '.join(ladder)}; "
        "an order for the closing auction works until the close, so nothing can follow it"
    )


def _smallest_trade_is_within_largest_order(settings: Tables) -> str | None:
    smallest, largest = settings.planner.minimum_trade, settings.limits.order_notional_max
    if smallest < largest:
        return None
    return (
        f"[planner] minimum_trade: expected less than [limits] order_notional_max = {largest:g}, found {smallest:g} "
        f"({settings.account.currency}); no trade could be both, so write a smaller minimum_trade"
    )


def _lower_tiers_are_stricter(settings: Tables) -> str | None:
    limits = settings.limits
    for tier, written in (("notify", limits.notify), ("confirm", limits.confirm)):
        for name, value in (written or {}).items():
            if name not in TIERED:
                return f"[limits] {tier}: {name} is no limit that has tiers; known are {', '.join(sorted(TIERED))}"
            limit = getattr(limits, name)
            if limit is None:
                limit = limits.plan_turnover_max  # that of a session, left out
            if value <= 0 or value >= limit:
                return (
                    f"[limits] {tier}: {name}: expected more than 0 and less than [limits] {name} = {limit:g}, found "
                    f"{value:g}; the limit itself would speak first"
                )
    return None


def _looks_leave_time_to_trade(settings: Tables) -> str | None:
    pause = settings.execution.no_trade_before_close_s
    for look in settings.schedule.looks:
        if not look.startswith("close-"):
            continue
        if _distance_s(look) <= pause:
            return (
                f'[schedule] looks: "{look}" is not earlier than [execution] no_trade_before_close_s = {pause:g} '
                "(seconds), so it could never trade; write an earlier look"
            )
    return None


def _looks_come_late_enough(settings: Tables) -> str | None:
    pause = settings.limits.no_trade_after_open_s
    for look in settings.schedule.looks:
        if look.startswith("open+") and _distance_s(look) < pause:
            return (
                f'[schedule] looks: "{look}" is earlier than [limits] no_trade_after_open_s = {pause:g} (seconds), so '
                "it could never trade; write a later look"
            )
    return None


def _calendar_has_a_look(settings: Tables) -> str | None:
    pause, looks = settings.execution.no_trade_before_close_s, settings.schedule.looks
    for rule in rules_in(convert.policy(settings)):
        if not isinstance(rule, Calendar) or rule.at == "open":
            continue
        if rule.at.startswith("close-") and _distance_s(rule.at) <= pause:
            return (
                f'[policy] rule: calendar at "{rule.at}" is not earlier than [execution] no_trade_before_close_s = '
                f"{pause:g} (seconds), so it could never trade; write an earlier at"
            )
        if not any(_comes_at_or_after(look, rule.at) for look in looks):
            return (
                f'[policy] rule: calendar at "{rule.at}" comes after every look of a session ([schedule] looks: '
                f'{", ".join(looks)}), so it would never be due; write an earlier at, or a look "{rule.at}"'
            )
    return None


def _distance_s(moment: str) -> int:
    """Return how far `moment`, such as ``close-60m``, is from the open or the close, or the pace of ``every 15m``."""
    return int("".join(each for each in moment if each.isdigit())) * SECONDS[moment[-1]]


def _comes_at_or_after(look: str, at: str) -> bool:
    """Return whether `look` can be at `at` or after it in a full session."""
    distance, wanted = _distance_s(look), _distance_s(at)
    if look.startswith("every "):
        return True
    if look[0] == at[0]:
        return distance >= wanted if at.startswith("open") else distance <= wanted
    # One counts from the open and one from the close: a look early in a session is not late in it.
    return at.startswith("open") or distance + wanted >= SESSION_MIN_S


_RULES: tuple[Callable[[Tables], str | None], ...] = (
    _paper_mode_has_paper_account,
    _port_fits_account,
    _gateway_time_is_followed_only_here,
    _holdings_are_in_account_currency,
    _source_fits_the_instruments,
    _current_may_trade_everything,
    _rule_names_known_instruments,
    _rule_names_known_classes,
    _destination_has_what_it_refers_to,
    _rule_takes_these_instruments,
    _costs_are_in_account_currency,
    _turnover_is_within_its_limit,
    _smallest_drift_is_within_turnover,
    _cash_buffer_is_within_cash_target,
    _offset_is_within_collar,
    _nothing_follows_the_close,
    _smallest_trade_is_within_largest_order,
    _lower_tiers_are_stricter,
    _looks_leave_time_to_trade,
    _looks_come_late_enough,
    _calendar_has_a_look,
)
