"""What writing and reading a backup can meet, in words."""

from collections.abc import Sequence
from pathlib import Path

from .._base_errors import PluginError


class ProgramMissing(PluginError):
    """None of PostgreSQL's own programs that are there fits the server."""

    words = (
        "A backup of PostgreSQL {needed_major} needs its '{name}', and there is {found}. Install "
        "the client programs of PostgreSQL {needed_major}, and put their folder on PATH; nothing "
        "was changed."
    )

    name: str
    needed_major: int
    found: Sequence[str]


class BackupExists(PluginError):
    """A backup would be written over a file."""

    words = "Backup '{path}' exists already. Name another file; nothing was changed."

    path: Path


class BackupFailed(PluginError):
    """A backup could not be written."""

    words = (
        "Backup '{path}' cannot be written: {reason}. See to that and run the command again; "
        "nothing was changed."
    )

    path: Path
    reason: str


class BackupIncomplete(PluginError):
    """A backup could not have all that goes with the plugins."""

    words = (
        "Backup '{path}' would be without {objects}, which the uninstall drops. Set the "
        "plugin aside with --keep-data, or back up the whole database with pg_dump and leave out "
        "--backup; nothing of that was changed."
    )

    path: Path
    objects: Sequence[str]


class RestoreFailed(PluginError):
    """A backup could not be restored; all of it was rolled back."""

    words = (
        "Backup '{path}' cannot be restored: {reason}. See to that and run the command again; "
        "nothing was changed."
    )

    path: Path
    reason: str
