"""The query for the definitions of objects, in PostgreSQL's own words.

A definition has parts, each of which is a piece of SQL: a column's type, default, nullability ...
What hangs on relations is found with them. Beside it are notes, on what decides nothing about
rows and columns: owners, privileges, comments, storage parameters ...
"""

from functools import cache

from .short_definitions import shorten

FORMAT = 1
"""The version of what the query returns: definitions of different versions are not compared."""


def _grants(acl: str, kind: str, owner: str) -> str:
    """Return what tells of privileges other than those that everybody has by default."""

    def join(list_: str) -> str:
        order = 'x::text COLLATE "C"'
        return f"(SELECT string_agg(x::text, ', ' ORDER BY {order}) FROM unnest({list_}) x)"  # noqa: S608 - constants

    default = f"acldefault({kind}, {owner})"
    return f"CASE WHEN {acl} IS NOT NULL THEN nullif({join(acl)}, {join(default)}) END"


def _enabled(column_name: str) -> str:
    return (
        f"CASE {column_name} WHEN 'D' THEN 'DISABLED' WHEN 'R' THEN 'ENABLED REPLICA'"
        " WHEN 'A' THEN 'ENABLED ALWAYS' END"
    )


_LEFT_OUT = "@partitions"
"""Stands for whether partitions are left out."""


def _on(relation: str) -> str:
    """Return what joins the relation on which something hangs; partitions' may be left out."""
    return f"JOIN pg_class t ON t.oid = {relation} AND NOT (t.relispartition AND {_LEFT_OUT})"


# What hangs on relations, by what it is.
_PARTS = {
    "index": """
            SELECT 'pg_class'::regclass::oid AS classid, indexrelid AS objid
            FROM pg_index WHERE indrelid = r.oid AND r.relhasindex""",
    "constraint": """
            SELECT 'pg_constraint'::regclass::oid AS classid, oid AS objid FROM pg_constraint
            WHERE conrelid = r.oid AND contype NOT IN ('n', 't')""",
    "trigger": """
            SELECT 'pg_trigger'::regclass::oid AS classid, oid AS objid FROM pg_trigger
            WHERE tgrelid = r.oid AND r.relhastriggers AND NOT tgisinternal""",
    "rule": """
            SELECT 'pg_rewrite'::regclass::oid AS classid, oid AS objid FROM pg_rewrite
            WHERE ev_class = r.oid AND r.relhasrules AND rulename <> '_RETURN'""",
    "policy": """
            SELECT 'pg_policy'::regclass::oid AS classid, oid AS objid FROM pg_policy
            WHERE polrelid = r.oid""",
    "sequence": """
            SELECT classid, objid FROM pg_depend
            WHERE refclassid = 'pg_class'::regclass AND refobjid = r.oid AND refobjsubid > 0
              AND classid = refclassid AND deptype IN ('a', 'i')""",
}

# The branches' relations, and what hangs on these and nobody else has made. The data of a
# partitioned table is in its partitions: what these are is asked only where they are wanted.
_ITEMS = f"""
    claimed AS MATERIALIZED (
        SELECT plugin, classid, objid, objsubid FROM recorded
        WHERE objsubid > 0 OR kind IN ('index', 'sequence')
           OR classid IN ('pg_constraint'::regclass, 'pg_trigger'::regclass,
                          'pg_rewrite'::regclass, 'pg_policy'::regclass)),
    relation AS MATERIALIZED (
        SELECT i.plugin, c.oid, c.relkind, c.relhasindex, c.relhastriggers, c.relhasrules,
               ARRAY(SELECT m.objsubid FROM claimed m
                     WHERE m.classid = i.classid AND m.objid = i.objid AND m.objsubid > 0
                       AND m.plugin <> i.plugin) AS others
        FROM item i
        CROSS JOIN LATERAL (
            SELECT oid, relkind, relhasindex, relhastriggers, relhasrules FROM pg_class
            WHERE oid = i.objid AND relkind IN ('r', 'p', 'v', 'm', 'f')
              AND NOT (relispartition AND {_LEFT_OUT})
            OFFSET 0) c
        WHERE i.classid = 'pg_class'::regclass AND i.objsubid = 0),
    part AS MATERIALIZED (
        SELECT r.plugin, p.classid, p.objid
        FROM relation r
        CROSS JOIN LATERAL (@parts
            OFFSET 0) p
        WHERE NOT EXISTS (SELECT FROM claimed m WHERE m.classid = p.classid AND m.objid = p.objid
                          AND m.objsubid = 0 AND m.plugin <> r.plugin)
        UNION
        SELECT plugin, classid, objid FROM item
        WHERE objsubid = 0
          AND classid IN ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass,
                          'pg_rewrite'::regclass, 'pg_policy'::regclass)),
    field AS MATERIALIZED (
        SELECT r.plugin, r.oid, a.attnum
        FROM relation r
        CROSS JOIN LATERAL (
            SELECT attnum FROM pg_attribute
            WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped OFFSET 0) a
        WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum <> ALL (r.others)
        UNION
        SELECT i.plugin, i.objid, i.objsubid FROM item i {_on("i.objid")} WHERE i.objsubid > 0)
"""  # noqa: S608 - constants

