"""The paper gateway: a local broker that speaks the TWS text protocol, on replayed prices.

Unmodified ib_insync, ib_async and official clients connect to it. It imports nothing of the bot but
its prices, so that it can neither lean on the code that it tests nor pull it in. From the ground up:

    wire        bytes and message layouts
    exchange    instruments, sessions, prices, quotes, what fills
    config      what a gateway is started with, checked before it starts
    turns       one thing happens at a time, each at one moment; `clock` tells it
    account     cash, positions, values
    client      one connected program, with its `subscriptions`
    quotes      lines of market data: who gets which kind, and when
    history     bars: what is asked for, what answers it, what goes on
    orders      tickets, checks, the order desk, the floor where they trade
    view        what clients are shown of orders and accounts when they ask
    publisher   tells clients what happens; `account_feed` what changes, `reporting` in which words
    venue       all of that put together
    handlers    one function a request
    faults      what can go wrong at a broker, by name; `behaviour` has the plain switches
    connection  the wire of one client
    server      the TCP server, and the state that outlives its connections
    recording   every frame both ways, as readable lines; `replay` plays them again
    store       the state that outlives the program
    control     faults, switches and the `truth`, for whoever asks
    testing     fixtures for pytest, for the tests of any project
"""

from __future__ import annotations

from bot.gateway.behaviour import Behaviour
from bot.gateway.clock import GatewayClock
from bot.gateway.config import GatewayConfig, GatewayConfigError
from bot.gateway.server import Gateway

__all__ = ["Behaviour", "Gateway", "GatewayClock", "GatewayConfig", "GatewayConfigError"]
