"""What PostgreSQL's catalog says of one namespace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, TextClause, bindparam, func, select, table, text
from sqlalchemy.exc import ProgrammingError

from .plugin import Namespace, Prefix, Schema
from .written import PG_CLASS, Key

# What stands in a schema for itself. What hangs on something else (indexes, row types, sequences
# of identity columns, partitions) has no entry of its own, or an internal or automatic dependency
# on another relation; a partitioned table has one on its own columns.
_OBJECTS_OF_SCHEMA = text("""
    SELECT o.type AS kind, n.nspname AS schema, o.identity, d.classid, d.objid,
           coalesce(c.relname, o.name, o.identity) AS name
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
    LEFT JOIN pg_catalog.pg_class c
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid
    WHERE n.nspname = :schema AND d.deptype = 'n'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = d.classid AND p.objid = d.objid AND p.deptype IN ('a', 'i')
                        AND p.refobjid <> p.objid
                        AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    ORDER BY 1, 3
""").bindparams(bindparam("schema"))

# The relations in the schema that comes first on the search path, for prefixes.
_OBJECTS_OF_HOST = text("""
    SELECT o.type AS kind, n.nspname AS schema, c.relname AS name, o.identity,
           'pg_catalog.pg_class'::pg_catalog.regclass::oid AS classid, c.oid AS objid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) o
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND p.objid = c.oid AND p.deptype IN ('a', 'i')
                        AND p.refobjid <> p.objid AND p.refclassid = p.classid)
    ORDER BY 1, 4
""")

# What stands in any schema but PostgreSQL's own, and what hangs on tables and could be dropped
# without them. Partitions and statistics are there too; sequences that are owned, indexes of
# constraints and members of extensions are not.
_ALL_OBJECTS = text("""
    SELECT o.type AS kind, n.nspname AS schema, o.identity, k.classid, k.objid, k.hangs_on,
           coalesce(c.relname, o.name, o.identity) AS name
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
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(k.classid, k.objid, 0) o
    LEFT JOIN pg_catalog.pg_class c
      ON k.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = k.objid
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend p
                      WHERE p.classid = k.classid AND p.objid = k.objid
                        AND (p.deptype = 'e' OR c.relkind = 'S' AND p.deptype IN ('a', 'i')
                             AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))
    ORDER BY 1, 3
""")

# The relations of which the transaction has dropped a column, whose name is gone. A row that we see
# and whose transaction is in progress is our own, of a savepoint too, and not older than ours.
_CUT = text("""
    SELECT DISTINCT concat('a column of ', o.type) AS kind, n.nspname AS schema, o.identity,
           'pg_catalog.pg_class'::pg_catalog.regclass::oid AS classid, c.oid AS objid,
           c.relname AS name
    FROM pg_catalog.pg_locks l
    CROSS JOIN (SELECT x AS xid, pg_catalog.age(CAST(x AS xid)) AS age
                FROM pg_catalog.pg_current_xact_id() x) t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = l.relation
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) o
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
      AND l.locktype = 'relation' AND a.attisdropped
      AND CASE WHEN pg_catalog.age(a.xmin) <= t.age THEN pg_catalog.pg_xact_status(
              CAST(CAST(CAST(CAST(t.xid AS text) AS numeric) + t.age - pg_catalog.age(a.xmin)
                        AS text) AS xid8)) = 'in progress' END
    ORDER BY 1, 3
""")

# The objects that go by some names, wherever they stand and whatever they hang on.
_OBJECTS_BY_NAME = text("""
    SELECT o.type AS kind, coalesce(n.nspname, '') AS schema, o.identity, d.classid, d.objid,
           coalesce(o.name, o.identity) AS name
    FROM (SELECT classid, objid FROM pg_catalog.pg_depend WHERE objid >= 16384
          UNION
          SELECT refclassid, refobjid FROM pg_catalog.pg_depend WHERE refobjid >= 16384) d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
    LEFT JOIN pg_catalog.pg_namespace n ON pg_catalog.quote_ident(n.nspname) = o.schema
    WHERE pg_catalog.concat_ws(' ', o.type, o.identity) = ANY (:names)
    ORDER BY 1, 3
