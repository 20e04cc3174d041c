"""What PostgreSQL's catalog says of schemas, and of what depends on what."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text

from ..plugin import Namespace, Prefix, Schema
from ..registry.tables import Tables
from .objects import DatabaseObject, make_parameters, read_objects
from .transaction_rows import Key, Place

# What stands in a schema for itself. What hangs on something else (indexes, row types, sequences
# of identity columns, partitions, functions of range types) has no entry of its own, or an internal
# dependency, or an automatic one on another relation; a partitioned table has one on its own
# columns.
_STANDING = text("""
    SELECT d.classid, d.objid
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
    WHERE n.nspname = :schema AND d.deptype = 'n'
      AND d.classid <> 'pg_catalog.pg_default_acl'::pg_catalog.regclass
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = d.classid AND p.objid = d.objid
                        AND p.refobjid <> p.objid
                        AND (p.deptype IN ('e', 'i') OR p.deptype = 'a'
                             AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))
""").bindparams(bindparam("schema"))

# The relations of a schema that stand for themselves, with their names.
_RELATIONS = text("""
    SELECT c.tableoid AS classid, c.oid AS objid, c.relname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = c.tableoid AND p.objid = c.oid
                        AND (p.deptype = 'e' OR p.deptype IN ('a', 'i')
                             AND p.refobjid <> p.objid AND p.refclassid = p.classid))
    ORDER BY c.relname
""").bindparams(bindparam("schema"))

# What stands in any schema but PostgreSQL's own, and what hangs on tables and could be dropped
# without them. Partitions and statistics are there too; sequences that are owned, indexes of
# constraints and members of extensions are not.
_ALL = text("""
    SELECT k.classid, k.objid, k.hangs_on
    FROM (SELECT classid, objid, refobjid AS space, CAST(NULL AS oid) AS hangs_on
          FROM pg_catalog.pg_depend
          WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND deptype = 'n'
            AND classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
          UNION
          SELECT d.classid, d.objid, t.relnamespace, t.oid
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class t
            ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND t.oid = d.refobjid
          LEFT JOIN pg_catalog.pg_class i
            ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.oid = d.objid
          WHERE d.deptype = 'a'
            AND (i.relkind IN ('i', 'I') OR d.classid IN (
                     'pg_catalog.pg_constraint'::pg_catalog.regclass,
                     'pg_catalog.pg_policy'::pg_catalog.regclass,
                     'pg_catalog.pg_rewrite'::pg_catalog.regclass,
                     'pg_catalog.pg_trigger'::pg_catalog.regclass))) k
    JOIN pg_catalog.pg_namespace n ON n.oid = k.space
    LEFT JOIN pg_catalog.pg_class c
      ON k.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = k.objid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = k.classid AND p.objid = k.objid
                        AND (p.deptype = 'e' OR c.relkind = 'S' AND p.deptype IN ('a', 'i')
                             AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))
""")

# The relations of which the transaction has dropped a column, whose name is gone. A row that we see
# and whose transaction is in progress is our own, of a savepoint too, and not older than ours.
_CUT = text("""
    SELECT DISTINCT c.tableoid AS classid, c.oid AS objid
    FROM pg_catalog.pg_locks l
    CROSS JOIN (SELECT x AS xid, pg_catalog.age(CAST(x AS xid)) AS age
                FROM pg_catalog.pg_current_xact_id() x) t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = l.relation
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
      AND l.locktype = 'relation' AND a.attisdropped
      AND CASE WHEN pg_catalog.age(a.xmin) <= t.age THEN pg_catalog.pg_xact_status(
              CAST(CAST(CAST(CAST(t.xid AS text) AS numeric) + t.age - pg_catalog.age(a.xmin)
                        AS text) AS xid8)) = 'in progress' END
