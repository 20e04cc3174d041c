"""What can be wrong with the registry and the version tables, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError, offer_purge


class HostSchemaClaimed(PluginError):
    """A plugin claims the host's schema, or that of the version table, for its own."""

    words = (
        "Plugin '{name}' cannot have schema '{schema}' for itself, where the host's own tables or "
        'the version table are. Declare namespace = "schema {schema} existing" to live beside '
        "them, or another namespace; nothing was changed."
    )

    name: str
    schema: str


class TamperedUndo(PluginError):
    """The statements that downgrade a revision were changed in the registry."""

    words = (
        "Revision '{revision}' of '{plugin}' cannot be downgraded without its file: {reason} since "
        "the revision was applied, and is not run. Put back the revision's file{purge}."
    )

    plugin: str
    revision: str
    reason: str = "its SQL was changed in the registry"

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge}


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


class UntrustedObjects(PluginError):
    """Functions or operators of other roles would be taken for PostgreSQL's own."""

    words = (
        "On the search path are {objects}, which PostgreSQL may take for its own: they would run "
        "with the rights of the one who migrates. Drop them, and REVOKE CREATE ON SCHEMA from that "
        "role, or list it in plugin_trusted_roles; nothing was changed."
    )

    objects: Sequence[str]


class NoVersionTable(PluginError):
    """A plugin is to be adopted by a version table that tells nothing of it."""

    words = (
        "Table '{table}' tells no revision of plugin '{name}': {reason}. Name the table that does "
        "with --version-table, as SCHEMA.TABLE; nothing was changed."
    )

    table: str
    name: str
    reason: str
