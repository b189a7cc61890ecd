"""What no linter has: the sizes, the one send path, the few readers of a clock, and words never used.

A rule is a function from the text of one file to its offences. `RULES` says where it holds, and `PLANTED` has for each
rule what it must find: a rule that finds nothing in a broken file guards nothing. The rules for runbooks and for what
is not Python are in `test_runbooks.py` and `test_repository.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400

Function = ast.FunctionDef | ast.AsyncFunctionDef
Offences = Iterable[tuple[int, str]]
Check = Callable[[str], Offences]


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source)))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for the expression a.b.c, and the names behind it where it hangs on a call or an index."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


@cache
def imported(source: str) -> tuple[tuple[int, str, str], ...]:
    """Return line, full name and local name of each import, wherever it stands."""
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found += [(node.lineno, each.name, each.asname or each.name) for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [
                (node.lineno, f"{node.module}.{each.name}", each.asname or each.name)
                for each in node.names
            ]
    return tuple(found)


@cache
def mentioned(source: str) -> tuple[tuple[int, str], ...]:
    """Return line and full name of all that is imported or used: an alias hides nothing."""
    meanings = {local: full for _, full, local in imported(source)}
    found = [(line, full) for line, full, _ in imported(source)]
    for node in nodes(source):
        if isinstance(node, ast.Name | ast.Attribute):
            first, dot, rest = dotted(node).partition(".")
            found.append((node.lineno, f"{meanings.get(first, first)}{dot}{rest}"))
    return tuple(found)


def calls_of(method: str, source: str) -> list[tuple[int, str]]:
    return [
        (node.lineno, method)
        for node in nodes(source)
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == method
    ]


# --- sizes


def span(node: ast.stmt | ast.expr) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def code_lines(function: Function, lines: list[str]) -> int:
    """Count lines without docstrings, blank ones and comments, so that nobody saves on these."""
    docstrings = {
        number
        for node in ast.walk(function)
        if isinstance(node, Function | ast.ClassDef) and ast.get_docstring(node) is not None
        for number in span(node.body[0])
    }
    texts = (lines[number - 1].lstrip() for number in span(function) if number not in docstrings)
    return sum(text != "" and not text.startswith("#") for text in texts)


def long_functions(source: str) -> Offences:
    lines = source.splitlines()
    for node in nodes(source):
        if isinstance(node, Function) and len(span(node)) > FUNCTION_LINES_MAX:
            length = code_lines(node, lines)
            if length > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name}: {length} lines"


def long_files(source: str) -> Offences:
    lines = len(source.splitlines())
    if lines > FILE_LINES_MAX:
        yield 1, f"{lines} lines"


# --- words


def undescribed(source: str) -> Offences:
    return _undescribed(ast.parse(source), "the module")


def _undescribed(scope: ast.Module | ast.ClassDef | Function, name: str) -> Offences:
    if ast.get_docstring(scope) is None:
        yield getattr(scope, "lineno", 1), name
    if isinstance(scope, Function):
        return
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        # What overrides or overloads is described where it is declared first.
        decorators = {dotted(each).rpartition(".")[2] for each in node.decorator_list}
        if not decorators & {"override", "overload", "setter"}:
            yield from _undescribed(node, node.name)


def asserts(source: str) -> Offences:
    return [(node.lineno, "assert") for node in nodes(source) if isinstance(node, ast.Assert)]


def unfinished(source: str) -> Offences:
    # To catch what a library has not finished is no stub of ours.
    caught = {
        number
        for node in nodes(source)
        if isinstance(node, ast.ExceptHandler) and node.type is not None
        for number in span(node.type)
    }
    for number, line in enumerate(source.splitlines(), start=1):
        for word in re.findall(r"\b(?:NotImplementedError|TODO|FIXME|XXX)\b", line):
            if word != "NotImplementedError" or number not in caught:
                yield number, word


def mocks(source: str) -> Offences:
    for line, name in mentioned(source):
        parts = name.split(".")
        # `setattr` alone is Python's own; behind a dot it is the one that puts things back after the test.
        is_patch = len(parts) > 1 and parts[-1] == "setattr"
        if is_patch or {"mock", "mocker"} & set(parts) or parts[-1].endswith("Mock"):
            yield line, name


def sleeps(source: str) -> Offences:
    return [each for each in mentioned(source) if each[1] in {"time.sleep", "asyncio.sleep"}]


def skips(source: str) -> Offences:
    words = {"skip", "skipif", "skipIf", "skipUnless", "xfail", "importorskip", "expectedFailure"}
    for line, name in mentioned(source):
        first, _, rest = name.partition(".")
        if first in {"pytest", "unittest"} and rest.rpartition(".")[2] in words:
            yield line, name


# --- doors: who may do what


CLOCKS = re.compile(
    r"time\.(?:time|monotonic|perf_counter|process_time)(?:_ns)?|time\.(?:local|gm|c)time"
    r"|datetime\.(?:datetime\.(?:now|utcnow|today)|date\.today)|pandas\.Timestamp\.(?:now|utcnow|today)"
)


def clocks(source: str) -> Offences:
    return [each for each in mentioned(source) if CLOCKS.fullmatch(each[1])]


def client_libraries(source: str) -> Offences:
    libraries = {"ib_insync", "ib_async"}
    for line, name, _ in imported(source):
        if name.partition(".")[0] in libraries:
            yield line, name
    for node in nodes(source):
        if isinstance(node, ast.Call) and dotted(node.func).endswith(
            ("import_module", "__import__")
        ):
            name = node.args[0].value if isinstance(node.args[0], ast.Constant) else "any module"
            # A name that is only known at run time may be anything.
            if name == "any module" or str(name).partition(".")[0] in libraries:
                yield node.lineno, str(name)


def broad_handlers(source: str) -> Offences:
    for node in nodes(source):
        kinds: list[ast.expr | None] = []
        if isinstance(node, ast.ExceptHandler):
            kinds = [*node.type.elts] if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "suppress":
            kinds = [*node.args]
        for kind in kinds:
            if kind is None or dotted(kind) in {"Exception", "BaseException"}:
                yield getattr(node, "lineno", 1), "catches everything"


def sends_to_library(source: str) -> Offences:
    return calls_of("placeOrder", source)


def sends_to_port(source: str) -> Offences:
    return calls_of("place_order", source)


# --- the rules and where they hold


@dataclass(frozen=True)
class Rule:
    """A check, the folders where it holds, the files that are excused, and what to do instead."""

    check: Check
    folders: tuple[str, ...]
    advice: str
    excused: tuple[str, ...] = ()


PRODUCT = ("bot",)
TESTS = ("tests",)
ALL = ("bot", "benchmarks", "tests")
RULES = [
    Rule(long_functions, ALL, "which step has a name of its own?"),
    Rule(long_files, ALL, "which room is missing?"),
    Rule(undescribed, PRODUCT, "public, and without a docstring"),
    Rule(asserts, PRODUCT, "python -O removes it; use errors.require"),
    Rule(unfinished, PRODUCT, "finish it, or leave it out and open an issue"),
    Rule(mocks, TESTS, "use the paper gateway, or a fake that implements the port"),
    Rule(sleeps, TESTS, "advance the virtual clock, or wait for the event itself"),
    Rule(skips, TESTS, "mend it, or remove it"),
    Rule(clocks, PRODUCT, "take a Clock", ("bot/adapters/clock.py", "bot/gateway/__main__.py")),
    Rule(
        client_libraries, PRODUCT, "ask bot/adapters/ib/client.py", ("bot/adapters/ib/client.py",)
    ),
]
# What may be done in one place only: the check, its folder, who is not counted, and the one place.
ONCE = [
    (broad_handlers, "bot", "", "bot/live/supervisor.py"),
    (sends_to_library, "bot", "bot/gateway/", "bot/adapters/ib/orders.py"),
    (sends_to_port, "bot", "", "bot/engine/execution/send.py"),
]


@cache
def sources(folder: str) -> dict[str, str]:
    """Return path and text of every Python file below a folder of the repository."""
    return {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted((ROOT / folder).rglob("*.py"))
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_no_file_breaks_the_rule(rule: Rule) -> None:
    files = {path: text for folder in rule.folders for path, text in sources(folder).items()}
    assert files
    found = [
        f"{path}:{line} {what}"
        for path, text in files.items()
        if path not in rule.excused
        for line, what in rule.check(text)
    ]
    assert not found, "\n".join([rule.advice, *found])


@pytest.mark.parametrize(("check", "folder", "ignored", "place"), ONCE)
def test_it_is_done_in_one_place_and_once(
    check: Check, folder: str, ignored: str, place: str
) -> None:
    found = [
        f"{path}:{line}"
        for path, text in sources(folder).items()
        if not (ignored and path.startswith(ignored))
        for line, _ in check(text)
    ]
    assert [each.rpartition(":")[0] for each in found] == [place], found


# --- the rules can fail

LINES_50 = "def f():\n" + "    a = 1\n" * 49
# A docstring, a blank line and a comment more, none of which counts.
DESCRIBED_50 = LINES_50.replace("f():\n", 'f():\n    """D.\n\n    E.\n    """\n\n    # why\n')
# With ~ where a word would otherwise be the very thing that a search for it finds.
PLANTED = [
    (long_functions, [f"{LINES_50}    a = 1\n", f"async {DESCRIBED_50}    a = 1\n"]),
    (long_files, ["a = 1\n" * 401]),
    (
        undescribed,
        ["a = 1", '"""D."""\nclass A: ...', '"""D."""\nclass A:\n """D."""\n async def f(s): ...'],
    ),
    (asserts, ["assert True"]),
    (
        unfinished,
        [
            "raise NotImpl~ementedError",
            "# TO~DO: later",
            "try: ...\nexcept OSError:  # FIX~ME\n    raise",
        ],
    ),
    (
        mocks,
        [
            "import unittest.mo~ck",
            "from unittest.mo~ck import patch as p",
            "x = Magic~Mock()",
            "def test(mocker): mocker.patch('a')",
            "def test(monkeypatch): monkeypatch.set~attr('a', 1)",
        ],
    ),
    (sleeps, ["import time\ntime.sl~eep(1)", "from asyncio import sl~eep as wait\nawait wait(0)"]),
    (
        skips,
        [
            "import pytest\n@pytest.mark.sk~ip\ndef f(): ...",
            "from pytest import mark as m\n@m.xf~ail(reason='later')\ndef f(): ...",
            "import pytest\ndef f(): pytest.sk~ip('not here')",
        ],
    ),
    (
        clocks,
        [
            "from datetime import datetime\na = datetime.now()",
            "import datetime as d\na = field(default_factory=d.date.today)",
            "from time import monotonic",
            "import time\na = time.time()",
        ],
    ),
    (
        client_libraries,
        [
            "import ib_insync",
            "def f():\n    from ib_async.contract import Stock",
            "import importlib\nimportlib.import_module('ib_insync.wrapper')",
            "import importlib\nimportlib.import_module(name)",
        ],
    ),
    (
        broad_handlers,
        [
            "try: ...\nexcept Exception: ...",
            "try: ...\nexcept: ...",
            "try: ...\nexcept (OSError, BaseException) as error: ...",
            "with contextlib.suppress(Exception): ...",
        ],
    ),
    (sends_to_library, ["self.client.placeOrder(1, contract, order)"]),
    (sends_to_port, ["desk.broker().place_order(intent)"]),
]
INNOCENT = [
    (long_functions, DESCRIBED_50),
    (long_files, "a = 1\n" * 400),
    (undescribed, '"""D."""\n@override\ndef f(): ...\ndef _g(): ...\nclass _A: ...'),
    (unfinished, "try: ...\nexcept (OSError, NotImplementedError): ..."),
    (mocks, "setattr(a, 'b', 1)\nmonkeypatch.setenv('a', 'b')"),
    (sleeps, "await clock.sleep(1)\nvirtual.time.sleep(1)"),
    (skips, "reader.skip(3)"),
    (
        clocks,
        "from datetime import datetime, time\na = clock.now()\nb = datetime(2020, 1, 2)\nc = time(9)",
    ),
    (
        client_libraries,
        "import importlib\nname = 'ib_insync'\nimportlib.import_module('skfolio.datasets')",
    ),
    (broad_handlers, "try: ...\nexcept (OSError, ValueError): ..."),
    (sends_to_port, "def place_order(intent): ..."),
]


@pytest.mark.parametrize(
    ("check", "planted"), [(check, text) for check, texts in PLANTED for text in texts]
)
def test_a_planted_offence_is_found(check: Check, planted: str) -> None:
    assert list(check(planted.replace("~", "")))


@pytest.mark.parametrize(("check", "text"), INNOCENT)
def test_what_keeps_the_rule_is_not_found(check: Check, text: str) -> None:
    assert not list(check(text))


def test_every_rule_has_an_offence_that_it_finds() -> None:
    used = {*(rule.check for rule in RULES), *(check for check, *_ in ONCE)}
    assert used == {check for check, _ in PLANTED}
