"""Nothing that is tracked names a package registry or a folder of one machine: it would work there only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent

# A bracket around one letter of each, so that this file does not find itself.
FOREIGN = re.compile(
    r"pythonhoste[d]|pyp[i]\.org|registry\.npmj[s]|deb\.debia[n]"
    r"|(?<![A-Za-z0-9_./-])/(?:roo[t]|wor[k]|far[m])/|/opt/(?:whee[l]s|pyp[i])"
)


def foreign_places(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        for word in FOREIGN.findall(line):
            yield number, word


def repository(root: Path) -> list[Path]:
    """Return the files that are or will be tracked; without git, all but what tools leave behind."""
    git = shutil.which("git")
    if git is not None:
        words = [git, "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
        listed = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - no input
        if listed.returncode == 0 and listed.stdout:
            return [root / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return list(walked(root))


def walked(root: Path) -> Iterator[Path]:
    left_behind = re.compile(r"\.(?!ci$).*|__pycache__|.*\.egg-info|dist|build|state")
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not left_behind.fullmatch(name)]
        yield from (Path(folder) / name for name in sorted(names) if name != "bot.toml")


def test_no_registry_host_and_no_path_of_one_machine_is_written_down() -> None:
    files = [file for file in repository(ROOT) if file.is_file()]
    assert Path(__file__) in files
    contents = {file: file.read_bytes() for file in files}
    found = [
        f"{file.relative_to(ROOT)}:{line} {what}"
        for file, content in contents.items()
        if b"\0" not in content
        for line, what in foreign_places(content.decode("utf-8", errors="replace"))
    ]
    assert not found, "\n".join(["it works on one machine only:", *found])


def test_without_git_the_walk_finds_our_files_and_no_caches(tmp_path: Path) -> None:
    for name in (".ci/run", "docs/a.md", ".venv/b.py", "state/c", "d/__pycache__/d.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {file.relative_to(tmp_path).as_posix() for file in walked(tmp_path)}
    assert found == {".ci/run", "docs/a.md"}


# With ~ where a word would otherwise be the very thing that a search for it finds.
@pytest.mark.parametrize(
    "planted",
    [
        "https://pyp~i.org/simple",
        "files.python~hosted.org",
        "registry.npm~js.org",
        "cd /wo~rk/x",
        "'/ro~ot/x'",
        "--find-links=/opt/whe~els",
    ],
)
def test_a_planted_place_is_found(planted: str) -> None:
    assert list(foreign_places(f"first\n{planted.replace('~', '')}"))


def test_places_of_every_machine_and_longer_words_are_not_found() -> None:
    assert not list(foreign_places("the /network/, docs/root/b, /opt/bot/.venv, /etc/bot"))
