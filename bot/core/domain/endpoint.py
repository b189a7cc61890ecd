"""What a gateway's address and an account's id say about paper, live and this machine."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

#: The ports that IB's own programs listen on unless a person changes them (TWS, IB Gateway).
LIVE_PORTS: Final = frozenset({7496, 4001})
PAPER_PORTS: Final = frozenset({7497, 4002})
#: How every paper account's id starts (DU individual, DF adviser, ...).
PAPER_PREFIX: Final = "D"

_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def is_paper(account: str) -> bool:
    """Return whether an account id is a paper account's."""
    return account.startswith(PAPER_PREFIX)


def is_loopback(host: str) -> bool:
    """Return whether `host` (name or address) can only be this machine.

    A name is not looked up: of names only ``localhost`` counts, whatever others may lead here.
    """
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _LOOPBACK)
