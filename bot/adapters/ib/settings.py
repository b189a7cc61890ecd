"""What a connection to a gateway needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.errors import ConfigError

LibraryName: TypeAlias = Literal["ib_insync", "ib_async"]
Mode: TypeAlias = Literal["observe", "paper", "live"]

#: The ports that IB's own programs listen on unless a person changes them (TWS, IB Gateway).
LIVE_PORTS = frozenset({7496, 4001})
PAPER_PORTS = frozenset({7497, 4002})
#: How every paper account's id starts (DU individual, DF adviser, ...).
PAPER_PREFIX = "D"
_LOOPBACK = frozenset({"localhost", "::1"})


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
        delayed_quotes: Whether IB may answer with delayed prices where live ones are not subscribed.
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
    delayed_quotes: bool = False

    @property
    def may_send(self) -> bool:
        """Whether orders and cancels may leave."""
        return not self.read_only and self.mode != "observe"

    @property
    def is_loopback(self) -> bool:
        """Whether the gateway is on this machine."""
        return self.host in _LOOPBACK or self.host.startswith("127.")

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


def is_paper(account: str) -> bool:
    """Return whether an account id is a paper account's."""
    return account.startswith(PAPER_PREFIX)
