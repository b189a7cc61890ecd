"""`bot gateway`: one line when it listens, files that it keeps and plays again, errors in one line."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

TIMEOUT_S = 30


class Program:
    """`bot gateway` as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(TIMEOUT_S):
            return (await self.process.stdout.readline()).decode()

    async def facts(self) -> dict[str, Any]:
        """Return the JSON object of the first line."""
        found: dict[str, Any] = json.loads(await self.line())
        return found

    async def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int | None, str, str]:
        """End it, and return its exit code and all that it said."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.result()

    async def result(self) -> tuple[int | None, str, str]:
        async with asyncio.timeout(TIMEOUT_S):
            out, err = await self.process.communicate()
        return self.process.returncode, out.decode(), err.decode()


@pytest.fixture
async def bot_gateway(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Program]]]:
    """Start `bot gateway` with some words; all are killed at the end."""
    started: list[Program] = []

    async def start(*words: str) -> Program:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "gateway", *words),
            cwd=tmp_path,
            env={**os.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        started.append(Program(process))
        return started[-1]

    yield start
    for program in started:
        if program.process.returncode is None:
            program.process.kill()
        await program.process.communicate()


class Trader:
    """A client of bare frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *fields: object) -> None:
        body = "".join(f"{field}\0" for field in fields).encode()
        self.writer.write(struct.pack(">I", len(body)) + body)

    async def receive(self) -> list[str]:
        async with asyncio.timeout(TIMEOUT_S):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            body = await self.reader.readexactly(length)
        return body.decode().split("\0")[:-1]

    async def until(self, number: int) -> list[str]:
        while (message := await self.receive())[0] != str(number):
            pass
        return message


@pytest.fixture
async def trade() -> AsyncIterator[Callable[[int], Awaitable[Trader]]]:
    """Connect traders; all of them hang up at the end."""
    connected: list[Trader] = []

    async def connect(port: int) -> Trader:
        trader = Trader(*await asyncio.open_connection("127.0.0.1", port))
        connected.append(trader)
        trader.writer.write(b"API\0" + struct.pack(">I", 9) + b"v157..176")
        await trader.receive()
        trader.send(71, 2, 1, "")
        return trader

    yield connect
    for trader in connected:
        trader.writer.close()


#: A limit order for 2 KO at 1 dollar, GTC, with the reference `kept`.
ORDER = (
    "3|1|0|KO|STK||0.0|||SMART||USD|||||BUY|2|LMT|1||GTC|||O|0|kept|1|0|0|0|0|0|0|0||0.0||||||||0||-1|0||"
    "|0|||0|0||0||||||0|||||0|||||||||||0|||0|0|||0||0|0|0|0|||||||0|||||||||0|0|0|0|||0|||"
)


async def test_a_recording_is_made_and_played_again(
    bot_gateway: Any, trade: Any, tmp_path: Path
) -> None:
    program = await bot_gateway("--port", "0", "--record", "it.jsonl", "--seed", "7", "--json")
    trader = await trade((await program.facts())["port"])
    trader.send(*ORDER.split("|")[:-1])
    await trader.until(3)
    trader.writer.close()
    assert (await program.end())[0] == 0
    assert json.loads((tmp_path / "it.jsonl").read_text().splitlines()[0])["seed"] == 7
    played = await bot_gateway("replay", "it.jsonl", "--json")
    code, out, err = await played.result()
    facts = json.loads(out.splitlines()[-1])
    assert (code, facts["difference"], facts["has_end"], facts["exit_code"]) == (0, None, True, 0)
    assert f"identical: {facts['frames']} frames" in err


