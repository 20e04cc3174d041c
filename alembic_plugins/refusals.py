"""What a command refuses to do, and what PostgreSQL refuses it, in words."""

from collections.abc import Sequence

from .errors import PluginError, join, offer_purge


class FilesGone(PluginError):
    """A revision has to run and its file is not there."""

    words = (
        "Revision '{revision}' of '{plugin}' is applied, and its file is gone. Put back the "
        "version of the plugin's package that has it."
    )

    plugin: str
    revision: str


class NoDowngrade(PluginError):
    """A revision's file cannot be had, and its downgrade could not be rendered."""

    words = (
        "Revision '{revision}' of '{plugin}' cannot be taken back without its file, since its "
        "downgrade() could not be rendered as SQL: {reason}. Put back the version of the plugin's "
        "package that has it{purge}."
    )

    plugin: str
    revision: str
    reason: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge}


class TamperedUndo(PluginError):
    """The statements that take a revision back were changed in the registry."""

    words = (
        "Revision '{revision}' of '{plugin}' cannot be taken back without its file: {reason} since "
        "the revision was applied, and is not run. Put back the revision's file{purge}."
    )

    plugin: str
    revision: str
    reason: str = "its SQL was changed in the registry"

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge}


class PluginInUse(PluginError):
    """A plugin cannot go while others need it."""

    words = "Plugin '{name}' is required by {dependents}. {way_out}."

    name: str
    dependents: Sequence[str]
    mutual: Sequence[str] = ()

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out: none goes first of those that need each other."""
        facts = super().facts()
        first = f"Uninstall {facts['dependents']} first, or pass --cascade"
        both = f"It requires {facts['mutual']}, too: name all of them, or pass --cascade"
        return {**facts, "way_out": both if self.mutual else first}


class NeededByHost(PluginError):
    """A plugin cannot go while the host's own revisions depend on its."""

    words = (
        "Plugin '{name}' cannot go while the host depends on it, by {revisions}. Downgrade the "
        "host below that first."
    )

    name: str
    revisions: Sequence[str]


class PluginLeanedOn(PluginError):
    """Objects of other plugins lean on a plugin's, though nothing declares it."""

    words = (
        "Plugin '{name}' is used by {dependents}: {leaning}. Uninstall {dependents} first, or "
        "pass --cascade."
    )

    name: str
    dependents: Sequence[str]
    leaning: Sequence[str]


class PluginsInstalled(PluginError):
    """The host cannot go to base while plugins are installed."""

    words = (
        "The host cannot go back to base while plugins are installed: {names}. Uninstall {names} "
        "first, or pass -x cascade=true."
    )

    names: Sequence[str]


class LeftoverObjects(PluginError):
    """A plugin's downgrades did not take away all that is in its namespace."""

    words = (
        "The downgrades of plugin '{name}' leave {objects}. Drop that too with 'alembic plugin "
        "uninstall {name} --purge'; nothing was changed."
    )

    name: str
    objects: Sequence[str]


class ObjectsInUse(PluginError):
    """Something elsewhere leans on what is to be dropped."""

    words = (
        "What there is of '{name}' cannot be dropped, since it is used by {leaning}. {way_out} "
        "first; nothing was changed."
    )

    name: str
    leaning: Sequence[str]
    aside: str = ""

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out; what is set aside is not removed by hand."""
        purge = f"'alembic plugin uninstall {self.aside} --purge'"
        restore = (
            f"Drop that with {purge}, or restore it with 'alembic plugin restore {self.aside}'"
        )
        return {**super().facts(), "way_out": restore if self.aside else "Remove that"}


class MigrationFailed(PluginError):
    """A revision's upgrade() or downgrade() raised."""

    words = (
        "{function}() of revision '{revision}' of '{plugin}' failed: {reason}. Its transaction "
        "was taken back; correct the revision and run the command again{purge}."
    )

    plugin: str
    revision: str
    function: str
    reason: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin whose downgrades do not work."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge if self.function == "downgrade" else ""}


