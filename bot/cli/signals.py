"""The signals that a trading process takes, each in good order.

Ctrl-C, SIGTERM and a terminal that is closed ask it to end; the plan goes on after the next start. SIGUSR1 halts: it is
what `bot halt` does, for whoever has no more than the process's number.
"""

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


def on_halt(halt: Callable[[], None]) -> None:
    """Call `halt` in the running loop when this process gets SIGUSR1."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, halt)
