"""What makes declared tables that are not there, with their enumerations, sequences and indexes."""

from collections.abc import Collection, Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import Column, Connection, ForeignKeyConstraint, Sequence, Table, inspect, text
from sqlalchemy.dialects.postgresql import (
    DOMAIN,
    ENUM,
    CreateDomainType,
    CreateEnumType,
)
from sqlalchemy.dialects.postgresql.base import PGInspector
from sqlalchemy.schema import (
    CreateIndex,
    CreateSequence,
    CreateTable,
    ExecutableDDLElement,
    SetColumnComment,
    SetTableComment,
)

from ..planning.tables import Incompatible, TableChange
from .definitions import find_named_types
from .statements import StatementRenderer


def create_table(
    renderer: StatementRenderer, table: Table, late: Collection[ForeignKeyConstraint]
) -> TableChange:
    """Return what makes a table, but for the foreign keys that come later."""
    keys = [key for key in table.foreign_key_constraints if key not in late]
    made: list[ExecutableDDLElement] = [CreateTable(table, include_foreign_key_constraints=keys)]
    if table.comment:
        made.append(SetTableComment(table))
    made += [SetColumnComment(column) for column in table.c if column.comment]
    made += map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name)))
    return TableChange(str(table), None, "is created", renderer.render(*made))


class NamedTypes:
    """What columns need besides their table: enumerations, domains and sequences.

    Args:
        connection: leads to the database, on the plugin's search path.
        renderer: renders statements.
    """

    def __init__(self, connection: Connection, renderer: StatementRenderer) -> None:
        self._connection = connection
        self._renderer = renderer
        self._seen: set[tuple[str | None, str]] = set()

    def prepare(self, column: Column[Any]) -> Iterator[TableChange | Incompatible]:
        """Yield what is done about what a column needs, once, and what is not."""
        sequence = column.default
        if isinstance(sequence, Sequence) and not self._has_sequence(sequence):
            words = f"sequence {sequence.name} is created"
            yield self._change(column, words, CreateSequence(sequence))
        for named in find_named_types(column.type, self._renderer.dialect):
            # One without a schema is made, and found, in the first one of the search path.
            schema = named.schema or column.table.schema
            if self._is_new(schema, str(named.name)):
                yield from self._prepare_type(column, named, schema)

    def _has_sequence(self, sequence: Sequence) -> bool:
        """Tell whether a sequence is there, or will be."""
        name, schema = sequence.name, sequence.schema
        is_new = self._is_new(schema, name)
        return not is_new or inspect(self._connection).has_sequence(name, schema=schema)

    def _is_new(self, schema: str | None, name: str) -> bool:
        is_new = (schema, name) not in self._seen
        self._seen.add((schema, name))
        return is_new

    def _prepare_type(
        self, column: Column[Any], named: ENUM | DOMAIN, schema: str | None
    ) -> Iterator[TableChange | Incompatible]:
        inspector = inspect(self._connection)
        assert isinstance(inspector, PGInspector)  # noqa: S101 - it is PostgreSQL
        if not inspector.has_type(str(named.name), schema=schema):
            made = CreateDomainType(named) if isinstance(named, DOMAIN) else CreateEnumType(named)
            yield self._change(column, f"type {named.name} is created", made)
        elif isinstance(named, ENUM):
            found = inspector.get_enums(schema)
            labels = next((e["labels"] for e in found if e["name"] == named.name), [])
            yield from self._extend(column, named, labels)

    def _extend(
        self, column: Column[Any], named: ENUM, labels: list[str]
    ) -> Iterator[TableChange | Incompatible]:
        """Yield the labels that an enumeration gets, and those that it should not have."""
        preparer = self._renderer.dialect.identifier_preparer
        name = preparer.quote(str(named.name))
        if named.schema:
            name = f"{preparer.quote_schema(named.schema)}.{name}"
        for number, label in enumerate(named.enums):
            if label in labels:
                continue
            following = next((other for other in named.enums[number:] if other in labels), None)
            before = "" if following is None else " BEFORE :following"
            values = {"label": label} | ({} if following is None else {"following": following})
            clause = text(f"ALTER TYPE {name} ADD VALUE :label{before}").bindparams(**values)
            yield self._change(
                column, f"type {named.name} gets {label!r}", ops.ExecuteSQLOp(clause)
            )
        for label in labels:
            if label not in named.enums:
                reason = f"type {named.name} has {label!r}, which is not declared"
                instead = f"ALTER TYPE {name} RENAME VALUE ..."
                yield Incompatible(str(column.table), column.name, reason, instead)

    def _change(
        self, column: Column[Any], words: str, made: ops.MigrateOperation | ExecutableDDLElement
    ) -> TableChange:
        return TableChange(str(column.table), column.name, words, self._renderer.render(made))
