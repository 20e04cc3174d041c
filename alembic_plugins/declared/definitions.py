"""What tables are, in PostgreSQL's own words: columns, constraints and indexes.

A table that is declared gets its words from PostgreSQL, too: it is made as a temporary table, and
rolled back. So words differ only where tables do, however either of them was written.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings, simplefilter

from sqlalchemy import Connection, Dialect, MetaData, Table, bindparam, text
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import ARRAY, TypeDecorator, TypeEngine

from .tables import copy_names

_OWN_SCHEMA = "pg_temp"

# The relations of a schema that have some names, of whatever kind.
_TABLES = text("""
    SELECT c.relname AS name, c.oid, CAST(c.relkind AS text) AS kind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = ANY (CAST(:names AS text[]))
""").bindparams(bindparam("schema"), bindparam("names"))

_TWIN = text("""
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() AND c.relname = :name
""")

# The columns of tables. A sequence that hangs on a column is a part of it, however it is called.
_COLUMNS = text("""
    SELECT a.attrelid AS relation, a.attname AS name,
           pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull AS required,
           CASE WHEN a.attidentity <> '' THEN 'identity'
                WHEN a.attgenerated = 's' THEN 'stored' WHEN a.attgenerated <> '' THEN 'virtual'
                WHEN s.objid IS NOT NULL THEN 'serial' END AS generated,
           CASE WHEN s.objid IS NULL THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS words,
           CASE WHEN a.attcollation <> t.typcollation
                THEN CAST(CAST(a.attcollation AS regcollation) AS text) END AS collation,
           pg_catalog.col_description(a.attrelid, a.attnum) AS comment,
           EXISTS (SELECT FROM pg_catalog.pg_depend v
                   WHERE v.classid = CAST('pg_catalog.pg_rewrite' AS regclass)
                     AND v.refclassid = CAST('pg_catalog.pg_class' AS regclass)
                     AND v.refobjid = a.attrelid AND v.refobjsubid = a.attnum) AS is_viewed
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_depend s
      ON s.classid = CAST('pg_catalog.pg_class' AS regclass) AND s.refclassid = s.classid
     AND s.refobjid = a.attrelid AND s.refobjsubid = a.attnum AND s.deptype = 'a'
     AND EXISTS (SELECT FROM pg_catalog.pg_class q WHERE q.oid = s.objid AND q.relkind = 'S')
    WHERE a.attrelid = ANY (CAST(:relations AS oid[])) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum
""")

# The constraints of tables but for foreign keys, which a temporary table cannot have.
_CONSTRAINTS = text("""
    SELECT k.conrelid AS relation, k.conname AS name, CAST(k.contype AS text) AS kind,
           pg_catalog.pg_get_constraintdef(k.oid) AS definition,
           ARRAY(SELECT CAST(a.attname AS text) FROM pg_catalog.unnest(k.conkey) AS n
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n
                ) AS columns,
           pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS condition,
           ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
                 FROM pg_catalog.generate_series(1, CAST(i.indnkeyatts AS integer)) n
                ) AS keys,
           i.indexrelid IS NOT NULL AS is_unique,
           coalesce(i.indnullsnotdistinct, false) AS nulls_equal, true AS is_valid
    FROM pg_catalog.pg_constraint k
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
    WHERE k.conrelid = ANY (CAST(:relations AS oid[])) AND k.contype IN ('c', 'u', 'p', 'x')
    ORDER BY k.conrelid, k.conname
""")

# The indexes of tables that no constraint has brought, each without its own and its table's name.
_INDEXES = text("""
    SELECT i.indrelid AS relation, c.relname AS name, 'i' AS kind,
           concat(CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                  pg_catalog.substr(w.whole, pg_catalog.strpos(w.whole, w.before)
                                             + pg_catalog.length(w.before) - 6)) AS definition,
           ARRAY(SELECT CAST(a.attname AS text) FROM pg_catalog.pg_depend d
                 JOIN pg_catalog.pg_attribute a
                   ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                 WHERE d.classid = CAST('pg_catalog.pg_class' AS regclass)
                   AND d.objid = i.indexrelid AND d.refobjid = i.indrelid) AS columns,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS condition,
           ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
                 FROM pg_catalog.generate_series(1, CAST(i.indnkeyatts AS integer)) n) AS keys,
           i.indisunique AS is_unique, i.indnullsnotdistinct AS nulls_equal,
           i.indisvalid AS is_valid
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    CROSS JOIN LATERAL (
        SELECT pg_catalog.pg_get_indexdef(i.indexrelid) AS whole,
               concat('.', pg_catalog.quote_ident(t.relname), ' USING ') AS before) w
    WHERE i.indrelid = ANY (CAST(:relations AS oid[]))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid
                        AND k.contype IN ('p', 'u', 'x'))
    ORDER BY i.indrelid, c.relname
