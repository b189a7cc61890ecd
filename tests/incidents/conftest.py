"""Each test tells the story of somebody else's loss, on the real client over TCP, in virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.incidents.stage import play as play_story

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.incidents.stage import Stage


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    def run(story: Callable[[Stage], Awaitable[None]], **replacements: str) -> None:
        play_story(tmp_path, story, replacements)

    return run
