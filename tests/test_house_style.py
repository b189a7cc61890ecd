"""What no linter has: the sizes, the one send path, the pages that errors and guards name, and a few words never used.

Every rule reads the tree as it lies on the disk, needs no git, and names the offending lines when it fails.
"""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot import errors
from bot.core.guards.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
TESTS = ROOT / "tests"
RUNBOOKS = ROOT / "runbooks"

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
HEADINGS = [
    "Symptoms",
    "Impact",
    "First 60 seconds",
    "Checks",
    "Actions",
    "Verify",
    "Escalate",
    "Last drilled",
]

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def refuse(found: list[str], advice: str) -> None:
    """Fail with one offence a line and what to do about them."""
    assert not found, "\n".join([advice, *found])


def python_files(*folders: Path) -> list[Path]:
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def where(file: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", 1)
    return f"{file.relative_to(ROOT)}:{line}"


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for the expression a.b.c, and the last name alone where it hangs on a call or an index."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def nodes(files: Iterable[Path]) -> Iterator[tuple[Path, ast.AST]]:
    return ((file, node) for file in files for node in ast.walk(tree_of(file)))


def calls_of(method: str, files: Iterable[Path]) -> list[str]:
    return [
        where(file, node)
        for file, node in nodes(files)
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == method
    ]


# --- sizes


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end; the docstring is not counted, so that nobody saves on it."""
    first, last = function.lineno, function.end_lineno or function.lineno
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    described = (
        (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1 if docstring else 0
    )
    return last - first + 1 - described


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = [
        f"{where(file, node)} {node.name}: {length_of(node)} lines"
        for file, node in nodes(python_files(BOT, TESTS))
        if isinstance(node, FUNCTION) and length_of(node) > FUNCTION_LINES_MAX
    ]
    refuse(long, f"longer than {FUNCTION_LINES_MAX} lines: which step has a name of its own?")


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    counts = {
        file: len(file.read_text(encoding="utf-8").splitlines())
        for file in python_files(BOT, TESTS, ROOT / "benchmarks")
    }
    long = [
        f"{where(file)} {lines} lines" for file, lines in counts.items() if lines > FILE_LINES_MAX
    ]
    refuse(long, f"longer than {FILE_LINES_MAX} lines: which room is missing?")


# --- words


def undescribed(scope: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield the module or class itself and its public members, where they have no docstring."""
    if ast.get_docstring(scope) is None:
        yield name, scope
    for node in scope.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from undescribed(node, node.name)
        elif isinstance(node, FUNCTION) and not node.name.startswith("_"):
            # What overrides or overloads is described where it is declared first.
            decorators = {dotted(decorator).rpartition(".")[2] for decorator in node.decorator_list}
            excused = decorators & {"override", "overload", "setter"}
            if ast.get_docstring(node) is None and not excused:
                yield node.name, node


def test_everything_public_says_what_it_is() -> None:
    silent = [
        f"{where(file, node)} {name}"
        for file in python_files(BOT)
        for name, node in undescribed(tree_of(file), "the module")
    ]
    refuse(silent, "public, and without a docstring:")


def test_the_product_uses_no_assert() -> None:
    found = [where(f, node) for f, node in nodes(python_files(BOT)) if isinstance(node, ast.Assert)]
    refuse(found, "python -O removes assert; use errors.require:")


def is_broad(node: ast.AST) -> bool:
    broad = {"Exception", "BaseException"}
    if isinstance(node, ast.ExceptHandler):
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(kind is None or dotted(kind) in broad for kind in kinds)
    if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "suppress":
        return any(dotted(kind) in broad for kind in node.args)
    return False


def test_the_supervisor_alone_catches_everything_and_once() -> None:
    found = [where(file, node) for file, node in nodes(python_files(BOT)) if is_broad(node)]
    assert [line.rpartition(":")[0] for line in found] == ["bot/live/supervisor.py"], found


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_tests_have_no_mocks_and_change_nothing_behind_the_back_of_the_code() -> None:
    found = []
    for file, node in nodes(python_files(TESTS)):
        names = [*imported(node), dotted(node)]
        mocks = any("mock" in name.lower().split(".") or name.endswith("Mock") for name in names)
        patches = isinstance(node, ast.Attribute) and node.attr == "setattr"
        if mocks or patches:
            found.append(where(file, node))
    refuse(found, "use the paper gateway, or a fake that implements the port:")


def test_tests_never_sleep() -> None:
    clocks = {"time", "asyncio"}
    banned = {f"{clock}.sleep" for clock in clocks}
    found = [
        where(file, node)
        for file, node in nodes(python_files(TESTS))
        if banned & {*imported(node), dotted(node)}
    ]
    refuse(found, "advance the virtual clock, or wait for the event itself:")


# --- one send path


def test_one_place_hands_an_order_to_the_client_library() -> None:
    files = [file for file in python_files(BOT) if BOT / "gateway" not in file.parents]
    found = calls_of("placeOrder", files)
    assert len(found) == 1, found


def test_one_place_hands_an_order_to_the_broker_port() -> None:
    found = calls_of("place_order", python_files(BOT))
    assert len(found) == 1, found


# --- runbooks


def missing(slugs: set[str]) -> list[str]:
    pages = [RUNBOOKS / f"{slug}.md" for slug in sorted(slugs)]
    return [where(page) for page in pages if not page.is_file()]


def test_every_error_that_names_a_runbook_has_it() -> None:
    classes = [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.BotError)
    ]
    slugs = {error.runbook for error in classes}
    assert slugs, "no error was looked at"
    refuse(missing(slugs), "bot/errors.py names these, write them:")