""")


@dataclass(frozen=True)
class ColumnDefinition:
    """A column, in PostgreSQL's words.

    Attributes:
        name: its name.
        type: its type, with size, precision and the like.
        required: whether it is NOT NULL.
        generated: ``identity``, ``serial``, or of a generated column ``stored`` or ``virtual``.
        words: its default, or the expression that it is generated from.
        collation: its collation, where that is not the one of its type.
        comment: its comment.
        is_viewed: whether a view shows it, which fixes its type.
    """

    name: str
    type: str
    required: bool
    generated: str | None
    words: str | None
    collation: str | None
    comment: str | None
    is_viewed: bool

    @property
    def has_value(self) -> bool:
        """Whether rows get a value that give none."""
        return self.words is not None or self.generated is not None


@dataclass(frozen=True)
class Rule:
    """A constraint or an index, in PostgreSQL's words.

    Attributes:
        name: its name.
        kind: that of `pg_constraint`, or ``i`` of an index.
        definition: what it is, without its name and its table.
        columns: the columns that it is about.
        condition: the condition of a CHECK or of a partial index.
        keys: what a unique one compares.
        is_unique: whether no two rows may be alike by it.
        nulls_equal: whether it takes nulls for alike.
        is_valid: whether it is in force.
    """

    name: str
    kind: str
    definition: str
    columns: tuple[str, ...] = ()
    condition: str | None = None
    keys: tuple[str, ...] = ()
    is_unique: bool = False
    nulls_equal: bool = False
    is_valid: bool = True


@dataclass(frozen=True)
class TableDefinition:
    """A table, in PostgreSQL's words: its columns by name, its constraints and indexes by name."""

    columns: Mapping[str, ColumnDefinition] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)


@dataclass(frozen=True)
class ExistingTable:
    """A table of the database: its oid, and its kind as in `pg_class`."""

    oid: int
    kind: str


def find_tables(
    connection: Connection, schema: str, names: Collection[str]
) -> dict[str, ExistingTable]:
    """Return which relations of a schema there are, of some names."""
    rows = connection.execute(_TABLES, {"schema": schema, "names": list(names)})
    return {row.name: ExistingTable(row.oid, row.kind) for row in rows}


def read_definitions(
    connection: Connection, relations: Sequence[int]
) -> dict[int, TableDefinition]:
    """Return what tables are, by oid."""
    oids = {"relations": list(relations)}
    columns: dict[int, dict[str, ColumnDefinition]] = {oid: {} for oid in relations}
    rules: dict[int, dict[str, Rule]] = {oid: {} for oid in relations}
    for relation, *facts in connection.execute(_COLUMNS, oids):
        column = ColumnDefinition(*facts)
        columns[relation][column.name] = column
    for query in (_CONSTRAINTS, _INDEXES):
        for relation, *facts in connection.execute(query, oids):
            rule = Rule(*facts)
            rules[relation][rule.name] = rule
    return {oid: TableDefinition(columns[oid], rules[oid]) for oid in relations}


def read_declared(connection: Connection, tables: Sequence[Table]) -> list[TableDefinition]:
    """Return what declared tables would be, which are made as temporary tables for that.

    Raises:
        DBAPIError: PostgreSQL refuses one of them.
    """
    with connection.begin_nested() as savepoint, catch_warnings():
        simplefilter("ignore")  # They are told when a table is made that stays.
        oids = [_make_twin(connection, table) for table in tables]
        found = read_definitions(connection, oids)
        savepoint.rollback()
    return [found[oid] for oid in oids]


def _make_twin(connection: Connection, table: Table) -> int:
    """Make a temporary table like a declared one, without foreign keys; return its oid."""
    twin = table.to_metadata(MetaData(), schema=_OWN_SCHEMA)
    copy_names(table, twin)
    for column in table.c:
        twin.c[column.key].type = column.type  # An enumeration is where that of the table is.
        for named in find_named_types(column.type, connection.dialect):
            named.create(connection, checkfirst=True)
    connection.execute(CreateTable(twin, include_foreign_key_constraints=[]))
    for index in twin.indexes:
        connection.execute(CreateIndex(index))
    return int(connection.scalar(_TWIN, {"name": table.name}) or 0)


def find_named_types(type_: TypeEngine[Any], dialect: Dialect) -> Iterator[ENUM | DOMAIN]:
    """Yield the enumeration or domain that a column's type is, or has elements of."""
    if isinstance(type_, TypeDecorator):
        type_ = type_.load_dialect_impl(dialect)
    if isinstance(type_, ARRAY):
        yield from find_named_types(type_.item_type, dialect)
    elif isinstance(found := type_.dialect_impl(dialect), ENUM | DOMAIN):
        yield found
