"""What the objects of branches are: recorded after each step, and compared with what they are.

A snapshot has the definition of all that a branch's revisions, hooks and syncs have made, with what
hangs on that. What nobody has recorded in the host's schema is the host's, and in a plugin's own
schema the plugin's, where another tool has run revisions of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from ..catalog.definitions import FORMAT, make_query
from ..catalog.wording import GIVEN
from ..plugin import HOST
from ..registry.tables import Tables
from .recorded import RecordedObject

MAJOR = "current_setting('server_version_num')::int / 10000"
"""The major version of the server, in SQL."""

_GIVEN = f"given AS MATERIALIZED (SELECT current_setting('{GIVEN}')::jsonb AS it)"

# Whose objects are, by the registry.
_RECORDED = """
    recorded AS NOT MATERIALIZED (
        SELECT plugin, classid, objid, objsubid, kind FROM {object}
        WHERE made AND epoch = (SELECT it ->> 'epoch' FROM given))"""

# The same after a dump and restore, from which on other numbers hold.
_RECORDED_ELSEWHERE = """
    recorded AS MATERIALIZED (
        SELECT r.* FROM given, jsonb_to_recordset(it -> 'recorded')
            AS r (plugin text, classid oid, objid oid, objsubid int, kind text))"""

# The schemas that are branches' own, set aside or not: a shared one is `schema NAME existing`.
_HOMES = """
    home AS MATERIALIZED (
        SELECT p.name AS plugin, n.oid, n.nspname
        FROM {plugin} p
        JOIN pg_namespace n
          ON n.nspname = coalesce(p.quarantine, substring(p.namespace FROM '^schema ([^ ]+)$'))
        CROSS JOIN given
        WHERE n.nspname <> it ->> 'host_schema')"""

# What stands in schemas for itself, and nobody has recorded; a composite type is recorded by its
# relation. Extensions are whose who needs them, wherever their schema is.
_UNRECORDED = """
    unrecorded AS MATERIALIZED (
        SELECT s.plugin, d.classid, d.objid
        FROM given
        CROSS JOIN LATERAL ({spaces}) s
        JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = s.oid
        LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
        LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
        WHERE d.deptype = 'n'
          AND d.classid NOT IN ('pg_default_acl'::regclass, 'pg_extension'::regclass)
          AND NOT EXISTS (SELECT FROM pg_depend p
                          WHERE p.classid = d.classid AND p.objid = d.objid
                            AND p.refobjid <> p.objid
                            AND (p.deptype IN ('e', 'i')
                                 OR p.deptype = 'a' AND p.refclassid = 'pg_class'::regclass
                                    AND d.classid <> 'pg_statistic_ext'::regclass))
          AND NOT EXISTS (SELECT FROM recorded r
                          WHERE r.objid = coalesce(nullif(t.typrelid, 0), d.objid)
                            AND r.objsubid = 0)
          AND (c.relname IS NULL OR s.nspname <> it ->> 'registry'
               OR NOT it -> 'ours' @> to_jsonb(c.relname::text)))"""

HOST_SPACES = f"""
    SELECT '{HOST}' AS plugin, n.oid, n.nspname FROM pg_namespace n
    WHERE '{HOST}' IN (SELECT plugin FROM wanted)
      AND (n.nspname = it ->> 'host_schema'
           OR n.nspname NOT IN (SELECT nspname FROM home)
              AND n.nspname IN (SELECT substring(p.namespace FROM '^schema (.+) existing$')
                                FROM {{plugin}} p))"""  # noqa: S608 - constants
"""The schemas of which the host has what nobody has recorded: its own, and shared ones."""

_TAKEN_SPACES = f"""{HOST_SPACES}
    UNION ALL
    SELECT plugin, oid, nspname FROM home WHERE plugin IN (SELECT plugin FROM taken)"""  # noqa: S608 - constants

ALL_SPACES = f"""{HOST_SPACES}
    UNION ALL
    SELECT plugin, oid, nspname FROM home WHERE plugin IN (SELECT plugin FROM wanted)"""  # noqa: S608 - constants
"""The same, and the schemas that are plugins' own."""

# The branches of which not all revisions were run by us: what they have made is in their schema.
_TAKEN = """
    taken AS MATERIALIZED (
        SELECT DISTINCT plugin FROM {revision}
        WHERE NOT objects_known AND plugin IN (SELECT plugin FROM wanted))"""

