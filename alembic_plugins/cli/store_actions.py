"""What ``alembic plugin store ...`` runs: see `actions`."""

import json
import reprlib

from alembic.config import Config

from .. import commands
from ..reports.errors import InvalidValue
from .output import print_columns, print_json, print_line


def list_values(config: Config, plugin: str, as_json: bool) -> None:
    """List the values that a plugin has stored."""
    values = commands.list_values(config, plugin)
    if as_json:
        print_json(config, values)
    else:
        print_columns(config, [(key, json.dumps(value)) for key, value in values.items()])


def get_value(config: Config, plugin: str, key: str) -> None:
    """Print a value as JSON."""
    print_json(config, commands.get_value(config, plugin, key))


def set_value(config: Config, plugin: str, key: str, value: str) -> None:
    """Store a value, which is JSON, in place of the one that is there."""
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(plugin, key, f"{reprlib.repr(value)} is no JSON") from error
    commands.set_value(config, plugin, key, parsed)
    print_line(config, f"stored {key}")


def delete_value(config: Config, plugin: str, key: str) -> None:
    """Delete a value."""
    commands.delete_value(config, plugin, key)
    print_line(config, f"deleted {key}")
