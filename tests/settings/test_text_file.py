"""A file that the settings name is read once, from the configuration's folder, and is a part of their digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from bot.errors import ConfigError
from bot.settings import convert, load_settings
from bot.settings.text_file import CHARACTERS_MAX, TextFile, with_texts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.settings.conftest import Load, Refusal

LINES = "effective_on,symbol,shares,float_factor\n2022-11-21,KO,100,1\n2022-11-21,XOM,50,1\n"


@pytest.fixture
def index(file: Path) -> Path:
    """Return the file of constituents, beside the configuration."""
    file.parent.mkdir()
    path = file.parent / "index.csv"
    path.write_text(LINES, encoding="utf-8")
    return path


def with_index(name: str = "index.csv", kind: str = "index") -> dict[str, str]:
    stocks = ("AAPL", "BAC", "CVX", "GE", "HD", "JNJ", "JPM", "MSFT")
    left_out = {f'  {{ symbol = "{each}", weight = 0.099 }},\n': "" for each in stocks}
    source = f'source = {{ kind = "{kind}", file = "{name}" }}'
    return {**left_out, ", weight = 0.099": "", "holdings = [": f"{source}\nholdings = ["}


def test_the_file_is_found_beside_the_configuration(load: Load, index: Path) -> None:
    settings = load(with_index())
    assert settings.targets.source.model_dump()["file"] == {
        "file": "index.csv",
        "sha256": hashlib.sha256(LINES.encode()).hexdigest(),
    }
    assert convert.target_source(settings).instruments() == ("KO", "XOM")
    assert convert.universe(settings).symbols == ("KO", "XOM")
    # In full is in full.
    assert load(with_index(str(index))).targets.symbols == ("KO", "XOM")


def test_the_file_does_not_depend_on_the_way_to_the_configuration(
    load: Load, index: Path, file: Path, tmp_path: Path
) -> None:
    digest = load(with_index()).digest
    assert index.is_file()
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.toml"
    link.symlink_to(file)
    assert load_settings(link, {}).digest == digest


def test_another_content_is_another_digest_and_the_same_is_the_same(
    load: Load, index: Path
) -> None:
    first = load(with_index())
    assert load(with_index()).digest == first.digest
    index.write_text(LINES.replace("50", "51"), encoding="utf-8")
    second = load(with_index())
    assert second.digest != first.digest
    # What was loaded stays what it was.
    assert convert.target_source(first) != convert.target_source(second)


def test_a_file_inside_another_source_is_read_too(load: Load, index: Path) -> None:
    assert index.is_file()
    inner = '{ kind = "index", file = "index.csv" }'
    outer = f'source = {{ kind = "exclusions", exclude = ["XOM"], source = {inner} }}'
    changes = with_index()
    changes["holdings = ["] = f"{outer}\nholdings = ["
    source = convert.target_source(load(changes))
    assert source.kind == "exclusions"
    assert source.instruments() == ("KO", "XOM")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("absent.csv", "expected a readable file, found: [Errno 2] No such file or directory"),
        (".", "expected a readable file, found: [Errno 21] Is a directory"),
        ("a\\u0000b", "expected a readable file, found: embedded null"),
        ("", 'expected a path without ~, found ""'),
        ("~/index.csv", 'expected a path without ~, found "~/index.csv"'),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    refusal: Refusal, index: Path, name: str, expected: str
) -> None:
    assert index.is_file()
    assert refusal(with_index(name)).startswith(f"[targets] source.file: {expected}")


def test_a_file_that_is_no_text_is_one_line(refusal: Refusal, index: Path) -> None:
    index.write_bytes(b"symbol\xff")
    assert refusal(with_index()) == (
        f"[targets] source.file: expected text in UTF-8 in {index}, found byte 7 that is none"
    )


def test_a_file_that_is_no_list_of_constituents_is_told_by_its_name(
    refusal: Refusal, index: Path
) -> None:
    index.write_text("nothing of the kind\n", encoding="utf-8")
    assert refusal(with_index()).startswith("[targets] source: index.csv")


def test_a_file_beyond_all_measure_is_refused(refusal: Refusal, index: Path) -> None:
    index.write_text(" " * (CHARACTERS_MAX + 1), encoding="utf-8")
    assert refusal(with_index()) == (
        f"[targets] source.file: expected at most {CHARACTERS_MAX} characters in {index}, found more"
    )


def test_what_is_no_path_is_refused(refusal: Refusal, index: Path) -> None:
    assert index.is_file()
    changes = with_index()
    changes["holdings = ["] = 'source = { kind = "index", file = 5 }\nholdings = ['
    assert refusal(changes) == (
        "[targets] source.file: expected a path, in full or relative to this file, found 5"
    )


def test_only_the_file_of_a_kind_that_reads_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text", encoding="utf-8")
    kinds = frozenset({"reader"})
    read = {"kind": "reader", "file": TextFile("a.txt", "text")}
    given = {"kind": "reader", "file": "a.txt"}
    assert with_texts(given, "place", tmp_path, kinds) == read
    nested = {"list": [given, 1], "table": {"inner": given}, "file": "absent"}
    assert with_texts(nested, "place", tmp_path, kinds) == {
        "list": [read, 1],
        "table": {"inner": read},
        "file": "absent",
    }
    for other in ({"kind": "writer", "file": "absent"}, {"kind": ["reader"], "file": "absent"}):
        assert with_texts(other, "place", tmp_path, kinds) == other
    assert with_texts({"kind": "reader", "file": 5}, "place", tmp_path, kinds) == {
        "kind": "reader",
        "file": 5,
    }


def test_exactly_the_most_characters_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * CHARACTERS_MAX, encoding="utf-8")
    given = {"kind": "reader", "file": "a.txt"}
    assert (
        len(with_texts(given, "place", tmp_path, frozenset({"reader"}))["file"].text)
        == CHARACTERS_MAX
    )
    (tmp_path / "a.txt").write_text("x" * (CHARACTERS_MAX + 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^place\.file: .+ found more$"):
        with_texts(given, "place", tmp_path, frozenset({"reader"}))


def test_the_text_is_not_shown_with_the_file() -> None:
    # A file may be long, and a message repeats what it found.
    assert "secret" not in repr(TextFile("a.txt", "secret"))


def test_a_file_inside_a_list_is_told_by_its_place(tmp_path: Path) -> None:
    given = {"parts": [{}, {"kind": "reader", "file": ""}]}
    with pytest.raises(ConfigError, match=r"^place\.parts number 2\.file: expected a path"):
        with_texts(given, "place", tmp_path, frozenset({"reader"}))
