"""The paper gateway: a local broker that speaks the TWS text protocol, on replayed prices.

Unmodified ib_insync and ib_async clients connect to it. It imports nothing of the bot but its
prices, so that it can neither lean on the code that it tests nor pull it in:

    wire        bytes and message layouts
    exchange    instruments, sessions, prices, quotes, what fills
    account     cash, positions, values
    orders      tickets, checks, the order desk
    handlers    one function a request
    server      the TCP server, and the state that outlives its connections
    recording   every frame both ways, as readable lines; `replay` plays them again
    store       the state that outlives the program
    control     faults, switches and the truth, for whoever asks
    testing     fixtures for pytest, for the tests of any project
"""

from __future__ import annotations

from bot.gateway.behaviour import Behaviour
from bot.gateway.clock import GatewayClock
from bot.gateway.config import GatewayConfig, GatewayConfigError
from bot.gateway.server import Gateway

__all__ = ["Behaviour", "Gateway", "GatewayClock", "GatewayConfig", "GatewayConfigError"]
