from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from bot.adapters.systemd import Systemd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Systemd's end of the line, and its address as systemd writes it."""
    is_path = request.param == "path"
    address = str(tmp_path / "notify") if is_path else f"@bot-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(address if is_path else "\0" + address[1:])
        line.settimeout(5)
        yield line, address


def test_each_call_is_one_datagram(listener: tuple[socket.socket, str]) -> None:
    line, address = listener
    systemd = Systemd({"NOTIFY_SOCKET": address})
    assert systemd.ready()
    assert systemd.alive()
    assert systemd.stopping()
    assert [line.recv(100) for _ in range(3)] == [
        b"READY=1",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_without_a_socket_nothing_happens() -> None:
    systemd = Systemd({})
    assert not systemd.ready()
    assert not systemd.alive()
    assert not systemd.stopping()


@pytest.mark.parametrize(
    "address", ["/nowhere/at/all", "@nobody-listens-here", "vsock:2:1", "x", "/" + "y" * 200]
)
def test_a_socket_that_cannot_be_reached_is_no_error(address: str) -> None:
    assert not Systemd({"NOTIFY_SOCKET": address}).ready()


def test_a_full_queue_does_not_hold_up_the_caller(listener: tuple[socket.socket, str]) -> None:
    _, address = listener
    systemd = Systemd({"NOTIFY_SOCKET": address})
    # Nobody reads; Linux queues some ten datagrams and would then make a waiting sender wait.
    assert not all(systemd.alive() for _ in range(10_000))
