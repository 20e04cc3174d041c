"""Each error of `alembic_plugins.checks`, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.NoRepository("origin/main", Path("versions"), "Not a valid object name"),
        "git does not tell what has changed since 'origin/main' in 'versions': Not a valid object "
        "name. Name a commit, branch or tag that is there, or leave out --diff-base.",
    ),
    (
        errors.NoScratchDatabase("permission denied to create database"),
        "The revisions cannot be tried out in a scratch database: permission denied to create "
        "database. Connect by a role that may create databases, or leave out --database.",
    ),
    (
        errors.LinterFailed("out of memory"),
        "squawk, which checks the SQL of revisions, has failed: out of memory. Install it anew "
        "with 'pip install --force-reinstall squawk-cli', or do without it: 'pip uninstall "
        "squawk-cli'.",
    ),
]
