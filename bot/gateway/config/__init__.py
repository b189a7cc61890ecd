"""The configuration: the account and what it holds, the market, the replayed moment."""

from __future__ import annotations

from bot.gateway.config.reading import GatewayConfigError
from bot.gateway.config.root import GatewayConfig

__all__ = ["GatewayConfig", "GatewayConfigError"]
