"""Files of recordings: nothing that somebody may still want is replaced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bot.gateway.recording.lines import RecordingError, header_line
from bot.gateway.recording.recorder import FileSink
from bot.gateway.replay import replay

OLD = header_line({"config": {}}) + "\n"


def test_an_old_recording_stays_until_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "it.jsonl"
    path.write_text(OLD)
    sink = FileSink(path, print)
    sink.close()
    assert path.read_text() == OLD
    sink = FileSink(path, print)
    sink.write("x")
    sink.close()
    assert path.read_text() == "x\n"


@pytest.mark.parametrize("content", [b"account = 'DU1'\n", b'{"kind": 1}', b"\0\xff"])
def test_what_is_no_recording_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="is not replaced"):
        FileSink(path, print)
    assert path.read_bytes() == content


def test_an_empty_file_and_a_device_can_be_recorded_to(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", Path(os.devnull)):
        sink = FileSink(path, pytest.fail)
        sink.write("x")
        sink.close()
    assert (tmp_path / "empty").read_text() == "x\n"


def test_a_recording_that_is_being_made_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "it.jsonl"
    first = FileSink(path, print)
    with pytest.raises(RecordingError, match="another gateway records to it"):
        FileSink(path, print)
    first.write("x")
    first.close()
    assert path.read_text() == "x\n"


async def test_a_replay_does_not_replace_what_it_plays(record: Any, tmp_path: Path) -> None:
    live = await record()
    lines = await live.lines()
    for copy in (live.path, tmp_path / "." / live.path.name):
        with pytest.raises(RecordingError, match="it is the recording itself"):
            await replay(live.path, copy, print)
    assert live.path.read_text().splitlines() == lines
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with pytest.raises(RecordingError, match=r"notes\.txt: it holds something else"):
        await replay(live.path, other, print)