""")

# What the transaction holds as one does who drops it.
_LOCKED = text("""
    SELECT CASE l.locktype WHEN 'relation' THEN 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                           ELSE l.classid END AS classid,
           CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS objid
    FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
      AND l.locktype IN ('relation', 'object')
""")

# The extended statistics of some relations.
_STATISTICS = text("""
    SELECT s.tableoid AS classid, s.oid AS objid FROM pg_catalog.pg_statistic_ext s
    WHERE s.stxrelid = ANY (CAST(:oids AS oid[]))
""").bindparams(bindparam("oids"))

# The partitions of some tables, and theirs.
_PARTITIONS = text("""
    SELECT c.tableoid AS classid, c.oid AS objid
    FROM pg_catalog.unnest(CAST(:oids AS oid[])) r (oid)
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) t
    JOIN pg_catalog.pg_class c ON c.oid = t.relid
    WHERE t.level > 0
""").bindparams(bindparam("oids"))

# What goes along with some objects, the row type with a composite type, and what depends on all
# that without going along.
_DEPENDING = """
    WITH RECURSIVE inside (classid, objid) AS (
        SELECT * FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[]))
        UNION
        SELECT d.classid, d.objid FROM inside i
        CROSS JOIN LATERAL (
            SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
            WHERE d.refclassid = i.classid AND d.refobjid = i.objid AND d.deptype <> 'n'
            UNION ALL
            SELECT t.tableoid, t.oid
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype
            WHERE c.tableoid = i.classid AND c.oid = i.objid AND c.relkind = 'c') d)
    SELECT d.classid, d.objid, d.objsubid
    FROM pg_catalog.pg_depend d
    JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
    WHERE (d.classid, d.objid) NOT IN (SELECT classid, objid FROM inside)
    UNION
    SELECT c.tableoid, c.oid, 0
    FROM inside i JOIN pg_catalog.pg_class c ON c.tableoid = i.classid AND c.oid = i.objid
    WHERE c.relispartition AND c.relkind NOT IN ('i', 'I')
    UNION
    SELECT s.tableoid, s.oid, 0
    FROM inside i JOIN pg_catalog.pg_statistic_ext s ON s.tableoid = i.classid AND s.oid = i.objid
"""

# What depends on some columns, or hangs on them and would go along: not their NOT NULL.
_DEPENDING_ON_COLUMNS = """
    SELECT DISTINCT d.classid, d.objid, d.objsubid
    FROM unnest(CAST(:oids AS oid[]), CAST(:numbers AS int[])) AS p (oid, number)
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
         AND d.refobjid = p.oid AND d.refobjsubid = p.number
    WHERE d.deptype IN ('n', 'a')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                      WHERE c.tableoid = d.classid AND c.oid = d.objid AND c.contype = 'n')
"""

# What some objects are called, wherever the search path leads, and in PostgreSQL's messages, where
# that has a say. A view goes by its own name, and not by that of its rule.
_DESCRIBED = """
    SELECT d.classid, d.objid, o.type AS kind,
           coalesce((SELECT CAST(a.adnum AS int) FROM pg_catalog.pg_attrdef a
                     WHERE a.tableoid = d.classid AND a.oid = d.objid), d.objsubid) AS number,
           n.type AS noun, n.identity,
           pg_catalog.pg_describe_object(r.classid, r.objid, d.objsubid) AS description
    FROM ({depending}) d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
    LEFT JOIN pg_catalog.pg_rewrite v
      ON v.tableoid = d.classid AND v.oid = d.objid AND v.rulename = '_RETURN'
    CROSS JOIN LATERAL (
        SELECT CASE WHEN v.oid IS NULL THEN d.classid
                    ELSE 'pg_catalog.pg_class'::pg_catalog.regclass::oid END AS classid,
               coalesce(v.ev_class, d.objid) AS objid) r
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(r.classid, r.objid, d.objsubid) n
    ORDER BY n.type, n.identity
