"""docs/paper-gateway.md: its tables are the code's, and what it tells strangers to do works."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from bot.gateway.faults.script import read
from bot.gateway.testing import PaperGateway

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "paper-gateway.md").read_text(encoding="utf-8")
TIMEOUT_S = 60


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


async def run(*words: str, folder: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    async with asyncio.timeout(TIMEOUT_S):
        first = await process.stdout.readline()
        if b" on 127.0.0.1:" in first:
            process.terminate()
        rest, _ = await process.communicate()
    return process.returncode, (first + rest).decode()


async def test_its_tables_are_those_of_the_code() -> None:
    maker = ROOT / "tests" / "gateway" / "make_page.py"
    assert await run(sys.executable, str(maker), "--check", folder=ROOT) == (0, "")


async def test_its_test_suite_passes(tmp_path: Path) -> None:
    plugin, *suites = blocks("python")
    (tmp_path / "conftest.py").write_text(plugin)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    for number, text in enumerate(suites):
        library = os.environ.get("BOT_BROKER__LIBRARY", "ib_insync")
        (tmp_path / f"test_{number}.py").write_text(text.replace("ib_insync", library))
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
    code, said = await run(sys.executable, *words, folder=tmp_path)
    assert code == 0, said
    assert "3 passed" in said


async def test_its_commands_work(tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to(ROOT / "config")
    lines = [line for block in blocks("") for line in block.splitlines()]
    commands = [line.partition(" #")[0].split()[1:] for line in lines if line.startswith(".venv")]
    assert len(commands) == 5
    for words in commands:
        is_served = words[1] != "replay"
        port = ("--port", "0") if is_served else ()
        kept = [word for word in words if word not in ("--port", "4002")]
        code, said = await run(sys.executable, "-m", "bot", *kept, *port, folder=tmp_path)
        assert code == 0, said
        assert ("paper gateway: account" if is_served else "identical: ") in said


def test_its_script_can_be_read() -> None:
    (text,) = blocks("toml")
    assert len(read(tomllib.loads(text)).strikes) == 2


def test_its_control_lines_are_understood() -> None:
    lines = [line for block in blocks("") for line in block.splitlines() if line.startswith("{")]
    assert len(lines) == 5
    with PaperGateway() as gateway:
        for line in lines:
            (asked,) = re.findall(r"^\{.*?\}", line)
            assert gateway.control(tomllib.loads(f"it = {asked.replace(': ', ' = ')}")["it"])


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((\.\./[^)#]+)\)", PAGE))))
def test_its_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
