"""Each error of `alembic_plugins.declared`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.InvalidTable("wiki", "pages", "it is declared twice"),
        "Table 'pages' of plugin 'wiki' is declared wrong: it is declared twice. Correct it there.",
    ),
    (
        errors.InvalidColumn("wiki", "pages", "rank", "'min' is \"a\"; expected a number"),
        "Column 'rank' of table 'pages' of plugin 'wiki' is declared wrong: 'min' is \"a\"; "
        "expected a number. Correct it there.",
    ),
    (
        errors.NoTables("wiki"),
        "Plugin 'wiki' declares no tables. Set tables = 'tables.toml' in its declaration, or "
        "install its revisions with 'alembic plugin install wiki'.",
    ),
    (
        errors.TableExists("wiki.pages", "it is the host's", "Declare another name"),
        "Table 'wiki.pages' is there already, and it is the host's. Declare another name.",
    ),
    (
        errors.TableMissing("wiki", "pages"),
        "Plugin 'wiki' has no table 'pages' that a sync has made. Make it with create_table() or "
        "sync_tables().",
    ),
    (
        errors.ColumnExists("wiki.pages", "rank"),
        "Table 'wiki.pages' has a column 'rank' already. Change it with update_column().",
    ),
    (
        errors.ColumnMissing("wiki.pages", "rank"),
        "Table 'wiki.pages' has no column 'rank'. Add it with create_column().",
    ),
    (
        errors.UnknownRelation("wiki", "pages", "users"),
        "Table 'pages' of plugin 'wiki' relates to 'users', which is no table of its own, of the "
        "host's or, as PLUGIN.TABLE, of a plugin that it requires. Correct it, or install what has "
        "the table first.",
    ),
    (
        errors.IncompatibleChange(
            "wiki.pages",
            "rank",
            "it is text, of which bigint does not take all values",
            "ALTER TABLE wiki.pages ALTER COLUMN rank TYPE BIGINT",
        ),
        "Column 'rank' of table 'wiki.pages' cannot be as declared: it is text, of which bigint "
        'does not take all values. Nothing was changed; if it is meant, run "ALTER TABLE '
        'wiki.pages ALTER COLUMN rank TYPE BIGINT" in a revision of the plugin, or by hand.',
    ),
    (
        errors.IncompatibleChange(
            "wiki.pages",
            "rank",
            "it is required, and rows have no value in it",
            "ALTER TABLE wiki.pages ALTER COLUMN rank SET NOT NULL",
            "Give these rows a value",
        ),
        "Column 'rank' of table 'wiki.pages' cannot be as declared: it is required, and rows have "
        "no value in it. Nothing was changed; give these rows a value, and try again.",
    ),
    (
        errors.SyncFailed("wiki", "wiki.pages", "permission denied for schema wiki"),
        "Table 'wiki.pages' of plugin 'wiki' cannot be synced: permission denied for schema wiki. "
        "Nothing of it was changed, and tables that were synced before it stay: mend that, and "
        "sync again.",
    ),
    (
        errors.SyncForbidden("wiki"),
        "Plugin 'wiki' is not synced by itself where plugin_environment is production. Leave out "
        "plugin_auto_sync there, and run 'alembic plugin sync wiki'.",
    ),
]
