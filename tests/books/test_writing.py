"""A file takes its name only once all of it is written."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from bot.books.writing import writing
from bot.errors import ConfigError

FIRST = pd.DataFrame(
    {"account": pd.Categorical.from_codes([0, 1], ["U1", "U2"]), "shares": [1, -2]}
)
SECOND = pd.DataFrame({"account": pd.Categorical.from_codes([0], ["U3"]), "shares": [7]})


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_are_written_one_after_the_other(tmp_path, kind):
    path = tmp_path / f"trades.{kind}"
    with writing(path) as sink:
        sink.write(FIRST)
        assert not path.exists()
        sink.write(SECOND)
    read = pd.read_csv(path) if kind == "csv" else pd.read_parquet(path)
    assert read["account"].astype(str).tolist() == ["U1", "U2", "U3"]
    assert read["shares"].tolist() == [1, -2, 7]
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_pieces_of_any_size_have_one_type(tmp_path):
    path = tmp_path / "trades.parquet"
    many = [f"U{number}" for number in range(40_000)]
    with writing(path) as sink:
        sink.write(pd.DataFrame({"account": pd.Categorical(many, categories=many)}))
        sink.write(SECOND[["account"]])
    assert pd.read_parquet(path)["account"].astype(str).tolist() == [*many, "U3"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_breaks_off_leaves_nothing_and_spoils_nothing(tmp_path, kind):
    path = tmp_path / f"trades.{kind}"
    path.write_text("of yesterday", encoding="utf-8")

    def break_off():
        with writing(path) as sink:
            sink.write(FIRST)
            message = "in the middle"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="in the middle"):
        break_off()
    assert path.read_text(encoding="utf-8") == "of yesterday"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_place_that_is_not_there_is_told(tmp_path, kind):
    path = tmp_path / "nowhere" / f"trades.{kind}"

    def write():
        with writing(path) as sink:
            sink.write(FIRST)

    words = f"{path}: cannot be written: there is no folder {path.parent}"
    with pytest.raises(ConfigError, match=re.escape(words)):
        write()


def test_only_these_kinds_are_written(tmp_path):
    with (
        pytest.raises(ConfigError, match=r"expected a file that ends with .csv, .parquet$"),
        writing(tmp_path / "trades.npz"),
    ):
        pass
