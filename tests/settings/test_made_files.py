"""A source that reads a file is made from the text that the loader has read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import pytest
from pydantic import ValidationError

from bot.core.domain.parameter import parameter
from bot.settings.keys import allowed
from bot.settings.made import TABLES, Made, core_of, table_of
from bot.settings.text_file import TextFile


class _FromFile:
    """A source made of a file."""

    kind: ClassVar[str] = "from_file"
    reads_file: ClassVar[bool] = True

    @classmethod
    def from_text(cls, text: str, **parameters: Any) -> Self:
        return cls(lines=tuple(text.split()), **parameters)


@dataclass(frozen=True)
class FromFile(_FromFile):
    """A source made of a file."""

    lines: tuple[str, ...]
    file: str = field(metadata=parameter("It is.", wrong="It is not."))
    count_max: int = field(default=2, metadata=parameter("It is.", wrong="It is not."))

    def __post_init__(self) -> None:
        if len(self.lines) > self.count_max:
            message = f"at most {self.count_max} lines, found {len(self.lines)}"
            raise ValueError(message)
        if "bad" in self.lines:
            message = f"{self.file} has a bad line"
            raise ValueError(message)


@pytest.fixture
def from_file() -> type[Made]:
    return table_of(FromFile, "Source", dict(TABLES))


def test_a_source_with_a_file_is_made_from_its_text(from_file: type[Made]) -> None:
    table = from_file(kind="from_file", file=TextFile("lines.txt", "a\nb\n"), count_max=3)
    assert core_of(table) == FromFile(("a", "b"), "lines.txt", 3)
    assert allowed(from_file.model_fields["file"]) == (
        "a path, written in full or relative to this file, without ~"
    )


def test_a_file_that_cannot_be_used_is_told_by_its_name_once(from_file: type[Made]) -> None:
    with pytest.raises(ValidationError) as caught:
        from_file(kind="from_file", file=TextFile("lines.txt", "a b c"))
    assert caught.value.errors()[0]["msg"] == "lines.txt: at most 2 lines, found 3"
    with pytest.raises(ValidationError) as caught:
        from_file(kind="from_file", file=TextFile("lines.txt", "bad"))
    assert caught.value.errors()[0]["msg"] == "lines.txt has a bad line"


def test_a_file_that_was_not_read_is_refused(from_file: type[Made]) -> None:
    with pytest.raises(ValidationError) as caught:
        from_file(kind="from_file", file="lines.txt")
    assert [detail["loc"] for detail in caught.value.errors()] == [("file",)]
