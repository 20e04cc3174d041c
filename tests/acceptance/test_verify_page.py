"""What the page on verification shows is what happens."""

import re
from pathlib import Path

import pytest
from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "verify.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+0000")


def read_commands(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it answers."""
    parts = [part.partition("\n") for part in block.split("$ alembic ")[1:]]
    return [(command, output) for command, _, output in parts]


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
