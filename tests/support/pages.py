"""Pages of documentation, whose blocks of code are run one after the other in a host.

A page begins in the example host, or, with ``<!-- in an empty folder -->``, where there is nothing;
then the ids of revisions are others each time. Nothing is installed: the environment has all
packages, and ``pip install -e`` lets the plugin of a folder be found.
"""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from .blocks import PATH, Block
from .hosts import Host

ROOT = Path(__file__).parents[2]

_VARYING = [
    (r" +\d+ bytes", " N bytes"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:,\d+)?(?:\+0000)?", "THEN"),
    (r"/\d{8}_\d{6}_", "/THEN_"),
    (r" *\b\d+(?:\.\d+)? m?s\b *", " N s "),  # Columns are as wide as the longest.
]
"""What differs from run to run, and between releases of PostgreSQL."""

_READERS: dict[str, Callable[[str], object]] = {
    "toml": tomllib.loads,
    "ini": lambda text: configparser.ConfigParser(interpolation=None).read_string(text),
    "json": json.loads,
    "yaml": yaml.safe_load,
}

_EMPTY = "<!-- in an empty folder -->"

_SETS_UP = ("python3 -m venv ", "source ", "pip install ")

_NOT_CODE = ("text",)

_SHELL = frozenset("|><&;*$")
"""What takes a shell."""


def normalise(output: str, *, with_ids: bool = True) -> str:
    """Leave out what differs from run to run; without ids, those of revisions, too."""
    if not with_ids:
        output = re.sub(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])", "REVISION", output)
    for pattern, word in _VARYING:
        output = re.sub(pattern, word, output)
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


class PageRun:
    """Run the blocks of a page in a host.

    Args:
        host: where files are written, and commands are run.
        page: the page, which failures name.
    """

    def __init__(self, host: Host, page: Path) -> None:
        self._host = host
        self._page = page
        self._folder = host.folder
        self._is_new = _EMPTY in page.read_text("utf-8")
        if self._is_new:
            for path in host.folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._names: dict[str, Any] = {"__name__": page.stem}

    def run(self, block: Block) -> None:
        """Run a block as its language and its first line have it."""
        for command in block.before:
            self._call(command)
        path = PATH.match(block.text)
        if block.end_of:
            with (self._folder / block.end_of).open("a", encoding="utf-8") as file:
                file.write(block.text)
        elif path:
            _READERS.get(block.language, str)(block.text)
            self._host.write(str(self._folder.relative_to(self._host.folder) / path[1]), block.text)
        elif block.language == "console":
            self._run_commands(block)
        elif block.language == "python":
            self._execute(block)
        elif block.language == "sql":
            self._host.database.execute(block.text)
        elif block.language not in _NOT_CODE:
            _READERS[block.language](block.text)

    def _run_commands(self, block: Block) -> None:
        shown = [part.partition("\n") for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]]
        happened = "".join(f"$ {command}\n{self._call(command)}" for command, _, _ in shown)
        expected, found = (
            normalise(text, with_ids=not self._is_new).splitlines()
            for text in (block.text, happened)
        )
        place = f"{self._page.relative_to(ROOT)}, line {block.line}"
        difference = unified_diff(expected, found, lineterm="", n=1)
        assert expected == found, "\n".join([place, *difference])

    def _call(self, command: str) -> str:
        """Return what a command prints, on whatever stream."""
        words = shlex.split(command)
        if words[0] == "alembic" and not _SHELL.intersection(command):
            output = self._host.watch(*words[1:], folder=self._folder)
        elif words[0] == "cd":
            self._folder = (self._folder / words[1]).resolve()
            output = ""
        elif command.startswith(_SETS_UP):
            if "-e" in words:
                self._host.install(self._folder / words[-1].partition("[")[0])
            output = ""
        else:
            output = self._call_shell(command)
        return output.replace(f"{self._folder}/", "").replace(f"{self._host.folder}/", "")

    def _call_shell(self, command: str) -> str:
        bin_folder = Path(sys.executable).parent
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def _execute(self, block: Block) -> None:
        # As many empty lines as there are before it, so that a traceback names the page's line.
        code = compile("\n" * block.line + block.text, str(self._page), "exec")
        try:
            exec(code, self._names)
        finally:
            self._dispose()

    def _dispose(self) -> None:
        """Close connections as the end of the process does that the block is a part of."""
        for value in self._names.values():
            if isinstance(value, Engine | AsyncEngine):
                getattr(value, "sync_engine", value).dispose()