""").bindparams(bindparam("names"))

# What the transaction holds as one does who drops it.
_LOCKED = text("""
    SELECT CASE l.locktype WHEN 'relation' THEN 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                           ELSE l.classid END AS classid,
           CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS objid
    FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.mode = 'AccessExclusiveLock'
      AND l.locktype IN ('relation', 'object')
""")

# The partitions of a table, and theirs, that are in the same schema.
_PARTITIONS = text("""
    SELECT o.type AS kind, n.nspname AS schema, c.relname AS name, o.identity,
           'pg_catalog.pg_class'::pg_catalog.regclass::oid AS classid, c.oid AS objid
    FROM pg_catalog.pg_partition_tree(:oid) t
    JOIN pg_catalog.pg_class c ON c.oid = t.relid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0) o
    WHERE t.level > 0 AND n.nspname = :schema
    ORDER BY 4
""").bindparams(bindparam("oid"), bindparam("schema"))

# The bytes on disk of a relation with its indexes, toast and partitions.
_SIZE = text("""
    SELECT pg_catalog.pg_total_relation_size(:oid)
           + coalesce(sum(pg_catalog.pg_total_relation_size(t.relid)), 0)
    FROM pg_catalog.pg_partition_tree(:oid) t WHERE t.level > 0
""").bindparams(bindparam("oid"))

# What depends on some objects, or on what hangs on them, without hanging on them itself: in
# PostgreSQL's words, of which catalog, and the schema and relation to which it belongs. A partition
# would go with its table, and leans on it where it is in another schema.
_LEANING = text("""
    WITH RECURSIVE inside (classid, objid) AS (
        SELECT * FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[]))
        UNION
        SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
        JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
        LEFT JOIN pg_catalog.pg_class c
          ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid
          AND c.relispartition AND c.relkind NOT IN ('i', 'I')
        LEFT JOIN pg_catalog.pg_class p
          ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.oid = d.refobjid
        WHERE d.deptype <> 'n' AND (c.oid IS NULL OR c.relnamespace = p.relnamespace))
    SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS words,
           o.type AS kind, coalesce(n.nspname, a.object_names[1]) AS schema,
           coalesce(t.relname, a.object_names[2]) AS relation
    FROM pg_catalog.pg_depend d
    JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(
        d.classid, d.objid, d.objsubid) a
    LEFT JOIN pg_catalog.pg_namespace n ON pg_catalog.quote_ident(n.nspname) = o.schema
    LEFT JOIN pg_catalog.pg_index x
      ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.indexrelid = d.objid
    LEFT JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    WHERE (d.classid, d.objid) NOT IN (SELECT classid, objid FROM inside)
    ORDER BY 1
""").bindparams(bindparam("classids"), bindparam("objids"))

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
      AND n.nspname = coalesce(CAST(:schema AS text), current_schema())
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                      WHERE p.index_relid = i.indexrelid)
    ORDER BY 2
""").bindparams(bindparam("schema"))

_SCHEMA_EXISTS = text("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = :schema)")

_WITH_ROWS = ("table", "materialized view")

_UNDEFINED_TABLE = "42P01"


@dataclass(frozen=True)
class CatalogObject:
    """Something that stands in a namespace.

    Attributes:
        kind: PostgreSQL's word: table, view, sequence, function, type ...
        name: its name, without the schema.
        identity: its name as SQL would write it, with the schema.
        schema: the schema that it is in.
        classid: the system catalog that it is in.
        objid: its row there.
        rows: how many rows it has, counted; None for what has none.
        bytes: what it takes on disk, indexes included; None for what takes nothing.
        hangs_on: the row in `pg_class` of the table on which it hangs, where that is told.
    """

    kind: str
    name: str
    identity: str
    schema: str
    classid: int
    objid: int
    rows: int | None = None
    bytes: int | None = None
    hangs_on: int | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"

    @property
    def key(self) -> Key:
        """The system catalog that it is in, and its row there."""
        return (self.classid, self.objid)


@dataclass(frozen=True)
class Leaning:
    """Something elsewhere that depends on an object.

    Attributes:
        words: what PostgreSQL calls it, as in ``constraint c on table t``.
        kind: PostgreSQL's word for its kind: table constraint, trigger, rule ...
        schema: the schema that it, or what it is on, is in.
        relation: the relation that it is or is on; None for what is on none.
    """

    words: str
    kind: str
    schema: str | None
    relation: str | None

    def __str__(self) -> str:
        return self.words