# Tables and views. Storage parameters are for tuning, but those of a view decide what it shows.
_RELATIONS = f"""
    SELECT r.plugin, 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                          WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
           c.oid::regclass::text AS identity,
           CASE WHEN c.relkind IN ('v', 'm') THEN jsonb_build_object(
               'options', CASE c.relkind WHEN 'v' THEN
                   'WITH (' || array_to_string(c.reloptions, ', ') || ') AS' END,
               'definition', ltrim(pg_get_viewdef(c.oid)))
           ELSE jsonb_build_object(
               'persistence', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
               'kind', 'TABLE',
               'row type', 'OF ' || format_type(nullif(c.reloftype, 0), NULL),
               'parents', CASE WHEN c.relispartition THEN 'PARTITION OF ' ELSE 'INHERITS ' END || (
                   SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno)
                   FROM pg_inherits WHERE inhrelid = c.oid),
               'bound', pg_get_expr(c.relpartbound, c.oid),
               'partition key', CASE c.relkind WHEN 'p' THEN
                   'PARTITION BY ' || pg_get_partkeydef(c.oid) END,
               'server', 'SERVER ' || quote_ident(s.srvname),
               'foreign options', 'OPTIONS (' || array_to_string(f.ftoptions, ', ') || ')',
               'row security',
               CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
               'forced row security',
               CASE WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END)
           END AS definition,
           jsonb_build_object(
               'owner', pg_get_userbyid(c.relowner),
               'privileges', {_grants("c.relacl", "'r'", "c.relowner")},
               'storage parameters', CASE WHEN c.relkind <> 'v' THEN
                   array_to_string(c.reloptions, ', ') END,
               'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
               'access method', (SELECT nullif(amname, 'heap') FROM pg_am WHERE oid = c.relam),
               'replica identity', CASE WHEN c.relkind IN ('v', 'f') THEN NULL
                   WHEN c.relreplident = 'f' THEN 'FULL' WHEN c.relreplident = 'n' THEN 'NOTHING'
                   WHEN c.relreplident = 'i' THEN 'USING INDEX ' || (
                       SELECT indexrelid::regclass FROM pg_index
                       WHERE indrelid = c.oid AND indisreplident) END) AS notes
    FROM relation r
    JOIN pg_class c ON c.oid = r.oid
    LEFT JOIN pg_foreign_table f ON c.relkind = 'f' AND f.ftrelid = c.oid
    LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
"""  # noqa: S608 - constants

