"""What a connection to a gateway needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.core.domain.endpoint import LIVE_PORTS, PAPER_PORTS
from bot.errors import ConfigError

LibraryName: TypeAlias = Literal["ib_insync", "ib_async"]
Mode: TypeAlias = Literal["observe", "paper", "live"]


@dataclass(frozen=True, slots=True)
class IbSettings:
    """One account at one gateway.

    Attributes:
        host: Where the gateway listens.
        port: Its API port.
        client_id: Ours at this gateway; orders belong to it, so it is never changed to get in.
        library: Which client library speaks to the gateway.
        account: The account that the gateway must manage.
        mode: What the account must be: paper ids start with D. `observe` takes either and sends nothing.
        connect_timeout_s: Longest handshake, seconds.
        request_timeout_s: Longest wait for a read's end marker, seconds.
        quote_timeout_s: Longest wait for an instrument's bid and ask, seconds.
        follow_gateway_time: Whether our clock follows the gateway's: paper accounts on loopback only.
        own_prefix: How every order reference of this journal starts.
        read_only: Whether orders and cancels are refused here, whatever the mode.
    """

    host: str
    port: int
    client_id: int
    library: LibraryName
    account: str
    mode: Mode
    connect_timeout_s: float = 10.0
    request_timeout_s: float = 10.0
    quote_timeout_s: float = 5.0
    follow_gateway_time: bool = False
    own_prefix: str = ""
    read_only: bool = False

    @property
    def may_send(self) -> bool:
        """Whether orders and cancels may leave."""
        return not self.read_only and self.mode != "observe"

    @property
    def endpoint(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    def check_port(self) -> None:
        """Refuse IB's own ports of the other mode; any other port is neutral.

        Raises:
            ConfigError: If the port is the other mode's.
        """
        if self.mode == "paper" and self.port in LIVE_PORTS:
            message = f'port {self.port} is where IB serves live accounts, but mode = "paper": use 7497 or 4002'
            raise ConfigError(message)
        if self.mode == "live" and self.port in PAPER_PORTS:
            message = f'port {self.port} is where IB serves paper accounts, but mode = "live": use 7496 or 4001'
            raise ConfigError(message)
