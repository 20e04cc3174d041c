"""What the graph asks PostgreSQL, of all branches at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text

from ..catalog.transaction_rows import Key
from ..registry.tables import Tables, is_since

# The rows and bytes of some relations, with those of their partitions. Rows are as PostgreSQL
# counts them for itself: exact where nothing was lost, and not known where a relation has pages
# that were never counted. Nobody is waited for: one that somebody has locked has no bytes.
_SIZES = text("""
    WITH locked AS MATERIALIZED (
        SELECT relation FROM pg_catalog.pg_locks
        WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation' AND granted
          AND pid <> pg_catalog.pg_backend_pid())
    SELECT r.oid,
           CAST(pg_catalog.sum(CASE
               WHEN c.relkind = 'p' THEN 0
               WHEN s.changes > 0 OR s.counted IS NOT NULL THEN s.live
               WHEN c.reltuples >= 0 THEN CAST(c.reltuples AS bigint)
               WHEN pg_catalog.pg_relation_size(c.oid) = 0 THEN 0 END) AS bigint) AS rows,
           CAST(pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)) AS bigint) AS bytes
    FROM unnest(CAST(:oids AS oid[])) r (oid)
    CROSS JOIN LATERAL (
        SELECT r.oid AS relid UNION SELECT p.relid FROM pg_catalog.pg_inherits i
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) p
        WHERE i.inhparent = r.oid AND p.isleaf) t
    JOIN pg_catalog.pg_class c ON c.oid = t.relid
    CROSS JOIN LATERAL (
        SELECT pg_catalog.pg_stat_get_live_tuples(c.oid) AS live,
               pg_catalog.pg_stat_get_tuples_inserted(c.oid)
               + pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS changes,
               coalesce(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
                        pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid),
                        pg_catalog.pg_stat_get_last_vacuum_time(c.oid),
                        pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) AS counted) s
    WHERE c.oid NOT IN (SELECT relation FROM locked) AND c.relkind IN ('r', 'm', 'p')
      AND (c.relkind <> 'p' OR t.relid = r.oid)
    GROUP BY r.oid
""").bindparams(bindparam("oids"))

# What depends on some objects without going along with them: by foreign key, view or otherwise.
# A view goes by its own row, and not by that of its rule.
_USES = text("""
    SELECT DISTINCT CASE WHEN v.oid IS NULL THEN d.classid
                         ELSE 'pg_catalog.pg_class'::pg_catalog.regclass::oid END AS classid,
           coalesce(v.ev_class, d.objid) AS objid, k.classid AS used_class, k.objid AS used
    FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[])) AS k (classid, objid)
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = k.classid AND d.refobjid = k.objid AND d.deptype = 'n'
    LEFT JOIN pg_catalog.pg_rewrite v
      ON v.tableoid = d.classid AND v.oid = d.objid AND v.rulename = '_RETURN'
""").bindparams(bindparam("classids"), bindparam("objids"))

_DATABASE = text("""
    SELECT pg_catalog.current_database() AS name, session_user AS role,
           pg_catalog.current_setting('server_version') AS server, pg_catalog.now() AS moment
""")


@dataclass(frozen=True)
class Place:
    """Which database it is, as whom it is read, and when."""

    database: str
    role: str
    server: str
    moment: datetime


def read_place(connection: Connection) -> Place:
    """Return which database it is."""
    row = connection.execute(_DATABASE).one()
    return Place(row.name, row.role, row.server, row.moment)


def read_sizes(
    connection: Connection, oids: Collection[int]
) -> Mapping[int, tuple[int | None, int | None]]:
    """Return about how many rows and how many bytes relations have, by OID."""
    rows = connection.execute(_SIZES, {"oids": list(oids)}) if oids else ()
    return {row.oid: (row.rows, row.bytes) for row in rows}


def read_uses(connection: Connection, keys: Collection[Key]) -> Mapping[Key, tuple[Key, ...]]:
    """Return what depends on some objects, by object."""
    values = {"classids": [key[0] for key in keys], "objids": [key[1] for key in keys]}
    found: dict[Key, list[Key]] = {}
    for row in connection.execute(_USES, values) if keys else ():
        found.setdefault((row.used_class, row.used), []).append((row.classid, row.objid))
    return {key: tuple(users) for key, users in found.items()}


def count_values(connection: Connection, tables: Tables, version: int) -> Mapping[str, int]:
    """Return how many values plugins have stored, by the names that the registry has."""
    if not is_since(tables.value, version):
        return {}
    plugin = tables.value.c.plugin
    query = select(plugin, func.count().label("number")).group_by(plugin)
    return {row.plugin: row.number for row in connection.execute(query)}
