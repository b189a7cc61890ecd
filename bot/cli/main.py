"""The command line: names, help, exit codes. Each command's file is imported only when it is used."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError

if TYPE_CHECKING:
    from types import TracebackType

USAGE = 64
BUG = 70
INTERRUPTED = 130


def _version() -> str:
    # What is rarely asked for is loaded when it is: `bot kill` must be quick.
    from importlib.metadata import version  # noqa: PLC0415

    return version("ibkr-rebalancer")


app = App(
    name="bot",
    version=_version,
    help="An unattended portfolio rebalancer for Interactive Brokers accounts.",
    help_epilogue="Every command takes --json. Exit codes: 0 done, 1 found something wrong, 64 usage, 69 broker"
    " unavailable, 70 a bug, 75 another instance trades, 77 halted, 78 configuration.",
    result_action="return_value",
)
for name in (
    "demo",
    "gateway",
    "init",
    "check",
    "look",
    "run",
    "status",
    "approve",
    "halt",
    "kill",
    "pause",
    "resume",
    "explain",
    "reconcile",
    "journal",
    "alerts",
    "plan-many",
):
    word = name.replace("-", "_")
    app.command(f"bot.cli.{word}:{word}", name=name)


def main() -> None:
    """Run one command and end with its exit code."""
    sys.excepthook = _bug
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without our signs gets question marks: output must never stop what a command does.
        sys.stdout.reconfigure(errors="replace")
    try:
        code = app(exit_on_error=False)
    except CycloptsError as error:
        _answer(error, USAGE)
        sys.exit(USAGE)
    except KeyboardInterrupt as error:
        _answer(error, INTERRUPTED)
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show a failure that nobody foresaw and end with its own code: 1 means something else here."""
    import traceback  # noqa: PLC0415 - see `_version`

    try:
        traceback.print_exception(kind, error, trace)
        sys.stderr.write("bot: this is a bug; see runbooks/bug.md\n")
        sys.stderr.flush()
        _answer(error, BUG)
        sys.stdout.flush()
    finally:
        # Also where nobody reads standard error any more.
        os._exit(BUG)


def _answer(error: BaseException, code: int) -> None:
    """Give programs that asked for JSON their one object also where no command could."""
    # Imported here: it brings rich along, which the quick commands' start does without.
    from bot.cli.voice import Voice  # noqa: PLC0415

    kind = type(error).__name__
    words = " ".join(str(error).split()) or kind
    Voice("--json" in sys.argv).answer({"error": words, "kind": kind, "exit_code": code})
