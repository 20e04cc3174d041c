"""What the objects of one namespace are, to be compared with what is elsewhere, or was before."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection, TextClause, text

from ..plugin import Namespace, Schema
from .definitions import make_query
from .diff import Catalog, Definitions, describe
from .queries import read_host_schema
from .wording import GIVEN, SET_WORDING

# The relations of a schema, each with the name that tells whose it is: an owned sequence and a
# partition belong to their table.
_RELATIONS = text("""
    SELECT c.oid, coalesce(o.relname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend d ON c.relkind = 'S' AND d.classid = 'pg_class'::regclass
        AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refclassid = d.classid
    LEFT JOIN pg_class o ON o.oid = coalesce(d.refobjid, pg_partition_root(c.oid))
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
                      AND e.objid = c.oid AND e.deptype = 'e')
""")

# Some relations, and what is in schemas beside relations, unless a type or an extension brought it
# along. Nobody has made anything of it.
_WANTED = f"""
    WITH given AS MATERIALIZED (SELECT current_setting('{GIVEN}')::jsonb AS it),
    recorded (plugin, classid, objid, objsubid, kind) AS (
        SELECT NULL::text, 0::oid, 0::oid, 0, NULL::text WHERE false),
    item AS MATERIALIZED (
        SELECT ''::text AS plugin, 'pg_class'::regclass::oid AS classid,
               CAST(r AS oid) AS objid, 0 AS objsubid
        FROM given, jsonb_array_elements_text(it -> 'relations') r
        UNION ALL
        SELECT '', d.classid, d.objid, 0
        FROM given, jsonb_array_elements_text(it -> 'schemas') s
        JOIN pg_namespace n ON n.nspname = s
        JOIN pg_depend d ON d.refobjid = n.oid AND d.refclassid = 'pg_namespace'::regclass
        WHERE d.deptype = 'n' AND d.classid NOT IN (
                  'pg_class'::regclass, 'pg_extension'::regclass, 'pg_default_acl'::regclass)
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid
                          AND e.deptype IN ('e', 'i')))"""  # noqa: S608 - constants


@cache
def _make_query() -> TextClause:
    names = "kind, identity, jsonb_strip_nulls(definition)::text AS definition"
    query = make_query(with_partitions=True)
    return text(f"{_WANTED}, {query} SELECT {names} FROM found")  # noqa: S608 - constants


def read_catalog(connection: Connection, namespace: Namespace) -> Catalog:
    """Return the definition of all that is in a namespace, by its kind and its identity.

    For a prefix, these are the tables in the schema that comes first on the search path, with what
    hangs on them. `connection` must be in a transaction, not in autocommit.
    """
    is_schema = isinstance(namespace, Schema)
    schema = namespace.name if isinstance(namespace, Schema) else read_host_schema(connection)
    rows = connection.execute(_RELATIONS, {"schema": schema})
    relations = [row.oid for row in rows if is_schema or _covers(namespace, row.name)]
    return read_catalog_of(connection, relations, [schema] if is_schema else [])


def _covers(namespace: Namespace, name: str) -> bool:
    return not isinstance(namespace, Schema) and namespace.covers(name)


def read_catalog_of(
    connection: Connection, relations: Collection[int], schemas: Collection[str]
) -> Catalog:
    """Return the definition of some relations, with what hangs on them.

    With them is what is in some schemas, and is no relation; see `read_catalog`.
    """
    found = read_definitions(connection, relations, schemas)
    return {(kind, identity): describe(parts) for (kind, identity), parts in found.items()}


def read_definitions(
    connection: Connection, relations: Collection[int], schemas: Collection[str]
) -> Definitions:
    """Return the same, by the parts of which definitions are made."""
    given = json.dumps({"relations": list(relations), "schemas": list(schemas)})
    with worded(connection, given):
        rows = connection.execute(_make_query()).all()
    return {(row.kind, row.identity): json.loads(row.definition) for row in rows}


@contextmanager
def worded(connection: Connection, given: str) -> Iterator[None]:
    """Let definitions in the block be told in words that depend on no setting.

    Args:
        connection: leads to the database; it must be in a transaction, not in autocommit.
        given: what the queries are about.
    """
    # Rolled back, which ends the settings, and the locks that reading a view's definition takes.
    with connection.begin_nested() as savepoint:
        connection.execute(SET_WORDING, {"given": given})
        yield
        savepoint.rollback()
