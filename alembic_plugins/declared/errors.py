"""What is wrong with declared tables, in words."""

from .._base_errors import PluginError


class SyncError(PluginError):
    """The base of what keeps declared tables from being made, read or changed."""


class InvalidTable(SyncError):
    """A table is not declared as one can be."""

    words = "Table '{table}' of plugin '{plugin}' is declared wrong: {problem}. Correct it there."

    plugin: str
    table: str
    problem: str


class InvalidColumn(SyncError):
    """A column is not declared as one can be."""

    words = (
        "Column '{column}' of table '{table}' of plugin '{plugin}' is declared wrong: {problem}. "
        "Correct it there."
    )

    plugin: str
    table: str
    column: str
    problem: str


class NoTables(SyncError):
    """A plugin declares no tables."""

    words = (
        "Plugin '{name}' declares no tables. Set tables = 'tables.toml' in its declaration, or "
        "install its revisions with 'alembic plugin install {name}'."
    )

    name: str


class TableExists(SyncError):
    """There is a table of that name, and it is not one that a sync has made for the plugin."""

    words = "Table '{table}' is there already, and {whose}. {way_out}."

    table: str
    whose: str
    way_out: str


class TableMissing(SyncError):
    """The plugin has no such table."""

    words = (
        "Plugin '{plugin}' has no table '{table}' that a sync has made. Make it with "
        "create_table() or sync_tables()."
    )

    plugin: str
    table: str


class ColumnExists(SyncError):
    """The table has a column of that name."""

    words = "Table '{table}' has a column '{column}' already. Change it with update_column()."

    table: str
    column: str


class ColumnMissing(SyncError):
    """The table has no such column."""

    words = "Table '{table}' has no column '{column}'. Add it with create_column()."

    table: str
    column: str


class UnknownRelation(SyncError):
    """A column relates to a table that is not there, or that is none of those it may relate to."""

    words = (
        "Table '{table}' of plugin '{plugin}' relates to '{target}', which is no table of its own, "
        "of the host's or, as PLUGIN.TABLE, of a plugin that it requires. Correct it, or install "
        "what has the table first."
    )

    plugin: str
    table: str
    target: str


class IncompatibleChange(SyncError):
    """A column cannot become what is declared without a loss, or against the rows of its table."""

    words = (
        "Column '{column}' of table '{table}' cannot be as declared: {reason}. Nothing was "
        "changed; {advice}."
    )

    table: str
    column: str
    reason: str
    instead: str
    remedy: str = ""

    def facts(self) -> dict[str, object]:
        """Return the facts, with what to do: to the rows that are against it, or instead of it."""
        advice = f'if it is meant, run "{self.instead}" in a revision of the plugin, or by hand'
        if self.remedy:
            advice = f"{self.remedy[0].lower()}{self.remedy[1:]}, and try again"
        return {**super().facts(), "advice": advice}


class SyncFailed(SyncError):
    """PostgreSQL has refused a statement of a sync."""

    words = (
        "Table '{table}' of plugin '{plugin}' cannot be synced: {reason}. Nothing of it was "
        "changed, and tables that were synced before it stay: mend that, and sync again."
    )

    plugin: str
    table: str
    reason: str


class SyncForbidden(SyncError):
    """Tables are to be synced by themselves in an environment that is marked as production."""

    words = (
        "Plugin '{name}' is not synced by itself where plugin_environment is production. Leave out "
        "plugin_auto_sync there, and run 'alembic plugin sync {name}'."
    )

    name: str
