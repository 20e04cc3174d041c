"""Why revision files cannot be checked."""

from pathlib import Path

from .._base_errors import PluginError


class NoRepository(PluginError):
    """A check goes by git, which does not answer."""

    words = (
        "git does not tell what has changed since '{reference}' in '{folder}': {reason}. Name a "
        "commit, branch or tag that is there, or leave out --diff-base."
    )

    reference: str
    folder: Path
    reason: str


class LinterFailed(PluginError):
    """squawk is there, and cannot be run or answers something else than expected."""

    words = (
        "squawk, which checks the SQL of revisions, has failed: {reason}. Install it anew with "
        "'pip install --force-reinstall squawk-cli', or do without it: 'pip uninstall squawk-cli'."
    )

    reason: str


class NoScratchDatabase(PluginError):
    """The database cannot be made in which revisions are tried out."""

    words = (
        "The revisions cannot be tried out in a scratch database: {reason}. Connect by a role that "
        "may create databases, or leave out --database."
    )

    reason: str
