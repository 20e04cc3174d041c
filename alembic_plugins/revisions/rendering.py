"""A connection that prints statements, and notices that it is asked something.

Alembic's own answers each statement with None: a revision that looks at the answer fails in
Python's words, or passes over what it would have done, and the script has a gap.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, cast

from alembic.ddl import DefaultImpl
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Executable, Insert, TextClause
from sqlalchemy.engine.mock import MockConnection

from .. import _alembic

_QUESTIONS = frozenset({"connection", "exec_driver_sql", "scalar", "scalars"})
"""What a connection has to ask with, and one that prints has not."""


_FACTS = ("default_schema_name", "server_version_info", "supports_virtual_generated_columns")
"""What a dialect knows of the server to which it has connected, and some statements hang on."""


class NoDatabaseError(Exception):
    """A revision has asked the database something where there is none."""


class RenderingConnection(MockConnection):
    """Print statements in the way of `impl`; `is_asked` is kept where a revision goes on."""

    def __init__(self, impl: DefaultImpl) -> None:
        super().__init__(impl.dialect, self.execute)
        self._impl = impl
        self.is_asked = False

    def execute(
        self,
        obj: Executable,
        parameters: Any = None,  # noqa: ANN401 - a mapping, or several
        execution_options: object = None,  # noqa: ARG002 - they change nothing about what is printed
    ) -> "_NoAnswer":
        """Print a statement, with its parameters in it."""
        rows = parameters if isinstance(parameters, Sequence) else [parameters]
        for row in rows:
            self._impl.execute(self._bind(obj, row) if row else obj)
        return _NoAnswer(self)

    def _bind(self, statement: Executable, row: Mapping[str, Any]) -> Executable:
        if isinstance(statement, Insert):
            return statement.values(row)
        if not isinstance(statement, TextClause):
            self.refuse()
        return statement.bindparams(**row)

    def refuse(self) -> NoReturn:
        """Raise what an answer would have been needed for."""
        self.is_asked = True
        raise NoDatabaseError

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse to be asked; Alembic tries for other attributes, which are not there."""
        if name in _QUESTIONS:
            self.refuse()
        raise AttributeError(name, name=name, obj=self)


class _NoAnswer:
    """What a statement returns that nobody has run."""

    def __init__(self, connection: RenderingConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._connection.refuse()

    def __iter__(self) -> Iterator[Any]:
        self._connection.refuse()

    def __bool__(self) -> bool:
        self._connection.refuse()


def render_with(context: MigrationContext) -> RenderingConnection:
    """Let a context of offline mode notice that it is asked; return its connection."""
    connection = RenderingConnection(context.impl)
    context.connection = context.impl.connection = cast("Connection", connection)
    return connection


def is_asked(context: MigrationContext) -> bool:
    """Tell whether a context of offline mode was asked something."""
    return isinstance(context.connection, RenderingConnection) and context.connection.is_asked


def asks_database(error: BaseException) -> bool:
    """Tell whether a revision has failed since there was no database to be asked."""
    if isinstance(error, AttributeError):
        return error.obj is None or isinstance(error.obj, MockConnection)
    if isinstance(error, NoDatabaseError):
        return True
    foreign = type(error).__module__.partition(".")[0] == "sqlalchemy"
    return foreign or (isinstance(error, TypeError) and "NoneType" in str(error))


class Statements(list[str]):
    """An output buffer: in offline mode, Alembic writes one statement at a time."""

    def write(self, text: str) -> None:
        """Keep a statement, without semicolons at its end: Alembic's, and one of the author's."""
        self.append(text.rstrip("; \n").lstrip())

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def attend(self, operations: Operations) -> None:
        """Do nothing: which operations the statements are of is of no interest here."""


def make_renderer(context: MigrationContext, statements: Statements) -> MigrationContext:
    """Return a context of offline mode that writes to `statements` and is else like another one."""
    dialect = type(context.dialect)(paramstyle="named")  # type: ignore[call-arg]  # psycopg's has it
    for fact in _FACTS:
        if hasattr(context.dialect, fact):
            setattr(dialect, fact, getattr(context.dialect, fact))
    output = {"as_sql": True, "literal_binds": True, "output_buffer": statements}
    options = {**context.opts, **output}
    with _alembic.silenced_context_log():
        offline = MigrationContext(dialect, None, options, context.environment_context)
    render_with(offline)
    return offline
