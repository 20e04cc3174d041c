"""The reference, `docs/reference`, names all that there is to be given and to go wrong."""

import re
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from typing import Any

from alembic.config import CommandLine
from error_table import write_table

from alembic_plugins import Plugin, errors
from alembic_plugins.cli.arguments import add_commands
from alembic_plugins.config.settings import OPTIONS

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = "".join(page.read_text("utf-8") for page in sorted(DOCS.glob("reference/*.md")))

COMMANDS = re.findall(r"^\| `alembic plugin ([a-z-]+)([^`]*)`", REFERENCE, re.MULTILINE)
"""How the reference writes commands, by their names; some have several rows."""

CELLS = re.findall(r"^\| (`[^|]*) \|", REFERENCE, re.MULTILINE)
NAMED = {word for cell in CELLS for word in re.findall(r"`([^`]+)`", cell)}
"""What rows of tables are about."""


def find_parsers() -> dict[str, ArgumentParser]:
    """Return the parsers of our commands by name."""
    subparsers: Any = CommandLine().subparsers
    if "plugin" not in subparsers.choices:
        add_commands(subparsers)
    group = subparsers.choices["plugin"]
    group.parse_known_args(["list"])  # It gets its commands when it is first used.
    (action,) = (a for a in group._actions if a.choices)
    return dict(action.choices)


def find_options(parser: ArgumentParser) -> list[list[str]]:
    """Return the options of a command, each with all its names, but for those which all have."""
    found = [list(action.option_strings) for action in parser._actions]
    return [names for names in found if names and not {"--help", "--wait"}.intersection(names)]


def test_every_command_is_in_the_reference_with_its_options() -> None:
    written = {name: " ".join(w for n, w in COMMANDS if n == name) for name, _ in COMMANDS}
    missing = [
        (name, names)
        for name, parser in find_parsers().items()
        for names in find_options(parser)
        if not any(re.search(rf"{option}\b", written.get(name, "")) for option in names)
    ]
    assert (missing, sorted(written)) == ([], sorted(find_parsers()))


def test_no_command_has_an_option_in_the_reference_only() -> None:
    given = {n: {o for names in find_options(p) for o in names} for n, p in find_parsers().items()}
    found = [(n, o) for n, w in COMMANDS for o in re.findall(r"--[a-z-]+", w) if o not in given[n]]
    assert found == []


def test_every_option_of_a_command_is_explained() -> None:
    options = [names for parser in find_parsers().values() for names in find_options(parser)]
    assert [names for names in options if NAMED.isdisjoint(names)] == []


def test_option_of_all_that_connect_is_explained() -> None:
    assert "--wait" in NAMED


def test_every_option_of_the_configuration_is_in_the_reference() -> None:
    assert sorted(OPTIONS - NAMED) == []


def test_every_field_of_a_declaration_is_in_the_reference() -> None:
    assert sorted({field.name for field in fields(Plugin)} - NAMED) == ["name"]


def test_table_of_errors_has_each_with_its_facts_and_the_case() -> None:
    rows = write_table()[2:]
    names = [name for name in errors.__all__ if name != "PluginError"]
    assert [re.findall(r"^\| `(\w+)` \| .* \| .+\. \|$", row) for row in rows] == [
        [name] for name in names
    ]
    row = "| `UnknownKey` | `name`, `key` | A plugin has stored no value by a key. |"
    assert row in rows


def test_page_on_pgbouncer_has_the_refusal_in_its_words() -> None:
    page = (DOCS / "how-to" / "pgbouncer.md").read_text("utf-8")
    assert f"FAILED: {errors.PooledConnection()}\n" in page