"""

_DEPENDENT = text(_DESCRIBED.format(depending=_DEPENDING)).bindparams(
    bindparam("classids"), bindparam("objids")
)
_ON_COLUMNS = text(_DESCRIBED.format(depending=_DEPENDING_ON_COLUMNS)).bindparams(
    bindparam("oids"), bindparam("numbers")
)

# The indexes of a schema that a concurrent statement has left unfinished, and that none builds now.
_INVALID_INDEXES = text("""
    SELECT t.relname AS table, o.identity
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) o
    WHERE NOT i.indisvalid AND c.relkind = 'i'
      AND n.nspname = coalesce(CAST(:schema AS text), pg_catalog.current_schema())
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                      WHERE p.index_relid = i.indexrelid)
    ORDER BY 2
""").bindparams(bindparam("schema"))

# Whether there is something in a schema, what hangs on tables elsewhere among it.
_IN_SCHEMA = text("""
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_namespace n
        JOIN pg_catalog.pg_depend d ON d.refclassid = n.tableoid AND d.refobjid = n.oid
        WHERE n.nspname = :schema AND d.deptype = 'n')
""").bindparams(bindparam("schema"))

_SCHEMA_EXISTS = text("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = :schema)")

# The names of some columns, as far as they are there.
_COLUMN_NAMES = text("""
    SELECT c.tableoid AS classid, c.oid AS objid, CAST(a.attnum AS int) AS objsubid,
           pg_catalog.quote_ident(a.attname) AS attname
    FROM unnest(CAST(:oids AS oid[]), CAST(:numbers AS int[])) AS p (oid, number)
    JOIN pg_catalog.pg_class c ON c.oid = p.oid
    JOIN pg_catalog.pg_attribute a
      ON a.attrelid = p.oid AND a.attnum = p.number AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
""").bindparams(bindparam("oids"), bindparam("numbers"))


@dataclass(frozen=True)
class Column:
    """A column that a plugin has added to a table of another's."""

    table: DatabaseObject
    name: str
    number: int

    def __str__(self) -> str:
        return f"column {self.name} of {self.table}"


@dataclass(frozen=True)
class Dependent:
    """Something that depends on an object, and would be lost with it.

    Attributes:
        words: its kind, and what it is called with its schema.
        kind: PostgreSQL's word for its kind: table constraint, table column, rule ...
        item: the object that it is, or is a part of.
        number: the column, if it is one or the default of one; else 0.
        description: what PostgreSQL's messages call it, where the search path says whether a schema
            is named.
    """

    words: str
    kind: str
    item: DatabaseObject
    number: int = 0
    description: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.words


def read_host_schema(connection: Connection) -> str:
    """Return the schema that comes first on the search path: the host's."""
    return connection.scalar(select(func.current_schema())) or ""


def is_empty(connection: Connection, schema: str) -> bool:
    """Tell whether there is nothing in a schema."""
    return not connection.scalar(_IN_SCHEMA, {"schema": schema})


def find_standing(connection: Connection, schema: str) -> list[Key]:
    """Return what stands in a schema for itself, and not as a member of an extension."""
    rows = connection.execute(_STANDING, {"schema": schema})
    return [(row.classid, row.objid) for row in rows]


def find_prefixed(connection: Connection, namespace: Prefix, schema: str) -> list[Key]:
    """Return the relations of a schema whose names are those of a namespace."""
    rows = connection.execute(_RELATIONS, {"schema": schema})
    return [(row.classid, row.objid) for row in rows if namespace.covers(row.relname)]


def find_all(connection: Connection) -> dict[Key, int | None]:
    """Return what stands in all schemas but PostgreSQL's own, and what hangs on tables there.

    Each has the relation on which it hangs, in `pg_class`, if it hangs on one.
    """
    rows = connection.execute(_ALL)
    return {(row.classid, row.objid): row.hangs_on for row in rows}


