"""A database of its own beside the host's, where revisions can be tried out."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import DropSchema, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from .._base_errors import first_line
from ..backup.archive import copy_schema
from ..backup.errors import ProgramMissing
from ..backup.programs import ProgramFailed
from ..catalog.objects import read_objects
from ..catalog.queries import find_prefixed, read_host_schema
from ..config.parameters import find_target
from ..plugin import Namespace, Schema
from ..registry.sql import raw
from .errors import ScratchFailed

_PREFIX = "alembic_scratch_"
_BY_URL = ("dbname", "service")

# Scratch databases whose makers are gone.
_STALE = text("""
    SELECT d.datname FROM pg_catalog.pg_database d
    WHERE pg_catalog.starts_with(d.datname, :prefix)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                      WHERE :prefix || a.pid = d.datname OR a.datid = d.oid)
""")


class CreateDatabase(ExecutableDDLElement):
    """``CREATE DATABASE name`` of what every database has."""

    def __init__(self, name: str) -> None:
        self.name = name


class DropDatabase(ExecutableDDLElement):
    """``DROP DATABASE name``, whoever is connected to it."""

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(CreateDatabase)
def _compile_create(element: CreateDatabase, compiler: DDLCompiler, **_options: object) -> str:
    return f"CREATE DATABASE {compiler.preparer.quote(element.name)} TEMPLATE template0"


@compiles(DropDatabase)
def _compile_drop(element: DropDatabase, compiler: DDLCompiler, **_options: object) -> str:
    return f"DROP DATABASE IF EXISTS {compiler.preparer.quote(element.name)} WITH (FORCE)"


@contextmanager
def make_scratch_database(connection: Connection, name: str, revision: str) -> Iterator[Connection]:
    """Make a database beside the one that is connected to, and drop it again.

    Raises:
        ScratchFailed: PostgreSQL does not let us; the plugin `name` cannot be tried out up to
            `revision`.
    """
    with connection.engine.connect() as opened:
        maker = opened.execution_options(isolation_level="AUTOCOMMIT")
        pid = maker.scalar(text("SELECT pg_catalog.pg_backend_pid()"))
        database = f"{_PREFIX}{pid}"
        try:
            for stale in maker.scalars(_STALE, {"prefix": _PREFIX}).all():
                maker.execute(DropDatabase(stale))
            maker.execute(CreateDatabase(database))
        except DBAPIError as error:
            raise ScratchFailed(name, first_line(error.orig), revision) from error
        try:
            engine = _make_engine(maker, database)
            with engine.connect() as scratch:
                yield scratch
        finally:
            maker.execute(DropDatabase(database))


def _make_engine(connection: Connection, database: str) -> Engine:
    """Return an engine for another database, with what the driver was given beside the URL."""
    url = connection.engine.url.set(database=database)
    if connection.dialect.driver == "asyncpg":  # It does not tell, and has other parameters.
        return create_engine(url, poolclass=NullPool)
    found = find_target(connection).parameters
    given = {key: value for key, value in found.items() if value and key not in _BY_URL}
    return create_engine(url, poolclass=NullPool, connect_args=given)


NO_COPY = (ProgramFailed, ProgramMissing, OSError)
"""What keeps a database from being copied, and is no fault of what is in it."""


def copy_database(
    source: Connection, scratch: Connection, without: Collection[str], name: str, revision: str
) -> None:
    """Make in a scratch database what another one has, without rows.

    Args:
        source: leads to the other database.
        scratch: leads to the scratch database.
        without: the names of tables that are left out.
        name: the plugin, for what is said when it cannot be done.
        revision: likewise, that of the plugin.

    Raises:
        ScratchFailed: it cannot be done, by one of `NO_COPY`.
    """
    try:
        copy_schema(source, scratch, without)
    except NO_COPY as error:
        raise ScratchFailed(name, str(error).rstrip("."), revision) from error


def drop_namespace(connection: Connection, namespace: Namespace) -> None:
    """Drop all that is in a plugin's own schema, or goes by its prefix, and what depends on it."""
    with connection.begin():
        if isinstance(namespace, Schema):
            if namespace.create:
                connection.execute(DropSchema(namespace.name, cascade=True, if_exists=True))
            return
        keys = find_prefixed(connection, namespace, read_host_schema(connection))
        for item in read_objects(connection, keys).values():
            connection.execute(raw(f"DROP {item.kind} IF EXISTS {item.identity} CASCADE"))
