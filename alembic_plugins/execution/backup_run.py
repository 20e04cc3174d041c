"""Write plugins to a backup before they go.

A backup is pg_dump's. What the registry knows of the plugins goes with it in tables like the
registry's own, in a schema that is there as long as it takes.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Executable, MetaData, Table, select
from sqlalchemy.schema import SetTableComment

from .. import _alembic
from .._base_errors import in_one_line
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
from ..registry.tables import (
    BACKUP_SCHEMA,
    EXTRA,
    TRANSFER,
    VERSION,
    Tables,
    is_since,
    make_tables,
)
from .staging import Action, begin_transfer, drop_staging


def stage_backup(writer: RegistryWriter, path: Path, names: Sequence[str]) -> "BackupRun":
    """Let the registry's rows of plugins be seen by pg_dump, which sees what is committed.

    Args:
        writer: of the command's registry.
        path: the file that is to be written.
        names: the plugins.

    Raises:
        BackupExists: there is a file of the backup's name.
        BackupIncomplete: the plugins have made what the backup could not have.
    """
    archive.check_free(path)
    contents = _find_contents(writer, names)
    check_complete(path, contents)
    identity, kept = str(uuid4()), make_tables(BACKUP_SCHEMA)
    begin_transfer(writer, Action.BACKUP, identity, path)
    kept.metadata.create_all(writer.connection, checkfirst=False)
    marked = kept.revision.to_metadata(MetaData())
    marked.comment = archive.mark(identity)
    writer.execute(SetTableComment(marked))
    # They are found by it when they come back; a command that was ended has not seen to it.
    writer.refresh_objects()
    for statement in copy_rows(writer.tables, kept, names):
        writer.execute(statement)
    oids = [item.objid for item in contents.relations]
    extras = read_extras(writer.connection, oids, contents.schemas, contents.made)
    write_extras(writer.connection, extras)
    return BackupRun(writer, path, names, identity, contents, extras)


def _find_contents(writer: RegistryWriter, names: Sequence[str]) -> Contents:
    ownership = read_session_ownership(writer.connection, writer.tables, writer.session)
    return find_contents(writer.connection, ownership, names)


class BackupRun:
    """A backup that is staged: it can be written.

    Nobody can write to the plugins' tables between the backup and the end of the transaction that
    drops them.

    Args:
        writer: of the command's registry.
        path: the file.
        names: the plugins.
        identity: what the staged rows are marked with.
        contents: what will be in the file, as it was found when that was staged.
        extras: what is staged besides rows of the registry.
    """

    def __init__(
        self,
        writer: RegistryWriter,
        path: Path,
        names: Sequence[str],
        identity: str,
        contents: Contents,
        extras: Sequence[Extra],
    ) -> None:
        self._writer = writer
        self._path = path
        self._names = names
        self._identity = identity
        self._contents = contents
        self._extras = extras
        self._is_written = False

    def unstage(self) -> None:
        """Drop what was staged, since the command has failed."""
        with _alembic.transaction(self._writer.context):
            drop_staging(self._writer)

    def make_check(self) -> Callable[[], None]:
        """Return what checks that nothing was dropped since, but what is in the backup.

        Not all that revisions make is recorded: they may have been stamped, or been run in a
        transaction that is the caller's. The check raises `BackupIncomplete`.
        """
        connection = self._writer.connection
        before = read_objects(connection, set(find_all(connection)))

        def check() -> None:
            lost = tuple(self._find_lost(before))
            if lost:
                raise BackupIncomplete(self._path, lost)

        return check

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

    def remove(self) -> None:
        """Remove the file, since what it was written for was rolled back."""
        if not self._writer.is_committed:
            self._path.unlink(missing_ok=True)

    def write(self, lock_connection: Connection | None) -> None:
        """Write the file.

        Args:
            lock_connection: another connection, whose statements are committed at once.
        """
        if self._is_written:  # The COMMIT was refused, and others may have written meanwhile.
            self._path.unlink(missing_ok=True)
        self._contents = contents = _find_contents(self._writer, self._names)
        for item in contents.relations:
            if item.kind == "table":
                self._writer.execute(lock_table(item, "SHARE"))
        self._stage_values(lock_connection)
        schemas = list(contents.schemas)
        relations = [(str(item.own_schema), str(item.own_name)) for item in contents.single]
        if relations:
            staged = (*make_tables(BACKUP_SCHEMA).all, EXTRA)
            relations += [(BACKUP_SCHEMA, table.name) for table in staged]
        else:
            schemas.append(BACKUP_SCHEMA)
        size = archive.dump(
            self._writer.connection,
            self._path,
            schemas,
            relations,
            identity=self._identity,
            without=[] if relations else [(BACKUP_SCHEMA, TRANSFER.name)],
        )
        _tell(self._path, size, contents, self._extras)
        drop_staging(self._writer)
        self._is_written = True

    def _stage_values(self, lock_connection: Connection | None) -> None:
        """Let nobody store values of the plugins any more, and stage those that are there by now.

        Where there is no other connection, those are written that were there at first.
        """
        writer = self._writer
        ours, staged = make_tables(writer.schema), make_tables(BACKUP_SCHEMA)
        for table, key in ((ours.plugin, "name"), (ours.value, "plugin")):
            rows = select(table.c[key]).where(table.c[key].in_(self._names))
            writer.connection.execute(rows.with_for_update()).all()  # It waits for the locks.
        if lock_connection is not None:
            with writer.lend_role(lock_connection) as other:
                other.execute(staged.value.delete())
                other.execute(_copy(ours.value, staged.value, self._names, "plugin", VERSION))


def _tell(path: Path, size: int, contents: Contents, extras: Sequence[Extra]) -> None:
    """Say what is in a backup, before anything of that is dropped."""
    lines = [f"backup {path} is written, {size} bytes, with:"]
    lines += [f"  schema {name} and all that is in it" for name in contents.schemas]
    lines += [f"  {item}" for item in contents.relations]
    lines += [f"  {extra.words}" for extra in extras if extra.kind != "privilege"]
    print("\n".join(map(in_one_line, lines)), file=sys.stderr, flush=True)


def copy_rows(
    source: Tables, to: Tables, names: Sequence[str], version: int = VERSION
) -> Iterator[Executable]:
    """Yield what copies all that a registry, of some version, knows of plugins."""
    yield _copy(source.plugin, to.plugin, names, "name", version)
    yield _copy(source.revision, to.revision, names, "plugin", version)
    yield _copy(source.object, to.object, names, "plugin", version)
    for table, copy in ((source.value, to.value), (source.snapshot, to.snapshot)):
        if is_since(table, version):
            yield _copy(table, copy, names, "plugin", version)


def _copy(
    source: Table, to: Table, names: Sequence[str], key: str, version: int = VERSION
) -> Executable:
    """Return what copies the rows of plugins, in their order; positions are given anew."""
    known = [column for column in to.c if is_since(column, version)]
    columns = [column.name for column in known if column.identity is None]
    order = source.c.position if "position" in source.c else source.c[key]
    rows = select(*(source.c[name] for name in columns)).where(source.c[key].in_(names))
    return to.insert().from_select(columns, rows.order_by(order))
