"""Execute statements, and write pending changes of the registry, on the right search path."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from time import monotonic

from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Insert,
    Table,
    Text,
    UpdateBase,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.schema import SetTableComment

from .. import _alembic
from ..loading.search_paths import find_needed
from ..loading.session import Session
from ..namespaces.ddl import enter_namespace, leave_namespace
from ..namespaces.object_statements import (
    record_gone,
    record_objects,
    record_place,
    refresh_objects,
)
from ..namespaces.recorded import (
    RecordedObject,
    read_epoch,
    read_outdated,
    read_recorded,
)
from ..planning.plan import Plan
from ..plugin import HOST
from ..registry.pending import PendingChanges
from ..registry.statements import Row
from ..registry.tables import (
    REMOVED_IN_3,
    VERSION,
    is_since,
    make_tables,
)
from .batch import NO_READER
from .callbacks import Callbacks
from .errors import UnexpectedVersionRows

_LOCK_TIMEOUT_SECONDS = 10
"""How long a statement may wait for a lock by default: others wait behind it all that time."""

_HAS_BLOCKS: ColumnElement[bool] = literal_column(
    "EXISTS (SELECT FROM pg_catalog.pg_language l WHERE l.lanname = 'plpgsql'"
    " AND pg_catalog.has_language_privilege(l.oid, 'USAGE'))"
)

_FIRST_WITH_NAMES = 2
"""The version of the registry that had names of objects."""


class RegistryWriter:
    """Execute statements of a command and keep the registry, online and offline alike.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        recorded: the plugins that have a row in the registry.
        callbacks: what is checked before something is committed.
    """

    def __init__(
        self,
        session: Session,
        context: MigrationContext,
        recorded: Collection[str],
        callbacks: Callbacks,
    ) -> None:
        self.session = session
        self.context = context
        self.tables = make_tables(context.version_table_schema)
        self.versions = _alembic.version_table(context)
        self.pending = PendingChanges(
            session.state, frozenset(recorded), self.versions, self.tables
        )
        self._has_versions = session.state.version_table
        self._registry = session.state.registry
        self._entered: Executable | None = None
        self._is_bound = False
        self._path: str | None = None
        self._role: str | None = None
        self.has_blocks = False  # Whether PL/pgSQL is there, and may be used.
        self.host_schema = ""
        """The schema that unqualified names of the host's are made in."""
        self._saved = self.pending
        self.written: Counter[str] = Counter()
        """How many rows of the registry and the version table were written, by table."""
        self.has_extended = False
        """Whether the transaction has made or changed these tables."""
        self.prepared: set[tuple[str, str]] = set()
        """What was made for plugins before their first revisions ran, by kind and name."""
        self.is_committed = False
        """Whether a part of the transaction is committed, and cannot be rolled back."""
        self._callbacks = callbacks
        self._entered_branch: str | None = None

    @property
    def connection(self) -> Connection:
        """The connection; in offline mode one that prints."""
        connection = self.context.connection
        assert connection is not None  # noqa: S101 - a configured context has one
        return connection

    @property
    def schema(self) -> str:
        """The schema of the version table and of the registry."""
        return self.versions.schema or self.host_schema

    @property
    def is_ours(self) -> bool:
        """Whether transactions are ours to begin and to end."""
        return not (self.is_offline or _alembic.in_external_transaction(self.context))

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
            path, role = (func.pg_catalog.current_setting(name) for name in ("search_path", "role"))
            # What was read and written until now is not to be taken for what revisions do.
            flush = func.pg_catalog.pg_stat_force_next_flush()
            question = select(path, role, func.current_schema(), flush, _HAS_BLOCKS)
            row = self.connection.execute(question).one()
            self._path, self._role, schema, _, self.has_blocks = row
            self.host_schema = schema or ""

    @contextmanager
    def lend_role(self, connection: Connection) -> Iterator[Connection]:
        """Let another connection have the rights of ours in the block.

        It belongs to the one who has logged in, and the host may have changed to another role.
        """
        change = func.pg_catalog.set_config
        own = connection.scalar(select(func.pg_catalog.current_setting("role")))
        connection.execute(select(change("role", self._role, False)))
        try:
            yield connection
        finally:
            connection.execute(select(change("role", own, False)))

    def set_timeouts(self) -> None:
        """Let no statement of the transaction wait or run for longer than the host allows.

        Without an option, a lock is waited for as long as the session has it, if it has a limit.
        """
        if self.is_offline:
            return
        settings = self.session.settings
        self._set_timeout("statement_timeout", settings.statement_timeout)
        if settings.lock_timeout is not None:
            self._set_timeout("lock_timeout", settings.lock_timeout)
            return
        given = func.pg_catalog.current_setting("lock_timeout")
        value = case((given == "0", f"{_LOCK_TIMEOUT_SECONDS}s"), else_=given)
        self.execute(select(func.pg_catalog.set_config("lock_timeout", value, True)))

    def _set_timeout(self, name: str, seconds: float | None) -> None:
        if seconds is not None:
            milliseconds = f"{round(seconds * 1000)}ms"
            self.execute(select(func.pg_catalog.set_config(name, milliseconds, True)))

    def ensure_tables(self) -> None:
        """Make what is missing of the version table and the registry."""
        if not self._has_versions:
            self.versions.create(self.connection)
        if not self._registry:
            self.tables.metadata.create_all(self.connection, checkfirst=False)
        elif self._registry < VERSION:
            self._extend_tables()
        self.has_extended = not (self._has_versions and self.has_registry)

    def ensure_bound(self) -> None:
        """Do as `bind_objects` does, once a command."""
        if not (self._is_bound or self.is_offline) and self.has_registry:
            self.bind_objects()
        self._is_bound = True

    def bind_objects(self) -> None:
        """Record anew where objects are that a dump and restore has given other numbers."""
        outdated = read_outdated(self.connection, self.tables)
        for id_, place in outdated.items():
            if place is not None:
                self.execute(record_place(self.tables, id_, place, self.epoch))
        gone = [id_ for id_, place in outdated.items() if place is None]
        if gone:
            self.execute(record_gone(self.tables, gone))

    def refresh_objects(self) -> None:
        """Record what objects are called by now: after a dump and restore they are found by it."""
        if not self.is_offline:
            self.execute(refresh_objects(self.tables))

    @cached_property
    def epoch(self) -> str:
        """Where what is recorded of objects holds from now on."""
        return read_epoch(self.connection, self.tables)

    def is_new(self, name: str) -> bool:
        """Tell whether a plugin has got its row in this transaction."""
        return not self._saved.is_recorded(name)

    def begin(self) -> None:
        """Remember what is committed, for `go_back`: a transaction begins."""
        self._saved, self.is_committed = self.pending.copy(), False
        self.written.clear()
        self.prepared.clear()

    def go_back(self) -> None:
        """Say again what is committed: the transaction has failed, its search path with it."""
        self.pending.go_back_to(self._saved)
        self._entered = self._entered_branch = None
        self._is_bound = False

    def commit_midway(self) -> None:
        """Write what is due before an `autocommit_block()` commits what it belongs to."""
        self._callbacks.check()
        self.flush()
        self._saved, self.is_committed = self.pending.copy(), True
        self.keep_tables()

    def keep_tables(self) -> None:
        """Take the tables to be there from now on: what made them is committed."""
        self._has_versions, self._registry = True, VERSION

    def drop_tables(self) -> None:
        """Drop the registry."""
        self.tables.metadata.drop_all(self.connection, checkfirst=False)
        self._registry, self.has_extended = 0, False

    @property
    def has_tables(self) -> bool:
        """Whether the registry is there as it is today, be it that it was made just now."""
        return self.has_registry or self.has_extended

    @property
    def has_registry(self) -> bool:
        """Whether the registry is there, and committed."""
        return self._registry == VERSION

    def _extend_tables(self) -> None:
        """Bring the tables of an earlier version to ours."""
        state, version = self.session.state, self._registry
        plugins = (*state.plugins.values(), *state.quarantined.values())
        known = read_recorded(self.connection, self.tables, version, plugins, self.host_schema)
        for table in self.tables.all:
            if is_since(table, version):
                self._extend_table(table, version)
            else:
                table.create(self.connection)
        if not is_since(self.tables.object, version):
            self._bring_objects(known)
        for name, removed in REMOVED_IN_3 if version == _FIRST_WITH_NAMES else ():
            self.context.impl.drop_column(
                name, Column(removed, Text), schema=self.tables.metadata.schema
            )
        self.execute(SetTableComment(self.tables.plugin))

    def _extend_table(self, table: Table, version: int) -> None:
        """Add what a table has not got in an earlier version."""
        for column in table.c:
            if not is_since(column, version):
                self.context.impl.add_column(table.name, column, schema=table.schema)
        for index in table.indexes:
            if not is_since(index, version):
                index.create(self.connection)

    def _bring_objects(self, known: Sequence[RecordedObject]) -> None:
        """Record the objects that an earlier version knew by name."""
        if known:
            self.write(record_objects(self.tables, known, self.epoch))
        revision = self.tables.revision
        was_run = revision.c.duration_ms.is_not(None)
        self.execute(revision.update().values(objects_known=was_run))

    def move_to(self, branch: str | None, plan: Plan) -> None:
        """Put what a branch needs on the search path, or for None the host's path back."""
        if branch != self._entered_branch:
            self.leave()
            if branch in self.pending.plugins:  # One that is set aside has no path.
                self.enter(str(branch), plan)
            self._entered_branch = branch

    def enter(self, name: str, plan: Plan) -> None:
        """Put the plugin's schema on the search path, with those of the plugins that it needs."""
        plugins = self.pending.plugins
        needed = (plugins[other].namespace for other in self.find_needed(name, plan))
        statement = enter_namespace(plugins[name].namespace, needed)
        if statement is not None:
            self.execute(statement)
            self._entered = statement

    def find_needed(self, name: str, plan: Plan) -> list[str]:
        """Return the installed plugins that a branch needs, by requirement or by revision."""

        def find_depended(branch: str) -> list[str]:
            return sorted(self.pending.find_needed(branch, plan.find_depended(branch)) - {HOST})

        if name == HOST:
            return find_depended(HOST)
        if name not in self.pending.plugins:
            return []  # It is set aside, or forgotten.
        return find_needed(self.session, self.pending.plugins, name, find_depended)

    def leave(self) -> None:
        """Put the host's search path back."""
        if self._entered is not None:
            self.execute(leave_namespace(self._path))
            self._entered = None

    def return_session(self) -> None:
        """Undo what a revision may have done to role and search path, which it must not keep."""
        self.execute(select(func.pg_catalog.set_config("role", self._role, False)))
        self.execute(leave_namespace(self._path))
        if self._entered is not None:
            self.execute(self._entered)

    def write_due(self) -> None:
        """Write what is due in the registry, on whatever search path."""
        for item in self.pending.take_due():
            self.write(item)

    def write(self, item: Executable | Row) -> None:
        """Write to our tables."""
        self._count(item.statement if isinstance(item, Row) else item)
        if not isinstance(item, Row):
            self.execute(item)
        elif self.is_offline:
            self.execute(item.whole)
        else:
            self.connection.execute(item.statement, item.values, execution_options=NO_READER)

    @property
    def is_lost(self) -> bool:
        """Whether the connection is of no use any more."""
        return not self.is_offline and (self.connection.closed or self.connection.invalidated)

    def write_elsewhere(self, connection: Connection) -> None:
        """Write what is due in the registry by another connection, since ours is lost."""
        connection.execute(leave_namespace(self._path))
        for item in self.pending.take_due():
            connection.execute(item.whole if isinstance(item, Row) else item)

    def flush(self) -> None:
        """Write what is to be recorded, on the host's search path."""
        entered = self._entered
        self.leave()
        for statement in self.pending.take_versions():
            self._change_version_row(statement)
        self.write_due()
        if entered is not None:
            self.execute(entered)
            self._entered = entered

    def _count(self, statement: Executable) -> None:
        """Take note that a statement has written a row of one of our tables."""
        if isinstance(statement, UpdateBase) and isinstance(statement.table, Table):
            self.written[statement.table.name] += 1

    def _change_version_row(self, statement: Executable) -> None:
        """Change one row of the version table, which nobody else must have changed."""
        self._count(statement)
        if self.is_offline or isinstance(statement, Insert):
            self.execute(statement)
        elif self.connection.execute(statement).rowcount == 0:
            raise UnexpectedVersionRows(self.versions.name)