# The columns of tables. PostgreSQL 18 may have a NOT NULL that is not valid yet.
_FIELDS = """
    SELECT k.plugin, 'pg_class'::regclass::oid, k.oid, k.attnum::int, 'column',
           a.attrelid::regclass || '.' || quote_ident(a.attname),
           jsonb_build_object(
               'type', format_type(a.atttypid, a.atttypmod),
               'collation', 'COLLATE ' || nullif(a.attcollation, y.typcollation)::regcollation,
               'default', CASE WHEN a.atthasdef AND a.attgenerated = ''
                   THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) END,
               'expression', CASE WHEN a.attgenerated <> ''
                   THEN 'GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid)
                       || CASE a.attgenerated WHEN 's' THEN ') STORED' ELSE ') VIRTUAL' END END,
               'identity', CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
                                              WHEN 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY' END,
               'nullability', CASE WHEN a.attnotnull THEN 'NOT NULL' END,
               'validity', CASE WHEN a.attnotnull THEN (
                   SELECT 'NOT VALID' FROM pg_constraint
                   WHERE conrelid = a.attrelid AND contype = 'n' AND NOT convalidated
                     AND a.attnum = ANY (conkey)) END),
           CASE WHEN a.attacl IS NOT NULL OR a.attoptions IS NOT NULL OR a.attcompression <> ''
                     OR a.attstorage <> y.typstorage OR a.attstattarget <> -1
           THEN jsonb_build_object(
               'privileges', (SELECT string_agg(x::text, ', ' ORDER BY x::text COLLATE "C")
                              FROM unnest(a.attacl) x),
               'statistics target', nullif(a.attstattarget, -1)::text,
               'storage', CASE WHEN a.attstorage <> y.typstorage THEN a.attstorage END,
               'compression', nullif(a.attcompression, ''),
               'options', array_to_string(a.attoptions, ', ')) END
    FROM field k
    JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum = k.attnum AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON a.atthasdef AND d.adrelid = a.attrelid AND d.adnum = a.attnum
"""

# Sequences, though not how far they are.
_SEQUENCES = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'sequence',
           concat_ws(' on ', seqrelid::regclass::text, d.refobjid::regclass::text),
           jsonb_build_object(
               'type', format_type(seqtypid, NULL), 'start', 'START ' || seqstart,
               'increment', 'INCREMENT ' || seqincrement, 'minimum', 'MINVALUE ' || seqmin,
               'maximum', 'MAXVALUE ' || seqmax, 'cache', 'CACHE ' || seqcache,
               'cycle', CASE WHEN seqcycle THEN 'CYCLE' END),
           jsonb_build_object(
               'owner', pg_get_userbyid(c.relowner),
               'privileges', {_grants("c.relacl", "'s'", "c.relowner")})
    FROM part p
    JOIN pg_sequence ON p.classid = 'pg_class'::regclass AND seqrelid = p.objid
    JOIN pg_class c ON c.oid = seqrelid
    LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = seqrelid
        AND d.deptype IN ('a', 'i') AND d.refclassid = d.classid
"""  # noqa: S608 - constants

# What is there because of a table above is left out; a NOT NULL, which is a constraint since
# PostgreSQL 18, is told with its column.
_CONSTRAINTS = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'constraint',
           quote_ident(conname) || ' on ' || conrelid::regclass,
           CASE WHEN convalidated
                THEN jsonb_build_object('definition', pg_get_constraintdef(c.oid))
                ELSE jsonb_build_object(
                    'definition', regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''),
                    'validity', substring(pg_get_constraintdef(c.oid) FROM 'NOT VALID$')) END,
           NULL
    FROM part p
    JOIN pg_constraint c ON p.classid = 'pg_constraint'::regclass AND c.oid = p.objid
    {_on("c.conrelid")}
    WHERE conparentid = 0 AND coninhcount = 0
"""  # noqa: S608 - constants

# Indexes, unless they are there because of a constraint or of the table above. What is built just
# now is not there yet. Storage parameters are printed with the definition.
_INDEXES = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'index',
           indexrelid::regclass || ' on ' || indrelid::regclass,
           jsonb_build_object(
               'definition', CASE WHEN c.reloptions IS NULL THEN pg_get_indexdef(c.oid)
                   ELSE replace(pg_get_indexdef(c.oid), ' WITH (' || (
                       SELECT string_agg(quote_ident(n) || '=' || CASE
                           WHEN quote_ident(v) = v THEN v ELSE quote_literal(v) END, ', '
                           ORDER BY number)
                       FROM unnest(c.reloptions) WITH ORDINALITY AS o (words, number),
                            split_part(words, '=', 1) n, substr(words, length(n) + 2) v) || ')', '')
                   END,
               'validity', CASE WHEN NOT indisvalid THEN 'INVALID' END),
           CASE WHEN c.reloptions IS NOT NULL OR c.reltablespace <> 0 THEN jsonb_build_object(
               'storage parameters', array_to_string(c.reloptions, ', '),
               'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace)) END
    FROM part p
    JOIN pg_index i ON p.classid = 'pg_class'::regclass AND i.indexrelid = p.objid
    JOIN pg_class c ON c.oid = i.indexrelid AND NOT c.relispartition
    {_on("i.indrelid")}
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = indrelid
                      AND conindid = indexrelid AND contype IN ('p', 'u', 'x'))
      AND (indisvalid OR NOT EXISTS (SELECT FROM pg_stat_progress_create_index g
                                     WHERE g.index_relid = i.indexrelid))