async def test_a_difference_is_shown_and_exit_1(
    bot_gateway: Any, trade: Any, tmp_path: Path
) -> None:
    program = await bot_gateway("--port", "0", "--record", "it.jsonl", "--json")
    await trade((await program.facts())["port"])
    await program.end()
    path = tmp_path / "it.jsonl"
    path.write_text(path.read_text().replace('"seed": 1}', '"seed": 2}', 1))
    path.write_text(path.read_text().replace('["15", "1", "DU1234567"]', '["15", "1", "U1"]'))
    played = await bot_gateway("replay", "it.jsonl")
    code, out, _ = await played.result()
    assert code == 1
    assert "differs" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "nowhere.jsonl"), "nowhere.jsonl: No such file or directory"),
        (("replay", "bot.toml"), "bot.toml: it is no recording of a paper gateway"),
        (("--record", "no/folder.jsonl"), "no/folder.jsonl: No such file or directory"),
        (("--state", "bot.toml"), "bot.toml: it is no whole JSON: torn, or not ours"),
        (("--state", "no/folder.json"), "no/folder.json: No such file or directory"),
        (("--state", "/dev/full"), "it is no file"),
        (("--record", "bot.toml"), "bot.toml: it holds something else than a recording"),
        (("--record", "same", "--state", "same"), "record and state have to be two files"),
        (("--config", "bot.toml"), "unknown key 'colour'"),
        (("--faults", "bot.toml"), "bot.toml: there is no 'colour'"),
        (("--at", "2050-01-01T10:00:00"), "at: 2050-01-01 has no prices"),
    ],
)
async def test_files_that_cannot_be_used_are_one_line_and_exit_78(
    bot_gateway: Any, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "bot.toml").write_text('colour = "blue"\n')
    options = () if words[0] == "replay" else ("--port", "0")
    code, out, err = await (await bot_gateway(*words, *options)).result()
    assert (code, out) == (78, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("option", ["--port", "--control"])
async def test_a_port_in_use_is_one_line_and_exit_69(bot_gateway: Any, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("--port", "0") if option == "--control" else ()
        program = await bot_gateway(*words, option, port, "--json")
        code, out, err = await program.result()
    assert code == 69
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in err
    assert json.loads(out)["exit_code"] == 69
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [("--speed", "0"), ("--port", "99999"), ("--nonsense",), ("--seed", "1.5"), ("--seed", "x")],
)
async def test_a_wrong_command_line_is_exit_64(bot_gateway: Any, words: tuple[str, ...]) -> None:
    assert (await (await bot_gateway(*words)).result())[0] == 64


async def test_a_killed_gateway_goes_on_from_its_state(
    bot_gateway: Any, trade: Any, tmp_path: Path
) -> None:
    words = ("--port", "0", "--state", "it.json", "--json")
    program = await bot_gateway(*words)
    trader = await trade((await program.facts())["port"])
    assert (await trader.until(9))[2] == "1"
    trader.send(*ORDER.split("|")[:-1])
    await trader.until(3)
    await program.end(signal.SIGKILL)
    path = tmp_path / "it.json"
    kept_at = json.loads(path.read_text().splitlines()[-1])["at"]
    again = await bot_gateway(*words)
    facts = await again.facts()
    trader = await trade(facts["port"])
    assert (await trader.until(9))[2] == "2"
    trader.send(16, 1)
    found = await trader.until(5)
    assert "kept" in found
    assert (await again.end())[0] == 0
    assert json.loads(path.read_text())["at"] > kept_at


async def test_a_state_that_can_no_longer_be_written_is_said_once_and_served_without(
    bot_gateway: Any, trade: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    program = await bot_gateway("--port", "0", "--state", "folder/it.json", "--json")
    trader = await trade((await program.facts())["port"])
    shutil.rmtree(folder)
    trader.send(*ORDER.split("|")[:-1])
    async with asyncio.timeout(TIMEOUT_S):
        await program.process.stderr.readline()  # that it listens
        said = await program.process.stderr.readline()
    assert b"the state is not kept: folder/it.json: No such file or directory" in said
    trader.send(49, 1)
    assert (await trader.until(49))[0] == "49"
    assert (await program.end())[::2] == (0, "")


async def test_a_fault_of_a_script_that_cannot_be_struck_is_said(
    bot_gateway: Any, tmp_path: Path
) -> None:
    lines = "[[fault]]\nname = 'liquidation'\nafter_s = 0\nsymbol = 'PFE'\n"
    (tmp_path / "faults.toml").write_text(lines)
    program = await bot_gateway("--port", "0", "--faults", "faults.toml", "--json")
    async with asyncio.timeout(TIMEOUT_S):
        said = (await program.process.stderr.readline()) + await program.process.stderr.readline()
    assert b"a fault of the script was not struck: liquidation: no PFE is held" in said
    assert (await program.end())[0] == 0


async def test_two_gateways_neither_share_a_state_nor_a_recording(
    bot_gateway: Any, tmp_path: Path
) -> None:
    words = ("--port", "0", "--state", "it.json", "--record", "it.jsonl")
    first = await bot_gateway(*words, "--json")
    await first.facts()
    recorded = (tmp_path / "it.jsonl").read_text()
    code, _, err = await (await bot_gateway(*words)).result()
    assert (code, "it.json: another gateway keeps its state there" in err) == (78, True)
    code, _, err = await (await bot_gateway("--port", "0", "--record", "it.jsonl")).result()
    assert (code, "it.jsonl: another gateway records to it" in err) == (78, True)
    assert (tmp_path / "it.jsonl").read_text() == recorded
    assert (await first.end())[0] == 0
    # What has ended keeps nobody away.
    again = await bot_gateway(*words, "--json")
    await again.facts()
    assert (await again.end())[0] == 0


async def test_a_recording_stays_if_the_gateway_cannot_start(
    bot_gateway: Any, tmp_path: Path
) -> None:
    first = await bot_gateway("--port", "0", "--record", "it.jsonl", "--json")
    port = (await first.facts())["port"]
    await first.end()
    recorded = (tmp_path / "it.jsonl").read_text()
    with socket.create_server(("127.0.0.1", port)):
        again = await bot_gateway("--port", str(port), "--record", "it.jsonl")
        assert (await again.result())[0] == 69
    assert (tmp_path / "it.jsonl").read_text() == recorded


async def test_the_end_of_the_terminal_is_an_end_in_order(bot_gateway: Any, tmp_path: Path) -> None:
    program = await bot_gateway("--port", "0", "--record", "it.jsonl", "--json")
    await program.facts()
    assert (await program.end(signal.SIGHUP))[0] == 0
    assert '"ended"' in (tmp_path / "it.jsonl").read_text().splitlines()[-1]


async def test_the_end_of_the_prices_is_said(bot_gateway: Any) -> None:
    # Ten seconds before the midnight after the last day of the history, at a hundred a second.
    words = ("--at", "2022-12-28T23:59:50", "--speed", "100")
    program = await bot_gateway("--port", "0", *words)
    async with asyncio.timeout(TIMEOUT_S):
        said = await program.process.stderr.readline()
    assert b"there are no prices after 2022-12-28: from now on its closes stand still" in said
    assert (await program.end())[0] == 0


async def test_a_closed_exchange_is_said(bot_gateway: Any) -> None:
    # A Saturday: trading goes on on Monday, the 8th.
    program = await bot_gateway("--port", "0", "--at", "2020-06-06T10:30:00")
    assert (await program.line()).endswith("20 symbols; closed until 2020-06-08 09:30 there\n")


async def test_control_has_a_port_of_its_own(bot_gateway: Any) -> None:
    program = await bot_gateway("--port", "0", "--control", "0", "--json")
    facts = await program.facts()
    reader, writer = await asyncio.open_connection("127.0.0.1", facts["control"])
    writer.write(b'{"do": "status"}\n')
    async with asyncio.timeout(TIMEOUT_S):
        answer = json.loads(await reader.readline())
    assert (answer["ok"], answer["orders"]) == (True, [])
    assert (await program.end())[0] == 0
    writer.close()


async def test_a_fast_clock_is_as_fast_as_asked_for(bot_gateway: Any, trade: Any) -> None:
    program = await bot_gateway("--port", "0", "--speed", "36000", "--json")
    trader = await trade((await program.facts())["port"])
    trader.send(49, 1)
    first = int((await trader.until(49))[2])
    async with asyncio.timeout(TIMEOUT_S):
        # A quarter of an hour of the gateway is a fortieth of a second here.
        latest = first
        while latest < first + 900:
            trader.send(49, 1)
            latest = int((await trader.until(49))[2])
