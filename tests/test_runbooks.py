"""Every page that an error, a guard or a log line names is there, and all pages have one form."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.core.guards.registry import REGISTRY

ROOT = Path(__file__).parent.parent
GUARDS = ROOT / "bot" / "core" / "guards"
RUNBOOKS = ROOT / "runbooks"
PAGES = {page.stem: page for page in sorted(RUNBOOKS.glob("*.md")) if page.stem != "README"}
# What guards are asked about, and with.
NO_GUARDS = {"proposal", "limits", "standing"}
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


def named(source: str) -> set[str]:
    """Return the pages that a file names: `runbook = "…"`, `runbook="…"`, and runbooks/….md in a text."""
    slugs = set(re.findall(r"runbooks/([a-z0-9-]+)\.md", source))
    for node in ast.walk(ast.parse(source)):
        given: ast.expr | None = None
        if isinstance(node, ast.keyword) and node.arg == "runbook":
            given = node.value
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == "runbook" for each in targets):
                given = node.value
        if isinstance(given, ast.Constant):
            slugs.add(str(given.value))
    return slugs


def page_of(guard: str) -> str:
    return f"guard-{guard.replace('_', '-')}"


def guards() -> set[str]:
    return {file.stem for file in GUARDS.glob("*.py")} - {"__init__", "registry", *NO_GUARDS}


def headings(page: str) -> list[str]:
    # What stands in a block of code is no heading.
    text = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^## +(.+?) *$", text, re.MULTILINE)


def test_every_error_names_a_page_that_is_there() -> None:
    slugs = named((ROOT / "bot" / "errors.py").read_text(encoding="utf-8"))
    assert slugs
    assert not slugs - set(PAGES), "bot/errors.py names these: write them"


def test_every_page_that_the_product_names_is_there() -> None:
    missing = {
        f"{file.relative_to(ROOT)}: {slug}"
        for file in (ROOT / "bot").rglob("*.py")
        for slug in named(file.read_text(encoding="utf-8")) - {*PAGES, "README"}
    }
    assert not missing


def test_every_guard_has_its_page_and_every_page_of_a_guard_its_guard() -> None:
    pages = {slug for slug in PAGES if slug.startswith("guard-")}
    assert {page_of(guard) for guard in guards()} == pages


def test_every_file_of_the_guards_folder_is_a_registered_guard() -> None:
    assert guards() == set(REGISTRY)


def test_the_index_names_every_page() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    # The pages of guards share one line there.
    assert not [
        slug for slug in PAGES if f"({slug}.md)" not in index and not slug.startswith("guard-")
    ]


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_has_the_headings_in_their_order(slug: str) -> None:
    assert headings(PAGES[slug].read_text(encoding="utf-8")) == HEADINGS


@pytest.mark.parametrize(
    "source",
    [
        'class A:\n    runbook: ClassVar[str] = "a-page"',
        'class A:\n    runbook = "a-page"',
        'log.warning("event", runbook="a-page")',
        'print("see runbooks/a-page.md")',
    ],
)
def test_a_named_page_is_seen(source: str) -> None:
    assert named(source) == {"a-page"}


def test_headings_in_another_order_or_in_a_block_of_code_are_seen_as_such() -> None:
    page = "\n".join(f"## {heading}\ntext" for heading in reversed(HEADINGS))
    assert headings(page) == HEADINGS[::-1]
    assert headings("```\n## Symptoms\n```\n## Impact") == ["Impact"]
