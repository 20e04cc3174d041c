"""SQL that several rooms share."""

from sqlalchemy import TextClause, bindparam, text


def raw(statement: str) -> TextClause:
    """Return a statement that is sent as it is: colons and percent signs are parts of names.

    PostgreSQL's own words are parts of it: identities, quoted by its catalog.
    """
    return text(statement.replace(":", r"\:"))


def quote_name(name: str) -> str:
    """Return a name as SQL has it in quotes."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


_UNTRUSTED = """(
    SELECT pg_catalog.array_agg(pg_catalog.concat(
               o.kind, ' ', n.nspname, '.', o.name, ' of role ',
               pg_catalog.pg_get_userbyid(o.owner)))
    FROM pg_catalog.pg_namespace n
    CROSS JOIN LATERAL (
        SELECT 'function' AS kind, p.proname AS name, p.proowner AS owner
        FROM pg_catalog.pg_proc p
        WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid
          AND EXISTS (SELECT FROM pg_catalog.pg_proc b
                      WHERE b.proname OPERATOR(pg_catalog.=) p.proname
                        AND b.pronamespace OPERATOR(pg_catalog.=) CAST(11 AS oid))
        UNION
        SELECT 'operator', p.oprname, p.oprowner
        FROM pg_catalog.pg_operator p
        WHERE p.oprnamespace OPERATOR(pg_catalog.=) n.oid
          AND EXISTS (SELECT FROM pg_catalog.pg_operator b
                      WHERE b.oprname OPERATOR(pg_catalog.=) p.oprname
                        AND b.oprnamespace OPERATOR(pg_catalog.=) CAST(11 AS oid))
    ) o
    WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false))
      AND o.owner OPERATOR(pg_catalog.<>) n.nspowner
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_roles r
          WHERE r.oid OPERATOR(pg_catalog.=) o.owner
            AND (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) current_user
                 OR r.rolname OPERATOR(pg_catalog.=) session_user
                 OR CAST(r.rolname AS text) OPERATOR(pg_catalog.=) ANY (CAST(:trusted AS text[]))))
      AND o.owner OPERATOR(pg_catalog.<>) (
          SELECT d.datdba FROM pg_catalog.pg_database d
          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))"""
"""What others have put on the search path that goes by the names of PostgreSQL's own functions and
operators, in words. Its own are all named with their schema, whose number is 11."""

# Which of our tables and the version table are there, with their comments, and whether a backup is
# being written or restored; a row in any case.
FIND_TABLES = text(
    f"""
    SELECT t.relname, t.comment, t.schema, s.path, s.role, s.untrusted
    FROM (SELECT pg_catalog.current_schemas(false) AS path, current_user AS role,
                 {_UNTRUSTED} AS untrusted) s
    LEFT JOIN (
        SELECT c.relname, pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
               n.nspname AS schema
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = ANY (:names) AND c.relkind IN ('r', 'p')
          AND CASE WHEN CAST(:schema AS text) IS NULL
                   THEN pg_catalog.pg_table_is_visible(c.oid)
                   ELSE n.nspname = CAST(:schema AS text) END
           OR c.relname = :transfer AND n.nspname = :staging
    ) t ON true
"""  # noqa: S608 - a query of ours
).bindparams(*map(bindparam, ("names", "schema", "trusted", "transfer", "staging")))
