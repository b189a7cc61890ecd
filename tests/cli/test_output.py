"""What is said is no part of what is done: a reader that goes, a full disk, a program that wants JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

FULL = "/dev/full"


async def start_into(world, stream, *words):
    """Start a command of the bot whose standard output is `stream`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        cwd=world.folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stream,
        stderr=asyncio.subprocess.PIPE,
    )
    world.processes.append(process)
    return process


@pytest.mark.parametrize("as_json", [(), ("--json",)])
@pytest.mark.parametrize("kind", ["closed pipe", "full disk"])
async def test_a_plan_is_completed_when_nobody_can_read_about_it(world, kind, as_json):
    if kind == "full disk":
        stream = os.open(FULL, os.O_WRONLY)
    else:
        reader, stream = os.pipe()
        os.close(reader)
    world.arm()
    words = ("look", "--execute", "--config", str(world.config), *as_json)
    process = await start_into(world, stream, *words)
    os.close(stream)
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert "Traceback" not in err.decode()
    assert "Exception ignored" not in err.decode()
    again = await world.bot("look", "--config", str(world.config), "--json")
    assert again.facts["outcome"] == "nothing_to_do"


async def test_a_terminal_without_our_signs_stops_no_look(world):
    environment = {"PYTHONIOENCODING": "ascii"}
    answer = await world.bot("look", "--config", str(world.config), environment=environment)
    assert answer.code == 0, answer.err
    assert "?" in answer.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("status",), 0),
        (("halt",), 0),
        (("resume", "--reason", "seen"), 0),
        (("reconcile",), 0),
        (("explain",), 78),
        (("lok",), 64),
        (("look", "--exekute"), 64),
    ],
)
async def test_every_answer_has_the_exit_code(world, words, code):
    config = ("--config", str(world.config)) if code != 64 else ()
    answer = await world.bot(*words, *config, "--json")
    assert (answer.code, answer.facts["exit_code"]) == (code, code), answer.err
    assert len(answer.out.splitlines()) == 1


async def test_a_closed_terminal_ends_a_look_as_ctrl_c_does(world, wait_until):
    world.behaviour.fill = "none"
    process = await world.start("look", "--execute", "--config", str(world.config), "--json")
    await wait_until(lambda: world.gateway.orders)
    process.send_signal(1)
    out, err = await process.communicate()
    assert process.returncode == 77, err.decode()
    assert json.loads(out.splitlines()[-1])["exit_code"] == 77
    assert {order.status.value for order in world.gateway.orders} == {"Cancelled"}
