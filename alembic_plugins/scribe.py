"""The one hand that writes: statements, and what the ledger gathers, on the right search path."""

from collections.abc import Collection
from time import monotonic

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Executable, Insert, func, select
from sqlalchemy.schema import SetTableComment

from . import _alembic
from .ledger import Ledger
from .namespaces import enter_namespace, leave_namespace
from .pipeline import UNHEARD
from .plan import Plan
from .plugin import HOST, Schema, parse_requirement
from .records import Row
from .refusals import UnexpectedVersionRows
from .session import Session
from .tables import VERSION, is_since, make_tables


class Scribe:
    """Execute statements of a command and keep the registry, online and offline alike.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        recorded: the plugins that have a row in the registry.
    """

    def __init__(
        self, session: Session, context: MigrationContext, recorded: Collection[str]
    ) -> None:
        self.session = session
        self.context = context
        self.tables = make_tables(context.version_table_schema)
        self.versions = _alembic.version_table(context)
        self.ledger = Ledger(session.state, frozenset(recorded), self.versions, self.tables)
        self._has_versions = session.state.version_table
        self._registry = session.state.registry
        self._entered: Executable | None = None
        self._path: str | None = None
        self._role: str | None = None
        self.host_schema = ""
        """The schema that unqualified names of the host's are made in."""
        self._saved = self.ledger
        self.is_committed = False
        """Whether a part of the transaction is committed, and cannot be taken back."""

    @property
    def connection(self) -> Connection:
        """The connection; in offline mode one that prints."""
        connection = self.context.connection
        assert connection is not None  # noqa: S101 - a configured context has one
        return connection

    @property
    def is_offline(self) -> bool:
        """Whether SQL is printed instead of run."""
        return self.context.as_sql

    def execute(self, statement: Executable) -> None:
        """Run a statement, or print it."""
        self.context.impl.execute(statement)

    def find_duration(self, started: float) -> int | None:
        """Return the milliseconds since `started`; in offline mode nothing takes time."""
        return None if self.is_offline else round((monotonic() - started) * 1000)

    def remember_path(self) -> None:
        """Keep the host's search path, to come back to, and the schema that it begins with."""
        if not self.is_offline:
            path, role = (func.current_setting(name) for name in ("search_path", "role"))
            question = select(path, role, func.current_schema())
            self._path, self._role, schema = self.connection.execute(question).one()
            self.host_schema = schema or ""

    def ensure_tables(self) -> None:
        """Make what is missing of the version table and the registry."""
        if not self._has_versions:
            self.versions.create(self.connection)
        if not self._registry:
            self.tables.metadata.create_all(self.connection, checkfirst=False)
        elif self._registry < VERSION:
            self._extend_tables()

    def begin(self) -> None:
        """Begin what `go_back` takes back."""
        self._saved, self.is_committed = self.ledger.copy(), False

    def go_back(self) -> None:
        """Say again what is committed: the transaction has failed, its search path with it."""
        self.ledger.go_back_to(self._saved)
        self._entered = None

    def commit_midway(self) -> None:
        """Write what is due before an `autocommit_block()` commits what it belongs to."""
        self.flush()
        self._saved, self.is_committed = self.ledger.copy(), True
        self.keep_tables()

    def keep_tables(self) -> None:
        """Take the tables to be there from now on: what made them is committed."""
        self._has_versions, self._registry = True, VERSION

    @property
    def has_registry(self) -> bool:
        """Whether the registry is there, and committed."""
        return self._registry == VERSION

    def _extend_tables(self) -> None:
        """Bring the tables of an earlier version to ours."""
        for table in self.tables.all:
            if not is_since(table, self._registry):
                table.create(self.connection)
                continue
            for column in table.c:
                if not is_since(column, self._registry):
                    self.context.impl.add_column(table.name, column, schema=table.schema)
        self.execute(SetTableComment(self.tables.plugin))

    def enter(self, name: str, plan: Plan) -> None:
        """Put the plugin's schema on the search path, with those of the plugins that it needs."""
        plugins = self.ledger.plugins
        needed = (plugins[other].namespace for other in self.find_needed(name, plan))
        schemas = [namespace.name for namespace in needed if isinstance(namespace, Schema)]
        statement = enter_namespace(plugins[name].namespace, schemas)
        if statement is not None:
            self.execute(statement)
            self._entered = statement

    def find_needed(self, name: str, plan: Plan) -> list[str]:
        """Return the installed plugins that a branch needs, by requirement or by revision."""
        if name == HOST:
            return sorted(self.ledger.find_needed(HOST, plan.find_depended(HOST)) - {HOST})
        found: list[str] = []
        todo = [name]
        while todo:
            current = todo.pop(0)
            if current in self.ledger.plugins and current not in found:
                found.append(current)
                requires = self.ledger.plugins[current].requires
                todo += [parse_requirement(text).name for text in requires]
                todo += sorted(self.ledger.find_needed(current, plan.find_depended(current)))
        return found[1:]

    def leave(self) -> None:
        """Put the host's search path back."""
        if self._entered is not None:
            self.execute(leave_namespace(self._path))
            self._entered = None

    def return_session(self) -> None:
        """Undo what a revision may have done to role and search path, which it must not keep."""
        self.execute(select(func.set_config("role", self._role, False)))
        self.execute(leave_namespace(self._path))
        if self._entered is not None:
            self.execute(self._entered)

    def write_due(self) -> None:
        """Write what is due in the registry, on whatever search path."""
        for item in self.ledger.take_due():
            if not isinstance(item, Row):
                self.execute(item)
            elif self.is_offline:
                self.execute(item.whole)
            else:
                self.connection.execute(item.statement, item.values, execution_options=UNHEARD)

    def flush(self) -> None:
        """Write what is to be recorded, on the host's search path."""
        entered = self._entered
        self.leave()
        for statement in self.ledger.take_versions():
            self._change_version_row(statement)
        self.write_due()
        if entered is not None:
            self.execute(entered)
            self._entered = entered

    def _change_version_row(self, statement: Executable) -> None:
        """Change one row of the version table, which nobody else must have changed."""
        if self.is_offline or isinstance(statement, Insert):
            self.execute(statement)
        elif self.connection.execute(statement).rowcount == 0:
            raise UnexpectedVersionRows(self.versions.name)
