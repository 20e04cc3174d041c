"""The schema by which what the registry knows of plugins goes into a backup and out of it.

It is there as long as a backup is written or restored, with a row that says which command is at
work. Where that row is found by another command, which holds the lock, the first one has ended, and
what it has left is to be seen to. The row goes into no backup.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, bindparam, inspect, select, text
from sqlalchemy.schema import CreateSchema, CreateTable, DropSchema

from .. import _alembic
from ..backup import archive
from ..backup.errors import ProgramMissing, RestoreFailed
from ..catalog.queries import read_host_schema
from ..connection.writer import RegistryWriter
from ..registry.tables import (
    BACKUP_SCHEMA,
    EXTRA,
    TRANSFER,
    make_tables,
)
from .errors import ProgramRuns, TransferUnfinished

_LONGEST_WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.05

# The sessions of programs that work on a backup, which may outlive who has started them.
_SESSIONS = text("""
    SELECT a.pid, pg_catalog.pg_has_role(a.usesysid, 'MEMBER') AS is_ours
    FROM pg_catalog.pg_stat_activity a
    WHERE a.application_name = :name AND a.datname = pg_catalog.current_database()
      AND a.pid <> pg_catalog.pg_backend_pid()
""").bindparams(bindparam("name"))

_END_SESSION = text("SELECT pg_catalog.pg_terminate_backend(:pid)").bindparams(bindparam("pid"))

# The comment that tells from which backup the staging tables came.
_COMMENT = text("""
    SELECT pg_catalog.obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = :table
""").bindparams(bindparam("schema"), bindparam("table"))


class Action(StrEnum):
    """What a command does with the staging schema."""

    BACKUP = "backup"
    """It writes the registry's rows there, to be dumped."""

    INSPECT = "inspect"
    """It reads them, and nothing else, back from a file."""

    RESTORE = "restore"
    """It restores a file, in one transaction: where the rows are, all that it has is back."""


@dataclass(frozen=True)
class Transfer:
    """What a command does, or did when it was ended.

    Attributes:
        action: see there.
        backup: the backup's identity.
        path: its file.
        registry: the version table, with its schema, of the command's registry.
    """

    action: Action
    backup: str
    path: Path
    registry: str


def begin_transfer(writer: RegistryWriter, action: Action, identity: str, path: Path) -> None:
    """Make the schema anew, for a command that begins to do something in it.

    Raises:
        TransferUnfinished: the command of another registry was ended there, and has left objects.
    """
    found = read_transfer(writer.connection)
    if found and found.action is Action.RESTORE and has_staged(writer.connection):
        raise TransferUnfinished(found.path, found.registry)
    drop_staging(writer)
    writer.execute(CreateSchema(BACKUP_SCHEMA))
    writer.execute(CreateTable(TRANSFER))
    writer.execute(
        TRANSFER.insert().values(
            action=action,
            backup=identity,
            path=str(path.absolute()),
            registry=find_registry(writer),
        )
    )


def change_transfer(writer: RegistryWriter, action: Action) -> None:
    """Go on to another action, without what is staged."""
    for table in (EXTRA, *reversed(make_tables(BACKUP_SCHEMA).all)):
        table.drop(writer.connection, checkfirst=True)
    writer.execute(TRANSFER.update().values(action=action))


def drop_staging(writer: RegistryWriter) -> None:
    """Drop the schema with all that is in it."""
    writer.execute(DropSchema(BACKUP_SCHEMA, cascade=True, if_exists=True))


def read_transfer(connection: Connection) -> Transfer | None:
    """Return what a command does in the schema, None where there is none."""
    if not _has_table(connection, TRANSFER.name):
        return None
    row = connection.execute(select(TRANSFER)).first()
    return Transfer(Action(row.action), row.backup, Path(row.path), row.registry) if row else None


def has_staged(connection: Connection) -> bool:
    """Tell whether the registry's rows are in the schema, all of them."""
    return _has_table(connection, make_tables(BACKUP_SCHEMA).plugin.name)


def read_staged_identity(connection: Connection) -> str | None:
    """Return the identity of the backup that the staging tables came from."""
    table = make_tables(BACKUP_SCHEMA).revision
    names = {"schema": table.schema, "table": table.name}
    return archive.find_identity(connection.scalar(_COMMENT, names))


def _has_table(connection: Connection, name: str) -> bool:
    return inspect(connection).has_table(name, BACKUP_SCHEMA)


def find_registry(writer: RegistryWriter) -> str:
    """Return the version table with its schema, which tells one registry from another."""
    schema = writer.versions.schema or read_host_schema(writer.connection)
    return f"{schema}.{writer.versions.name}"


def end_programs(writer: RegistryWriter, identity: str) -> None:
    """Have PostgreSQL end what programs were doing that work on a backup, and wait for that.

    Raises:
        ProgramRuns: one goes on for too long, and is another role's.
    """
    name = {"name": archive.name_program(identity)}
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        with _alembic.transaction(writer.context):
            sessions = writer.connection.execute(_SESSIONS, name).all()
            for session in sessions:
                if session.is_ours:
                    writer.connection.execute(_END_SESSION, {"pid": session.pid})
        if not sessions:
            return
        if time.monotonic() > deadline:
            raise ProgramRuns(tuple(str(session.pid) for session in sessions))
        time.sleep(_PAUSE_SECONDS)


def remove_files(transfer: Transfer, writer: RegistryWriter) -> None:
    """Remove the file of a backup that was not completed, be it that it has got its name."""
    with suppress(OSError):
        archive.find_temporary(transfer.path, transfer.backup).unlink(missing_ok=True)
    with suppress(OSError, RestoreFailed, ProgramMissing):
        found = archive.read_identity(writer.connection, transfer.path, BACKUP_SCHEMA)
        if found == transfer.backup:
            transfer.path.unlink()
