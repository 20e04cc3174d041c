"""Declared tables as SQLAlchemy's, in the namespace of their plugin."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Constraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    inspect,
    literal_column,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import NoReferencedTableError, NoSuchTableError
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.naming import conv
from sqlalchemy.types import TypeEngine

from ..plugin import Namespace, Prefix, Schema, name_table
from .errors import InvalidColumn, InvalidTable, UnknownRelation
from .names import cut_name, find_fault, make_name
from .shapes import (
    KEY,
    NOW,
    ColumnShape,
    IndexShape,
    Kind,
    TableShape,
    read_table,
)

DeclaredTable = Table | TableShape

_ENDINGS: Mapping[type[Constraint], str] = {
    UniqueConstraint: "key",
    CheckConstraint: "check",
    ForeignKeyConstraint: "fkey",
}
"""What the names of constraints end with that have none; PostgreSQL has it so, too."""


def read_one(plugin: str, declared: object) -> DeclaredTable:
    """Return what a table, a model or a plain mapping declares.

    Raises:
        InvalidTable: it is not declared as tables are.
        InvalidColumn: a column is not.
    """
    table = getattr(declared, "__table__", declared)
    if isinstance(table, Table | TableShape):
        return table
    return read_table(plugin, declared)


@dataclass(frozen=True)
class Place:
    """Where a plugin's declared tables are, and what they may relate to.

    Attributes:
        plugin: the plugin's name.
        namespace: its namespace.
        host_schema: the schema of the host's tables.
        required: the namespaces of the plugins that it requires, by name.
    """

    plugin: str
    namespace: Namespace
    host_schema: str
    required: Mapping[str, Namespace]

    @property
    def schema(self) -> str:
        """The schema of its tables."""
        return self.find_schema(self.namespace)

    def find_schema(self, namespace: Namespace) -> str:
        """Return the schema of tables in a namespace."""
        return namespace.name if isinstance(namespace, Schema) else self.host_schema

    def name_table(self, name: str) -> str:
        """Return what the database calls a table that a mapping declares by some name."""
        return name_table(self.namespace, name)

    def find_candidates(self, target: str) -> Iterator[tuple[str, str]]:
        """Yield schema and name of the tables that a relation may lead to, best first."""
        first, _, name = target.rpartition(".")
        if not first:
            yield self.schema, self.name_table(name)
            yield self.host_schema, name
        elif first == self.plugin or first in self.required:
            space = self.namespace if first == self.plugin else self.required[first]
            yield self.find_schema(space), name_table(space, name)


def build_tables(
    connection: Connection, place: Place, declared: Iterable[DeclaredTable]
) -> tuple[Table, ...]:
    """Return declared tables as they are to be in the database, with explicit schemas and names.

    Raises:
        InvalidTable: one cannot be in the plugin's namespace, or two have the same name.
        InvalidColumn: a column cannot be there.
        UnknownRelation: one relates to a table that is not there.
    """
    return _Builder(connection, place).build(tuple(declared))


class _Builder:
    """Build the tables of one plugin."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self._connection = connection
        self._place = place
        self._metadata = MetaData()

    def build(self, declared: Sequence[DeclaredTable]) -> tuple[Table, ...]:
        for item in declared:
            if isinstance(item, Table):
                self._metadata.naming_convention = item.metadata.naming_convention
        names = {self._check_name(item) for item in declared}
        tables = [self._make(item, names) for item in declared]
        for table, item in zip(tables, declared, strict=True):
            if isinstance(item, TableShape):
                self._relate(table, item)
            else:
                self._complete(table)
        for table in tables:
            _name_all(table)
        return tuple(tables)

    def _check_name(self, item: DeclaredTable) -> str:
        """Return the name of a table in the database."""
        space, plugin = self._place.namespace, self._place.plugin
        name = item.name if isinstance(item, Table) else self._place.name_table(item.name)
        problem = find_fault(name)
        if isinstance(item, Table) and item.schema not in (None, self._place.schema):
            problem = f"it is in schema '{item.schema}'; expected none, or '{self._place.schema}'"
        if isinstance(space, Prefix) and not space.covers(name):
            problem = f"its name does not belong to the namespace '{space}'"
        if problem:
            raise InvalidTable(plugin, item.name, problem)
        return name

    def _make(self, item: DeclaredTable, names: set[str]) -> Table:
        if isinstance(item, TableShape):
            name, schema = self._place.name_table(item.name), self._place.schema
            self._check_free(item.name, name)
            return _make_table(item, name, self._metadata, schema)
        self._check_free(item.name, item.name)

        def find_schema(
            _table: Table, to: str | None, constraint: ForeignKeyConstraint, schema: str | None
        ) -> str | None:
            target = constraint.elements[0].target_fullname.split(".")[-2]
            return schema or (to if target in names else self._find_schema(target))

        table = item.to_metadata(
            self._metadata, schema=self._place.schema, referred_schema_fn=find_schema
        )
        copy_names(item, table)
        for index in table.indexes:  # Each is made in a transaction.
            index.dialect_options["postgresql"]["concurrently"] = False
        if not table.primary_key.columns:
            if KEY in table.c:
                problem = f"a table without a key gets one named '{KEY}'; expected another name"
                raise InvalidColumn(self._place.plugin, item.name, KEY, problem)
            table.append_column(_make_key())
        return table

    def _check_free(self, declared: str, name: str) -> None:
        if f"{self._place.schema}.{name}" in self._metadata.tables:
            raise InvalidTable(self._place.plugin, declared, "it is declared twice")

    def _find_schema(self, name: str) -> str:
        """Return the schema in which an unqualified name is found, as on the search path."""
        place = self._place
        others = map(place.find_schema, place.required.values())
        inspector = inspect(self._connection)
        schemas = (place.schema, place.host_schema, *others)
        return next((s for s in schemas if inspector.has_table(name, schema=s)), place.host_schema)

    def _complete(self, table: Table) -> None:
        """Let the metadata have the tables that a table's foreign keys refer to."""
        for constraint in table.foreign_key_constraints:
            try:
                _ = constraint.referred_table
            except NoReferencedTableError:
                *schema, name, _ = constraint.elements[0].target_fullname.split(".")
                if self._find_table(".".join(schema), name) is None:
                    target = ".".join((*schema, name))
                    raise UnknownRelation(self._place.plugin, table.name, target) from None

    def _relate(self, table: Table, shape: TableShape) -> None:
        for column in shape.columns:
            if column.kind is Kind.RELATION:
                key = self._find_target(shape, column)
                table.append_constraint(
                    ForeignKeyConstraint(
                        [column.name], [key], ondelete="CASCADE" if column.cascade else None
                    )
                )

    def _find_target(self, shape: TableShape, column: ColumnShape) -> Column[Any]:
        """Return the key that a relation refers to."""
        candidates = self._place.find_candidates(column.to)
        found = (self._find_table(schema, name) for schema, name in candidates)
        table = next((table for table in found if table is not None), None)
        if table is None:
            raise UnknownRelation(self._place.plugin, shape.name, column.to)
        key, *others = table.primary_key.columns or (None,)
        if key is None or others:
            problem = f"it relates to '{column.to}'; expected a table with a key of one column"
            raise InvalidColumn(self._place.plugin, shape.name, column.name, problem)
        return key

    def _find_table(self, schema: str, name: str) -> Table | None:
        """Return a table that is declared, or that the database has."""
        known = self._metadata.tables.get(f"{schema}.{name}")
        if known is not None:
            return known
        inspector = inspect(self._connection)
        try:
            columns = inspector.get_columns(name, schema=schema)
        except NoSuchTableError:
            return None
        # What it refers to itself is nobody's business here.
        key = inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
        found = [Column(c["name"], c["type"], primary_key=c["name"] in key) for c in columns]
        return Table(name, self._metadata, *found, schema=schema)


