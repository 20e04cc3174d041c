"""What the page on captures shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest
from support.documents import read_blocks, read_commands
from support.hosts import Host

BLOCKS = read_blocks(Path(__file__).parents[2] / "docs" / "how-to" / "capture.md")
STAMP = re.compile(r"\d{8}_\d{6}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")


def test_blocks_of_the_page(
    example: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, block in BLOCKS:
        if language == "sql":
            example.database.execute(block)
        for command, expected in read_commands(block) if language == "console" else []:
            done = example.alembic(*shlex.split(command))
            assert STAMP.sub("then", done.output) == STAMP.sub("then", expected)
    (code,) = [block for language, block in BLOCKS if language == "python"]
    monkeypatch.chdir(example.folder)
    exec(compile(code, "capture.md", "exec"), {"__name__": "capture_page"})
    assert capsys.readouterr().out == "None\n"
