"""What pg_dump leaves out of a backup of some schemas or tables, as statements that make it again.

That a table is published, and statistics that are not in its schema, are in no such file. Owners
and privileges are, but pg_restore gives up where one of the roles is gone.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, bindparam, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from .._base_errors import first_line
from ..registry.sql import raw
from ..registry.tables import EXTRA

# In which publications tables and schemas are.
_PUBLICATIONS = """
    SELECT format('table %I.%I in publication %I', n.nspname, c.relname, p.pubname) AS words,
           format('ALTER PUBLICATION %I ADD TABLE ONLY %I.%I', p.pubname, n.nspname, c.relname)
           || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ') || ')'
                        FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)), '')
           || coalesce(' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')', '') AS statement,
           '{}'::name[] AS roles
    FROM pg_publication_rel r
    JOIN pg_publication p ON p.oid = r.prpubid
    JOIN pg_class c ON c.oid = r.prrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (CAST(:oids AS oid[])) OR n.nspname = ANY (CAST(:schemas AS name[]))
    UNION ALL
    SELECT format('tables in schema %I in publication %I', n.nspname, p.pubname),
           format('ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I', p.pubname, n.nspname), '{}'
    FROM pg_publication_namespace r
    JOIN pg_publication p ON p.oid = r.pnpubid
    JOIN pg_namespace n ON n.oid = r.pnnspid
    WHERE n.nspname = ANY (CAST(:schemas AS name[]))
"""

# Extended statistics of tables, out of the schemas that are written whole.
_STATISTICS = """
    SELECT format('statistics object %I.%I', n.nspname, s.stxname) AS words,
           pg_get_statisticsobjdef(s.oid) AS statement, '{}'::name[] AS roles
    FROM pg_statistic_ext s
    JOIN pg_class c ON c.oid = s.stxrelid
    JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE (c.oid = ANY (CAST(:oids AS oid[]))
           OR c.relnamespace::regnamespace::text = ANY (CAST(:schemas AS text[])))
      AND n.nspname <> ALL (CAST(:schemas AS name[]))
"""

# Owners, privileges and policies, first what those are revoked of who have some by default; owners
# are the last.
_PRIVILEGES = """
    WITH object (kind, called, identity, owner, acl) AS (
        SELECT CASE WHEN c.relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
               CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                    WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
               format('%I.%I', n.nspname, c.relname), c.relowner, c.relacl
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_depend d ON c.relkind = 'S' AND d.classid = c.tableoid AND d.objid = c.oid
            AND d.refclassid = c.tableoid AND d.deptype IN ('a', 'i')
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
          AND (n.nspname = ANY (CAST(:schemas AS name[])) OR c.oid = ANY (CAST(:oids AS oid[]))
               OR d.refobjid = ANY (CAST(:oids AS oid[])))
        UNION ALL
        SELECT 'ROUTINE', 'ROUTINE', p.oid::regprocedure::text, p.proowner, p.proacl
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY (CAST(:schemas AS name[]))
        UNION ALL
        SELECT 'TYPE', 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner, t.typacl
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE n.nspname = ANY (CAST(:schemas AS name[])) AND t.typtype IN ('c', 'd', 'e', 'r')
          AND (c.oid IS NULL OR c.relkind = 'c')
        UNION ALL
        SELECT 'SCHEMA', 'SCHEMA', quote_ident(n.nspname), n.nspowner, n.nspacl
        FROM pg_namespace n WHERE n.nspname = ANY (CAST(:made AS name[]))),
    granted (kind, part, identity, acl) AS (
        SELECT kind, '', identity, acl FROM object WHERE acl IS NOT NULL
        UNION ALL
        SELECT 'TABLE', format(' (%I)', a.attname), format('%I.%I', n.nspname, c.relname), a.attacl
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attacl IS NOT NULL AND (c.oid = ANY (CAST(:oids AS oid[]))
                                        OR n.nspname = ANY (CAST(:schemas AS name[]))))
    SELECT 3 AS rank, format('owner %s of %s %s', pg_get_userbyid(owner), lower(called), identity)
               AS words,
           format('ALTER %s %s OWNER TO %I', called, identity, pg_get_userbyid(owner)) AS statement,
           ARRAY[pg_get_userbyid(owner)] AS roles
    FROM object
    WHERE called <> 'SEQUENCE'
    UNION ALL
    SELECT 1, format('privileges on %s %s', lower(called), identity),
           format('REVOKE ALL ON %s %s FROM PUBLIC, CURRENT_USER', kind, identity), '{}'
    FROM object WHERE acl IS NOT NULL
    UNION ALL
    SELECT 2, format('%s%s on %s %s to %s',
                     string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type), g.part,
                     lower(g.kind), g.identity, g.role),
           format('GRANT %s ON %s %s TO %s%s',
                  string_agg(g.privilege_type || g.part, ', ' ORDER BY g.privilege_type),
                  g.kind, g.identity,
                  CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(g.role) END,
                  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
           CASE WHEN g.grantee = 0 THEN '{}' ELSE ARRAY[g.role] END
    FROM (SELECT r.kind, r.part, r.identity, x.grantee, x.is_grantable, x.privilege_type,
                 CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS role
          FROM granted r CROSS JOIN LATERAL aclexplode(r.acl) x) g
    GROUP BY g.kind, g.part, g.identity, g.grantee, g.is_grantable, g.role
    UNION ALL
    SELECT 2, format('default privileges of %s in schema %I to %s', f.maker, f.nspname, f.role),
           format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s',
                  f.maker, f.nspname, string_agg(f.privilege_type, ', ' ORDER BY f.privilege_type),
                  CASE f.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                       WHEN 'f' THEN 'ROUTINES' ELSE 'TYPES' END,
                  CASE WHEN f.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(f.role) END,
                  CASE WHEN f.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END),
           CASE WHEN f.grantee = 0 THEN ARRAY[f.maker] ELSE ARRAY[f.maker, f.role] END
    FROM (SELECT n.nspname, e.defaclobjtype, x.grantee, x.is_grantable, x.privilege_type,
                 pg_get_userbyid(e.defaclrole) AS maker,
                 CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS role
          FROM pg_default_acl e JOIN pg_namespace n ON n.oid = e.defaclnamespace
          CROSS JOIN LATERAL aclexplode(e.defaclacl) x
          WHERE n.nspname = ANY (CAST(:schemas AS name[]))) f
    GROUP BY f.nspname, f.defaclobjtype, f.grantee, f.is_grantable, f.maker, f.role
    UNION ALL
    SELECT 2, format('policy %I on table %I.%I', p.polname, n.nspname, c.relname),
           format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', p.polname, n.nspname,
                  c.relname, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
                       WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                  (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC'
                                            ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
                   FROM unnest(p.polroles) r),
                  ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                  ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'),
           ARRAY(SELECT pg_get_userbyid(r) FROM unnest(p.polroles) r WHERE r <> 0)
    FROM pg_policy p
    JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (CAST(:schemas AS name[])) OR c.oid = ANY (CAST(:oids AS oid[]))
    ORDER BY 1
