"""The signals that ask a trading process to end, each in good order: Ctrl-C, SIGTERM, a terminal that is closed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def on_end(request_stop: Callable[[], None]) -> None:
    """Call `request_stop` in the running loop when this process is asked to end."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    # Under nohup a hang-up is ignored from the start, and stays so.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, request_stop)