def find_dropped(connection: Connection, before: set[Key]) -> tuple[set[Key], set[Key]]:
    """Return what the transaction has dropped of `before`, and the relations that it has cut.

    A relation is cut where it has lost a column. What hangs on a table goes with it without saying.
    What others have dropped meanwhile is not locked by the transaction.
    """
    gone = before - find_all(connection).keys()
    locked = {(row.classid, row.objid) for row in connection.execute(_LOCKED)} if gone else set()
    cut = {(row.classid, row.objid) for row in connection.execute(_CUT)}
    return gone & locked, cut


def find_partitions(connection: Connection, items: Iterable[DatabaseObject]) -> list[Key]:
    """Return the partitions of tables, and theirs; what is no such table has none."""
    oids = [item.objid for item in items if item.kind == "table"]
    if not oids:
        return []
    rows = connection.execute(_PARTITIONS, {"oids": oids})
    return [(row.classid, row.objid) for row in rows]


def find_statistics(connection: Connection, items: Iterable[DatabaseObject]) -> list[Key]:
    """Return the extended statistics of relations."""
    rows = connection.execute(_STATISTICS, {"oids": [item.objid for item in items]})
    return [(row.classid, row.objid) for row in rows]


def read_dependents(
    connection: Connection, keys: Collection[Key], tables: Tables | None = None
) -> tuple[Dependent, ...]:
    """Return what would be lost elsewhere if some objects were dropped, by whomever it is.

    Partitions of tables and statistics are among them: they would be lost too, and may be
    another's.
    """
    if not keys:
        return ()
    rows = connection.execute(_DEPENDENT, make_parameters(keys)).all()
    found = _make_dependents(connection, rows, tables)
    return tuple(item for item in found if item.item.key not in keys)


def read_column_dependents(
    connection: Connection, columns: Collection[Column]
) -> tuple[Dependent, ...]:
    """Return what would be lost if some columns were dropped, by whomever it is."""
    if not columns:
        return ()
    oids = [column.table.objid for column in columns]
    numbers = [column.number for column in columns]
    rows = connection.execute(_ON_COLUMNS, {"oids": oids, "numbers": numbers}).all()
    found = _make_dependents(connection, rows, None)
    return tuple(item for item in found if item.kind not in ("default value", "sequence"))


def _make_dependents(
    connection: Connection, rows: Sequence[Any], tables: Tables | None
) -> Iterator[Dependent]:
    items = read_objects(connection, {(row.classid, row.objid) for row in rows}, tables)
    for row in rows:
        if (row.classid, row.objid) in items:
            item = items[row.classid, row.objid]
            words = f"{row.noun} {row.identity}"
            if row.noun.endswith(" column"):
                words = f"column {row.identity.removeprefix(f'{item.identity}.')} of {item}"
            yield Dependent(words, row.kind, item, row.number, row.description)


def read_invalid_indexes(connection: Connection, namespace: Namespace | None) -> tuple[str, ...]:
    """Return the invalid indexes of a namespace, or with None of the host's schema."""
    schema = namespace.name if isinstance(namespace, Schema) else None
    rows = connection.execute(_INVALID_INDEXES, {"schema": schema})
    tables = namespace if isinstance(namespace, Prefix) else None
    return tuple(row.identity for row in rows if tables is None or tables.covers(row.table))


def has_schema(connection: Connection, namespace: Namespace) -> bool:
    """Tell whether the schema of a namespace is there; there is none for a prefix."""
    return isinstance(namespace, Schema) and bool(
        connection.scalar(_SCHEMA_EXISTS, {"schema": namespace.name})
    )


def read_column_names(connection: Connection, places: Collection[Place]) -> dict[Place, str]:
    """Return the names of columns that are there."""
    parameters = {"oids": [place[1] for place in places], "numbers": [p[2] for p in places]}
    rows = connection.execute(_COLUMN_NAMES, parameters) if places else ()
    return {(row.classid, row.objid, row.objsubid): row.attname for row in rows}
