"""Schemas and relations in a file, written by pg_dump and read back by pg_restore."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
from typing import Any

from psycopg import ConnectionInfo
from sqlalchemy import Connection

from .custody_errors import BackupExists, BackupFailed, RestoreFailed
from .programs import ProgramFailed, describe_connection, find_program, run

_MAGIC = b"PGDMP"

_HANGING = ("ACL", "COMMENT", "SECURITY LABEL")
"""What pg_dump writes of a schema besides the schema."""


def check_free(path: Path) -> None:
    """Check that no file has the name that a backup is to get.

    Raises:
        BackupExists: one has it, be it a link that leads nowhere.
    """
    if os.path.lexists(path):
        raise BackupExists(path)


def dump(
    connection: Connection,
    path: Path,
    schemas: Sequence[str],
    relations: Sequence[tuple[str, str]],
) -> None:
    """Write whole schemas, or single relations, into a file that its owner alone may read.

    pg_dump connects on its own: it sees what is committed, and waits for everybody's locks, those
    of `connection` too. The file gets its name when it is complete.

    Args:
        connection: leads to the database.
        path: the file, in pg_dump's custom format.
        schemas: names of schemas, each with all that is in it.
        relations: schemas and names of relations. The sequences that they own go with them;
            partitions, and the types and functions that they use, do not.

    Raises:
        ProgramMissing: no pg_dump or no pg_restore is there that fits the server.
        BackupExists: there is a file of that name.
        BackupFailed: the file cannot be written, there is nothing to write, or there are schemas
            and relations: pg_dump takes either.
    """
    check_free(path)
    wanted = _select(path, schemas, relations)
    info = _get_info(connection)
    pg_dump = find_program("pg_dump", info.server_version)
    pg_restore = find_program("pg_restore", info.server_version)
    conninfo, environment = describe_connection(info)
    # The names are handed over in UTF-8, whatever the database is in.
    command: list[str | Path] = [pg_dump, "--format=custom", "--encoding=UTF8", "--no-password"]
    command += ["--dbname", conninfo, *wanted]
    try:
        with _make_temporary(path) as file:
            run([*command, "--file", file], environment, f"Writing backup {path} ...")
            run([pg_restore, "--list", file])
            _publish(file, path)
    except (OSError, ProgramFailed) as error:
        raise BackupFailed(path, _explain(error)) from error


def restore(
    connection: Connection, path: Path, only: str | None = None, present: Collection[str] = ()
) -> None:
    """Read a backup back, in one transaction of pg_restore's own.

    It waits for everybody's locks, those of `connection` too.

    Args:
        connection: leads to the database.
        path: the file.
        only: a schema, which is there: what is in it comes back, and nothing else.
        present: schemas that are there: what is in them comes back, and they stay as they are.

    Raises:
        ProgramMissing: no pg_restore is there that fits the server.
        RestoreFailed: the file is no backup, or PostgreSQL refused something that is in it.
    """
    info = _get_info(connection)
    conninfo, environment = describe_connection(info)
    with _translate(path), TemporaryDirectory(prefix="alembic-plugins-") as folder:
        program = find_program("pg_restore", info.server_version)
        command: list[str | Path] = [
            program,
            "--single-transaction",
            "--exit-on-error",
            "--no-password",
        ]
        command += ["--dbname", conninfo, *([] if only is None else [f"--schema={only}"])]
        if present:
            chosen = Path(folder, "list")
            entries = run([program, "--list", path.absolute()]).splitlines()
            kept = [entry for entry in entries if not _is_of_schemas(entry, present)]
            chosen.write_text("\n".join(kept), "utf-8")
            command.append(f"--use-list={chosen}")
        run([*command, path.absolute()], environment, f"Restoring backup {path} ...")


def _is_of_schemas(entry: str, schemas: Collection[str]) -> bool:
    """Tell whether a line of a backup's list is on schemas themselves, and not on what is in them.

    Before what it is on, a line has three numbers; after that, the owner.
    """
    on = entry.split(" ", 3)[-1]
    names = [name for schema in schemas for name in (schema, _quote(schema))]
    return any(
        on.startswith((f"SCHEMA - {name} ", *(f"{kind} - SCHEMA {name} " for kind in _HANGING)))
        for name in names
    )


@contextmanager
def _translate(path: Path) -> Iterator[None]:
    """Check that a file is a backup, and let what fails in the block become ours."""
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ProgramFailed("it is not in the custom format of pg_dump")
        yield
    except (OSError, ProgramFailed) as error:
        raise RestoreFailed(path, _explain(error)) from error


def _explain(error: OSError | ProgramFailed) -> str:
    """Return an error in words; an OSError's text would name temporary files."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _get_info(connection: Connection) -> ConnectionInfo:
    driver: Any = connection.connection.driver_connection
    info: ConnectionInfo = driver.info
    return info


def _select(
    path: Path, schemas: Sequence[str], relations: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """Return the options with which pg_dump writes what is asked for and nothing else."""
    if schemas and relations:
        # Given both, pg_dump passes over the schemas without a word.
        raise BackupFailed(path, "whole schemas and single relations do not go into one file")
    if not schemas and not relations:
        # Given neither, pg_dump writes the whole database.
        raise BackupFailed(path, "there is nothing to write")
    return (
        "--strict-names",
        *(f"--schema={_quote(schema)}" for schema in schemas),
        *(f"--table={_quote(schema)}.{_quote(name)}" for schema, name in relations),
    )


def _quote(name: str) -> str:
    """Return the pattern that matches one name."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


@contextmanager
def _make_temporary(path: Path) -> Iterator[Path]:
    """Make a file in the folder of `path`, and remove it unless it was renamed."""
    descriptor, name = mkstemp(prefix=".alembic-plugins-", dir=path.parent)
    os.close(descriptor)
    file = Path(name)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _publish(file: Path, path: Path) -> None:
    """Give a file its name, for good: what is in it will be dropped from the database."""
    check_free(path)
    file.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Not every file system can do this; the file is there all the same.
        with suppress(OSError):
            os.fsync(folder)
    finally:
        os.close(folder)
