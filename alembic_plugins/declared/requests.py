"""From the words of a caller to the plan that syncs a plugin's declared tables."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from ..catalog.objects import read_objects
from ..catalog.oids import PG_CLASS
from ..catalog.queries import read_host_schema
from ..loading.dependencies import read_session_ownership
from ..loading.errors import Quarantined
from ..loading.session import Session
from ..namespaces.ownership import Ownership
from ..planning.errors import Interrupted, RequirementNotInstalled
from ..planning.hooks import add_hooks, plan_completion
from ..planning.operations import CheckObjects, CreateNamespace, Operation
from ..planning.plan import Plan, Transaction
from ..planning.tables import Incompatible, SyncTable, TableChange
from ..planning.targets import check_namespaces
from ..plugin import HOST, Namespace, parse_requirement
from ..registry.tables import Tables
from .definitions import ExistingTable, TableDefinition, find_tables, read_definitions
from .errors import ColumnExists, ColumnMissing, IncompatibleChange, TableExists, TableMissing
from .planner import TablePlan, plan_tables
from .statements import StatementRenderer
from .tables import DeclaredTable, Place

_TABLE_KINDS = ("r", "p")
"""What `pg_class` calls tables, partitioned ones too."""


@dataclass(frozen=True)
class SyncPlan:
    """What is done about declared tables, and what is not.

    Attributes:
        plan: the operations.
        tables: what is done to each table, and what is not.
        refused: what is not done about tables that are not declared any more.
    """

    plan: Plan
    tables: tuple[TablePlan, ...]
    refused: tuple[Incompatible, ...] = ()


class SyncPlanner:
    """Plan what is done to the declared tables of one plugin.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, with the connection that migrates.
        tables: the registry's tables.
        name: the plugin.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
        Quarantined: it is set aside.
        Interrupted: a revision of it has committed a part of itself.
        RequirementNotInstalled: it requires a plugin that is not there.
        NamespaceConflict: its namespace is another plugin's.
    """

    def __init__(
        self, session: Session, context: MigrationContext, tables: Tables, name: str
    ) -> None:
        self._session = session
        self._context = context
        self._tables = tables
        self.name = name
        self._seen: set[int] = set()
        self._check()

    @property
    def _connection(self) -> Connection:
        connection = self._context.connection
        assert connection is not None  # noqa: S101 - tables are compared with a database
        return connection

    def _check(self) -> None:
        session, name = self._session, self.name
        session.check_undamaged(name)
        aside = session.state.quarantined.get(name)
        if aside and aside.quarantine:
            raise Quarantined(name, aside.quarantine)
        if half := session.state.interruptions.get(name):
            raise Interrupted(name, half.revision, half.direction)
        if name in session.state.plugins and not session.find_usable(name):
            return
        session.find_plugin(name)
        missing = [n for n in session.find_requirements(name) if n not in session.state.plugins]
        for other in missing:
            session.find_target(other)  # One without revisions has to be synced itself.
        if missing:
            raise RequirementNotInstalled(name, tuple(missing))
        check_namespaces(session, [name])

    @property
    def place(self) -> Place:
        """Where the plugin's tables are."""
        session, name = self._session, self.name
        plugins = session.state.plugins
        known, declared = plugins.get(name), session.declaration(name)
        namespace = known.namespace if known else session.find_plugin(name).namespace
        requires = declared.requires if declared else known.requires if known else ()
        required: dict[str, Namespace] = {
            other: plugins[other].namespace
            for other in map(session.renames.resolve, map(parse_requirement, requires))
            if other in plugins
        }
        host_schema = session.state.host_schema or read_host_schema(self._connection)
        return Place(name, namespace, host_schema, required)

    def plan(
        self,
        declared: Sequence[DeclaredTable],
        *,
        only: Collection[str] | None = None,
        is_complete: bool = False,
    ) -> SyncPlan:
        """Return what is done to declared tables.

        Args:
            declared: the tables.
            only: the columns that it is about; None is whole tables.
            is_complete: whether these are all of the plugin's tables: others are told of.

        Raises:
            TableExists: one is there that no sync has made for the plugin.
            SyncError: what else is wrong with them, in words.
        """
        place = self.place
        self._seen.clear()
        with self._reading():
            ownership = read_session_ownership(self._connection, self._tables, self._session)
            check = partial(self._check_table, ownership)
            tables = plan_tables(self._context, place, declared, check, only=only)
            refused = self._find_undeclared(ownership) if is_complete else ()
        changes = [(it.table, it.changes) for it in tables if it.changes]
        changes += [(it.table, it.late) for it in tables if it.late]
        return SyncPlan(self._plan_changes(changes), tables, refused)

    def plan_column(
        self, table: str, declared: DeclaredTable, column: str, *, is_new: bool
    ) -> SyncPlan:
        """Return what makes a column of a table, or changes it.

        Args:
            table: the table, by the name that declares it.
            declared: a table of that name, with the column.
            column: the column.
            is_new: whether it is not there yet.

        Raises:
            TableMissing: the table is not there.
            ColumnExists: it has the column already.
            ColumnMissing: it does not have the column that is to be changed.
            IncompatibleChange: something would be lost, or rows are against it.
        """
        title, definition = self.read_table(table)
        if is_new and column in definition.columns:
            raise ColumnExists(title, column)
        if not is_new and column not in definition.columns:
            raise ColumnMissing(title, column)
        found = self.plan((declared,), only={column})
        for item in found.tables[0].refused:
            raise IncompatibleChange(item.table, column, item.reason, item.instead, item.remedy)
        return found

    def plan_drop(self, table: str, column: str) -> SyncPlan:
        """Return what drops a column of a table.

        Raises:
            TableMissing: the table is not there.
            ColumnMissing: it has no such column.
        """
        title, definition = self.read_table(table)
        if column not in definition.columns:
            raise ColumnMissing(title, column)
        place = self.place
        drop = ops.DropColumnOp(place.name_table(table), column, schema=place.schema)
        statements = StatementRenderer(self._context).render(drop)
        change = TableChange(title, column, "is dropped", statements)
        return SyncPlan(self._plan_changes([(title, (change,))]), ())

    def read_table(self, table: str) -> tuple[str, TableDefinition]:
        """Return what a table is called with its schema, and what it is.

        Raises:
            TableMissing: it is not there.
            TableExists: no sync has made it for the plugin.
        """
        place = self.place
        name = place.name_table(table)
        with self._reading():
            found = find_tables(self._connection, place.schema, [name])
            if not found:
                raise TableMissing(self.name, table)
            ownership = read_session_ownership(self._connection, self._tables, self._session)
            self._check_table(ownership, f"{place.schema}.{name}", found[name])
            oid = found[name].oid
            return f"{place.schema}.{name}", read_definitions(self._connection, [oid])[oid]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Read in the block, and end the transaction that this has begun, if it has begun one."""
        fresh = not self._connection.in_transaction()
        yield
        if fresh:
            self._connection.rollback()

    def _plan_changes(self, changes: Sequence[tuple[str, tuple[TableChange, ...]]]) -> Plan:
        """Return the plan that makes changes to tables, each in a transaction."""
        name, known = self.name, self._session.state.plugins.get(self.name)
        declared = self._session.declaration(name)
        is_new = known is None or bool(declared and declared.extensions)
        transactions = []
        for table, todo in changes:
            before: tuple[Operation, ...] = (CreateNamespace(name),) if is_new else ()
            operations = (*before, SyncTable(name, table, todo), CheckObjects())
            transactions.append(Transaction(operations, "sync", has_savepoint=True))
            is_new = False
        if not transactions:
            return plan_completion(self._session, [name])
        return add_hooks(self._session, Plan(tuple(transactions)))

    def _check_table(self, ownership: Ownership, name: str, existing: ExistingTable) -> None:
        """Check that a table is one that a sync has made for the plugin.

        Raises:
            TableExists: it is another one.
        """
        self._seen.add(existing.oid)
        if existing.kind not in _TABLE_KINDS:
            raise TableExists(name, "it is no table", "Declare another name")
        place = (PG_CLASS, existing.oid, 0)
        row = next((row for row in ownership.recorded if row.place == place and row.made), None)
        if row is not None and row.plugin == self.name:
            if row.revision is None or row.is_by_sync:
                return
            whose = f"revision '{row.revision}' of '{self.name}' has made it"
            raise TableExists(name, whose, "Change it by a revision, or declare another name")
        item = read_objects(self._connection, {place[:2]}).get(place[:2])
        owner = ownership.find_owner(item) if item else None
        if owner and owner.name == self.name:
            command = f"alembic plugin repair {self.name} --with-unknown-objects"
            raise TableExists(
                name, "nobody is known to have made it", f"Record it with '{command}'"
            )
        whose = "the host's" if owner is None or owner.name == HOST else f"plugin '{owner.name}'s"
        raise TableExists(name, f"it is {whose}", "Declare another name, or rename that table")

    def _find_undeclared(self, ownership: Ownership) -> tuple[Incompatible, ...]:
        """Return the tables that a sync has made, and that are not declared any more."""
        made = ownership.find_made(self.name)
        keys = {
            place[:2]
            for place, row in made.items()
            if row.is_by_sync and place[0] == PG_CLASS and place[1] not in self._seen
        }
        items = read_objects(self._connection, keys).values()
        gone = [item for item in items if item.kind == "table"]
        return tuple(
            Incompatible(
                item.identity, None, "it is not declared any more", f"DROP TABLE {item.identity}"
            )
            for item in gone
        )
