"""Schemas and relations in a file, written by pg_dump and read back by pg_restore."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import Connection

from ..config.parameters import Target, find_target
from .errors import BackupExists, BackupFailed, RestoreFailed
from .programs import (
    ProgramFailed,
    describe_connection,
    find_program,
    run,
)

_MAGIC = b"PGDMP"

_MARK = "alembic-plugins backup "
"""What a comment says before the identity of the backup that it is in."""

_PROGRAM = "alembic_plugins "
"""What our programs call themselves to PostgreSQL, before the identity of the backup."""

_HANGING = ("ACL", "COMMENT", "SECURITY LABEL")
"""What pg_dump writes of a schema besides the schema."""


def mark(identity: str) -> str:
    """Return the comment by which a backup is known: `read_identity` finds it in the file."""
    return f"{_MARK}{identity}"


def find_identity(text: str | None) -> str | None:
    """Return the identity of a backup that a comment, or what has that in it, tells."""
    _, _, rest = (text or "").partition(_MARK)
    with suppress(ValueError):
        return str(UUID(rest[:36]))
    return None


def name_program(identity: str) -> str:
    """Return what programs that work on a backup call themselves to PostgreSQL."""
    return f"{_PROGRAM}{identity}"


def find_temporary(path: Path, identity: str) -> Path:
    """Return the file that gets the name `path` when it is complete."""
    return path.with_name(f".alembic-plugins-{identity}")


def read_identity(connection: Connection, path: Path, schema: str) -> str | None:
    """Return the identity of a backup, None where it has none.

    Args:
        connection: leads to the database.
        path: the file.
        schema: where the comment is that tells.

    Raises:
        ProgramMissing: no pg_restore is there that fits the server.
        RestoreFailed: the file is no backup.
    """
    with _translate(path):
        program = find_program("pg_restore", _get_info(connection).server_version)
        options = ("--schema-only", f"--schema={schema}", "--file=-")
        return find_identity(run([program, *options, path.absolute()]))


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
    *,
    identity: str,
    without: Sequence[tuple[str, str]] = (),
) -> int:
    """Write whole schemas, or single relations, into a file that its owner alone may read.

    Return how many bytes it has; pg_restore has read its list of contents by then.

    pg_dump connects on its own: it sees what is committed, and waits for everybody's locks, those
    of `connection` too. The file gets its name when it is complete.

    Args:
        connection: leads to the database.
        path: the file, in pg_dump's custom format.
        schemas: names of schemas, each with all that is in it.
        relations: schemas and names of relations. The sequences that they own go with them;
            partitions, and the types and functions that they use, do not.
        identity: the backup's, which names the file until it is complete, and the program.
        without: schemas and names of relations that are left out.

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
    command += [f"--exclude-table={_quote(space)}.{_quote(name)}" for space, name in without]
    environment["PGAPPNAME"] = name_program(identity)
    try:
        with _make_temporary(find_temporary(path, identity)) as file:
            run([*command, "--file", file], environment, f"Writing backup {path} ...")
            run([pg_restore, "--list", file])
            _publish(file, path)
            return path.stat().st_size
    except (OSError, ProgramFailed) as error:
        raise BackupFailed(path, _explain(error)) from error


def copy_schema(source: Connection, target: Connection, without: Collection[str]) -> None:
    """Make in an empty database what is in another one, without its rows.

    Neither owners, privileges nor publications come along.

    Args:
        source: leads to the database that has it.
        target: leads to the empty one; it must be in no transaction.
        without: the names of tables that are left out, in whatever schema they are.

    Raises:
        ProgramMissing: no pg_dump or no pg_restore is there that fits the server.
        ProgramFailed: one of them says why.
    """
    info = _get_info(source)
    pg_dump = find_program("pg_dump", info.server_version)
    pg_restore = find_program("pg_restore", info.server_version)
    common = ("--no-password", "--no-owner", "--no-privileges", "--no-publications")
    left_out = [f"--exclude-table=*.{_quote(name)}" for name in without]
    with TemporaryDirectory(prefix="alembic-plugins-") as folder:
        file = Path(folder, "schema")
        conninfo, environment = describe_connection(info)
        command: list[str | Path] = [
            pg_dump,
            "--format=custom",
            "--schema-only",
            "--no-subscriptions",
            *common,
        ]
        run([*command, *left_out, "--file", file, "--dbname", conninfo], environment)
        conninfo, environment = describe_connection(_get_info(target))
        command = [pg_restore, "--single-transaction", "--exit-on-error", "--no-subscriptions"]
        run([*command, *common, "--dbname", conninfo, file], environment)


def restore(
    connection: Connection,
    path: Path,
    only: str | None = None,
    present: Collection[str] = (),
    *,
    identity: str,
    with_roles: bool = True,
    without: Collection[str] = (),
) -> None:
    """Read a backup back, in one transaction of pg_restore's own.

    It waits for everybody's locks, those of `connection` too.

    Args:
        connection: leads to the database.
        path: the file.
        only: a schema, which is there: what is in it comes back, and nothing else.
        present: schemas that are there: what is in them comes back, and they stay as they are.
        identity: the backup's, which names the program.
        with_roles: whether owners and privileges come back too.
        without: kinds of objects, in pg_restore's words, that do not come back.

    Raises:
        ProgramMissing: no pg_restore is there that fits the server.
        RestoreFailed: the file is no backup, or PostgreSQL refused something that is in it.
    """
    info = _get_info(connection)
    conninfo, environment = describe_connection(info)
    environment["PGAPPNAME"] = name_program(identity)
    with _translate(path):
        program = find_program("pg_restore", info.server_version)
        command: list[str | Path] = [program, "--single-transaction", "--exit-on-error"]
        command += ["--no-password", "--dbname", conninfo]
        command += [] if with_roles else ["--no-owner", "--no-privileges"]
        command += [] if only is None else [f"--schema={only}"]
        chosen = None
        if present or without:
            entries = run([program, "--list", path.absolute()]).splitlines()
            kinds = tuple(f"{kind} " for kind in without)
            kept = [e for e in entries if not _find_subject(e).startswith(kinds)]
            chosen = "\n".join(e for e in kept if not _is_of_schemas(e, present))
            command.append("--use-list=/dev/stdin")
        report = f"Restoring backup {path} ..."
        run([*command, path.absolute()], environment, report, chosen)


def _find_subject(entry: str) -> str:
    """Return what a line of a backup's list is on, after three numbers and before the owner."""
    return entry.split(" ", 3)[-1]


def _is_of_schemas(entry: str, schemas: Collection[str]) -> bool:
    """Tell whether a line of a backup's list is on schemas, and not on what is in them."""
    on = _find_subject(entry)
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


def _get_info(connection: Connection) -> Target:
    return find_target(connection)


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
def _make_temporary(file: Path) -> Iterator[Path]:
    """Make a file that nobody else may read, and remove it unless it was renamed."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
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
