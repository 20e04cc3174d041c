"""Write plugins to a backup before they go.

A backup is pg_dump's. What the registry knows of the plugins goes with it in tables like the
registry's own, in a schema that is there as long as it takes.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Executable, MetaData, Table, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import SetTableComment

from .. import _alembic
from ..backup import archive
from ..backup.contents import Contents, check_complete, find_contents
from ..backup.errors import BackupIncomplete
from ..backup.extras import Extra, read_extras, write_extras
from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import find_all, find_dropped
from ..catalog.transaction_rows import Key
from ..connection.writer import RegistryWriter
from ..loading.dependencies import read_session_ownership
from ..namespaces.drops import lock_table
from ..planning.plan import Fate, Plan
from ..registry.tables import (
    BACKUP_SCHEMA,
    EXTRA,
    TRANSFER,
    Tables,
    make_tables,
)
from .staging import Action, begin_transfer, drop_staging


class BackupRun:
    """Write the plugins that a plan removes to its backup, if it wants one.

    Nobody can write to their tables between the backup and the end of the transaction that drops
    them.
    """

    def __init__(self, writer: RegistryWriter, plan: Plan) -> None:
        self._writer = writer
        self._path = plan.backup
        self._names = [name for name, fate in plan.fates.items() if fate is Fate.REMOVED]
        self._contents = Contents()
        self._is_written = self._is_done = False
        self._identity = str(uuid4())
        self._extras: list[Extra] = []

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
        archive.check_free(self._path)
        self._check_complete(self._path)
        self._write_rows(self._path)
        try:
            yield
        except BaseException:
            with suppress(SQLAlchemyError), _alembic.transaction(self._writer.context):
                drop_staging(self._writer)
            raise

    def _check_complete(self, path: Path) -> None:
        with _alembic.transaction(self._writer.context):
            self._contents = self._find_contents()
        check_complete(path, self._contents)

    def _find_contents(self) -> Contents:
        writer = self._writer
        ownership = read_session_ownership(writer.connection, writer.tables, writer.session)
        return find_contents(writer.connection, ownership, self._names)

    def _write_rows(self, path: Path) -> None:
        ours, kept = self._writer.tables, make_tables(BACKUP_SCHEMA)
        with _alembic.transaction(self._writer.context):
            self._writer.ensure_tables()
            begin_transfer(self._writer, Action.BACKUP, self._identity, path)
            kept.metadata.create_all(self._writer.connection, checkfirst=False)
            marked = kept.revision.to_metadata(MetaData())
            marked.comment = archive.mark(self._identity)
            self._writer.execute(SetTableComment(marked))
            for statement in copy_rows(ours, kept, self._names):
                self._writer.execute(statement)
            self._extras = self._read_extras()
            write_extras(self._writer.connection, self._extras)
        self._writer.keep_tables()

    def _read_extras(self) -> list[Extra]:
        found = self._contents
        oids = [item.objid for item in found.relations]
        return read_extras(self._writer.connection, oids, found.schemas, found.made)

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
            if not self._writer.is_committed:
                self._path.unlink(missing_ok=True)
            raise

    @contextmanager
    def _watch_drops(self, path: Path) -> Iterator[None]:
        """Check that the block drops nothing that is not in the backup, before that is committed.

        Not all that revisions make is recorded: they may have been stamped, or been run in a
        transaction that is the caller's.
        """
        connection = self._writer.connection
        before = read_objects(connection, set(find_all(connection)))

        def check() -> None:
            lost = tuple(self._find_lost(before))
            if lost:
                raise BackupIncomplete(path, lost)

        self._writer.check_midway = check
        yield
        check()

    def _find_lost(self, before: Mapping[Key, DatabaseObject]) -> Iterator[str]:
        """Yield what was there before, and is neither there now nor in the backup."""
        connection = self._writer.connection
        dropped, cut = find_dropped(connection, set(before))
        again = {str(item) for item in read_objects(connection, set(find_all(connection))).values()}
        items = [before[key] for key in dropped if str(before[key]) not in again]
        # What hangs on a relation goes with it without saying.
        whole = [item for item in items if dropped.isdisjoint(item.chain[1:])]
        yield from (str(item) for item in whole if not self._contents.has(item))
        cut_items = read_objects(connection, cut).values()
        yield from (f"a column of {item}" for item in cut_items if not self._contents.has(item))

    def end(self) -> None:
        """Take the backup to be complete: the transaction that it is a part of is committed."""
        self._is_done = self._is_written

    def _write(self, path: Path) -> None:
        self._contents = contents = self._find_contents()
        for item in contents.relations:
            if item.kind == "table":
                self._writer.execute(lock_table(item, "SHARE"))
        schemas = list(contents.schemas)
        relations = [(str(item.own_schema), str(item.own_name)) for item in contents.single]
        if relations:
            staged = (*make_tables(BACKUP_SCHEMA).all, EXTRA)
            relations += [(BACKUP_SCHEMA, table.name) for table in staged]
        else:
            schemas.append(BACKUP_SCHEMA)
        size = archive.dump(
            self._writer.connection,
            path,
            schemas,
            relations,
            identity=self._identity,
            without=[] if relations else [(BACKUP_SCHEMA, TRANSFER.name)],
        )
        _tell(path, size, contents, self._extras)
        drop_staging(self._writer)


def _tell(path: Path, size: int, contents: Contents, extras: Sequence[Extra]) -> None:
    """Say what is in a backup, before anything of that is dropped."""
    lines = [f"backup {path} is written, {size} bytes, with:"]
    lines += [f"  schema {name} and all that is in it" for name in contents.schemas]
    lines += [f"  {item}" for item in contents.relations]
    lines += [f"  {extra.words}" for extra in extras if extra.kind != "privilege"]
    print("\n".join(lines), file=sys.stderr, flush=True)


def copy_rows(source: Tables, to: Tables, names: Sequence[str]) -> Iterator[Executable]:
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
