"""What has to be done so that a plugin's declared tables are there, in order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, ForeignKeyConstraint, Table
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.schema import sort_tables_and_constraints

from .._base_errors import find_sqlstate, first_line
from ..namespaces.ddl import enter_namespace
from ..planning.tables import Incompatible, TableChange
from .comparison import Comparison, compare_columns
from .creation import NamedTypes, create_table
from .definitions import (
    ExistingTable,
    TableDefinition,
    find_tables,
    read_declared,
    read_definitions,
)
from .differences import Differ
from .errors import InvalidTable, SyncFailed
from .statements import StatementRenderer
from .tables import DeclaredTable, Place, build_tables
from .violations import Rows

_NO_PRIVILEGE = "42501"

CheckTable = Callable[[str, ExistingTable], None]
"""Gets the name of a table that is there, and the table; raises where it is not the plugin's."""


@dataclass(frozen=True)
class TablePlan:
    """What is done to a declared table.

    Attributes:
        table: the table, with its schema.
        changes: what is done, in order.
        late: what is done after all other tables.
        refused: what is not done.
        is_new: whether it is not there yet.
    """

    table: str
    changes: tuple[TableChange, ...] = ()
    late: tuple[TableChange, ...] = ()
    refused: tuple[Incompatible, ...] = ()
    is_new: bool = False


def plan_tables(
    context: MigrationContext,
    place: Place,
    declared: Sequence[DeclaredTable],
    check: CheckTable,
    only: Collection[str] | None = None,
) -> tuple[TablePlan, ...]:
    """Return what is done to declared tables, those first to which others refer.

    The database is as it was afterwards: what PostgreSQL is asked in is rolled back.

    Args:
        context: Alembic's, with the connection that migrates.
        place: where the tables are.
        declared: the tables.
        check: called for each that is there.
        only: the columns that it is about, of tables that have more; None is whole tables.

    Raises:
        InvalidTable: one is not declared as tables can be.
        UnknownRelation: one relates to a table that is not there.
    """
    connection = context.connection
    assert connection is not None  # noqa: S101 - tables are compared with a database
    with _rolled_back(connection):
        path = enter_namespace(place.namespace, place.required.values())
        if path is not None:
            connection.execute(path)
        tables = build_tables(connection, place, declared)
        planner = _Planner(StatementRenderer(context), connection, place.plugin, only)
        return tuple(planner.plan(tables, check))


@contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    """Roll back what is done in the block, the search path included."""
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


class _Planner:
    """Plan the tables of one plugin, on its search path.

    Args:
        renderer: renders statements.
        connection: leads to the database.
        plugin: the plugin's name.
        only: the columns that it is about; None is whole tables.
    """

    def __init__(
        self,
        renderer: StatementRenderer,
        connection: Connection,
        plugin: str,
        only: Collection[str] | None,
    ) -> None:
        self._renderer = renderer
        self._connection = connection
        self._plugin = plugin
        self._only = only
        self._types = NamedTypes(connection, renderer)

    def plan(self, tables: Sequence[Table], check: CheckTable) -> Iterator[TablePlan]:
        """Yield what is done to each table."""
        names = {table.name: table for table in tables}
        schema = next((str(table.schema) for table in tables), "")
        found = find_tables(self._connection, schema, names)
        for name, existing in found.items():
            check(str(names[name]), existing)
        there = {names[name]: existing.oid for name, existing in found.items()}
        ordered, late = _sort(tables)
        comparisons = self._compare(tables, there, late) if there else {}
        for table in ordered:
            changes, refused = self._prepare(table)
            if table in comparisons:
                rows = Rows(self._connection, table)
                differences = Differ(self._renderer, comparisons[table], rows).find()
                whole = (*changes, *differences.now)
                left = (*refused, *differences.refused)
                yield TablePlan(str(table), whole, differences.late, left)
            else:
                made = self._create(table, late)
                referring = tuple(self._refer(key) for key in late if key.table is table)
                yield TablePlan(
                    str(table), (*changes, made), referring, tuple(refused), is_new=True
                )

    def _compare(
        self,
        tables: Sequence[Table],
        there: Mapping[Table, int],
        late: Collection[ForeignKeyConstraint],
    ) -> Mapping[Table, Comparison]:
        """Return what the tables that are there are, beside what they are to be."""
        before = read_definitions(self._connection, list(there.values()))
        after = dict(zip(there, self._declare(list(there)), strict=True))
        pairs = {table.name: (before[oid], after[table]) for table, oid in there.items()}
        with _rolled_back(self._connection):
            operations = compare_columns(self._connection, list(there), pairs, self._only)
        # What is referred to and not declared was found in the database.
        others = {t for table in tables for t in table.metadata.tables.values()} - {*tables}
        known = frozenset(map(str, {*there, *others}))
        return {
            table: Comparison(
                table, *pairs[table.name], operations.get(table.name, ()), late, known, self._only
            )
            for table in there
        }

    def _declare(self, tables: Sequence[Table]) -> Sequence[TableDefinition]:
        """Return what tables are to be; of several, the one that PostgreSQL refuses is told."""
        try:
            return read_declared(self._connection, tables)
        except (DBAPIError, CompileError) as error:
            if len(tables) > 1:
                return [definition for table in tables for definition in self._declare([table])]
            cause = error.orig if isinstance(error, DBAPIError) else error
            if find_sqlstate(cause) == _NO_PRIVILEGE:
                reason = f"{first_line(cause)}; who syncs needs the privilege TEMPORARY on it"
                raise SyncFailed(self._plugin, str(tables[0]), reason) from error
            raise InvalidTable(self._plugin, tables[0].name, first_line(cause)) from error

    def _create(self, table: Table, late: Collection[ForeignKeyConstraint]) -> TableChange:
        try:
            return create_table(self._renderer, table, late)
        except CompileError as error:
            raise InvalidTable(self._plugin, table.name, first_line(error)) from error

    def _prepare(self, table: Table) -> tuple[list[TableChange], list[Incompatible]]:
        """Return what is done, and what is not, about the types and sequences of a table."""
        found = [item for column in table.c for item in self._types.prepare(column)]
        changes = [item for item in found if isinstance(item, TableChange)]
        return changes, [item for item in found if isinstance(item, Incompatible)]

    def _refer(self, key: ForeignKeyConstraint) -> TableChange:
        statements = self._renderer.render(ops.CreateForeignKeyOp.from_constraint(key))
        return TableChange(str(key.table), None, f"foreign key {key.name} is added", statements)


def _sort(tables: Sequence[Table]) -> tuple[list[Table], list[ForeignKeyConstraint]]:
    """Return tables after those that they refer to, and the foreign keys for which that fails."""
    ordered: list[Table] = []
    late: list[ForeignKeyConstraint] = []
    sorted_ = sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]  # SQLAlchemy's
    for table, keys in sorted_:
        if table is None:
            late += sorted(keys, key=lambda key: str(key.name))
        else:
            ordered.append(table)
    return ordered, late
