"""Every policy by its name in the settings; to add one, add a file and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.policy.absolute_band import AbsoluteBand
from bot.core.policy.all_of import AllOf
from bot.core.policy.any_of import AnyOf
from bot.core.policy.asymmetric_band import AsymmetricBand
from bot.core.policy.calendar import Calendar
from bot.core.policy.cash_flow import CashFlow
from bot.core.policy.class_band import ClassBand
from bot.core.policy.concentration import Concentration
from bot.core.policy.cooldown import Cooldown
from bot.core.policy.cost_benefit import CostBenefit
from bot.core.policy.drawdown import Drawdown
from bot.core.policy.instrument_band import InstrumentBand
from bot.core.policy.minimum_interval import MinimumInterval
from bot.core.policy.not_rule import NotRule
from bot.core.policy.regime import Regime
from bot.core.policy.relative_band import RelativeBand
from bot.core.policy.total_drift import TotalDrift
from bot.core.policy.tracking_error import TrackingError
from bot.core.policy.trend import Trend
from bot.core.policy.two_tier import TwoTier
from bot.core.policy.volatility_band import VolatilityBand
from bot.core.policy.volatility_index import VolatilityIndex

if TYPE_CHECKING:
    from bot.core.policy.policy import Policy

_POLICIES: tuple[type[Policy], ...] = (
    AbsoluteBand,
    RelativeBand,
    AsymmetricBand,
    InstrumentBand,
    ClassBand,
    TwoTier,
    VolatilityBand,
    Calendar,
    AnyOf,
    AllOf,
    NotRule,
    CashFlow,
    CostBenefit,
    TotalDrift,
    TrackingError,
    Cooldown,
    Drawdown,
    MinimumInterval,
    Regime,
    Trend,
    VolatilityIndex,
    Concentration,
)

REGISTRY: Final[dict[str, type[Policy]]] = {policy.kind: policy for policy in _POLICIES}
