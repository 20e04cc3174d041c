"""What the page on declared tables shows is what happens."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.databases import Database
from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "sync.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def normalise(output: str) -> list[str]:
    """Leave out what differs between releases of PostgreSQL."""
    return re.sub(r" +\d+ bytes", " N bytes", output).splitlines()


def read_commands(block: str) -> list[tuple[list[str], list[str]]]:
    """Return the commands of a console block, each with what it answers."""
    parts = [part.partition("\n") for part in block.split("$ ")[1:]]
    return [(command.split()[1:], normalise(output)) for command, _, output in parts]


@pytest.fixture
def users(host: Host) -> Host:
    """A host with a table of users."""
    host.revise("host", "CREATE TABLE users (id serial PRIMARY KEY)")
    return host


def test_files_and_commands_of_the_page(users: Host) -> None:
    for language, block in BLOCKS:
        path = re.match(r"# (\S+)\n", block)
        if language == "toml" and path:
            users.write(path[1], block)
        for command, expected in read_commands(block) if language == "console" else []:
            result = users.succeed(*command)
            assert normalise(result.stderr + result.stdout) == expected


def test_python_of_the_page(database: Database) -> None:
    assert database.is_there
    (code,) = [block for language, block in BLOCKS if language == "python"]
    names: dict[str, Any] = {"__name__": "sync_page"}
    exec(compile(code, "sync.md", "exec"), names)
    names["engine"].dispose()
