"""Logs: every line, also those of the libraries, stamped by our clock, with account ids made unreadable.

Rule: no full account id leaves through a log line, whoever wrote the line and wherever in it the id
stands.
Why: logs are copied into tickets, mails and other people's screens.
Enforced by: the last step before rendering, which rewrites every text of the line, keys and
tracebacks included, and turns whatever is not plain data into text first; a property test places
ids everywhere.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from typing_extensions import override

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

    from bot.ports import Clock

# IB's account ids: U1234567 and U12345678 (live), F, I and others (advisers, brokers), a D before
# them for paper, and sometimes one more letter. No boundary is asked for on the left: too much
# hidden does no harm, too little does.
_ACCOUNT: Final = re.compile(r"(D?[UFI][A-Z]?)[0-9]+?([0-9]{4})(?![0-9])")

#: The client library's loggers, which tell every message at INFO and every error of the broker.
_CLIENT_LOGGERS: Final = ("ib_insync", "ib_async")

#: Tells of every job at INFO, and at WARNING of a look that was skipped: that one is always wanted.
_SCHEDULER_LOGGER: Final = "apscheduler"

LEVELS: Final = ("debug", "info", "warning", "error", "critical")


def redact(text: str) -> str:
    """Return `text` with every account id as its letters, three stars and its last four digits: ``DU***4567``."""
    return _ACCOUNT.sub(r"\1***\2", text)


def configure_logs(
    clock: Clock,
    *,
    level: str = "info",
    as_json: bool = True,
    library_level: str = "warning",
    stream: TextIO | None = None,
) -> None:
    """Send all logs, ours and the libraries', to one stream. For `app.py` only; a second call replaces the first.

    Args:
        clock: Stamps the lines.
        level: The least of our lines that is written, one of `LEVELS`.
        as_json: One JSON object a line, or text for a person.
        library_level: The same for the client library.
        stream: Where to; standard error if None.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        _stamp(clock),
    ]
    handler = _Handler(sys.stderr if stream is None else stream)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    _replace_handler(handler, level)
    for name in _CLIENT_LOGGERS:
        logging.getLogger(name).setLevel(library_level.upper())
    logging.getLogger(_SCHEDULER_LOGGER).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def silence(*names: str) -> None:
    """Let libraries say nothing at all: what they log has the secrets in it that they were given."""
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _formatter(shared: list[Processor], *, as_json: bool) -> ProcessorFormatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False,
            timestamp_key="at",
            # The traceback is text by then, made before the ids were hidden in it.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    return ProcessorFormatter(
        # What a line of ours has gone through already, done to the libraries' lines.
        foreign_pre_chain=shared,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact_line,
            renderer,
        ],
    )


class _Handler(logging.StreamHandler[TextIO]):
    """Our one handler, recognisable by its type."""

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line could not be written. The library would print its arguments, account ids and all."""
        kind = sys.exc_info()[0]
        name = kind.__name__ if kind is not None else "an error"
        # A stream that is gone (a closed pipe) must not stop what the line was about.
        with suppress(OSError, ValueError):
            self.stream.write(
                f"a log line of {redact(record.name)} was lost: {name} while writing it\n"
            )


def _replace_handler(handler: _Handler, level: str) -> None:
    root = logging.getLogger()
    for present in tuple(root.handlers):
        if isinstance(present, _Handler):
            root.removeHandler(present)
    root.addHandler(handler)
    root.setLevel(level.upper())


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line["at"] = clock.now().isoformat(timespec="microseconds")
        return line

    return stamp


def _redact_line(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    return {redact(str(key)): _redact_value(value) for key, value in line.items()}


def _redact_value(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): _redact_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redact_value(item) for item in value]
    # Texts, and whatever else there is as text: the renderer would otherwise make that text after
    # us.
    return redact(_text_of(value))


def _text_of(value: object) -> str:
    if isinstance(value, (str, Decimal)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)
