"""Paper or live, here or elsewhere: what can be said without asking anybody."""

from __future__ import annotations

import pytest

from bot.core.domain.endpoint import LIVE_PORTS, PAPER_PORTS, is_loopback, is_paper


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.1.1", "127.255.255.255", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.evil.example",
        "127.0.0.1.example",
        "127.1",
        "127.",
        "128.0.0.1",
        "10.0.0.4",
        "0.0.0.0",  # noqa: S104
        "::",
        "::2",
        "localhost.example",
        "ib-gateway",
        "",
    ],
)
def test_whatever_may_be_another_machine_is_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(("account", "paper"), [("DU1234567", True), ("DF1", True), ("U1", False)])
def test_the_account_s_first_letter_says_whether_it_is_paper(account: str, *, paper: bool) -> None:
    assert is_paper(account) is paper


def test_no_port_is_both() -> None:
    assert not LIVE_PORTS & PAPER_PORTS