"""

_POLICY = "policy "

_QUERIES: dict[str, TextClause] = {
    "publication": text(_PUBLICATIONS),
    "statistics": text(_STATISTICS),
    "privilege": text(_PRIVILEGES),
}

_ROLES = text("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (:names)").bindparams(
    bindparam("names")
)


@dataclass(frozen=True)
class Extra:
    """What pg_dump leaves out.

    Attributes:
        kind: ``publication``, ``statistics`` or ``privilege``, which owners are too.
        words: what it is.
        statement: what brings it back.
        roles: whom the statement names.
    """

    kind: str
    words: str
    statement: str
    roles: tuple[str, ...] = ()


def read_extras(
    connection: Connection, oids: Collection[int], schemas: Collection[str], made: Collection[str]
) -> list[Extra]:
    """Return what is left out of a backup, in the order in which it is to be brought back.

    Args:
        connection: leads to the database, in a transaction.
        oids: the relations that are in the backup.
        schemas: the schemas that are in it with all that is in them.
        made: those of them that come and go with a plugin.
    """
    path = connection.scalar(select(func.pg_catalog.current_setting("search_path")))
    set_path = func.pg_catalog.set_config
    connection.execute(select(set_path("search_path", "", True)))  # So that names have schemas.
    places = {"oids": list(oids), "schemas": list(schemas), "made": list(made)}
    found = [
        Extra(kind, row.words, row.statement, tuple(row.roles))
        for kind, query in _QUERIES.items()
        for row in connection.execute(query, places)
    ]
    connection.execute(select(set_path("search_path", path, True)))
    # The tables of the backup itself have an owner, too, who may be gone by then.
    maker = connection.scalar(text("SELECT current_user"))
    return [*found, Extra("privilege", "the backup", "SELECT", (str(maker),))]


def write_extras(connection: Connection, extras: Collection[Extra]) -> None:
    """Keep what is left out with what the registry knows, which goes into the backup."""
    EXTRA.create(connection)
    rows = [
        {"position": n, **vars(extra), "roles": list(extra.roles)} for n, extra in enumerate(extras)
    ]
    if rows:
        connection.execute(EXTRA.insert(), rows)


def read_written(connection: Connection) -> list[Extra]:
    """Return what was written; a backup of an earlier release has nothing of it."""
    if not inspect(connection).has_table(EXTRA.name, EXTRA.schema):
        return []
    rows = connection.execute(select(EXTRA).order_by(EXTRA.c.position))
    return [Extra(row.kind, row.words, row.statement, tuple(row.roles)) for row in rows]


def find_kinds_left_to_us(extras: Collection[Extra]) -> tuple[str, ...]:
    """Return which kinds of objects pg_restore has to leave out where a role is gone.

    It gives up on a policy for that role. A backup of an earlier release has none of them here.
    """
    has_policies = any(extra.words.startswith(_POLICY) for extra in extras)
    return (_POLICY.strip().upper(),) if has_policies else ()


def find_gone_roles(connection: Connection, extras: Collection[Extra]) -> set[str]:
    """Return the roles that owners and privileges name, and that are not there."""
    names = {role for extra in extras for role in extra.roles}
    return names - set(connection.scalars(_ROLES, {"names": list(names)}))


def bring_back(connection: Connection, extras: Collection[Extra]) -> Iterator[str]:
    """Bring back what pg_restore has not; yield what cannot be, and why.

    Owners and privileges are among it where one of their roles is gone.
    """
    with_roles = bool(find_gone_roles(connection, extras))
    for extra in extras:
        if extra.kind == "privilege" and not with_roles:
            continue
        try:
            with connection.begin_nested():
                connection.execute(raw(extra.statement))
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            yield f"{extra.words} ({first_line(error.orig)})"
