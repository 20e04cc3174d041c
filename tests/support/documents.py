"""What documentation shows: commands with their output, and files."""

import re
import shlex
import subprocess
import sys
from pathlib import Path


def read_section(document: Path, heading: str) -> str:
    """Return what stands below a heading of the second level."""
    section = document.read_text("utf-8").split(f"## {heading}\n")[1]
    return section.partition("\n## ")[0]


def read_console(document: Path, heading: str) -> list[tuple[str, str]]:
    """Return commands and their output, out of the console block below a heading."""
    block = read_section(document, heading).split("```console\n")[1].split("```")[0]
    parts = [part.partition("\n") for part in block.split("$ ")[1:]]
    return [(command, output) for command, _, output in parts]


def run(command: str, folder: Path) -> str:
    """Return what a command prints, on whatever stream."""
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def read_blocks(document: Path) -> list[tuple[str, str]]:
    """Return the blocks of a page, each with its language before it."""
    return re.findall(r"```(\w+)\n(.*?)```", document.read_text("utf-8"), re.DOTALL)


def read_commands(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it answers."""
    parts = [part.partition("\n") for part in block.split("$ alembic ")[1:]]
    return [(command, output) for command, _, output in parts]
