"""Whether something in some schemas may have changed, by a question that is cheap to ask."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

# Each change by SQL writes rows with the number of its transaction, or takes rows away. What is
# only counted anew, as by VACUUM and ANALYZE, is not written so.
_ACTIVITY = text("""
    WITH schemas AS (
        SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (:schemas)),
    relations AS (
        SELECT c.oid, c.xmin FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace),
    written AS (
        SELECT r.xmin FROM relations r
        UNION ALL
        SELECT n.xmin FROM pg_catalog.pg_namespace n WHERE n.nspname NOT LIKE 'pg\\_%'
        UNION ALL
        SELECT a.xmin FROM pg_catalog.pg_attribute a JOIN relations r ON r.oid = a.attrelid
        UNION ALL
        SELECT d.xmin FROM pg_catalog.pg_attrdef d JOIN relations r ON r.oid = d.adrelid
        UNION ALL
        SELECT i.xmin FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
        UNION ALL
        SELECT q.xmin FROM pg_catalog.pg_sequence q JOIN relations r ON r.oid = q.seqrelid
        UNION ALL
        SELECT t.xmin FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid
        UNION ALL
        SELECT w.xmin FROM pg_catalog.pg_rewrite w JOIN relations r ON r.oid = w.ev_class
        UNION ALL
        SELECT p.xmin FROM pg_catalog.pg_policy p JOIN relations r ON r.oid = p.polrelid
        UNION ALL
        SELECT k.xmin FROM pg_catalog.pg_constraint k JOIN schemas s ON s.oid = k.connamespace
        UNION ALL
        SELECT t.xmin FROM pg_catalog.pg_type t JOIN schemas s ON s.oid = t.typnamespace
        UNION ALL
        SELECT e.xmin FROM pg_catalog.pg_enum e
        JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid JOIN schemas s ON s.oid = t.typnamespace
        UNION ALL
        SELECT f.xmin FROM pg_catalog.pg_proc f JOIN schemas s ON s.oid = f.pronamespace
        UNION ALL
        SELECT o.xmin FROM pg_catalog.pg_operator o JOIN schemas s ON s.oid = o.oprnamespace
        UNION ALL
        SELECT c.xmin FROM pg_catalog.pg_collation c JOIN schemas s ON s.oid = c.collnamespace
        UNION ALL
        SELECT x.xmin FROM pg_catalog.pg_statistic_ext x JOIN schemas s ON s.oid = x.stxnamespace
        UNION ALL
        SELECT d.xmin FROM pg_catalog.pg_description d WHERE d.objoid >= 16384)
    SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(xmin::text::bigint),
                                pg_catalog.max(xmin::text::bigint))
    FROM written
""").bindparams(bindparam("schemas"))


def read_activity(connection: Connection, schemas: Collection[str]) -> str:
    """Return what is another text after something in some schemas has changed.

    It may be another one, too, where nothing has: where a comment was made elsewhere, for example.

    Args:
        connection: leads to the database.
        schemas: their names.
    """
    return str(connection.scalar(_ACTIVITY, {"schemas": sorted(schemas)}))