# What branches have: what is recorded, their own schemas, and what is in them without a record
# where there is none, as there is for nothing of the host's that another tool has made.
_ITEMS = f"""
    item AS MATERIALIZED (
        SELECT r.plugin, CASE r.kind WHEN 'composite type' THEN 'pg_type'::regclass::oid
                                     ELSE r.classid END AS classid,
               CASE r.kind WHEN 'composite type' THEN (
                   SELECT reltype FROM pg_class WHERE oid = r.objid)
               ELSE r.objid END AS objid, r.objsubid
        FROM recorded r WHERE r.plugin IN (SELECT plugin FROM wanted)
        UNION
        SELECT plugin, 'pg_namespace'::regclass, oid, 0 FROM home
        WHERE plugin IN (SELECT plugin FROM wanted)
        UNION
        SELECT plugin, classid, objid, 0 FROM unrecorded
        WHERE plugin = '{HOST}' OR plugin IN (SELECT plugin FROM {{taken}}))"""  # noqa: S608 - constants

_LIVE = """
    live AS MATERIALIZED (
        SELECT f.plugin,
               jsonb_object_agg(k.key, jsonb_strip_nulls(f.definition)) AS definitions,
               coalesce(jsonb_object_agg(k.key, k.notes) FILTER (WHERE k.notes <> '{}'),
                        '{}') AS notes,
               jsonb_object_agg(k.key, jsonb_build_array(f.classid, f.objid, f.objsubid))
                   AS places,
               coalesce(jsonb_agg(k.key) FILTER (WHERE f.definition ->> 'validity' IS NOT NULL),
                        '[]') AS invalid,
               count(*) FILTER (WHERE f.kind <> 'schema') AS objects
        FROM found f
        LEFT JOIN pg_description d
          ON d.objoid = f.objid AND d.classoid = f.classid AND d.objsubid = f.objsubid
        CROSS JOIN LATERAL (
            SELECT f.kind || ': ' || f.identity AS key,
                   CASE WHEN coalesce(f.notes::text, d.description) IS NOT NULL
                   THEN jsonb_strip_nulls(coalesce(f.notes, '{}')
                       || jsonb_build_object('comment', d.description)) END AS notes) k
        WHERE f.identity IS NOT NULL
        GROUP BY f.plugin)"""

# The branches that a transaction is about, and those others of which it has altered something, or
# something on which theirs depend: their definitions have the names of that. Every table has a
# column from the beginning that never changes, which tells what is new.
_MOVED = """
    named AS MATERIALIZED (
        SELECT n ->> 0 AS plugin,
               ARRAY(SELECT jsonb_array_elements_text(n) OFFSET 1) AS revisions
        FROM given, jsonb_array_elements(it -> 'named') n),
    altered AS MATERIALIZED (
        SELECT c.tableoid AS classid, c.oid AS objid
        FROM pg_locks l
        JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
          AND l.mode = 'AccessExclusiveLock' AND l.granted
          AND NOT EXISTS (SELECT FROM pg_attribute
                          WHERE attrelid = c.oid AND attnum = -1
                            AND age(xmin) <= age(pg_current_xact_id()::xid))
        UNION ALL
        SELECT r.classid, r.objid
        FROM recorded r
        WHERE r.plugin IN (SELECT plugin FROM named)
          AND age(CASE r.classid
                  WHEN 'pg_type'::regclass THEN (SELECT xmin FROM pg_type WHERE oid = r.objid)
                  WHEN 'pg_proc'::regclass THEN (SELECT xmin FROM pg_proc WHERE oid = r.objid)
                  END) <= age(pg_current_xact_id()::xid)),
    moved AS MATERIALIZED (
        SELECT classid, objid FROM altered
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid
        FROM altered a CROSS JOIN LATERAL (
            SELECT reltype FROM pg_class WHERE oid = a.objid AND a.classid = 'pg_class'::regclass
            UNION ALL SELECT a.objid WHERE a.classid = 'pg_type'::regclass) e (oid)
        CROSS JOIN LATERAL (
            SELECT e.oid UNION ALL SELECT typarray FROM pg_type WHERE oid = e.oid) t
        WHERE t.oid <> 0),
    concerned AS MATERIALIZED (
        SELECT classid, objid FROM altered
        UNION
        SELECT CASE WHEN h.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END,
               coalesce(h.oid, d.objid)
        FROM moved m
        JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid
        CROSS JOIN LATERAL (SELECT CASE d.classid
            WHEN 'pg_constraint'::regclass THEN (
                SELECT nullif(conrelid, 0) FROM pg_constraint WHERE oid = d.objid)
            WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid)
            WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = d.objid)
            WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = d.objid)
            WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objid)
            END) h (oid)),
    wanted AS MATERIALIZED (
        SELECT plugin, revisions FROM named
        UNION ALL
        SELECT s.plugin, s.revisions FROM {snapshot} s
        WHERE s.plugin NOT IN (SELECT plugin FROM named)
          AND s.plugin IN (SELECT r.plugin FROM concerned c CROSS JOIN LATERAL (
                               SELECT plugin FROM recorded
                               WHERE objid = c.objid AND classid = c.classid OFFSET 0) r))
"""


