"""The page on hooks: what it says of hooks for every plugin happens, and it names all moments."""

import re
import tomllib
from pathlib import Path

from support.hosts import Host

from alembic_plugins.hooks import Moment

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "hooks.md").read_text("utf-8")


def find_files() -> dict[str, str]:
    """Return the blocks of code that begin with the name of a file, by that."""
    blocks = re.findall(r"```(?:toml|python)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)
    return {name: f"# {name}\n{text}" for name, text in blocks}


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
