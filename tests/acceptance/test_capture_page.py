"""What the page on captures shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest
from support.documents import read_blocks, read_commands
from support.hosts import Host
from support.watches import watching

BLOCKS = read_blocks(Path(__file__).parents[2] / "docs" / "how-to" / "capture.md")
STAMP = re.compile(r"\d{8}_\d{6}|[0-9a-f]{12}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")
"""When something was, and the ids of revisions that nobody has named."""

TABLE = re.compile(r"(?<![.\w])entries\.")
"""What PostgreSQL 15 puts before the columns of a view of one table, and later ones leave out."""


def make_comparable(printed: str) -> str:
    """Return what is printed, without what is otherwise at another time or on another server."""
    return TABLE.sub("", STAMP.sub("then", printed))


def run(example: Host, command: str, expected: str) -> str:
    """Return what a command prints; one that goes on is ended when it has printed that much."""
    arguments = shlex.split(command)
    if arguments[:2] != ["plugin", "watch"]:
        return example.alembic(*arguments).output
    with watching(example, *arguments[2:]) as watch:
        return watch.wait_for(expected.count("\n"))


def test_blocks_of_the_page(
    example: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, block in BLOCKS:
        if language == "sql":
            example.database.execute(block)
        if language == "ini":
            example.ini.write_text(example.ini.read_text().replace("[alembic]\n", block))
        for command, expected in read_commands(block) if language == "console" else []:
            output = run(example, command, expected)
            assert make_comparable(output) == make_comparable(expected)
    (code,) = [block for language, block in BLOCKS if language == "python"]
    monkeypatch.chdir(example.folder)
    exec(compile(code, "capture.md", "exec"), {"__name__": "capture_page"})
    assert capsys.readouterr().out == "None\n"
