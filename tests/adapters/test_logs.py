from __future__ import annotations

import io
import json
import logging
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.clock import WallClock
from bot.adapters.logs import configure_logs, redact

if TYPE_CHECKING:
    from collections.abc import Iterator


class StillClock(WallClock):
    """Always the same time."""

    def now(self) -> datetime:  # type: ignore[override]
        return datetime(2026, 1, 2, 14, 30, tzinfo=UTC)


@pytest.fixture
def _unconfigured() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()  # noqa: TID251 - the adapter of this very library is under test
    level = root.level
    yield
    root.handlers.clear()
    root.setLevel(level)
    structlog.reset_defaults()


pytestmark = pytest.mark.usefixtures("_unconfigured")


def configured(**options: Any) -> io.StringIO:
    # The test runner listens, too, and would be told every account.
    library("").handlers.clear()
    stream = io.StringIO()
    configure_logs(StillClock(), stream=stream, **options)
    return stream


def library(name: str) -> logging.Logger:
    return logging.getLogger(name)  # noqa: TID251 - what a library does


def test_a_line_is_one_json_object_with_the_clocks_time() -> None:
    stream = configured()
    structlog.get_logger("bot.engine").info("look_started", look_id="7", plans=0)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {
            "at": "2026-01-02T14:30:00.000000+00:00",
            "event": "look_started",
            "level": "info",
            "logger": "bot.engine",
            "look_id": "7",
            "plans": 0,
        }
    ]


def test_a_librarys_line_has_the_same_form() -> None:
    stream = configured()
    library("asyncio").warning("slow callback: %d ms", 120)
    line = json.loads(stream.getvalue())
    assert line == {
        "at": "2026-01-02T14:30:00.000000+00:00",
        "event": "slow callback: 120 ms",
        "level": "warning",
        "logger": "asyncio",
    }


def test_a_person_gets_text() -> None:
    stream = configured(as_json=False)
    structlog.get_logger("bot").warning("quote_stale", symbol="AAPL", age_s=12.5)
    text = stream.getvalue()
    assert text.startswith("2026-01-02T14:30:00.000000+00:00 [warning")
    assert "quote_stale" in text
    assert "symbol=AAPL" in text
    assert "age_s=12.5" in text
    assert "\x1b" not in text


def test_values_that_json_does_not_have_are_written_as_people_write_them() -> None:
    stream = configured()
    structlog.get_logger().info("x", price=Decimal("1.50"), on=date(2026, 1, 2), legs=(1, None))
    line = json.loads(stream.getvalue())
    assert (line["price"], line["on"], line["legs"]) == ("1.50", "2026-01-02", [1, None])


def test_lines_below_the_level_are_not_written() -> None:
    stream = configured(level="warning")
    structlog.get_logger().info("no")
    library("anything").info("no")
    structlog.get_logger().warning("yes")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["yes"]


def test_a_skipped_look_is_told_however_quiet_the_client_library_is() -> None:
    stream = configured(library_level="critical")
    library("apscheduler.scheduler").info("Added job")
    library("apscheduler.scheduler").warning("skipped: maximum number of running instances")
    library("ib_insync.client").error("no")
    assert [json.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["warning"]


@pytest.mark.parametrize("name", ["ib_insync.client", "ib_async.wrapper"])
def test_the_client_libraries_speak_from_warning_on_by_default(name: str) -> None:
    stream = configured(level="debug")
    library(name).info("no")
    library(name).warning("yes")
    assert json.loads(stream.getvalue())["event"] == "yes"
    stream = configured(level="debug", library_level="info")
    library(name).info("now it does")
    assert json.loads(stream.getvalue())["event"] == "now it does"


def test_configuring_again_replaces_and_does_not_double() -> None:
    first, second = configured(), configured()
    structlog.get_logger().info("x")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_is_written_without_the_account(as_json: bool) -> None:  # noqa: FBT001
    stream = configured(as_json=as_json)
    message = "account DU1234567 refused"
    try:
        raise ValueError(message)  # noqa: TRY301 - a traceback is wanted
    except ValueError:
        structlog.get_logger().exception("failed")
        library("ib_insync").exception("failed for %s", "DU1234567")
    text = stream.getvalue()
    assert text.count("ValueError: account DU***4567 refused") == 2
    assert "DU1234567" not in text


def test_a_line_that_cannot_be_formatted_is_lost_without_its_arguments() -> None:
    stream = configured()
    library("ib_insync.client").warning("account %d", "DU1234567")
    assert (
        stream.getvalue() == "a log line of ib_insync.client was lost: TypeError while writing it\n"
    )


def test_a_stream_that_is_gone_stops_nobody() -> None:
    stream = configured()
    stream.close()
    structlog.get_logger().error("nobody hears this")
    library("asyncio").error("nor this")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("DU1234567", "DU***4567"),
        ("U1234567", "U***4567"),
        ("U12345678", "U***5678"),
        ("DUM123456", "DUM***3456"),
        ("F1234567 DF7654321", "F***4567 DF***4321"),
        ("I123456,U123456", "I***3456,U***3456"),
        ("account=DU1234567&x", "account=DU***4567&x"),
        ("acctDU1234567.tail", "acctDU***4567.tail"),
        ("DU***4567", "DU***4567"),
        ("SPY 20261231 AAPL 265598", "SPY 20261231 AAPL 265598"),
        ("f1234567 is no account", "f1234567 is no account"),
        ("U1234", "U1234"),
        ("", ""),
    ],
)
def test_an_account_keeps_its_letters_and_four_digits(text: str, hidden: str) -> None:
    assert redact(text) == hidden


class Opaque:
    """Something that shows the account only when it is asked for its text."""

    def __init__(self, account: str) -> None:
        self._account = account

    def __repr__(self) -> str:
        return f"Opaque({self._account})"


class Kind(Enum):
    ACCOUNT = "DU1234567"


_ACCOUNTS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["U", "DU", "F", "DF", "I", "DI"]),
    st.sampled_from(["", "M", "A"]),
    st.integers(100_000, 999_999_999).map(str),
)
_AROUND = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=6)


@st.composite
def _hiding_places(draw: st.DrawFn) -> tuple[str, object]:
    """An account, and a value with the account somewhere in it."""
    account = draw(_ACCOUNTS)
    text = draw(_AROUND) + account + draw(_AROUND)
    inside = st.sampled_from(
        [text, Opaque(text), ValueError(text), text.encode(), {text: 1}, {text}]
    )
    value = draw(
        st.recursive(
            inside,
            lambda inner: st.lists(inner, min_size=1) | st.dictionaries(_AROUND, inner, min_size=1),
            max_leaves=3,
        )
    )
    return account, value


@pytest.mark.parametrize("as_json", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(found=_hiding_places())
def test_no_account_leaves_wherever_it_stands(as_json: bool, found: tuple[str, object]) -> None:  # noqa: FBT001
    account, value = found
    stream = configured(as_json=as_json)
    log = structlog.get_logger()
    log.info("as_a_value", value=value)
    log.info(str(value))
    log.info("as_a_key", **{str(value): 1})
    library("ib_insync.wrapper").warning("as an argument: %s", value)
    library("ib_insync.wrapper").warning(value)
    text = stream.getvalue()
    assert account not in text
    assert f"***{account[-4:]}" in text


def test_an_enum_shows_no_account_either() -> None:
    stream = configured()
    structlog.get_logger().info("x", kind=Kind.ACCOUNT)
    assert "DU1234567" not in stream.getvalue()


def test_logs_go_to_standard_error_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(StillClock())
    structlog.get_logger().info("x")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "x"
