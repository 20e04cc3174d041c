"""What the page on expand and contract shows is what happens."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "phases.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(python|console)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def run_commands(host: Host, block: str) -> str:
    """Run the commands of a console block; return the block with what they print."""
    found = []
    for command in re.findall(r"^\$ alembic (.*)$", block, re.MULTILINE):
        done = host.alembic(*shlex.split(command))
        found.append(f"$ alembic {command}\n{done.output.replace(f'{host.folder}/', '')}")
    return "".join(found)


def test_page_shows_what_happens(example: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    example.database.ensure()
    monkeypatch.chdir(example.folder)
    shown, happened = [], []
    names: dict[str, Any] = {"__name__": "docs/phases.md"}
    for language, block in BLOCKS:
        path = re.match(r"# (\S+)\n", block)
        if path:
            example.write(path[1], block)
        elif language == "console":
            shown.append(block)
            happened.append(run_commands(example, block))
        else:
            exec(compile(block, "docs/phases.md", "exec"), names)
            names["engine"].dispose()
    assert happened == shown
