"""Whether what is in a plugin's namespace is what its revisions make."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from . import _alembic, targets
from .drift import find_differences
from .errors import PluginError, first_line
from .migrator import Migrator
from .picture import read_picture
from .registry import State
from .session import Session
from .upkeep_errors import Different, NothingToAdopt, ScratchFailed

_PREFIX = "alembic_scratch_"

# Scratch databases whose makers are gone.
_STALE = text("""
    SELECT d.datname FROM pg_catalog.pg_database d
    WHERE starts_with(d.datname, :prefix)
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


def check_made(migrator: Migrator, name: str, revision: str) -> None:
    """Check that what is in a plugin's namespace is what its revisions make, up to one.

    Raises:
        NothingToAdopt: the namespace is empty.
        Different: it has something else.
        ScratchFailed: the revisions could not be run in a database of their own.
    """
    namespace = migrator.session.find_plugin(name).namespace
    found = read_picture(migrator.connection, namespace)
    migrator.end_reading()
    if not found:
        raise NothingToAdopt(name, str(namespace))
    with _scratch_database(migrator.connection, name) as connection:
        _install(migrator, connection, name, revision)
        expected = read_picture(connection, namespace)
    differences = find_differences(expected, found)
    if differences:
        raise Different(name, str(namespace), tuple(str(item) for item in differences))


def _install(migrator: Migrator, connection: Connection, name: str, revision: str) -> None:
    """Run the plugin's revisions, and all that they need, in an empty database."""
    context = migrator.context
    options = {**context.opts, "as_sql": False}
    scratch = MigrationContext(context.dialect, connection, options, context.environment_context)
    session = Session(migrator.session.config, migrator.session.script, State())
    session.transaction_per_revision = migrator.session.transaction_per_revision
    with _alembic.replaced_context(context, scratch):
        other = Migrator(session, scratch, migrator.run_args)
        other.read()
        try:
            other.run(lambda session: targets.upgrade_to(session, {name: revision}))
        except PluginError as error:
            raise ScratchFailed(name, str(error).rstrip(".")) from error


@contextmanager
def _scratch_database(connection: Connection, name: str) -> Iterator[Connection]:
    """Make a database beside the one that is connected to, and drop it again."""
    with connection.engine.connect() as opened:
        maker = opened.execution_options(isolation_level="AUTOCOMMIT")
        pid = maker.scalar(text("SELECT pg_backend_pid()"))
        database = f"{_PREFIX}{pid}"
        try:
            for stale in maker.scalars(_STALE, {"prefix": _PREFIX}).all():
                maker.execute(DropDatabase(stale))
            maker.execute(CreateDatabase(database))
        except DBAPIError as error:
            raise ScratchFailed(name, first_line(error.orig)) from error
        try:
            engine = create_engine(connection.engine.url.set(database=database), poolclass=NullPool)
            with engine.connect() as scratch:
                yield scratch
        finally:
            maker.execute(DropDatabase(database))
