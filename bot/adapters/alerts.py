"""The ways to a person, by apprise: over a hundred kinds of channels, each one URL.

Rule: what was handed over is what a channel said it took; everything else is "not taken". Why: a channel that swallows
alerts is worse than none. A URL that apprise does not know is refused at the start, since `add` only says False.
"""

from __future__ import annotations

import asyncio
import re
import urllib.request
import warnings
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.adapters.logs import silence
from bot.core.domain.alert import Level, discreet
from bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apprise import Apprise

    from bot.core.domain.alert import Alert

log = structlog.get_logger(__name__)

#: How long one channel has for one alert, seconds; apprise itself waits 4 s for a line and 4 s for an answer.
SEND_WITHIN_S: Final = 10.0
BEAT_WITHIN_S: Final = 5.0
#: Pieces of a URL that are shorter are words such as a port, no secrets.
_SECRET_MIN: Final = 4


class AppriseAlerts:
    """Channels of a person's choice. Implements `bot.ports.Alerts`.

    Args:
        urls: One apprise URL for each channel; they hold secrets and are never shown.
        heartbeat_url: Fetched by `beat`, http or https, or None.

    Raises:
        ConfigError: If apprise does not know what a URL means; its number is named, never the URL.
    """

    def __init__(self, urls: Sequence[str], heartbeat_url: str | None = None) -> None:
        self._channels = {
            f"{number} {url.partition(':')[0]}": _channel(number, url)
            for number, url in enumerate(urls, start=1)
        }
        every = (*urls, *([] if heartbeat_url is None else [heartbeat_url]))
        self._secrets = tuple({secret for url in every for secret in secrets_of(url)})
        self._heartbeat_url = heartbeat_url

    @property
    def channels(self) -> tuple[str, ...]:
        """Number and kind of each, such as ``1 mailto``."""
        return tuple(self._channels)

    async def send(self, channel: str, alert: Alert) -> bool:
        """Hand one alert to one channel within `SEND_WITHIN_S`; return whether it took it."""
        # A fifth of a second that commands without an alert do not wait for.
        from apprise import NotifyType  # noqa: PLC0415

        kind = {
            Level.CRITICAL: NotifyType.FAILURE,
            Level.WARNING: NotifyType.WARNING,
            Level.INFO: NotifyType.INFO,
        }[alert.level]
        title, text = (
            discreet(words, secrets=self._secrets) for words in (alert.title, alert.text)
        )
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                took = await self._channels[channel].async_notify(
                    body=text or title, title=title, notify_type=kind
                )
        except TimeoutError:
            return False
        # A result object: its truth is what counts.
        return bool(took)

    async def beat(self) -> bool:
        """Fetch the heartbeat's URL within `BEAT_WITHIN_S`; return whether the answer was good."""
        if self._heartbeat_url is None:
            return False
        try:
            async with asyncio.timeout(2 * BEAT_WITHIN_S):
                return await asyncio.to_thread(partial(_fetch, self._heartbeat_url))
        except TimeoutError:
            return False


def secrets_of(url: str) -> tuple[str, ...]:
    """Return what of a URL must not be shown: all behind its kind, and each piece of that which could be a token."""
    rest = url.partition("://")[2]
    pieces = re.split(r"[/@:?&=#]+", rest)
    host = re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0].partition(":")[0]
    kept = {piece for piece in pieces if len(piece) >= _SECRET_MIN and piece != host}
    return tuple(piece for piece in {url, rest, *kept} if len(piece) >= _SECRET_MIN)


def _channel(number: int, url: str) -> Apprise:
    from apprise import Apprise  # noqa: PLC0415 - as above

    # They say the URL in full: apprise one that it does not know, urllib3 the path of each request.
    silence("apprise", "urllib3")
    channel = Apprise()
    # The first one loads every kind that apprise has, and some of those load what Python gives up with 3.13.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        is_known = channel.add(url)
    # One URL can be taken for several: then a truth would be one of all of them.
    if not is_known or len(channel) != 1:
        message = (
            f"[alerts] urls: number {number} is no URL that apprise knows (it is not repeated, since it holds secrets);"
            " write one such as mailto://USER:PASSWORD@HOST or ntfy://TOPIC, blanks between several"
        )
        raise ConfigError(message)
    return channel


def _fetch(url: str) -> bool:
    try:
        # The settings take http and https alone.
        with urllib.request.urlopen(url, timeout=BEAT_WITHIN_S) as answer:  # noqa: S310
            return bool(200 <= answer.status < 300)  # noqa: PLR2004 - HTTP's own
    except (OSError, ValueError) as error:
        # Its type alone: the text may repeat the URL.
        log.warning("heartbeat_not_taken", error=type(error).__name__, runbook="alerts")
        return False
