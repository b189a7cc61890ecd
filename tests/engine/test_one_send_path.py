"""One function of the whole program calls the broker's `place_order`, and no await lets the switch go unseen before it.

Read from the source, so that a new road to the broker, or a new await on this one, is found before it is ever taken.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

BOT = Path(__file__).parent.parent.parent / "bot"
ORDERS = {"place_order", "placeOrder"}


def attributes(node, names):
    return [
        each for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr in names
    ]


def functions(tree):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def senders(source):
    """Return the names of the functions that mention an order's way out, called or handed on."""
    return [node.name for node in functions(ast.parse(source)) if attributes(node, ORDERS)]


def unseen(source, name):
    """Return what is wrong with the way to the order in one function, a line each."""
    tree = ast.parse(source)
    # A function that reads the switch is a look at it; it must not await anything itself.
    looks = {
        node.name
        for node in functions(tree)
        if isinstance(node, ast.FunctionDef) and attributes(node, {"is_halted"})
    }
    sender = next(node for node in functions(tree) if node.name == name)
    placed = [node.lineno for node in attributes(sender, ORDERS)]
    awaits = [node.end_lineno for node in ast.walk(sender) if isinstance(node, ast.Await)]
    awaits += [
        node.end_lineno
        for node in ast.walk(sender)
        if isinstance(node, ast.AsyncFor | ast.AsyncWith | ast.Yield)
    ]
    seen = [node.lineno for node in attributes(sender, {"is_halted"})]
    seen += [
        node.lineno
        for node in ast.walk(sender)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in looks
    ]
    found = [] if len(placed) == 1 else [f"expected one order, found {len(placed)}"]
    for order in placed:
        last_look = max((line for line in seen if line < order), default=0)
        if not last_look:
            found.append("the switch is not read before the order")
        found += [
            f"line {line}: an await after the last look at the switch"
            for line in awaits
            if last_look <= line <= order
        ]
        # Each await is followed by a look of its own, before the next one: a halt is not slept through.
        for before, after in pairwise([*sorted(awaits), order]):
            if before < order and not any(before < line <= after for line in seen):
                found.append(f"line {before}: no look at the switch after this await")
    return found


def test_exactly_one_function_of_the_program_places_orders():
    callers = [
        (file.relative_to(BOT).as_posix(), name)
        for file in sorted(BOT.rglob("*.py"))
        for name in senders(file.read_text(encoding="utf-8"))
        if not file.is_relative_to(BOT / "gateway")
    ]
    # The port's own adapter hands the order to the library: the other end of the same road.
    mine = [caller for caller in callers if not caller[0].startswith("adapters/ib/")]
    assert mine == [("engine/execution/send.py", "send")]
    assert len([caller for caller in callers if caller not in mine]) == 1


def test_every_await_before_the_order_is_followed_by_a_look_at_the_switch():
    source = (BOT / "engine" / "execution" / "send.py").read_text(encoding="utf-8")
    assert unseen(source, "send") == []


LOOK = "def look(desk):\n    if desk.switch.is_halted():\n        raise Stopped\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["desk.broker.place_order(intent)"], "the switch is not read"),
        (
            ["look(desk)", "await disk()", "desk.broker.place_order(intent)"],
            "an await after the last look",
        ),
        (
            ["await limiter()", "await disk()", "look(desk)", "desk.broker.place_order(intent)"],
            "no look at the switch after this await",
        ),
        (
            ["look(desk)", "desk.broker.place_order(intent)", "desk.broker.place_order(intent)"],
            "expected one order, found 2",
        ),
    ],
)
def test_a_way_without_its_look_is_found(lines, words):
    source = LOOK + "async def send(desk, intent):\n" + "".join(f"    {line}\n" for line in lines)
    assert words in "; ".join(unseen(source, "send"))


def test_a_way_with_its_looks_passes():
    lines = ["await limiter()", "look(desk)", "await disk()", "if desk.switch.is_halted(): return"]
    body = "".join(f"    {line}\n" for line in [*lines, "desk.broker.place_order(intent)"])
    assert unseen(LOOK + "async def send(desk, intent):\n" + body, "send") == []
