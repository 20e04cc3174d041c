"""Tables of plugins that are declared, and made or changed without revisions.

Each function takes first where the tables are: the host's `Config`, or the path of one, an
`Engine`, or a `Connection`. With a `Config` or an `Engine`, each table has a transaction of its
own. With a `Connection` all is done in the caller's transaction, which is begun where there is
none, and which the caller commits; each table has a savepoint.

`plugin` is the name of a plugin that the configuration finds or the database has, or a `Plugin`.
`config` is the host's configuration, for its options and its plugins, where the first argument is
none; without it, plugins are found by their entry points, and the registry is in the first schema
of the search path.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from alembic.config import Config
from sqlalchemy import Column, Connection, Engine, MetaData, Table

from .config.sources import ConfigSource, extend_config, open_config
from .declared.definitions import ColumnDefinition
from .declared.errors import (
    ColumnExists,
    ColumnMissing,
    IncompatibleChange,
    InvalidColumn,
    InvalidTable,
    NoTables,
    SyncError,
    SyncFailed,
    SyncForbidden,
    TableExists,
    TableMissing,
    UnknownRelation,
)
from .declared.requests import SyncPlan, SyncPlanner
from .declared.shapes import TableShape, read_named_column
from .declared.tables import DeclaredTable, read_one
from .execution.migrator import Migrator
from .execution.progress import SYNC_PROGRESS, SyncProgress, Watch
from .integration.running import run_work
from .integration.syncing import MakeSync, SyncResult, plan_declared, run_sync
from .loading.session import GIVEN_PLUGINS, Session
from .planning.tables import Incompatible, TableChange
from .plugin import Plugin, check_name

__all__ = ["ColumnDefinition", "ColumnExists", "ColumnMissing", "Incompatible"]
__all__ += ["IncompatibleChange", "InvalidColumn", "InvalidTable", "NoTables", "SyncError"]
__all__ += ["SyncFailed", "SyncForbidden", "SyncProgress", "SyncResult", "TableChange"]
__all__ += ["TableExists", "TableMissing", "UnknownRelation"]
__all__ += ["create_column", "create_table", "drop_column", "read_column", "sync_tables"]
__all__ += ["update_column", "update_table"]

Target = ConfigSource | Engine | Connection
"""Where tables are: see above."""

Declared = Table | type[Any] | Mapping[str, Any]
"""A table: SQLAlchemy's, the model of one, or a mapping ``{name, schema, indexes}``."""

T = TypeVar("T")


def sync_tables(
    target: Target,
    plugin: str | Plugin,
    tables: Iterable[Declared] | MetaData | None = None,
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
    progress: Watch[SyncProgress] | None = None,
) -> SyncResult:
    """Bring the database to a list of tables, as far as nothing is lost by that.

    Tables, columns, constraints and indexes that are missing are made, types become wider, and
    what rows keep anyway is made a rule. What would lose something, or what rows are against, is
    not done: it is returned, and logged as a warning with what to write instead.

    Args:
        target: where the tables are.
        plugin: whose they are.
        tables: all tables of the plugin that are to be there without revisions; None is what its
            declaration names.
        config: the host's configuration, where `target` is none.
        dry_run: only return what would be done.
        progress: called with each table that was changed, after its transaction; what it raises is
            logged.

    Raises:
        NoTables: there are no `tables`, and the plugin declares none.
        InvalidTable: a table is not declared as tables can be.
        InvalidColumn: a column is not.
        UnknownRelation: a table relates to one that is not there.
        TableExists: a table is there that no sync has made for the plugin.
        SyncFailed: PostgreSQL refuses something; tables that were synced before stay.
        PluginError: what else cannot be done, in words.
    """
    given = tables.tables.values() if isinstance(tables, MetaData) else tables
    items = None if given is None else tuple(given)

    def make(_session: Session, planner: SyncPlanner) -> SyncPlan:
        declared = [read_one(planner.name, item) for item in items or ()]
        return planner.plan(declared, is_complete=True)

    chosen = plan_declared if items is None else make
    return _sync(target, plugin, config, chosen, dry_run=dry_run, progress=progress)


def create_table(
    target: Target,
    plugin: str | Plugin,
    table: Declared,
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
) -> SyncResult:
    """Make one table; see `sync_tables`.

    Raises:
        TableExists: there is a table of that name.
        SyncError: see `sync_tables`.
    """

    def make(_session: Session, planner: SyncPlanner) -> SyncPlan:
        found = planner.plan((read_one(planner.name, table),))
        if not found.tables[0].is_new:
            way_out = "Change it with update_table()"
            raise TableExists(found.tables[0].table, "a sync has made it", way_out)
        return found

    return _sync(target, plugin, config, make, dry_run=dry_run)


def update_table(
    target: Target,
    plugin: str | Plugin,
    table: Declared,
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
) -> SyncResult:
    """Bring one table that a sync has made to what is declared; see `sync_tables`.

    Raises:
        TableMissing: it is not there.
        SyncError: see `sync_tables`.
    """

    def make(_session: Session, planner: SyncPlanner) -> SyncPlan:
        declared = read_one(planner.name, table)
        found = planner.plan((declared,))
        if found.tables[0].is_new:
            raise TableMissing(planner.name, declared.name)
        return found

    return _sync(target, plugin, config, make, dry_run=dry_run)


