"""What the connection that migrates can meet, in words."""

from .._base_errors import PluginError, offer_purge


class MigrationFailed(PluginError):
    """A revision's upgrade() or downgrade() raised."""

    words = (
        "{function}() of revision '{revision}' of '{plugin}' failed: {reason}. Its transaction "
        "was rolled back; correct the revision and run the command again{purge}."
    )

    plugin: str
    revision: str
    function: str
    reason: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin whose downgrades do not work."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge if self.function == "downgrade" else ""}


class UnexpectedVersionRows(PluginError):
    """The version table was changed by somebody else while the command ran."""

    words = (
        "The rows of '{table}' changed while this command ran. Run it again; its last transaction"
        " was rolled back."
    )

    table: str


class LockTimeout(PluginError):
    """Another migration held the lock for as long as we would wait."""

    words = (
        "Another migration is running, and did not end within {seconds:g} seconds: {holder}. Wait "
        "for it, or raise plugin_lock_wait; nothing was changed."
    )

    seconds: float
    holder: str


class LockLost(PluginError):
    """The session that held the lock ended while the migration ran."""

    words = (
        "The lock of '{table}' was lost while the migration ran: its session has ended. Look at "
        "'alembic plugin list' and run the command again."
    )

    table: str


class PooledConnection(PluginError):
    """The server is reached through a proxy that pools transactions."""

    words = (
        "The database is reached through a proxy that gives each transaction another session, "
        "where no lock can be held. Give migrations a URL that leads to PostgreSQL itself, or to "
        "a pool in session mode; nothing was changed."
    )


class TransactionOpen(PluginError):
    """The environment gives us a connection whose transaction nobody would commit."""

    words = (
        "The environment's env.py has {what} on the connection that it gives to configure(), and "
        "not committed it. {remedy} before configure(); nothing was changed."
    )

    what: str
    remedy: str


class NoSecondConnection(PluginError):
    """The engine's pool has no connection left for the lock."""

    words = (
        "Migrations need a connection for their lock besides the one that migrates, and the "
        "engine's pool has none left. Let it have one more by pool_size or max_overflow, or use "
        "poolclass=NullPool."
    )
