"""Rules between keys of different tables.

Rule: each function looks at one contradiction and returns its line, or None. The account's id decides between paper
and live; IB's own ports must not speak against it, any other port is neutral, since containers map ports at will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.endpoint import LIVE_PORTS, PAPER_PORTS, PAPER_PREFIX, is_loopback, is_paper

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings.tables import Tables

# Seconds in the units of a look, "m" and "h".
SECONDS = {"m": 60, "h": 3600}


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


def _smallest_trade_is_within_largest_order(settings: Tables) -> str | None:
    smallest, largest = settings.planner.minimum_trade, settings.limits.order_notional_max
    if smallest < largest:
        return None
    return (
        f"[planner] minimum_trade: expected less than [limits] order_notional_max = {largest:g}, found {smallest:g} "
        f"({settings.account.currency}); no trade could be both, so write a smaller minimum_trade"
    )


def _looks_leave_time_to_trade(settings: Tables) -> str | None:
    pause = settings.execution.no_trade_before_close_s
    for look in settings.schedule.looks:
        if not look.startswith("close-"):
            continue
        before_close = int(look[len("close-") : -1]) * SECONDS[look[-1]]
        if before_close <= pause:
            return (
                f'[schedule] looks: "{look}" is not earlier than [execution] no_trade_before_close_s = {pause:g} '
                "(seconds), so it could never trade; write an earlier look"
            )
    return None


_RULES: tuple[Callable[[Tables], str | None], ...] = (
    _paper_mode_has_paper_account,
    _port_fits_account,
    _gateway_time_is_followed_only_here,
    _holdings_are_in_account_currency,
    _cash_buffer_is_within_cash_target,
    _offset_is_within_collar,
    _smallest_trade_is_within_largest_order,
    _looks_leave_time_to_trade,
)
