"""Write plugins to a backup before they go, and bring them back from one.

A backup is pg_dump's. What the registry knows of the plugins goes with it in tables like the
registry's own, in a schema that is there as long as it takes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Executable, Table, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema, DropSchema

from . import _alembic, backup
from .catalog import CatalogObject, read_objects, read_partitions
from .errors import PluginError
from .namespaces import LockTable
from .plan import Fate, Plan
from .plugin import Prefix, Schema
from .registry import InstalledPlugin, State, read_kept
from .scribe import Scribe
from .tables import BACKUP_SCHEMA, Tables, make_tables
from .upkeep import check_returning
from .upkeep_errors import NotInBackup

_RELATIONS = ("table", "view", "materialized view", "sequence", "foreign table")


class Safekeeping:
    """Write the plugins that a plan removes to its backup, if it wants one.

    Nobody can write to their tables between the backup and the end of the transaction that drops
    them.
    """

    def __init__(self, scribe: Scribe, plan: Plan) -> None:
        self._scribe = scribe
        self._path = plan.backup
        self._names = [name for name, fate in plan.fates.items() if fate is Fate.REMOVED]
        self._is_written = self._is_done = False

    @contextmanager
    def prepare(self) -> Iterator[None]:
        """Let the registry's rows be seen by pg_dump, which sees what is committed."""
        if self._path is None:
            yield
            return
        backup.check_free(self._path)
        self._write_rows()
        try:
            yield
        except BaseException:
            with suppress(SQLAlchemyError), _alembic.transaction(self._scribe.context):
                _drop_schema(self._scribe)
            raise

    def _write_rows(self) -> None:
        ours, kept = self._scribe.tables, make_tables(BACKUP_SCHEMA)
        with _alembic.transaction(self._scribe.context):
            self._scribe.ensure_tables()
            _renew_schema(self._scribe)
            kept.metadata.create_all(self._scribe.connection, checkfirst=False)
            for statement in _copy_rows(ours, kept, self._names):
                self._scribe.execute(statement)
        self._scribe.keep_tables()

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Write the backup, as a part of the first transaction of the plan; the block is the rest.

        It is removed where the block fails, and nothing else: whether a COMMIT was done that has
        got no answer, cannot be told.
        """
        if self._path is None or self._is_done:
            yield
            return
        if self._is_written:  # The COMMIT was refused, and others may have written meanwhile.
            self._path.unlink(missing_ok=True)
        self._write(self._path)
        self._is_written = True
        try:
            yield
        except BaseException:
            if not self._scribe.is_committed:
                self._path.unlink(missing_ok=True)
            raise

    def end(self) -> None:
        """Take the backup to be complete: the transaction that it is a part of is committed."""
        self._is_done = self._is_written

    def _write(self, path: Path) -> None:
        connection = self._scribe.connection
        plugins = [self._scribe.ledger.plugins[name] for name in self._names]
        objects = [item for p in plugins for item in _find_relations(connection, p)]
        for item in objects:
            if item.kind == "table":
                self._scribe.execute(LockTable(item.identity))
        schemas = [p.namespace.name for p in plugins if isinstance(p.namespace, Schema)]
        relations = [(i.schema, i.name) for i in objects if i.schema not in schemas]
        if relations:
            relations += [(BACKUP_SCHEMA, table.name) for table in make_tables(BACKUP_SCHEMA).all]
        else:
            schemas.append(BACKUP_SCHEMA)
        backup.dump(connection, path, schemas, relations)
        _drop_schema(self._scribe)


def bring_back(scribe: Scribe, path: Path, name: str) -> tuple[str, ...]:
    """Bring back the plugins of a backup, with data and registry rows; return their names.

    Raises:
        AlreadyInstalled: the database has one of them.
        NotInBackup: `name` is none of them.
        RestoreFailed: pg_restore says why.
        RequirementNotInstalled: something that one of them needs is not there.
        NamespaceConflict: another plugin has taken a namespace.
    """
    kept = _read_restored(scribe, name) or _restore(scribe, path, name)
    with _alembic.transaction(scribe.context):
        scribe.ensure_tables()
        _register(scribe, kept, path)
        _drop_schema(scribe)
        scribe.flush()
    return tuple(kept.plugins)


def _read_restored(scribe: Scribe, name: str) -> State | None:
    """Return what is to be registered, where a crash has come between pg_restore and that."""
    with _alembic.transaction(scribe.context):
        kept = read_kept(scribe.connection, make_tables(BACKUP_SCHEMA))
        plugin = kept.plugins.get(name)
        is_gone = name not in scribe.session.state.plugins
        is_back = plugin and is_gone and read_objects(scribe.connection, plugin.namespace)
    return kept if is_back else None


def _restore(scribe: Scribe, path: Path, name: str) -> State:
    """Run pg_restore, when what the plugins need is known to be there."""
    with _clean_up(scribe):
        with _alembic.transaction(scribe.context):
            _renew_schema(scribe)
        backup.restore(scribe.connection, path, only=BACKUP_SCHEMA)
        with _alembic.transaction(scribe.context):
            kept = read_kept(scribe.connection, make_tables(BACKUP_SCHEMA))
            _drop_schema(scribe)
        if name not in kept.plugins:
            raise NotInBackup(name, str(path), tuple(kept.plugins))
        for plugin in kept.plugins.values():
            check_returning(scribe.session, plugin, kept)
        if any(isinstance(plugin.namespace, Prefix) for plugin in kept.plugins.values()):
            # A backup of single relations has no schemas.
            with _alembic.transaction(scribe.context):
                _renew_schema(scribe)
        backup.restore(scribe.connection, path)
    return kept


@contextmanager
def _clean_up(scribe: Scribe) -> Iterator[None]:
    """Leave nothing where the block is refused."""
    try:
        yield
    except PluginError:
        with _alembic.transaction(scribe.context):
            _drop_schema(scribe)
        raise


def _register(scribe: Scribe, kept: State, path: Path) -> None:
    rows, ours = make_tables(BACKUP_SCHEMA), scribe.tables
    for statement in _copy_rows(rows, ours, list(kept.plugins)):
        scribe.execute(statement)
    for plugin in kept.plugins.values():
        scribe.ledger.add_restored(plugin, kept.of(plugin.name))
        scribe.ledger.add_event(plugin.name, Fate.RESTORED, (), None, detail=f"from {path}")


def _find_relations(connection: Connection, plugin: InstalledPlugin) -> list[CatalogObject]:
    """Return a plugin's relations, each table with its partitions."""
    objects = read_objects(connection, plugin.namespace)
    relations = [item for item in objects if item.kind in _RELATIONS]
    return [other for i in relations for other in (i, *read_partitions(connection, i))]


def _copy_rows(source: Tables, to: Tables, names: Sequence[str]) -> Iterator[Executable]:
    """Yield what copies all that a registry knows of plugins."""
    yield _copy(source.plugin, to.plugin, names, "name")
    yield _copy(source.revision, to.revision, names, "plugin")


def _copy(source: Table, to: Table, names: Sequence[str], key: str) -> Executable:
    """Return what copies the rows of plugins, in their order; positions are given anew."""
    columns = [column.name for column in to.c if column.identity is None]
    order = source.c.position if "position" in source.c else source.c[key]
    rows = select(*(source.c[name] for name in columns)).where(source.c[key].in_(names))
    return to.insert().from_select(columns, rows.order_by(order))


def _renew_schema(scribe: Scribe) -> None:
    _drop_schema(scribe)
    scribe.execute(CreateSchema(BACKUP_SCHEMA))


def _drop_schema(scribe: Scribe) -> None:
    scribe.execute(DropSchema(BACKUP_SCHEMA, cascade=True, if_exists=True))
