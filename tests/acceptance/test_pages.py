"""What the pages of the documentation show is what happens."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.blocks import read_blocks
from support.hosts import Host
from support.pages import ROOT, PageRun

OWN_TESTS = {
    "docs/how-to/capture.md": "acceptance/test_capture_page.py",
    "docs/how-to/check.md": "unit/checks/test_documentation.py",
    "docs/how-to/testing.md": "acceptance/testing/test_page.py",
    "docs/reference/python-api.md": "acceptance/test_python_api.py",
    "docs/reference/terminal.md": "acceptance/test_terminal_page.py",
}
"""Pages that show several projects, or blocks that do not follow each other, and their tests."""

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
WITH_CODE = [
    name for name in NAMES if name not in OWN_TESTS and [*read_blocks((ROOT / name).read_text())]
]

_LOGGERS = ("", "alembic", "alembic.runtime.migration", "alembic_plugins")
"""Those that a page's block may set, by their names."""


@pytest.fixture
def _kept_logging() -> Iterator[None]:
    """Put back what a page's block sets for the logging of its process."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    kept = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in kept:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.usefixtures("_kept_logging")
@pytest.mark.parametrize("name", WITH_CODE)
def test_blocks_do_what_is_shown(example: Host, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example.database.ensure()
    monkeypatch.chdir(example.folder)
    page = PageRun(example, ROOT / name)
    for block in read_blocks((ROOT / name).read_text("utf-8")):
        if not block.reason:
            page.run(block)


def test_pages_with_tests_of_their_own_are_there() -> None:
    tests = ROOT / "tests"
    assert [name for name in OWN_TESTS if name not in NAMES] == []
    assert [test for test in OWN_TESTS.values() if not (tests / test).exists()] == []


def test_every_block_that_is_not_run_says_why() -> None:
    reasons = [
        (name, block.line, block.reason)
        for name in WITH_CODE
        for block in read_blocks((ROOT / name).read_text("utf-8"))
        if block.reason is not None
    ]
    assert [found for found in reasons if len(str(found[2]).split()) < 4] == []


@pytest.mark.parametrize("path", [Path("README.md"), Path("benchmarks/README.md")], ids=str)
def test_links_of_the_repository_lead_somewhere(path: Path) -> None:
    text = (ROOT / path).read_text("utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    folder = (ROOT / path).parent
    assert [target for target in targets if not (folder / target).exists()] == []


def test_two_commands_come_first() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    install, test = re.findall(r"```console\n\$ (.*)\n```", readme)[:2]
    assert "pip install -q -e '.[embedded]' && .venv/bin/alembic plugin install posts" in install
    assert test.endswith("-m pytest -q -n auto")
