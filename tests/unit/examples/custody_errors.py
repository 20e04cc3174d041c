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
    (
        custody_errors.ProgramRuns(("4711",)),
        "A pg_dump or pg_restore of a command that was ended still works in the database, as "
        "process 4711. Wait for it, or end it with 'SELECT pg_terminate_backend(4711)', and run "
        "the command again; nothing was changed.",
    ),
    (
        custody_errors.TransferUnfinished(BACKUP, "two.alembic_version"),
        "A restore of 'billing.dump' for the plugins of version table 'two.alembic_version' was "
        "ended before it was complete. Run 'alembic plugin repair' there, which completes it, and "
        "then this command again; nothing was changed.",
    ),
    (
        custody_errors.NotBroughtBack(
            BACKUP, ('SELECT on table billing.t to old (role "old" does not exist)',)
        ),
        "The restore of 'billing.dump' could not bring back SELECT on table billing.t to old (role "
        '"old" does not exist). Make that again by hand; all else is restored.',
    ),
]
