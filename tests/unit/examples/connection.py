"""Each error of `alembic_plugins.connection`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.NoSecondConnection(),
        "Migrations need a connection for their lock besides the one that migrates, and the "
        "engine's pool has none left. Let it have one more by pool_size or max_overflow, or use "
        "poolclass=NullPool.",
    ),
    (
        errors.MigrationFailed("billing", "a1", "upgrade", "division by zero"),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. Its transaction was "
        "rolled back; correct the revision and run the command again.",
    ),
    (
        errors.MigrationFailed("billing", "a1", "downgrade", "division by zero"),
        "downgrade() of revision 'a1' of 'billing' failed: division by zero. Its transaction was "
        "rolled back; correct the revision and run the command again, or drop the plugin's objects "
        "with 'alembic plugin uninstall billing --purge'.",
    ),
    (
        errors.MigrationFailed("host", "a1", "downgrade", "division by zero"),
        "downgrade() of revision 'a1' of 'host' failed: division by zero. Its transaction was "
        "rolled back; correct the revision and run the command again.",
    ),
    (
        errors.TransactionOpen("used SET LOCAL", "Use SET"),
        "The environment's env.py has used SET LOCAL on the connection that it gives to "
        "configure(), and not committed it. Use SET before configure(); nothing was changed.",
    ),
    (
        errors.UnexpectedVersionRows("alembic_version"),
        "The rows of 'alembic_version' changed while this command ran. Run it again; its last "
        "transaction was rolled back.",
    ),
    (
        errors.LockTimeout(60.0, "process 7, 'alembic 9 on db', since 10:00:00+0000"),
        "Another migration is running, and did not end within 60 seconds: process 7, 'alembic 9 "
        "on db', since 10:00:00+0000. Wait for it, or raise plugin_lock_wait; nothing was "
        "changed.",
    ),
    (
        errors.LockLost("alembic_version"),
        "The lock of 'alembic_version' was lost while the migration ran: its session has ended. "
        "Look at 'alembic plugin list' and run the command again.",
    ),
    (
        errors.PooledConnection(),
        "The database is reached through a proxy that gives each transaction another session, "
        "where no lock can be held. Give migrations a URL that leads to PostgreSQL itself, or to "
        "a pool in session mode; nothing was changed.",
    ),
]
