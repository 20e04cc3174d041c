"""Write plugins to a backup before they go, and bring them back from one.

A backup is pg_dump's. What the registry knows of the plugins goes with it in tables like the
registry's own, in a schema that is there as long as it takes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Executable, Table, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema, DropSchema

from . import _alembic, backup
from .catalog import find_all, find_dropped, has_schema
from .contents import Contents, find_contents
from .custody_errors import BackupIncomplete
from .dependencies import read_session_ownership
from .drops import lock_table
from .errors import PluginError
from .objects import read_objects
from .ownership import read_holdings, read_ownership
from .plan import Fate, Plan
from .plugin import Schema
from .records import forget_epoch
from .registry import InstalledPlugin, State, read_kept
from .scribe import Scribe
from .tables import BACKUP_SCHEMA, Tables, make_tables
from .upkeep import check_returning
from .upkeep_errors import NotInBackup


class Safekeeping:
    """Write the plugins that a plan removes to its backup, if it wants one.

    Nobody can write to their tables between the backup and the end of the transaction that drops
    them.
    """

    def __init__(self, scribe: Scribe, plan: Plan) -> None:
        self._scribe = scribe
        self._path = plan.backup
        self._names = [name for name, fate in plan.fates.items() if fate is Fate.REMOVED]
        self._contents = Contents()
        self._is_written = self._is_done = False

    @contextmanager
    def prepare(self) -> Iterator[None]:
        """Let the registry's rows be seen by pg_dump, which sees what is committed.

        Raises:
            BackupExists: there is a file of the backup's name.
            BackupIncomplete: the plugins have made what the backup could not have.
        """
        if self._path is None:
            yield
            return
        backup.check_free(self._path)
        self._check_complete(self._path)
        self._write_rows()
        try:
            yield
        except BaseException:
            with suppress(SQLAlchemyError), _alembic.transaction(self._scribe.context):
                _drop_schema(self._scribe)
            raise

    def _check_complete(self, path: Path) -> None:
        with _alembic.transaction(self._scribe.context):
            missing = self._find_contents().missing
        if missing:
            raise BackupIncomplete(path, missing)

    def _find_contents(self) -> Contents:
        scribe = self._scribe
        ownership = read_session_ownership(scribe.connection, scribe.tables, scribe.session)
        return find_contents(scribe.connection, ownership, self._names)

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
        got no answer, cannot be told. In later transactions there is only the block.

        Raises:
            BackupFailed: it cannot be written.
            BackupIncomplete: the block has dropped what it does not have, and nothing had told.
        """
        if self._path is None:
            yield
            return
        if self._is_done:
            with self._watch_drops(self._path):
                yield
            return
        if self._is_written:  # The COMMIT was refused, and others may have written meanwhile.
            self._path.unlink(missing_ok=True)
        self._write(self._path)
        self._is_written = True
        try:
            with self._watch_drops(self._path):
                yield
        except BaseException:
            if not self._scribe.is_committed:
                self._path.unlink(missing_ok=True)
            raise

    @contextmanager
    def _watch_drops(self, path: Path) -> Iterator[None]:
        """Check that the block drops nothing that is not in the backup.

        Not all that revisions make is recorded: they may have been stamped, or been run in a
        transaction that is the caller's.
        """
        connection = self._scribe.connection
        before = read_objects(connection, set(find_all(connection)))
        yield
        dropped, cut = find_dropped(connection, set(before))
        again = {str(item) for item in read_objects(connection, set(find_all(connection))).values()}
        items = [before[key] for key in dropped if str(before[key]) not in again]
        # What hangs on a relation goes with it without saying.
        whole = [item for item in items if dropped.isdisjoint(item.chain[1:])]
        lost = [str(item) for item in whole if not self._contents.has(item)]
        cut_items = read_objects(connection, cut).values()
        lost += [f"a column of {item}" for item in cut_items if not self._contents.has(item)]
        if lost:
            raise BackupIncomplete(path, tuple(lost))

    def end(self) -> None:
        """Take the backup to be complete: the transaction that it is a part of is committed."""
        self._is_done = self._is_written

    def _write(self, path: Path) -> None:
        self._contents = contents = self._find_contents()
        for item in contents.relations:
            if item.kind == "table":
                self._scribe.execute(lock_table(item, "SHARE"))
        schemas = list(contents.schemas)
        relations = [(str(item.own_schema), str(item.own_name)) for item in contents.single]
        if relations:
            relations += [(BACKUP_SCHEMA, table.name) for table in make_tables(BACKUP_SCHEMA).all]
        else:
            schemas.append(BACKUP_SCHEMA)
        backup.dump(self._scribe.connection, path, schemas, relations)
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
        rows = make_tables(BACKUP_SCHEMA)
        kept = read_kept(scribe.connection, rows)
        plugin = kept.plugins.get(name)
        if plugin is None or name in scribe.session.state.plugins:
            return None
        ownership = read_ownership(scribe.connection, rows, kept)
        is_back = bool(read_holdings(scribe.connection, ownership, name).made)
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
        with _alembic.transaction(scribe.context):
            # A backup of single relations has no schemas.
            _renew_schema(scribe)
            present = _find_present(scribe, kept.plugins.values())
        backup.restore(scribe.connection, path, present=[BACKUP_SCHEMA, *present])
    return kept


def _find_present(scribe: Scribe, plugins: Iterable[InstalledPlugin]) -> list[str]:
    """Return the schemas of plugins that are there, and that were there before they were."""
    return [
        plugin.namespace.name
        for plugin in plugins
        if isinstance(plugin.namespace, Schema)
        and not plugin.schema_created
        and has_schema(scribe.connection, plugin.namespace)
    ]


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
    # All that was brought back has other numbers than before.
    scribe.execute(forget_epoch(ours, list(kept.plugins)))
    scribe.bind_objects()
    for plugin in kept.plugins.values():
        scribe.ledger.add_restored(plugin, kept.of(plugin.name))
        scribe.ledger.add_event(plugin.name, Fate.RESTORED, (), None, detail=f"from {path}")


def _copy_rows(source: Tables, to: Tables, names: Sequence[str]) -> Iterator[Executable]:
    """Yield what copies all that a registry knows of plugins."""
    yield _copy(source.plugin, to.plugin, names, "name")
    yield _copy(source.revision, to.revision, names, "plugin")
    yield _copy(source.object, to.object, names, "plugin")


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