"""  # noqa: S608 - constants

_TRIGGERS = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'trigger',
           quote_ident(tgname) || ' on ' || tgrelid::regclass,
           jsonb_build_object('definition', pg_get_triggerdef(g.oid),
                              'enabled', {_enabled("tgenabled")}),
           NULL
    FROM part p
    JOIN pg_trigger g ON p.classid = 'pg_trigger'::regclass AND g.oid = p.objid
        AND NOT tgisinternal AND tgparentid = 0
    {_on("g.tgrelid")}
"""  # noqa: S608 - constants

_RULES = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'rule',
           quote_ident(rulename) || ' on ' || ev_class::regclass,
           jsonb_build_object('definition', pg_get_ruledef(w.oid),
                              'enabled', {_enabled("ev_enabled")}),
           NULL
    FROM part p
    JOIN pg_rewrite w ON p.classid = 'pg_rewrite'::regclass AND w.oid = p.objid
        AND rulename <> '_RETURN'
    {_on("w.ev_class")}
"""  # noqa: S608 - constants

_POLICIES = f"""
    SELECT p.plugin, p.classid, p.objid, 0, 'policy',
           quote_ident(polname) || ' on ' || polrelid::regclass,
           jsonb_build_object(
               'kind', CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
               'command', CASE polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT'
                                      WHEN 'w' THEN 'FOR UPDATE' WHEN 'd' THEN 'FOR DELETE' END,
               'roles', 'TO ' || array_to_string(ARRAY(
                   SELECT CASE r WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r)) END
                   COLLATE "C" FROM unnest(polroles) r ORDER BY 1), ', '),
               'using', 'USING (' || pg_get_expr(polqual, polrelid) || ')',
               'check', 'WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')'),
           NULL
    FROM part p
    JOIN pg_policy y ON p.classid = 'pg_policy'::regclass AND y.oid = p.objid
    {_on("y.polrelid")}
"""  # noqa: S608 - constants

_SCHEMAS = f"""
    SELECT k.plugin, k.classid, k.objid, 0, 'schema', quote_ident(n.nspname), '{{}}'::jsonb,
           jsonb_build_object(
               'owner', pg_get_userbyid(n.nspowner),
               'privileges', {_grants("n.nspacl", "'n'", "n.nspowner")})
    FROM item k
    JOIN pg_namespace n ON k.classid = 'pg_namespace'::regclass AND n.oid = k.objid
