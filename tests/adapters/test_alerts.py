"""What apprise is told says no secret of any channel (I25), and what it does not know is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.alerts import AppriseAlerts, secrets_of
from bot.core.domain.alert import discreet
from bot.errors import ConfigError

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=4, max_size=30)


@given(user=TOKENS, password=TOKENS, token=TOKENS, query=TOKENS, text=st.text(max_size=50))
def test_no_piece_of_a_url_that_could_be_a_secret_is_sent(user, password, token, query, text):
    # A host that holds none of the pieces: it is no secret and may be said.
    url = f"json://{user}:{password}@H.EX:8080/{token}?key={query}"
    said = discreet(f"{url} {password}{text}{token} {query}", secrets=secrets_of(url))
    assert not [piece for piece in (user, password, token, query) if piece in said]


@pytest.mark.parametrize("url", ["nothing://token", "json://"])
def test_a_url_that_apprise_does_not_know_is_refused_by_its_number_alone(url):
    with pytest.raises(ConfigError, match="number 2 is no URL") as refused:
        AppriseAlerts(["json://127.0.0.1:9", url])
    assert url not in str(refused.value)


def test_channels_are_named_by_number_and_kind_alone():
    alerts = AppriseAlerts(["json://user:hush@127.0.0.1:9/hush", "xml://127.0.0.1:9"])
    assert alerts.channels == ("1 json", "2 xml")


async def test_without_a_heartbeat_url_nothing_is_fetched():
    assert await AppriseAlerts([]).beat() is False
