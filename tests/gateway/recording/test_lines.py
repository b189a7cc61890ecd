"""Lines of a recording: whatever bytes there were come back, and what is no line is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.recording.lines import (
    RecordingError,
    body_of,
    event_line,
    frame_line,
    read_event,
    read_header,
)

AT = datetime(2020, 6, 1, 14, 30, 0, 12, tzinfo=UTC)


@given(st.one_of(st.binary(max_size=40), st.lists(st.sampled_from([b"\0", b"a"])).map(b"".join)))
def test_every_frame_comes_back_to_the_byte(body: bytes) -> None:
    line = frame_line(AT, 3, "in", body)
    line.encode("ascii")  # readable anywhere
    assert "\n" not in line
    event = read_event(line)
    assert (event.at, event.connection, event.kind, body_of(event)) == (AT, 3, "in", body)


def test_a_frame_is_readable() -> None:
    line = frame_line(AT, 1, "out", b"4\x002\x00-1\x00caf\xe9\x00")
    assert line == (
        '{"at": "2020-06-01T14:30:00.000012+00:00", "connection": 1, "kind": "out",'
        ' "fields": ["4", "2", "-1", "caf\\udce9"]}'
    )


def test_the_moment_is_written_in_utc() -> None:
    local = datetime.fromisoformat("2020-06-01T10:30:00-04:00")
    assert '"2020-06-01T14:30:00.000000+00:00"' in event_line(local, 0, "started", ())


@pytest.mark.parametrize(
    "line",
    [
        '{"at": "2020-06-01T14:30:00", "connection": 1, "kind": "in", "fields": []}',
        "",
        "[]",
        "{",
        '{"at": "x"}',
        '{"at": "x", "connection": 1, "kind": "in", "fields": []}',
    ],
)
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(RecordingError, match="no event"):
        read_event(line)


@pytest.mark.parametrize("line", ["", "hello", "{}", '{"format": 1}', "[1]"])
def test_what_is_no_header_is_refused(line: str) -> None:
    with pytest.raises(RecordingError, match="no recording of a paper gateway"):
        read_header(line)


def test_another_format_is_refused() -> None:
    with pytest.raises(RecordingError, match="format 99, and this gateway plays format 1"):
        read_header('{"format": 99, "config": {}}')