"""  # noqa: S608 - constants

# What stands in a schema beside relations. Of operators, collations and the like it is told only
# that they are there.
_OTHERS = f"""
    SELECT k.plugin, k.classid, k.objid, 0, o.type,
           coalesce(p.oid::regprocedure::text, o.identity),
           CASE WHEN p.prokind = 'a' THEN jsonb_build_object('definition', concat_ws(', ',
                   pg_get_function_arguments(p.oid),
                   'SFUNC = ' || a.aggtransfn, 'STYPE = ' || format_type(a.aggtranstype, NULL),
                   'FINALFUNC = ' || nullif(a.aggfinalfn, 0)::regproc,
                   'INITCOND = ' || a.agginitval))
                WHEN p.oid IS NOT NULL
                THEN jsonb_build_object('definition', pg_get_functiondef(p.oid))
                WHEN k.classid = 'pg_statistic_ext'::regclass
                THEN jsonb_build_object('definition', pg_get_statisticsobjdef(k.objid))
                WHEN t.typtype = 'e' THEN jsonb_build_object('labels', 'ENUM (' || (
                    SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                    FROM pg_enum WHERE enumtypid = t.oid) || ')')
                WHEN t.typtype = 'c' THEN jsonb_build_object('attributes', '(' || (
                    SELECT string_agg(concat_ws(' ', quote_ident(attname),
                               format_type(atttypid, atttypmod),
                               'COLLATE ' || nullif(attcollation, y.typcollation)::regcollation),
                               ', ' ORDER BY attnum)
                    FROM pg_attribute JOIN pg_type y ON y.oid = atttypid
                    WHERE attrelid = t.typrelid AND NOT attisdropped) || ')')
                WHEN t.typtype = 'r' THEN (SELECT jsonb_build_object(
                    'definition', concat_ws(' ', 'RANGE OF', format_type(rngsubtype, NULL),
                       'COLLATE ' || nullif(rngcollation, 0)::regcollation,
                       'CANONICAL ' || nullif(rngcanonical, 0)::regproc,
                       'SUBTYPE_DIFF ' || nullif(rngsubdiff, 0)::regproc))
                    FROM pg_range WHERE rngtypid = t.oid)
                WHEN t.typtype = 'd' THEN jsonb_build_object(
                    'type', format_type(t.typbasetype, t.typtypmod),
                    'collation', 'COLLATE ' || nullif(t.typcollation, b.typcollation)::regcollation,
                    'default', 'DEFAULT ' || pg_get_expr(t.typdefaultbin, 0),
                    'nullability', CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                    'constraints', (
                        SELECT string_agg(concat('CONSTRAINT ', quote_ident(conname), ' ',
                                                 pg_get_constraintdef(oid)), ' ' ORDER BY conname)
                        FROM pg_constraint WHERE contypid = t.oid AND contype = 'c'))
                ELSE '{{}}' END,
           jsonb_build_object(
               'owner', pg_get_userbyid(coalesce(p.proowner, t.typowner)),
               'privileges', CASE WHEN p.oid IS NOT NULL
                   THEN {_grants("p.proacl", "'f'", "p.proowner")}
                   ELSE {_grants("t.typacl", "'T'", "t.typowner")} END)
    FROM item k
    CROSS JOIN LATERAL pg_identify_object(k.classid, k.objid, 0) o
    LEFT JOIN pg_proc p ON k.classid = 'pg_proc'::regclass AND p.oid = k.objid
    LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    LEFT JOIN pg_type t ON k.classid = 'pg_type'::regclass AND t.oid = k.objid
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE k.classid NOT IN ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass,
                            'pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_namespace'::regclass)
      AND o.identity IS NOT NULL
"""  # noqa: S608 - constants

_KINDS = {
    "relation": _RELATIONS,
    "column": _FIELDS,
    "sequence": _SEQUENCES,
    "constraint": _CONSTRAINTS,
    "index": _INDEXES,
    "trigger": _TRIGGERS,
    "rule": _RULES,
    "policy": _POLICIES,
    "schema": _SCHEMAS,
    "other": _OTHERS,
}

KINDS = frozenset(_KINDS)
"""The kinds of objects that are looked for apart from each other."""


@cache
def make_query(
    *, with_partitions: bool, is_short: bool = False, kinds: frozenset[str] = KINDS
) -> str:
    """Return the parts of a WITH clause for the definitions of objects, in a last one, `found`.

    It goes on after two others: `recorded` has `plugin, classid, objid, objsubid, kind` of what
    branches are known to have made, and `item` has the first four of what is wanted. Columns of
    `found` are these, the object's kind, its identity, its definition, and notes, as JSON.

    Args:
        with_partitions: whether partitions are told, or are the data of their tables.
        is_short: whether names have no schema that is on the search path.
        kinds: what may be there, some of `KINDS`: PostgreSQL takes longer to plan what finds
            nothing than to find the rest.
    """
    union = "\n    UNION ALL"
    parts = union.join(query for kind, query in _PARTS.items() if kind in kinds)
    found = union.join(query for kind, query in _KINDS.items() if kind in kinds)
    found = shorten(found) if is_short else found
    query = f"""{_ITEMS.replace("@parts", parts)},
    found (plugin, classid, objid, objsubid, kind, identity, definition, notes) AS ({found})"""
    return query.replace(_LEFT_OUT, "false" if with_partitions else "true")
