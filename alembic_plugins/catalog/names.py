"""Find objects by the names that SQL gives them, whatever the search path is."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

from .transaction_rows import Key, Place

# The objects of some names. An extension is in no schema, whatever schema its members are in.
_NAMED = text("""
    SELECT CAST(w.number AS int) AS number, f.classid, f.objid, CAST(f.attnum AS int) AS objsubid,
           f.arguments
    FROM unnest(CAST(:catalogs AS text[]), CAST(:schemas AS text[]), CAST(:names AS text[]),
                CAST(:relations AS text[]))
        WITH ORDINALITY AS w (catalog, schema, name, relation, number)
    JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema OR w.catalog = 'extension'
        AND n.nspname = 'pg_catalog'
    LEFT JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = w.relation
    CROSS JOIN LATERAL (
        SELECT c.tableoid AS classid, c.oid AS objid, 0 AS attnum, CAST(NULL AS text) AS arguments
        FROM pg_catalog.pg_class c
        WHERE w.catalog = 'relation' AND c.relnamespace = n.oid AND c.relname = w.name
        UNION ALL
        SELECT t.tableoid, t.oid, 0, NULL FROM pg_catalog.pg_type t
        WHERE w.catalog = 'type' AND t.typnamespace = n.oid AND t.typname = w.name
        UNION ALL
        SELECT p.tableoid, p.oid, 0, pg_catalog.pg_get_function_identity_arguments(p.oid)
        FROM pg_catalog.pg_proc p
        WHERE w.catalog = 'function' AND p.pronamespace = n.oid AND p.proname = w.name
        UNION ALL
        SELECT e.tableoid, e.oid, 0, NULL FROM pg_catalog.pg_extension e
        WHERE w.catalog = 'extension' AND e.extname = w.name
        UNION ALL
        SELECT t.tableoid, t.oid, 0, NULL FROM pg_catalog.pg_trigger t
        WHERE w.catalog = 'trigger' AND t.tgrelid = r.oid AND t.tgname = w.name
        UNION ALL
        SELECT p.tableoid, p.oid, 0, NULL FROM pg_catalog.pg_policy p
        WHERE w.catalog = 'policy' AND p.polrelid = r.oid AND p.polname = w.name
        UNION ALL
        SELECT k.tableoid, k.oid, 0, NULL FROM pg_catalog.pg_constraint k
        WHERE w.catalog = 'constraint' AND k.conrelid = r.oid AND k.conname = w.name
        UNION ALL
        SELECT r.tableoid, r.oid, a.attnum, NULL FROM pg_catalog.pg_attribute a
        WHERE w.catalog = 'column' AND a.attrelid = r.oid AND a.attname = w.name
          AND NOT a.attisdropped) f
""").bindparams(*map(bindparam, ("catalogs", "schemas", "names", "relations")))

# All tables but PostgreSQL's own, with their schemas and names.
_TABLES = text("""
    SELECT c.tableoid AS classid, c.oid AS objid, n.nspname AS schema, c.relname AS name
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND c.oid >= 16384 AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema'
""")

_PATH = text("SELECT pg_catalog.current_schemas(false)")


class Name(NamedTuple):
    """What SQL calls an object.

    Attributes:
        catalog: relation, type, function, extension, trigger, policy, constraint or column.
        schema: its schema, or that of the relation on which it hangs.
        name: its own name.
        relation: the name of the relation on which it hangs, for the last four of these.
        arguments: those of a function, as PostgreSQL identifies it by them; None for all functions
            of that name.
    """

    catalog: str
    schema: str
    name: str
    relation: str | None = None
    arguments: str | None = None


def find_named(connection: Connection, names: Collection[Name]) -> dict[Name, list[Place]]:
    """Return where PostgreSQL has the objects of some names.

    Functions whose arguments are written in another way than PostgreSQL does are all those of their
    name.
    """
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    values = {
        "catalogs": [name.catalog for name in wanted],
        "schemas": [name.schema for name in wanted],
        "names": [name.name for name in wanted],
        "relations": [name.relation for name in wanted],
    }
    found: dict[Name, list[tuple[Place, str | None]]] = {}
    for row in connection.execute(_NAMED, values):
        place = (row.classid, row.objid, row.objsubid)
        found.setdefault(wanted[row.number - 1], []).append((place, row.arguments))
    return {name: _choose(name, places) for name, places in found.items()}


def _choose(name: Name, places: Sequence[tuple[Place, str | None]]) -> list[Place]:
    exact = [place for place, arguments in places if arguments == name.arguments]
    return exact or [place for place, _ in places]


def read_tables(connection: Connection) -> dict[Key, tuple[str, str]]:
    """Return the schemas and names of all tables but PostgreSQL's own and temporary ones."""
    return {(row.classid, row.objid): (row.schema, row.name) for row in connection.execute(_TABLES)}


def read_search_path(connection: Connection) -> tuple[str, ...]:
    """Return the schemas on the search path that are there, without PostgreSQL's own."""
    return tuple(connection.scalar(_PATH) or ())