def read_host_schema(connection: Connection) -> str:
    """Return the schema that comes first on the search path: the host's."""
    return connection.scalar(select(func.current_schema())) or ""


def read_objects(connection: Connection, namespace: Namespace) -> tuple[CatalogObject, ...]:
    """Return what stands in a namespace, without counting rows.

    A schema that is shared with the host has nothing that could be told to be the plugin's.
    """
    if isinstance(namespace, Prefix):
        found = _read(connection, _OBJECTS_OF_HOST)
        return tuple(item for item in found if namespace.covers(item.name))
    if not namespace.create and namespace.name == read_host_schema(connection):
        return ()
    return read_schema_objects(connection, namespace.name)


def read_schema_objects(connection: Connection, schema: str) -> tuple[CatalogObject, ...]:
    """Return what stands in a schema, without counting rows."""
    return _read(connection, _OBJECTS_OF_SCHEMA, schema=schema)


def read_all_objects(connection: Connection) -> tuple[CatalogObject, ...]:
    """Return what stands in all schemas but PostgreSQL's own, and what hangs on tables there."""
    return _read(connection, _ALL_OBJECTS)


def read_named_objects(connection: Connection, names: Iterable[str]) -> tuple[CatalogObject, ...]:
    """Return what goes by some names as those in ``table audit.entries``, wherever it is."""
    return _read(connection, _OBJECTS_BY_NAME, names=list(names))


def read_dropped(
    connection: Connection, before: Iterable[CatalogObject]
) -> tuple[CatalogObject, ...]:
    """Return what the transaction has dropped of `before`, all objects, and not made anew.

    A relation that has lost a column is among them. What hangs on a table goes with it without
    saying. What others have dropped meanwhile is not locked by the transaction.
    """
    now = read_all_objects(connection)
    keys, names = {item.key for item in now}, {str(item) for item in now}
    gone = [item for item in before if item.key not in keys and str(item) not in names]
    locked = {(row.classid, row.objid) for row in connection.execute(_LOCKED)} if gone else set()
    dropped = {item.key: item for item in gone if item.key in locked}
    parts = {k for k, item in dropped.items() if (PG_CLASS, item.hangs_on) in dropped}
    whole = (item for key, item in dropped.items() if key not in parts)
    return (*whole, *_read(connection, _CUT))


def read_partitions(connection: Connection, item: CatalogObject) -> tuple[CatalogObject, ...]:
    """Return the partitions of a table in the table's schema; what is no such table has none."""
    if item.kind != "table":
        return ()
    return _read(connection, _PARTITIONS, oid=item.objid, schema=item.schema)


def _read(
    connection: Connection, query: TextClause, **parameters: object
) -> tuple[CatalogObject, ...]:
    return tuple(CatalogObject(**row._mapping) for row in connection.execute(query, parameters))


def count_objects(
    connection: Connection, objects: tuple[CatalogObject, ...]
) -> Iterator[CatalogObject]:
    """Yield `objects` with their rows and bytes, but for those that are gone meanwhile."""
    for item in objects:
        counted = _count(connection, item) if item.kind in _WITH_ROWS else item
        if counted is not None:
            yield counted


def _count(connection: Connection, item: CatalogObject) -> CatalogObject | None:
    """Return a relation with its rows and bytes, or None where it was dropped meanwhile."""
    count = select(func.count()).select_from(table(item.name, schema=item.schema))
    try:
        with connection.begin_nested():
            rows = connection.scalar(count)
            size = connection.scalar(_SIZE, {"oid": item.objid})
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
            raise
        return None
    return replace(item, rows=rows, bytes=int(size or 0))


def read_leaning(connection: Connection, objects: tuple[CatalogObject, ...]) -> tuple[Leaning, ...]:
    """Return what would be lost elsewhere if `objects` were dropped."""
    parameters = {
        "classids": [item.classid for item in objects],
        "objids": [item.objid for item in objects],
    }
    return tuple(Leaning(**row._mapping) for row in connection.execute(_LEANING, parameters))


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