def test_every_guard_has_its_runbook() -> None:
    refuse(missing({f"guard-{name.replace('_', '-')}" for name in REGISTRY}), "write them:")


def test_every_file_of_the_guards_folder_is_a_registered_guard() -> None:
    files = {file.stem for file in (BOT / "core" / "guards").glob("*.py")}
    assert files - {"__init__", "registry", "proposal"} == set(REGISTRY)


def test_every_runbook_has_the_same_headings_in_the_same_order() -> None:
    pages = [page for page in sorted(RUNBOOKS.glob("*.md")) if page.stem != "README"]
    assert pages, "no runbook was looked at"
    heading = re.compile(r"^## +(.+?) *$", re.MULTILINE)
    wrong = [
        where(page)
        for page in pages
        if heading.findall(page.read_text(encoding="utf-8")) != HEADINGS
    ]
    refuse(
        wrong, f"expected exactly these headings, as ## and in this order: {', '.join(HEADINGS)}"
    )


# --- what must not be in the repository

# A bracket around one letter of each, so that this file does not find itself.
REGISTRY_HOSTS = re.compile(r"pythonhoste[d]|pyp[i]\.org|registry\.npmj[s]|deb\.debia[n]")
MACHINE_PATHS = re.compile(
    r"(?<![A-Za-z0-9_./-])/(?:roo[t]|wor[k]|far[m])/|/opt/(?:whee[l]s|pyp[i])"
)
# What .gitignore names, and a user's own things; hidden folders other than .ci are tools' caches.
NOT_OURS = re.compile(r"\.(?!ci$).*|__pycache__|.*\.egg-info|dist|build|state")
NOT_OUR_FILES = {"bot.toml"}


def text_files() -> Iterator[tuple[Path, str]]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not NOT_OURS.fullmatch(name)]
        for name in sorted(set(names) - NOT_OUR_FILES):
            content = (Path(folder) / name).read_bytes()
            if b"\0" not in content:
                yield Path(folder) / name, content.decode("utf-8", errors="replace")


def test_no_registry_host_and_no_path_of_one_machine_is_written_down() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file, text in text_files()
        for number, line in enumerate(text.splitlines(), start=1)
        if REGISTRY_HOSTS.search(line) or MACHINE_PATHS.search(line)
    ]
    refuse(found, "it works on one machine only, or names a place that is the machine's business:")
