"""What installs and migrates plugins in the database of a test, and looks at what they made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, Table, inspect

from .. import commands
from .._base_errors import PluginError
from ..catalog.diff import Catalog
from ..catalog.queries import read_host_schema
from ..catalog.snapshot import read_catalog
from ..config.sources import ConfigSource, extend_config, open_config
from ..execution.migrator import Migrator
from ..integration.running import run_work
from ..loading.search_paths import plugin_search_path
from ..locations import PluginNamespace, find_namespace
from ..planning import targets
from ..plugin import HOST, Prefix, Schema
from ..revisions.errors import UnknownRevision
from ..revisions.undo import execute_as_it_is
from .failures import without_frames
from .hosts import read_host

T = TypeVar("T")

Row = Mapping[str, Any]
Rows = Row | Sequence[Row] | str | Callable[[Connection], object]
"""Rows with their table's name as ``__tablename__``, SQL, or what is called with a connection."""

_TABLE = "__tablename__"


class PluginMigrations:
    """The plugins of a host in one database, where each method is a command.

    What a command refuses is raised as its `PluginError`, with nothing of our own frames.

    Args:
        config: the host's.
        engine: leads to the database.
    """

    def __init__(self, config: ConfigSource, engine: Engine) -> None:
        self.config = open_config(config)
        self.engine = engine

    @without_frames
    def install(self, *names: str) -> None:
        """Bring plugins, and what they require, to their heads."""
        with self.connected() as config:
            commands.install(config, names)

    @without_frames
    def uninstall(self, *names: str, **options: Any) -> None:  # noqa: ANN401 - as the command
        """Uninstall plugins, with the options of `commands.uninstall`."""
        with self.connected() as config:
            commands.uninstall(config, names, **options)

    @without_frames
    def upgrade(self, name: str, revision: str = "heads") -> None:
        """Run a plugin up to a revision, or ``host``; what it requires is installed first."""
        self.work(lambda it: it.run(partial(targets.upgrade, scope=name, target=revision)))

    @without_frames
    def downgrade(self, name: str, revision: str) -> None:
        """Run a plugin down to a revision, or ``host``."""
        with self.connected() as config:
            commands.downgrade(config, name, revision)

    @without_frames
    def at(self, revision: str) -> "PluginMigrations":
        """Run the plugin that has a revision up or down to it; return this.

        Raises:
            UnknownRevision: none has it.
        """
        name = self._find_plugin(revision)
        applied, heads = self.work(
            lambda it: (it.session.state.by_revision.keys(), it.session.state.heads(name))
        )
        if revision not in applied:
            self.upgrade(name, revision)
        elif heads != (revision,):
            self.downgrade(name, revision)
        return self

    @without_frames
    def insert(self, name: str, table: str, *rows: Row) -> None:
        """Insert rows into a table of a plugin, or of ``host``."""
        with self.engine.begin() as connection:
            found = self._reflect(connection, name, table)
            for row in rows:  # Each by itself, since a list may have names that are no column's.
                connection.execute(found.insert().values(row))

    @without_frames
    def rows(self, name: str, table: str) -> list[dict[str, Any]]:
        """Return all rows of a table of a plugin, in the order of the primary key."""
        with self.engine.connect() as connection:
            found = self._reflect(connection, name, table)
            order = found.select().order_by(*found.primary_key.columns)
            return [dict(row) for row in connection.execute(order).mappings()]

    @without_frames
    def tables(self, name: str) -> list[str]:
        """Return the names of a plugin's tables, or of all in the host's schema, sorted."""
        with self.engine.connect() as connection:
            place = find_namespace(name, connection)
            names = inspect(connection).get_table_names(schema=place.schema)
        space = place.namespace
        return sorted(n for n in names if not isinstance(space, Prefix) or space.covers(n))

    @without_frames
    def catalog(self, name: str) -> Catalog:
        """Return PostgreSQL's definition of all in a plugin's namespace, by kind and identity."""
        with self.engine.connect() as connection:
            place = find_namespace(name, connection)
            schema = place.schema or read_host_schema(connection)
            return read_catalog(connection, place.namespace or Schema(schema))

    @without_frames
    def add(self, name: str, rows: Rows | Path) -> None:
        """Insert what is given as data for a revision of a plugin, or a file with SQL."""
        if isinstance(rows, Path):
            rows = rows.read_text("utf-8")
        if isinstance(rows, Mapping):
            rows = [rows]
        if isinstance(rows, str):
            self._on_path(name, partial(execute_as_it_is, statement=rows))
        elif callable(rows):
            self._on_path(name, rows)
        else:
            for row in rows:
                self.insert(name, row[_TABLE], {key: row[key] for key in row if key != _TABLE})

    @contextmanager
    def connected(self) -> Iterator[Config]:
        """Return a configuration whose commands run on a connection to the database."""
        with self.engine.connect() as connection:
            yield extend_config(self.config, connection=connection)

    def work(self, function: Callable[[Migrator], T]) -> T:
        """Run a function inside the host's ``env.py``, on the database."""
        with self.connected() as config:
            return run_work(config, function)

    def _on_path(self, name: str, function: Callable[[Connection], object]) -> None:
        """Call a function in a transaction, on the search path of a plugin's revisions."""

        def call(migrator: Migrator) -> None:
            migrator.end_reading()
            connection, session = migrator.connection, migrator.session
            found = session.find_plugin(name)
            with connection.begin(), plugin_search_path(connection, found, session):
                function(connection)

        self.work(call)

    def _find_plugin(self, revision: str) -> str:
        session = read_host(self.config)
        for name in (HOST, *session.discovery.names):
            with suppress(PluginError):  # Another plugin is broken.
                if revision in session.branch(name):
                    return name
        raise UnknownRevision(HOST, revision, "neither the host nor a plugin has it")

    def _reflect(self, connection: Connection, name: str, table: str) -> Table:
        place: PluginNamespace = find_namespace(name, connection)
        schema, _, own = table.rpartition(".")
        return Table(
            own if schema else place.name_table(table),
            MetaData(),
            schema=schema or place.schema,
            autoload_with=connection,
        )
