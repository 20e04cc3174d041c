"""What the page on stores shows is what happens."""

import re
import shlex
from pathlib import Path
from typing import Any

from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text("utf-8")


def find_blocks(language: str) -> list[str]:
    """Return the blocks of code that the page has in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def run_examples() -> None:
    """Run the examples in Python, one after the other, with the same names."""
    names: dict[str, Any] = {"__name__": "docs/store.md"}
    for block in find_blocks("python"):
        exec(compile(block, "docs/store.md", "exec"), names)
    names["engine"].dispose()


def test_examples_and_commands_do_what_is_shown(example: Host) -> None:
    example.run("plugin", "install", "audit")
    run_examples()
    (block,) = find_blocks("console")
    shown = [part.partition("\n") for part in block.split("$ alembic ")[1:]]
    happened = [example.alembic(*shlex.split(command)).output for command, _, _ in shown]
    assert happened == [output for _, _, output in shown]
