"""A paper gateway for the tests of any project: fixtures for pytest.

    pytest_plugins = ["bot.gateway.testing"]        # in conftest.py

    def test_my_program(paper_gateway):
        ib = IB()
        ib.connect(paper_gateway.host, paper_gateway.port, clientId=1)

The gateway runs in a thread with an event loop of its own, so that programs that block are served
as well as those with a loop. Whatever is asked of it here is done in that thread; what comes back
are copies. This is the only module of the gateway that needs pytest.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import pytest

from bot.gateway.__main__ import ReplayClock
from bot.gateway.config import GatewayConfig
from bot.gateway.control import ControlError
from bot.gateway.server import LOOPBACK, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

#: Nothing that is asked of a gateway takes longer, unless its machine is overloaded.
_PATIENCE_S: Final = 30.0

_MARK: Final = "paper_gateway"

_ResultT = TypeVar("_ResultT")


class PaperGateway:
    """A gateway in a thread; also a context manager.

    Attributes:
        config: The account, the market and the replayed moment.
        host: Where it listens.
        port: On which port; another one after every start.
    """

    def __init__(self, config: GatewayConfig | None = None, *, speed: float = 1.0) -> None:
        """Prepare a gateway; nothing runs before `start`.

        Args:
            config: The usual one if None.
            speed: Replayed seconds a second, > 0.
        """
        self.config = config or GatewayConfig()
        self.host = LOOPBACK
        self.port = 0
        self._speed = speed
        self._running: tuple[asyncio.AbstractEventLoop, Gateway, asyncio.Event] | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Listen on a free port; returns when clients can connect.

        Raises:
            RuntimeError: If it runs already.
            ValueError: If it cannot be that fast.
        """
        if self._thread is not None:
            message = "the paper gateway runs already"
            raise RuntimeError(message)
        listening: Future[int] = Future()
        thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="paper gateway", daemon=True
        )
        thread.start()
        self.port = listening.result(_PATIENCE_S)
        self._thread = thread

    def stop(self) -> None:
        """Cut all connections and end the thread; a second time does nothing."""
        running, thread = self._running, self._thread
        self._running = self._thread = None
        if running is not None and thread is not None:
            loop, _, stopped = running
            loop.call_soon_threadsafe(stopped.set)
            thread.join(_PATIENCE_S)

    # -- What it is told

    def control(self, asked: Mapping[str, object]) -> dict[str, Any]:
        """Do what a line of the control port asks for.

        Raises:
            ControlError: If there is no such thing; says what there is.
        """
        answer = self._ask(lambda gateway: gateway.control(asked))
        if not answer.pop("ok"):
            raise ControlError(answer["error"])
        return answer

    def strike(self, fault: str, /, **parameters: object) -> str:
        """Let a fault happen, or begin; returns what it did, in one line.

        Raises:
            ControlError: If there is no such fault, parameter or value.
        """
        return str(self.control({**parameters, "do": "strike", "fault": fault})["did"])

    def end(self, fault: str) -> str:
        """End a fault; returns what that did, in one line.

        Raises:
            ControlError: If there is no such fault.
        """
        return str(self.control({"do": "end", "fault": fault})["did"])

    def set(self, **switches: object) -> None:
        """Turn switches: `set(quotes="frozen")`.

        Raises:
            ControlError: If there is no such switch or position.
        """
        self.control({**switches, "do": "set"})

    # -- The truth, whatever clients are shown

    @property
    def account(self) -> str:
        """The account that an order without one belongs to."""
        return self.config.account

    @property
    def truth(self) -> dict[str, Any]:
        """Orders, executions, books and clients as plain values; amounts are texts, exact."""
        return self._ask(lambda gateway: gateway.truth())

    @property
    def orders(self) -> list[dict[str, Any]]:
        """Every order ever taken, in the order of arrival."""
        found: list[dict[str, Any]] = self.truth["orders"]
        return found

    @property
    def executions(self) -> list[dict[str, Any]]:
        """Every fill, in order; shares are signed, + for a purchase."""
        found: list[dict[str, Any]] = self.truth["executions"]
        return found

    @property
    def positions(self) -> dict[str, int]:
        """Shares held in the account, by symbol."""
        found: dict[str, int] = self.truth["accounts"][self.account]["positions"]
        return found

    def _ask(self, question: Callable[[Gateway], _ResultT]) -> _ResultT:
        """Put a question in the gateway's thread.

        Raises:
            RuntimeError: If it does not run.
        """
        if self._running is None:
            message = "the paper gateway does not run"
            raise RuntimeError(message)
        loop, gateway, _ = self._running
        asked: Future[_ResultT] = Future()

        def put() -> None:
            try:
                asked.set_result(question(gateway))
            except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
                asked.set_exception(error)

        loop.call_soon_threadsafe(put)
        return asked.result(_PATIENCE_S)

    async def _serve(self, listening: Future[int]) -> None:
        """Run the gateway until it is stopped."""
        try:
            gateway = Gateway(self.config, ReplayClock(self.config.at, self._speed))
            port = await gateway.start(self.host)
        except (OSError, ValueError) as error:
            listening.set_exception(error)
            return
        stopped = asyncio.Event()
        self._running = (asyncio.get_running_loop(), gateway, stopped)
        listening.set_result(port)
        await stopped.wait()
        await gateway.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(**keys): keys of the paper gateway's configuration, as in config/gateway.toml",
    )


@pytest.fixture
def paper_gateway_factory() -> Iterator[Callable[..., PaperGateway]]:
    """Start gateways: `paper_gateway_factory(cash="1000", positions={"KO": 10})`."""
    started: list[PaperGateway] = []

    def start(*, speed: float = 1.0, **keys: object) -> PaperGateway:
        gateway = PaperGateway(GatewayConfig.from_mapping(keys), speed=speed)
        gateway.start()
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture
def paper_gateway(
    request: pytest.FixtureRequest, paper_gateway_factory: Callable[..., PaperGateway]
) -> PaperGateway:
    """A gateway with the usual account, or with the keys of the test's mark or its parameter."""
    mark = request.node.get_closest_marker(_MARK)
    keys: dict[str, object] = {}
    for given in (
        () if mark is None else (*mark.args, mark.kwargs),
        (getattr(request, "param", {}),),
    ):
        for table in given:
            if not isinstance(table, dict):
                message = f"paper_gateway takes keys of its configuration, found {table!r}"
                raise pytest.UsageError(message)
            keys |= table
    return paper_gateway_factory(**keys)
