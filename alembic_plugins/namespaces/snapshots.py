"""What the objects of branches are: recorded after each step, and compared with what they are.

A snapshot has the definition of all that a branch's revisions, hooks and syncs have made, with what
hangs on that. What nobody has recorded in the host's schema is the host's, and in a plugin's own
schema the plugin's, where another tool has run revisions of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from ..catalog.definitions import KINDS, make_query
from ..catalog.wording import GIVEN
from ..plugin import HOST
from ..registry.tables import Tables
from .recorded import RecordedObject

MAJOR = "current_setting('server_version_num')::int / 10000"
"""The major version of the server, in SQL."""

GIVEN_PART = f"given AS MATERIALIZED (SELECT current_setting('{GIVEN}')::jsonb AS it)"
"""The part of a WITH clause that has what a query is about."""

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

# The schemas that are branches' own, set aside or not: a shared one is `schema NAME existing`. Each
# is looked up by itself, as a name: there may be many.
_HOMES = """
    home AS MATERIALIZED (
        SELECT p.name AS plugin, n.oid, n.nspname
        FROM given
        CROSS JOIN (SELECT name, coalesce(quarantine, substring(namespace FROM '^schema ([^ ]+)$'))
                               AS home FROM {{plugin}}{chosen} OFFSET 0) p
        CROSS JOIN LATERAL (
            SELECT oid, nspname FROM pg_namespace WHERE nspname = CAST(p.home AS name) OFFSET 0) n
        WHERE n.nspname <> it ->> 'host_schema')"""

_CHOSEN = " WHERE name IN (SELECT plugin FROM wanted)"

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

TAKEN_SPACES = f"""{HOST_SPACES}
    UNION ALL
    SELECT plugin, oid, nspname FROM home WHERE plugin IN (SELECT plugin FROM taken)"""  # noqa: S608 - constants

"""The same, and those of plugins of which another tool has run revisions."""

ALL_SPACES = f"""{HOST_SPACES}
    UNION ALL
    SELECT plugin, oid, nspname FROM home WHERE plugin IN (SELECT plugin FROM wanted)"""  # noqa: S608 - constants
"""The same, and all schemas that are plugins' own."""

# The branches of which not all revisions were run by us: what they have made is in their schema.
_TAKEN = """
    taken AS MATERIALIZED (
        SELECT DISTINCT plugin FROM {revision}
        WHERE NOT objects_known AND plugin IN (SELECT plugin FROM wanted))"""

# What branches have: what is recorded, their own schemas, and what is in them without a record
# where there is none, as there is for nothing of the host's that another tool has made.
_ITEMS = """
    item AS MATERIALIZED (
        SELECT r.plugin, CASE r.kind WHEN 'composite type' THEN 'pg_type'::regclass::oid
                                     ELSE r.classid END AS classid,
               CASE r.kind WHEN 'composite type' THEN (
                   SELECT reltype FROM pg_class WHERE oid = r.objid)
               ELSE r.objid END AS objid, r.objsubid
        FROM recorded r WHERE r.plugin IN (SELECT plugin FROM wanted)
        UNION
        SELECT plugin, 'pg_namespace'::regclass, oid, 0 FROM home
        WHERE plugin IN (SELECT plugin FROM wanted){unrecorded})"""

_ITEMS_UNRECORDED = f"""
        UNION
        SELECT plugin, classid, objid, 0 FROM unrecorded
        WHERE plugin = '{HOST}' OR plugin IN (SELECT plugin FROM {{taken}})"""  # noqa: S608 - constants

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


@dataclass(frozen=True)
class Scope:
    """What the objects of branches are looked for in, and which: the less, the sooner it is done.

    Attributes:
        has_others: whether what other branches have may be called otherwise by now.
        has_unrecorded: whether branches may have objects that nobody has recorded.
        kinds: what they may have.
    """

    has_others: bool = True
    has_unrecorded: bool = True
    kinds: frozenset[str] = KINDS


def make_objects_query(
    tables: Tables,
    wanted: str,
    spaces: str,
    scope: Scope = Scope(),
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
        scope: what has to be looked for.
        is_elsewhere: whether the registry has the numbers of another database.
        with_unknown: whether what no revision has made in a plugin's own schema is the plugin's.
        is_short: whether names have no schema that is on the search path.
    """
    names = find_names(tables)
    recorded = _RECORDED_ELSEWHERE if is_elsewhere else _RECORDED.format_map(names)
    unrecorded = (
        [_TAKEN.format_map(names), _UNRECORDED.format(spaces=spaces.format_map(names))]
        if scope.has_unrecorded
        else []
    )
    taken = _ITEMS_UNRECORDED.format(taken="wanted" if with_unknown else "taken")
    items = _ITEMS.format(unrecorded=taken if scope.has_unrecorded else "")
    query = make_query(with_partitions=False, is_short=is_short, kinds=scope.kinds)
    homes = _HOMES.format(chosen="" if scope.has_unrecorded else _CHOSEN).format_map(names)
    parts = (recorded, wanted, homes, *unrecorded, items, query, _LIVE)
    return ",".join((GIVEN_PART, *parts))


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
