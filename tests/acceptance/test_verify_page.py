"""What the page on verification shows is what happens."""

import re
from pathlib import Path

import pytest
from support.documents import read_blocks, read_commands
from support.hosts import Host

BLOCKS = read_blocks(Path(__file__).parents[2] / "docs" / "verify.md")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0000")


def test_blocks_of_the_page(
    example: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, block in BLOCKS:
        if language == "sql":
            example.database.execute(block)
        for command, expected in read_commands(block) if language == "console" else []:
            done = example.alembic(*command.split())
            assert MOMENT.sub("then", done.output) == MOMENT.sub("then", expected)
    (code,) = [block for language, block in BLOCKS if language == "python"]
    monkeypatch.chdir(example.folder)
    exec(compile(code, "verify.md", "exec"), {"__name__": "verify_page"})
    assert capsys.readouterr().out.endswith("False\n")
