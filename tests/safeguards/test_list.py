"""The list fits the sources: each safeguard can be taken away, and its tests exist. `make safeguards` runs them."""

from __future__ import annotations

import ast
import shutil

import pytest

from tests.safeguards.listing import ROOT, safeguards

LIST = safeguards()


@pytest.mark.parametrize("safeguard", LIST, ids=lambda each: each.name)
def test_it_can_be_taken_away_and_its_tests_exist(tmp_path, safeguard):
    for edit in safeguard.edits:
        target = tmp_path / edit.file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / edit.file, target)
    safeguard.remove_from(tmp_path)
    for edit in safeguard.edits:
        ast.parse((tmp_path / edit.file).read_text(encoding="utf-8"))
    for test in safeguard.tests:
        file, _, name = test.partition("::")
        assert name.partition("[")[0] in functions(file), f"{test} is not there"


def functions(file):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_safeguard_is_listed_once():
    names = [safeguard.name for safeguard in LIST]
    assert len(set(names)) == len(names)


def test_a_text_that_is_not_there_any_more_is_refused(tmp_path):
    safeguard = LIST[0]
    target = tmp_path / safeguard.edits[0].file
    target.parent.mkdir(parents=True)
    target.write_text("", encoding="utf-8")
    with pytest.raises(LookupError, match="0 times"):
        safeguard.remove_from(tmp_path)