class PluginsFailed(PluginError):
    """Some plugins could not be upgraded, and the others were."""

    words = "Plugins that could not be upgraded: {failed}{left_out}{others}. {reasons}"

    failed: Sequence[str]
    skipped: Sequence[str]
    done: Sequence[str]
    reasons: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts; what each plugin has met is a sentence of its own."""
        facts = super().facts()
        skipped, done = facts["skipped"], facts["done"]
        return {
            **facts,
            "left_out": f"; left out, since they need these: {skipped}" if self.skipped else "",
            "others": f"; upgraded: {done}" if self.done else "",
            "reasons": " ".join(self.reasons),
        }


class MigrationInterrupted(PluginError):
    """A revision failed after it had committed a part of itself by an `autocommit_block()`."""

    words = (
        "{function}() of revision '{revision}' of '{plugin}' failed: {reason}. What it has "
        "committed stays{invalid}; correct the cause and run the command again, which carries on "
        "from there."
    )

    plugin: str
    revision: str
    function: str
    reason: str
    indexes: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with the indexes where there are any."""
        invalid = f", with the invalid index {join(self.indexes)}" if self.indexes else ""
        return {**super().facts(), "invalid": invalid}


class UnexpectedVersionRows(PluginError):
    """The version table was changed by somebody else while the command ran."""

    words = (
        "The rows of '{table}' changed while this command ran. Run it again; its last transaction"
        " was taken back."
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


class ConfirmationNeeded(PluginError):
    """A command that destroys was run where nobody can be asked."""

    words = "'{command}' changes what is told above. Pass {way} to go on."

    command: str
    way: str = "--yes"


class Declined(PluginError):
    """The one who was asked said no."""

    words = "'{command}' was declined. Nothing was changed."

    command: str


class NewerRegistry(PluginError):
    """The registry's tables were made by a later release."""

    words = (
        "The registry tables say '{found}', and this release knows them up to version {known}. "
        "Install a later alembic-plugins."
    )

    found: str
    known: int


class IncompleteRegistry(PluginError):
    """Some of the registry's tables are missing."""

    words = "The registry has lost the tables {missing}. Restore them from a backup."

    missing: Sequence[str]


class DamagedRow(PluginError):
    """A row of the registry says what cannot be."""

    words = (
        "The row of '{name}' in table '{table}'{whose} is damaged: {reason}. Correct it, or "
        "restore the table from a backup."
    )

    name: str
    table: str
    reason: str
    plugin: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the branch, as far as that can be told."""
        whose = f", of '{self.plugin}'," if self.plugin not in ("", self.name) else ""
        return {**super().facts(), "whose": whose}


class WrongUrl(PluginError):
    """The database URL cannot be used; it is not kept, since it may hold a password."""

    words = "The database URL in {source} {problem}. Write it as postgresql://USER@HOST/DATABASE."

    source: str
    problem: str


class ConnectionFailed(PluginError):
    """PostgreSQL cannot be reached, or does not let us in."""

    words = (
        "Cannot connect to {database}: {reason}. Start the server, or correct DATABASE_URL or "
        "sqlalchemy.url."
    )

    database: str
    reason: str


class DatabaseRefused(PluginError):
    """PostgreSQL refused a statement of ours, for example in a read-only database."""

    words = (
        "PostgreSQL refused: {reason}. See to the database and run the command again; nothing was"
        " changed."
    )

    reason: str


class UntrustedObjects(PluginError):
    """Functions or operators of other roles would be taken for PostgreSQL's own."""

    words = (
        "On the search path are {objects}, which PostgreSQL may take for its own: they would run "
        "with the rights of the one who migrates. Drop them, and REVOKE CREATE ON SCHEMA from that "
        "role, or list it in plugin_trusted_roles; nothing was changed."
    )

    objects: Sequence[str]


class TransactionOpen(PluginError):
    """The environment gives us a connection whose transaction nobody would commit."""

    words = (
        "The environment's env.py has {what} on the connection that it gives to configure(), and "
        "not committed it. {remedy} before configure(); nothing was changed."
    )

    what: str
    remedy: str


class NoDatabase(PluginError):
    """No database was named, and the embedded PostgreSQL is not wanted."""

    words = (
        "There is no database URL, and with plugin_environment = {environment} no embedded "
        "PostgreSQL is started. Set DATABASE_URL or sqlalchemy.url."
    )

    environment: str


class EmbeddedUnavailable(PluginError):
    """No database was named, and the embedded PostgreSQL is not to be had."""

    words = (
        "There is no database URL, and the embedded PostgreSQL cannot serve: {reason}. Set "
        "DATABASE_URL or sqlalchemy.url, or run pip install 'alembic-plugins[embedded]'."
    )

    reason: str


class NoModels(PluginError):
    """Autogenerate was asked for a plugin that declares no models."""

    words = (
        "Plugin '{name}' declares no models to compare with. Set models = "
        "'package.module:Base.metadata' in its declaration."
    )

    name: str


class OfflineUnknown(PluginError):
    """Offline mode was asked for what only the database can tell."""

    words = "'{command}' cannot be told without a database. {way_out}."

    command: str
    way_out: str
