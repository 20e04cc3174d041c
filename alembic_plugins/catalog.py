"""What PostgreSQL's catalog says of one namespace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, func, select, table, text
from sqlalchemy.exc import ProgrammingError

from .plugin import Namespace, Prefix, Schema

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

# The bytes on disk of a relation with its indexes, toast and partitions.
_SIZE = text("""
    SELECT pg_catalog.pg_total_relation_size(:oid)
           + coalesce(sum(pg_catalog.pg_total_relation_size(t.relid)), 0)
    FROM pg_catalog.pg_partition_tree(:oid) t WHERE t.level > 0
""").bindparams(bindparam("oid"))

# What depends on some objects, or on what hangs on them, without hanging on them itself.
_LEANING = text("""
    WITH RECURSIVE inside (classid, objid) AS (
        SELECT * FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[]))
        UNION
        SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
        JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
        WHERE d.deptype <> 'n')
    SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_catalog.pg_depend d
    JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
    WHERE d.deptype = 'n' AND (d.classid, d.objid) NOT IN (SELECT classid, objid FROM inside)
    ORDER BY 1
""").bindparams(bindparam("classids"), bindparam("objids"))

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
    """

    kind: str
    name: str
    identity: str
    schema: str
    classid: int
    objid: int
    rows: int | None = None
    bytes: int | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


def read_objects(connection: Connection, namespace: Namespace) -> tuple[CatalogObject, ...]:
    """Return what stands in a namespace, without counting rows.

    A schema that is shared with the host has nothing that could be told to be the plugin's.
    """
    if isinstance(namespace, Prefix):
        found = (CatalogObject(**row._mapping) for row in connection.execute(_OBJECTS_OF_HOST))
        return tuple(item for item in found if namespace.covers(item.name))
    if not namespace.create and namespace.name == connection.scalar(select(func.current_schema())):
        return ()
    rows = connection.execute(_OBJECTS_OF_SCHEMA, {"schema": namespace.name})
    return tuple(CatalogObject(**row._mapping) for row in rows)


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


def read_leaning(connection: Connection, objects: tuple[CatalogObject, ...]) -> tuple[str, ...]:
    """Return, in PostgreSQL's words, what would be lost elsewhere if `objects` were dropped."""
    parameters = {
        "classids": [item.classid for item in objects],
        "objids": [item.objid for item in objects],
    }
    return tuple(connection.scalars(_LEANING, parameters))


def has_schema(connection: Connection, namespace: Namespace) -> bool:
    """Tell whether the schema of a namespace is there; there is none for a prefix."""
    return isinstance(namespace, Schema) and bool(
        connection.scalar(_SCHEMA_EXISTS, {"schema": namespace.name})
    )
