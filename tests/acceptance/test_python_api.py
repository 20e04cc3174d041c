"""What the page of the Python API shows is what happens."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.hosts import Host

from alembic_plugins import commands, results

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "python-api.md").read_text("utf-8")


def test_examples_run_one_after_the_other(example: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    example.database.ensure()
    monkeypatch.chdir(example.folder)
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), 1):
        name = f"example {number} of docs/reference/python-api.md"
        names: dict[str, Any] = {"__name__": name}
        exec(compile(block, name, "exec"), names)
        if "engine" in names:  # It ends with the process where it is an application's.
            getattr(names["engine"], "sync_engine", names["engine"]).dispose()


def test_every_command_is_on_the_page() -> None:
    section = PAGE.split("## Commands\n")[1].split("\n### ")[0]
    assert [name for name in commands.__all__ if f"`{name}(" not in section] == []


def test_every_result_is_on_the_page() -> None:
    told = set(re.findall(r"\b[A-Z]\w+", PAGE))
    assert [name for name in results.__all__ if name not in told] == []