_INSERT = f"""
    INSERT INTO {{snapshot}} (plugin, revisions, recorded_at, server_version, format, epoch,
                            definitions, notes, places)
    SELECT w.plugin, w.revisions, clock_timestamp(), {MAJOR}, {FORMAT}, it ->> 'epoch',
           coalesce(l.definitions, '{{{{}}}}'), coalesce(l.notes, '{{{{}}}}'),
           coalesce(l.places, '{{{{}}}}')
    FROM given, wanted w LEFT JOIN live l ON l.plugin = w.plugin
    ON CONFLICT (plugin) DO UPDATE SET
        (revisions, recorded_at, server_version, format, epoch, definitions, notes, places) =
        ROW (EXCLUDED.revisions, EXCLUDED.recorded_at, EXCLUDED.server_version, EXCLUDED.format,
             EXCLUDED.epoch, EXCLUDED.definitions, EXCLUDED.notes, EXCLUDED.places)"""  # noqa: S608 - constants


@cache
def make_recording(tables: Tables) -> str:
    """Return the statement that records what the objects of branches are.

    It takes what `give` returns. Branches of others are recorded with these where the transaction
    has altered something of theirs, or on which theirs depends: their definitions have its name.

    Args:
        tables: the registry's, with their schema.
    """
    names = find_names(tables)
    moved, insert = _MOVED.format_map(names), _INSERT.format_map(names)
    return f"WITH {make_objects_query(tables, moved, _TAKEN_SPACES)} {insert}"


def make_objects_query(
    tables: Tables,
    wanted: str,
    spaces: str,
    *,
    is_elsewhere: bool = False,
    with_unknown: bool = False,
    is_short: bool = False,
) -> str:
    """Return a WITH clause with `live`, a row a branch that is `wanted` and has objects.

    Args:
        tables: the registry's, with their schema.
        wanted: the part of the clause of that name, with a column `plugin`.
        spaces: the query for the schemas of which `unrecorded` has what nobody has recorded.
        is_elsewhere: whether the registry has the numbers of another database.
        with_unknown: whether what no revision has made in a plugin's own schema is the plugin's.
        is_short: whether names have no schema that is on the search path.
    """
    names = find_names(tables)
    recorded = _RECORDED_ELSEWHERE if is_elsewhere else _RECORDED.format_map(names)
    parts = (
        _HOMES.format_map(names),
        _TAKEN.format_map(names),
        _UNRECORDED.format(spaces=spaces.format_map(names)),
        _ITEMS.format(taken="wanted" if with_unknown else "taken"),
    )
    query = make_query(with_partitions=False, is_short=is_short)
    return ",".join((_GIVEN, recorded, wanted, *parts, query, _LIVE))


def find_names(tables: Tables) -> Mapping[str, str]:
    """Return what SQL calls the registry's tables, by the fields of `Tables`."""
    names = ("plugin", "revision", "object", "snapshot")
    return {name: _quote(getattr(tables, name)) for name in names}


def _quote(table: Table) -> str:
    return postgresql.dialect().identifier_preparer.format_table(table)  # type: ignore[no-untyped-call]


def give(
    heads: Mapping[str, Sequence[str]],
    epoch: str,
    host_schema: str,
    registry: str,
    ours: Sequence[str],
    recorded: Iterable[RecordedObject] = (),
) -> str:
    """Return what the queries for the objects of branches are about.

    Args:
        heads: the branches, with what is applied of them.
        epoch: where the numbers hold that the registry has.
        host_schema: the schema of the host's tables.
        registry: that of the registry.
        ours: the names of the registry's tables and of the version table.
        recorded: what is recorded, where the registry has the numbers of another database.
    """
    rows = [
        dict(zip(("classid", "objid", "objsubid"), row.place, strict=True))
        | {"plugin": row.plugin, "kind": row.kind}
        for row in recorded
        if row.made
    ]
    named = [[name, *revisions] for name, revisions in heads.items()]
    given = {"named": named, "epoch": epoch, "host_schema": host_schema, "registry": registry}
    return json.dumps({**given, "ours": list(ours), "recorded": rows})
