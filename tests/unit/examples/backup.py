"""Each error of `alembic_plugins.backup`, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.ProgramMissing("pg_dump", 18, ("/usr/bin/pg_dump of 15",)),
        "A backup of PostgreSQL 18 needs its 'pg_dump', and there is /usr/bin/pg_dump of 15. "
        "Install the client programs of PostgreSQL 18, and put their folder on PATH; nothing was "
        "changed.",
    ),
    (
        errors.BackupExists(Path("billing.dump")),
        "Backup 'billing.dump' exists already. Name another file; nothing was changed.",
    ),
    (
        errors.BackupFailed(Path("billing.dump"), "Permission denied"),
        "Backup 'billing.dump' cannot be written: Permission denied. See to that and run the "
        "command again; nothing was changed.",
    ),
    (
        errors.BackupIncomplete(
            Path("billing.dump"), ("type public.t", "function public.f(integer)")
        ),
        "Backup 'billing.dump' would be without function public.f(integer), type public.t, which "
        "the uninstall drops. Set the plugin aside with --keep-data, or back up the whole "
        "database with pg_dump and leave out --backup; nothing of that was changed.",
    ),
    (
        errors.RestoreFailed(Path("billing.dump"), "No such file or directory"),
        "Backup 'billing.dump' cannot be restored: No such file or directory. See to that and run "
        "the command again; nothing was changed.",
    ),
]
