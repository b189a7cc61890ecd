"""The clients' encoders, with a wire that leads nowhere."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


class Official:
    """The official client.

    Attributes:
        api: What sends requests.
        highest: The highest server version that the client speaks.
        sent: The bodies of the frames since it was cleared.
        errors: What the client refused to send since they were cleared.
        make_condition: Returns an order condition of a kind.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.sent: list[bytes] = []
        client = importlib.import_module("ibapi.client")
        self.api = client.EClient(self)
        self.api.conn = self
        self.api.setConnState(client.EClient.CONNECTED)
        self.highest = client.MAX_CLIENT_VER
        self.make_condition = importlib.import_module("ibapi.order_condition").Create

    def set_version(self, version: int) -> None:
        """Pretend that the gateway has agreed on a version."""
        self.api.serverVersion_ = version

    def isConnected(self) -> bool:  # noqa: N802 - called by the client, as all of its wire
        """Tell the client that there is a connection."""
        return True

    def sendMsg(self, message: bytes) -> None:  # noqa: N802
        """Keep what is sent."""
        self.sent.append(message[4:])

    def error(self, *arguments: Any) -> None:
        """Keep what the client refuses to send."""
        self.errors.append(str(arguments))

    def make(self, name: str, /, **attributes: Any) -> Any:
        """Return an object of the client."""
        modules = {
            "TagValue": "tag_value",
            "SoftDollarTier": "softdollartier",
            "OrderComboLeg": "order",
            "Order": "order",
            "ExecutionFilter": "execution",
        }
        module = importlib.import_module(f"ibapi.{modules.get(name, 'contract')}")
        return _filled(getattr(module, name)(), attributes)


class Python:
    """ib_insync or ib_async; the attributes are those of `Official`."""

    def __init__(self) -> None:
        name = "ib_async" if importlib.util.find_spec("ib_async") else "ib_insync"
        self.library = importlib.import_module(name)
        self.errors: list[str] = []
        self.sent: list[bytes] = []
        self.api = self.library.Client(None)
        self.highest = self.api.MaxClientVersion
        self.api.connState = self.api.CONNECTED
        self.api.isConnected = lambda: True
        self.api.sendMsg = lambda text: self.sent.append(text.encode())

    def set_version(self, version: int) -> None:
        """Pretend that the gateway has agreed on a version."""
        self.api._serverVersion = version

    def make(self, name: str, /, **attributes: Any) -> Any:
        """Return an object of the library."""
        return getattr(self.library, name)(**attributes)

    def make_condition(self, kind: int) -> Any:
        """Return an order condition."""
        return self.library.OrderCondition.createClass(kind)()


def _filled(thing: Any, attributes: dict[str, Any]) -> Any:
    """Set attributes of an object that has them."""
    for name, value in attributes.items():
        setattr(thing, name, value)
    return thing


def installed() -> Official | Python:
    """Return the kit of whichever client is installed."""
    return Official() if importlib.util.find_spec("ibapi") else Python()