def _make_table(shape: TableShape, name: str, metadata: MetaData, schema: str) -> Table:
    columns = [make_column(column) for column in shape.columns]
    if not any(column.primary_key or column.name == KEY for column in columns):
        columns.insert(0, _make_key())
    table = Table(name, metadata, *columns, schema=schema)
    for column in shape.columns:
        for constraint in make_bounds(column, table):
            table.append_constraint(constraint)
    for index in shape.indexes:
        _make_index(table, index)
    return table


def _make_key() -> Column[Any]:
    return Column(KEY, BigInteger, Identity(), primary_key=True)


def _make_index(table: Table, shape: IndexShape) -> Index:
    name = shape.name or make_name(table.name, *shape.columns, "idx")
    return Index(name, *(table.c[column] for column in shape.columns), unique=shape.unique)


def make_column(shape: ColumnShape) -> Column[Any]:
    """Return a declared column, without its bounds; that of a relation has no type yet."""
    return Column(
        shape.name,
        None if shape.kind is Kind.RELATION else _find_type(shape),
        nullable=not (shape.required or shape.primary_key),
        primary_key=shape.primary_key,
        autoincrement=False,
        server_default=_find_default(shape),
    )


def _find_type(shape: ColumnShape) -> TypeEngine[Any]:
    types: Mapping[Kind, TypeEngine[Any]] = {
        Kind.STRING: Text() if shape.size is None else String(shape.size),
        Kind.NUMBER: BigInteger() if shape.is_whole else Numeric(),
        Kind.BOOLEAN: Boolean(),
        Kind.DATETIME: DateTime(timezone=True),
        Kind.JSON: JSONB(),
        Kind.ENUMERATION: Text(),
    }
    return types[shape.kind]


