"""The reference, `docs/reference.md`, names all that there is to be given and to go wrong."""

import re
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from typing import Any

from alembic.config import CommandLine

from alembic_plugins import Plugin, errors
from alembic_plugins.cli.arguments import add_commands
from alembic_plugins.config.settings import OPTIONS

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text("utf-8")

COMMANDS = dict(re.findall(r"^\| `alembic plugin (\S+)([^`]*)`", REFERENCE, re.MULTILINE))
"""How the reference writes each command, by its name."""

NAMED = set(re.findall(r"^\| `([^`]+)`", REFERENCE, re.MULTILINE))
"""What a row of a table begins with."""


def find_parsers() -> dict[str, ArgumentParser]:
    """Return the parsers of our commands by name."""
    subparsers: Any = CommandLine().subparsers
    if "plugin" not in subparsers.choices:
        add_commands(subparsers)
    group = subparsers.choices["plugin"]
    group.parse_known_args(["list"])  # It gets its commands when it is first used.
    (action,) = (a for a in group._actions if a.choices)
    return dict(action.choices)


def find_options(parser: ArgumentParser) -> set[str]:
    """Return the options of a command, but for that which all have."""
    return {word for action in parser._actions for word in action.option_strings} - {"-h", "--help"}


def test_every_command_is_in_the_reference_with_its_options() -> None:
    given = {name: find_options(parser) for name, parser in find_parsers().items()}
    written = {name: set(re.findall(r"--[a-z-]+", words)) for name, words in COMMANDS.items()}
    assert written == given


def test_every_option_of_a_command_is_explained() -> None:
    options = {option for parser in find_parsers().values() for option in find_options(parser)}
    assert sorted(options - NAMED) == []


def test_every_option_of_the_configuration_is_in_the_reference() -> None:
    assert sorted(OPTIONS - NAMED) == []


def test_every_field_of_a_declaration_is_in_the_reference() -> None:
    assert sorted({field.name for field in fields(Plugin)} - NAMED) == ["name"]


def test_every_error_is_in_the_reference_by_its_docstring() -> None:
    leaves = set(errors.__all__) - {"PluginError"}
    docs = {name: str(getattr(errors, name).__doc__).partition("\n")[0] for name in leaves}
    rows = dict(re.findall(r"^\| `([A-Z]\w+)` \| (.*) \|$", REFERENCE, re.MULTILINE))
    assert {name: rows.get(name, "").replace("`", "") for name in leaves} == {
        name: words.replace("`", "") for name, words in docs.items()
    }
