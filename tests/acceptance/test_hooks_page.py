"""What the page on hooks shows is what happens."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from support.hosts import Host

from alembic_plugins.hooks import Moment

PAGE = (Path(__file__).parents[2] / "docs" / "hooks.md").read_text("utf-8")


def find_files() -> dict[str, str]:
    """Return the blocks of code that begin with the name of a file, by that."""
    blocks = re.findall(r"```(?:toml|python)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    return {name: f"# {name}\n{text}" for name, text in blocks}


def find_commands() -> list[tuple[str, str]]:
    """Return the commands that the page shows, with what they print."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    parts = [part for block in blocks for part in block.split("$ alembic ")[1:]]
    return [(command, output) for command, _, output in (p.partition("\n") for p in parts)]


@pytest.fixture
def audited(example: Host) -> Host:
    """The example host, whose plugin has the hooks of the page."""
    for name, text in find_files().items():
        if name.startswith("plugins/"):
            example.write(name, text)
    return example


def test_commands_do_what_is_shown(audited: Host) -> None:
    shown = find_commands()
    happened = []
    for command, _ in shown:
        done = audited.alembic(*shlex.split(command))
        output = (done.stdout + done.stderr).replace(f"{audited.folder}/", "")
        happened.append((command, re.sub(r"\d+ bytes", "40960 bytes", output)))
    assert happened == shown


def test_hooks_for_every_plugin_do_what_is_said(example: Host) -> None:
    files = find_files()
    groups = tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]
    [(group, entries)] = groups.items()
    [(name, reference)] = entries.items()
    example.distribute("acme_host", "1.0", f"[{group}]\n{name} = {reference}\n")
    example.write("site/acme_host/grants.py", files["acme_host/grants.py"])
    example.succeed("plugin", "install", "audit")
    query = "SELECT has_table_privilege('public', 'audit.entries', 'SELECT')"
    assert example.database.values(query) == [True]


def test_page_has_every_moment() -> None:
    assert re.findall(r"^\| `(\w+)\(context\)` ", PAGE, re.MULTILINE) == [*Moment]
