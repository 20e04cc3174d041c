"""Each error of setting data aside, and its text."""

from pathlib import Path

from alembic_plugins import custody_errors
from alembic_plugins.errors import PluginError

BACKUP = Path("billing.dump")

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        custody_errors.ProgramMissing("pg_dump", 18, ("/usr/bin/pg_dump of 15",)),
        "A backup of PostgreSQL 18 needs its 'pg_dump', and there is /usr/bin/pg_dump of 15. "
        "Install the client programs of PostgreSQL 18, and put their folder on PATH; nothing was "
        "changed.",
    ),
    (
        custody_errors.BackupExists(BACKUP),
        "Backup 'billing.dump' exists already. Name another file; nothing was changed.",
    ),
    (
        custody_errors.BackupFailed(BACKUP, "Permission denied"),
        "Backup 'billing.dump' cannot be written: Permission denied. See to that and run the "
        "command again; nothing was changed.",
    ),
    (
        custody_errors.BackupIncomplete(BACKUP, ("type public.t", "function public.f(integer)")),
        "Backup 'billing.dump' would be without function public.f(integer), type public.t, which "
        "the uninstall takes away. Set the plugin aside with --keep-data, or back up the whole "
        "database with pg_dump and leave out --backup; nothing of that was changed.",
    ),
    (
        custody_errors.RestoreFailed(BACKUP, "No such file or directory"),
        "Backup 'billing.dump' cannot be restored: No such file or directory. See to that and run "
        "the command again; nothing was changed.",
    ),
]