def _find_default(shape: ColumnShape) -> Any:  # noqa: ANN401 - whatever SQLAlchemy takes
    value = shape.default
    if shape.kind is Kind.DATETIME and value == NOW:
        return func.now()
    if isinstance(value, bool):
        return true() if value else false()
    if isinstance(value, int | float):
        return text(repr(value))
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return value


def make_bounds(shape: ColumnShape, table: Table) -> Iterator[Constraint]:
    """Yield the constraints of a declared column: its bounds, and that it is unique."""
    column = table.c[shape.name]
    bounds: list[ColumnElement[bool]] = []
    if shape.min is not None:
        bounds.append(column >= literal_column(repr(shape.min)))
    if shape.max is not None:
        bounds.append(column <= literal_column(repr(shape.max)))
    if shape.values:
        bounds.append(column.in_(shape.values))
    if bounds:
        yield CheckConstraint(and_(*bounds), name=make_name(table.name, shape.name, "check"))
    if shape.unique:
        yield UniqueConstraint(column, name=make_name(table.name, shape.name, "key"))


def copy_names(source: Table, copy: Table) -> None:
    """Give constraints and indexes of a table's copy the names that they have in the table.

    Those that a flag of a column has made are made anew, and named by where the copy is.
    """
    names = {_find_key(item): item.name for item in _find_flagged(source)}
    kept = {item.name for item in _find_flagged(source)}
    for item in _find_flagged(copy):
        if item.name not in kept:
            item.name = names.get(_find_key(item), item.name)


def _find_flagged(table: Table) -> list[UniqueConstraint | Index]:
    """Return what a flag of a column may have made."""
    unique = [item for item in table.constraints if isinstance(item, UniqueConstraint)]
    return [*unique, *table.indexes]


def _find_key(item: UniqueConstraint | Index) -> tuple[type, tuple[str, ...]]:
    return type(item), tuple(column.name for column in item.columns)


def _name_all(table: Table) -> None:
    """Give names to the constraints of a table that have none, or one that is too long."""
    items: chain[Constraint | Index] = chain(table.constraints, table.indexes)
    taken = {str(item.name) for item in items if item.name}
    for constraint in sorted(table.constraints, key=_sort_key):
        ending = next((e for kind, e in _ENDINGS.items() if isinstance(constraint, kind)), None)
        if not constraint.name and ending:
            constraint.name = conv(_find_free_name(table, constraint, ending, taken))
            taken.add(constraint.name)
        elif constraint.name and not isinstance(constraint, PrimaryKeyConstraint):
            constraint.name = conv(cut_name(str(constraint.name)))
    for index in table.indexes:
        if index.name:
            index.name = conv(cut_name(index.name))


def _sort_key(constraint: Constraint) -> tuple[str, str]:
    sqltext = constraint.sqltext if isinstance(constraint, CheckConstraint) else ""
    return (",".join(column.name for column in _find_columns(constraint)), str(sqltext))


def _find_columns(constraint: Constraint) -> list[Column[Any]]:
    return list(getattr(constraint, "columns", ()))


def _find_free_name(table: Table, constraint: Constraint, ending: str, taken: set[str]) -> str:
    columns = [column.name for column in _find_columns(constraint)]
    if isinstance(constraint, CheckConstraint) and len(columns) != 1:
        columns = []
    for number in count():
        name = make_name(table.name, *columns, f"{ending}{number or ''}")
        if name not in taken:
            return name
    raise AssertionError
