"""What the bot was told to do, as domain values: made from the settings once, at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.core.domain.units import cents
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.costs.model import CostModel
    from bot.core.domain.account import AccountState
    from bot.core.domain.instrument import InstrumentSpec
    from bot.core.guards.limits import Limits
    from bot.core.planner.rules import Marks, PlannerRules
    from bot.core.policy.destination import Destination
    from bot.core.policy.policy import Policy
    from bot.core.targets.source import TargetSource, Universe
    from bot.engine.hours import DailyWindow


@dataclass(frozen=True, slots=True)
class ExecutionRules:
    """How orders are worked.

    Attributes:
        limit_offset_bps: How far through the far side of the quote a limit goes, basis points of the price.
        acknowledge_timeout_s: A sent order without a sign of life is UNKNOWN after this, seconds.
        order_timeout_s: A working order is cancelled after this, seconds.
        attempts_max: Orders of one style for one slice of a leg at the most.
        settle_s: Two equal reads this far apart settle what became of an order, seconds.
        no_trade_before_close_s: Nothing is sent this close to the session's end, seconds.
        clock_difference_max_s: Our clock and the broker's may differ by this, seconds.
        ladder: Styles in the order in which they are tried, names of the registry of styles, at least one.
        adaptive_priority: Of IB's Adaptive algorithm.
        close_cutoff_s: No order for the closing auction is sent this close to the close, seconds.
        slices: Parts that a leg is worked in, one after the other, at least 1.
        slice_interval_s: From the first order of a slice to the first one of the next, at least, seconds.
        order_volume_max: Largest order, a fraction of the average daily volume; None for no such limit.
        order_displayed_max: Largest order, in multiples of the size at the other side of the quote; None for none.
        orders_per_leg_max: Orders of one leg at the most, of every style and slice together.
        orders_per_plan_max: Orders of one plan at the most.
    """

    limit_offset_bps: float
    acknowledge_timeout_s: float
    order_timeout_s: float
    attempts_max: int
    settle_s: float
    no_trade_before_close_s: float
    clock_difference_max_s: float
    ladder: tuple[str, ...] = ("limit",)
    adaptive_priority: str = "Normal"
    close_cutoff_s: float = 900
    slices: int = 1
    slice_interval_s: float = 300
    order_volume_max: float | None = None
    order_displayed_max: float | None = None
    orders_per_leg_max: int = 30
    orders_per_plan_max: int = 300


@dataclass(frozen=True, slots=True)
class Mandate:
    """The account, the holdings with a target, and the rules. Nothing outside it is ever touched.

    Attributes:
        mode: ``observe`` or ``paper``; decides whether anything may be sent at all.
        account: IB's id of the one account.
        currency: Its base currency, ISO code.
        specs: What a person wrote for each instrument, in the order of the targets.
        universe: The instruments as the targets know them, in the same order.
        targets: Where target weights come from.
        policy: When to trade.
        destination: How far a plain rebalance goes.
        planner_rules: How to turn weights into shares.
        marks: What may be done with each instrument, in the order of the targets.
        costs: What trading costs.
        account_type: ``margin`` or ``cash``; a cash account buys from settled cash alone.
        reserved_cash: Cash that is not ours to use, account currency.
        limits: What no plan and no order may exceed.
        notices: A stricter tier of them that is told of, or None.
        confirmations: A stricter tier of them that a person is asked about, or None.
        first_investment_turnover_max: What the plan of an account without holdings may trade, once a person approved
            it, a fraction of base; None: it is a plan as every other.
        execution: How orders are worked.
        flow_ack: From this part of base on, cash that own fills do not explain holds every order.
        market_index: The market index whose fall stops trading, or None.
        restart_window: When the gateway restarts every day.
        digest: sha256 of the effective settings, part of every look.
        settings: The settings as the journal keeps them, once for each digest; empty where there are none.
    """

    mode: str
    account: str
    currency: str
    specs: tuple[InstrumentSpec, ...]
    universe: Universe
    targets: TargetSource
    policy: Policy
    destination: Destination
    planner_rules: PlannerRules
    marks: Marks
    costs: CostModel
    account_type: str
    reserved_cash: Decimal
    limits: Limits
    notices: Limits | None
    confirmations: Limits | None
    first_investment_turnover_max: float | None
    execution: ExecutionRules
    flow_ack: float
    market_index: str | None
    restart_window: DailyWindow
    digest: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Display names in array order, cash last."""
        return (*(spec.symbol for spec in self.specs), "cash")

    @property
    def needs_volumes(self) -> bool:
        """Whether the average daily volume of each instrument must be known: a plan or an order is limited by it."""
        limits = (self.planner_rules.participation_max, self.execution.order_volume_max)
        return any(limit is not None for limit in limits)

    def lot_of(self, symbol: str) -> int:
        """Return the shares that an instrument is traded in multiples of, at least 1."""
        names = [name.upper() for name in self.universe.symbols]
        return max(1, int(self.marks.lots[names.index(symbol.upper())]))

    def free_cash(self, account: AccountState, base: float) -> Decimal:
        """Return the cash that buys may use, account currency: less the reserve, less the buffer on `base`.

        In a cash account that is at most what has settled; nothing while the broker does not say how much that is.

        Raises:
            ReadUnknown: If the broker did not say how much cash there is.
        """
        cash = self.cash_of(account)
        settled = self.settled_cash_of(account)
        if settled is not None:
            cash = min(cash, settled)
        return cash - cents(self.planner_rules.cash_buffer * base)

    def settled_cash_of(self, account: AccountState) -> Decimal | None:
        """Return what a cash account has settled, less the reserve, account currency; None for a margin account.

        Unknown is not free: without a word of the broker nothing has settled.
        """
        if self.account_type != "cash":
            return None
        return (account.settled_cash or Decimal(0)) - self.reserved_cash

    def cash_of(self, account: AccountState) -> Decimal:
        """Return the account's cash less the reserve, account currency; negative where money is borrowed.

        Raises:
            ReadUnknown: If the broker did not say how much cash there is.
        """
        if account.cash is None:
            message = "the account's cash is unknown: no plan and no buy without it"
            raise ReadUnknown(message)
        return account.cash - self.reserved_cash
