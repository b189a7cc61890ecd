"""Bytes to fields and back, however the bytes are cut."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.wire.framing import (
    BODY_BYTES_MAX,
    FrameBuffer,
    FramingError,
    frame,
    join_fields,
    split_fields,
)

FIELDS = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    min_size=1,
    max_size=10,
)


@given(FIELDS)
def test_fields_survive_the_way_to_bytes_and_back(fields: list[str]) -> None:
    (body,) = FrameBuffer().feed(join_fields(fields))
    assert split_fields(body) == fields


@given(st.lists(FIELDS, max_size=6), st.data())
def test_frames_are_found_however_the_bytes_are_cut(
    messages: list[list[str]], data: st.DataObject
) -> None:
    stream = b"".join(join_fields(fields) for fields in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    buffer, found = FrameBuffer(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += buffer.feed(stream[start:end])
    assert [split_fields(body) for body in found] == messages


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_wait_or_are_refused(noise: bytes) -> None:
    try:
        bodies = FrameBuffer().feed(noise)
    except FramingError:
        return
    for body in bodies:
        assert all("\0" not in field for field in split_fields(body))


def test_longest_body_is_taken_and_one_byte_more_refused() -> None:
    assert FrameBuffer().feed(frame(b"x" * BODY_BYTES_MAX)) == [b"x" * BODY_BYTES_MAX]
    with pytest.raises(FramingError, match=f"{BODY_BYTES_MAX + 1} bytes"):
        FrameBuffer().feed(struct.pack(">I", BODY_BYTES_MAX + 1))


def test_last_field_may_lack_its_end() -> None:
    assert split_fields(b"v157..176") == ["v157..176"]
    assert split_fields(b"a\0b") == ["a", "b"]


def test_empty_fields_count() -> None:
    assert split_fields(b"\0\0") == ["", ""]
    assert split_fields(b"") == []


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert split_fields(b"\xff\0") == ["�"]
