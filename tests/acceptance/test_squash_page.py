"""What the page on squashes shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest
from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "squash.md").read_text("utf-8")
WHOLE, BETWEEN = PAGE.split("## A database in between")


def find_commands(text: str) -> list[tuple[str, str]]:
    """Return the commands that a text shows, with what they print."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    parts = [part for block in blocks for part in block.split("$ alembic ")[1:]]
    return [(command, output) for command, _, output in (p.partition("\n") for p in parts)]


@pytest.mark.parametrize("text", [WHOLE, BETWEEN], ids=["whole", "between"])
def test_commands_do_what_is_shown(example: Host, text: str) -> None:
    shown = find_commands(text)
    happened = []
    for command, _ in shown:
        done = example.alembic(*shlex.split(command))
        output = (done.stdout + done.stderr).replace(f"{example.folder}/", "")
        output = re.sub(r"/\d{8}_\d{6}_", "/20261127_094500_", output)
        happened.append((command, re.sub(r"\d+ bytes", "40960 bytes", output)))
    assert happened == shown