def create_column(
    target: Target,
    plugin: str | Plugin,
    table: str,
    column: Column[Any] | Mapping[str, Any],
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
) -> SyncResult:
    """Add a column to a table that a sync has made.

    Args:
        target: where the table is.
        plugin: whose it is.
        table: the table, by the name that declares it.
        column: the column: SQLAlchemy's, or a mapping ``{name, type, ...}``.
        config: see `sync_tables`.
        dry_run: only return what would be done.

    Raises:
        TableMissing: the table is not there.
        ColumnExists: it has such a column.
        IncompatibleChange: rows are against the column, which is not added.
        SyncError: see `sync_tables`.
    """
    return _sync_column(target, plugin, table, column, config, is_new=True, dry_run=dry_run)


def update_column(
    target: Target,
    plugin: str | Plugin,
    table: str,
    column: Column[Any] | Mapping[str, Any],
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
) -> SyncResult:
    """Bring a column of a table that a sync has made to what is declared; see `create_column`.

    Raises:
        TableMissing: the table is not there.
        ColumnMissing: it has no such column.
        IncompatibleChange: something would be lost, or rows are against it; nothing is changed.
        SyncError: see `sync_tables`.
    """
    return _sync_column(target, plugin, table, column, config, is_new=False, dry_run=dry_run)


def read_column(
    target: Target,
    plugin: str | Plugin,
    table: str,
    column: str,
    *,
    config: ConfigSource | None = None,
) -> ColumnDefinition:
    """Return what a column of a table is, in PostgreSQL's own words.

    Raises:
        TableMissing: the table is not there.
        ColumnMissing: it has no such column.
    """

    def read(migrator: Migrator, name: str) -> ColumnDefinition:
        planner = SyncPlanner(migrator.session, migrator.context, migrator.tables, name)
        title, definition = planner.read_table(table)
        if column not in definition.columns:
            raise ColumnMissing(title, column)
        return definition.columns[column]

    return _run(target, plugin, config, read)


def drop_column(
    target: Target,
    plugin: str | Plugin,
    table: str,
    column: str,
    *,
    config: ConfigSource | None = None,
    dry_run: bool = False,
) -> SyncResult:
    """Drop a column of a table that a sync has made, with all that is in it.

    Raises:
        TableMissing: the table is not there.
        ColumnMissing: it has no such column.
        SyncFailed: something depends on it.
    """

    def make(_session: Session, planner: SyncPlanner) -> SyncPlan:
        return planner.plan_drop(table, column)

    return _sync(target, plugin, config, make, dry_run=dry_run)


def _sync_column(
    target: Target,
    plugin: str | Plugin,
    table: str,
    column: Column[Any] | Mapping[str, Any],
    config: ConfigSource | None,
    *,
    is_new: bool,
    dry_run: bool,
) -> SyncResult:
    name = plugin if isinstance(plugin, str) else plugin.name
    declared: DeclaredTable
    if isinstance(column, Column):
        title = column.name
        declared = Table(table, MetaData(), column) if column.table is None else column.table
    else:
        shape = read_named_column(name, table, column)
        title, declared = shape.name, TableShape(table, (shape,))

    def make(_session: Session, planner: SyncPlanner) -> SyncPlan:
        return planner.plan_column(table, declared, title, is_new=is_new)

    return _sync(target, plugin, config, make, dry_run=dry_run)


def _sync(
    target: Target,
    plugin: str | Plugin,
    config: ConfigSource | None,
    make: MakeSync,
    *,
    dry_run: bool,
    progress: Watch[SyncProgress] | None = None,
) -> SyncResult:
    def run(migrator: Migrator, name: str) -> SyncResult:
        return run_sync(migrator, name, make, dry_run=dry_run)

    return _run(target, plugin, config, run, progress=progress)


def _run(
    target: Target,
    plugin: str | Plugin,
    config: ConfigSource | None,
    function: Callable[[Migrator, str], T],
    *,
    progress: Watch[SyncProgress] | None = None,
) -> T:
    """Run a function in the host's environment, or in ours; it gets the plugin's name, too."""
    name = plugin if isinstance(plugin, str) else plugin.name
    attributes: dict[str, object] = {SYNC_PROGRESS: progress}
    if isinstance(plugin, Plugin):
        tables = () if plugin.tables is None else plugin.tables
        attributes[GIVEN_PLUGINS] = (replace(plugin, tables=tables),)
    if isinstance(target, Engine | Connection):
        attributes["connection"] = target
    else:
        config = target
    if isinstance(target, Connection) and not target.in_transaction():
        target.begin()  # It is the caller's, who commits it.
    found = extend_config(_open(config), **attributes)
    return run_work(found, lambda migrator: function(migrator, check_name(name)))


def _open(config: ConfigSource | None) -> Config:
    """Return the host's configuration, or one of our own environment, where there is none."""
    if config is not None:
        return open_config(config)
    own = Config()
    own.set_main_option("script_location", "alembic_plugins:environment")
    own.set_main_option("plugin_folders", "")
    return own
