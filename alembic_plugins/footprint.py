"""What the running transaction has touched, told by PostgreSQL: its locks and its catalog rows.

No SQL is parsed and no superuser is needed. What a transaction does leaves locks on relations and,
where it drops something, on objects; what takes no telling lock leaves a row in a catalog. A row
that we see and whose transaction is in progress is our own, of a savepoint too; its transaction
cannot be older than ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from .pipeline import Pipeline
from .sent import Answer
from .written import CATALOGS_READ, PG_CLASS, Key, read_later, read_written

# The locks of the session that tell of more than looking at a catalog, and the catalogs of which it
# has written rows since its statistics were last reported, which is never within a transaction.
# Shared catalogs are told by the lock on them, since not everybody may read them.
_LOCKS = text("""
    SELECT CASE l.locktype WHEN 'relation' THEN 'pg_catalog.pg_class'::regclass::oid
                           ELSE l.classid END AS classid,
           CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS objid, l.mode
    FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted
      AND CASE l.locktype
          WHEN 'relation' THEN l.relation >= 16384 AND l.database <> 0
              OR l.relation = ANY (CAST(:shared AS oid[])) AND l.mode = 'RowExclusiveLock'
          WHEN 'object' THEN l.mode NOT IN
              ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock') END
    UNION ALL
    SELECT 0, c.oid, c.relname
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'pg_catalog'::regnamespace
      AND c.relname = ANY (CAST(:catalogs AS name[]))
      AND (pg_catalog.current_setting('track_counts') = 'off'
           OR pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) > 0
           OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) > 0)
""")

_NEXT = text("SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text")

_RUNNING = text("SELECT pg_catalog.pg_current_xact_id()::text")

_ENDED = text("SELECT pg_catalog.pg_xact_status(CAST(:xid AS xid8))")

# What objects are: PostgreSQL's word for the kind, what SQL calls them, where they stand and on
# which relation they hang. What is made along with something else (triggers of foreign keys, types
# of rows and arrays, members of extensions, casts of ranges) does not stand for itself, nor does
# what ends with the session. Each is looked up by itself, by subqueries: joins would be planned to
# read whole ones.
_IDENTIFY = text("""
    SELECT k.classid, k.objid, o.type AS kind, o.identity,
           CASE WHEN o.type = 'schema' THEN o.identity
                WHEN o.schema IS NOT NULL THEN o.schema
                WHEN a.type IN ('table constraint', 'trigger', 'rule', 'policy', 'default value',
                                'publication relation') THEN a.object_names[1]
                ELSE (SELECT n.nspname FROM pg_catalog.pg_namespace n
                      WHERE n.oid = coalesce(nullif((
                          SELECT e.defaclnamespace FROM pg_catalog.pg_default_acl e
                          WHERE e.oid = k.objid AND k.catalog = 'pg_default_acl'), 0), y.space)) END
               AS schema,
           coalesce(r.relname, (
                        SELECT p.proname FROM pg_catalog.pg_proc p
                        WHERE p.oid = CASE k.catalog WHEN 'pg_proc' THEN k.objid
                            WHEN 'pg_operator' THEN (SELECT q.oprcode::oid
                                FROM pg_catalog.pg_operator q WHERE q.oid = k.objid) END),
                    y.typname, c.relname,
                    CASE WHEN a.type IN ('table constraint', 'trigger', 'rule', 'policy',
                                         'default value', 'publication relation')
                         THEN a.object_names[2]
                         ELSE a.object_names[cardinality(a.object_names)] END) AS relation,
           r.oid IS NOT NULL AND r.oid <> k.objid AS is_part,
           NOT coalesce((SELECT g.tgisinternal FROM pg_catalog.pg_trigger g
                         WHERE g.oid = k.objid AND k.catalog = 'pg_trigger'), false)
           AND coalesce(o.schema, a.object_names[1], '') !~ '^pg_(toast|temp)'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_type v
                           WHERE v.oid = k.objid AND k.catalog = 'pg_type'
                             AND (v.typrelid <> 0 OR v.typelem <> 0 AND v.typcategory = 'A')
                           OFFSET 0)
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                           WHERE m.classid = k.classid AND m.objid = k.objid
                             AND (m.deptype = 'e' OR m.deptype = 'i' AND k.catalog = 'pg_cast')
                           OFFSET 0) AS stands_for_itself
    FROM (SELECT u.classid, u.objid, (
              SELECT z.relname FROM pg_catalog.pg_class z WHERE z.oid = u.classid) AS catalog
          FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[])) AS u (classid, objid)
          OFFSET 0) AS k
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(k.classid, k.objid, 0) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(k.classid, k.objid, 0) a
    LEFT JOIN LATERAL (
        SELECT c.oid, c.relname, c.relkind, c.relispartition FROM pg_catalog.pg_class c
        WHERE c.oid = k.objid AND k.catalog = 'pg_class' OFFSET 0) c ON true
    LEFT JOIN LATERAL (
        SELECT r.oid, r.relname FROM pg_catalog.pg_class r
        WHERE r.oid = CASE
            WHEN c.relkind IN ('i', 'I') THEN (
                SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid)
            WHEN c.relkind = 'S' THEN (
                SELECT d.refobjid FROM pg_catalog.pg_depend d
                WHERE d.classid = k.classid AND d.objid = k.objid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = k.classid LIMIT 1)
            WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::oid END
        OFFSET 0) r ON true
    LEFT JOIN LATERAL (
        SELECT y.typname, y.typnamespace AS space FROM pg_catalog.pg_type y
        WHERE y.oid = CASE k.catalog
            WHEN 'pg_type' THEN k.objid
            WHEN 'pg_constraint' THEN (SELECT nullif(t.contypid, 0)
                FROM pg_catalog.pg_constraint t WHERE t.oid = k.objid) END
        OFFSET 0) y ON true
    WHERE o.identity IS NOT NULL
""").bindparams(bindparam("classids"), bindparam("objids"))

# What a relation is, but for what changes of itself or when others refer to it.
_SHAPE = text("""
    SELECT c.oid, md5(concat(
        to_jsonb(c) - CAST(:volatile AS text[]),
        (SELECT string_agg(to_jsonb(a)::text, '' ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid),
        (SELECT string_agg(to_jsonb(d)::text, '' ORDER BY d.oid)
           FROM pg_catalog.pg_attrdef d WHERE d.adrelid = c.oid),
        (SELECT string_agg(to_jsonb(t)::text, '' ORDER BY t.oid)
           FROM pg_catalog.pg_constraint t WHERE t.conrelid = c.oid),
        (SELECT string_agg(to_jsonb(i)::text, '' ORDER BY i.indexrelid)
           FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid OR i.indexrelid = c.oid),
        (SELECT string_agg(to_jsonb(g)::text, '' ORDER BY g.oid)
           FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
        (SELECT string_agg(to_jsonb(p)::text, '' ORDER BY p.oid)
           FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid),
        (SELECT string_agg(to_jsonb(r)::text, '' ORDER BY r.oid)
           FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid),
        (SELECT string_agg(to_jsonb(h)::text, '' ORDER BY h.inhrelid, h.inhparent)
           FROM pg_catalog.pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)),
        (SELECT to_jsonb(s) FROM pg_catalog.pg_sequence s WHERE s.seqrelid = c.oid))) AS shape
    FROM pg_catalog.pg_class c WHERE c.oid = ANY (CAST(:oids AS oid[]))
""").bindparams(bindparam("oids"), bindparam("volatile"))

_VOLATILE = [
    "relpages",
    "reltuples",
    "relallvisible",
    "relallfrozen",
    "relfrozenxid",
    "relminmxid",
    "relhasindex",
    "relhasrules",
    "relhastriggers",
    "relhassubclass",
]

_CHANGING = ("AccessExclusiveLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock")
"""The locks under which a relation may have become something else."""

_REFERS = "ShareRowExclusiveLock"
"""The lock on a table that a foreign key refers to."""

_SHARED = {
    1260: "roles",
    1261: "members of roles",
    1262: "databases",
    1213: "tablespaces",
    2964: "settings of roles or databases",
}
"""The shared catalogs, by what is in them: `pg_authid`, `pg_auth_members`, `pg_database`,
`pg_tablespace` and `pg_db_role_setting`."""


@dataclass(frozen=True)
class Thing:
    """An object of the database, as one of its sessions sees it.

    Attributes:
        kind: PostgreSQL's word: table, function, table constraint ...
        identity: what SQL calls it.
        schema: the schema that it, or what it hangs on, is in; None for what is in none.
        relation: its name, or that of the table on which it hangs.
        is_part: whether it is a table's index, sequence or partition.
    """

    kind: str
    identity: str
    schema: str | None
    relation: str | None
    is_part: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True)
class Touch:
    """An object that the transaction has touched.

    Attributes:
        before: the object as others see it; None where the transaction has made it.
        after: the object as the transaction sees it; None where it has dropped it.
        modes: the locks on it, in PostgreSQL's words.
        is_reshaped: whether a relation is not what it was.
        command: the number of the command in the transaction that has made it, or changed it since.
    """

    before: Thing | None
    after: Thing | None
    modes: frozenset[str] = frozenset()
    is_reshaped: bool = False
    command: int = 0


def find_xid(pipeline: Pipeline) -> Answer:
    """Return the id of the transaction that is running."""
    return pipeline.ask(_RUNNING)


def find_end(connection: Connection, xid: str) -> str:
    """Return what has become of a transaction: ``in progress``, ``committed`` or ``aborted``."""
    return str(connection.scalar(_ENDED, {"xid": xid}))


def find_locks(pipeline: Pipeline) -> Answer:
    """Return the locks of the transaction, and the catalogs that it has written to."""
    return pipeline.ask(_LOCKS, {"shared": list(_SHARED), "catalogs": [*CATALOGS_READ]})


def read_footprint(
    connection: Connection, pipeline: Pipeline, witness: Connection, xid: str, locks: Answer
) -> tuple[Touch, ...]:
    """Return what the transaction of a connection has touched, by PostgreSQL's account.

    Args:
        connection: the one that has the transaction.
        pipeline: by which it is asked.
        witness: another one, which sees what is committed.
        xid: the transaction's id.
        locks: what `find_locks` has returned of it.
    """
    modes: dict[Key, set[str]] = {}
    catalogs = set()
    for row in locks.rows:
        if row.classid:
            modes.setdefault((row.classid, row.objid), set()).add(row.mode)
        else:
            catalogs.add(row.mode)
    shared = [Thing(_SHARED[key[1]], "", None, None) for key in modes if key[1] in _SHARED]
    relations = [objid for classid, objid in modes if classid == PG_CLASS]
    rows, referred = read_written(connection, catalogs, relations, xid)
    written = {(row.classid, row.objid): row.command for row in rows}
    for key in referred:
        modes.setdefault(key, set()).add(_REFERS)
    keys = [k for k in modes.keys() | written.keys() if k[1] not in _SHARED]
    parameters = _make_parameters(keys)
    asked = pipeline.ask(_IDENTIFY, parameters)  # The server's two processes are at it together.
    seen = _make_things(witness.execute(_IDENTIFY, parameters))
    known = _make_things(asked.rows)
    new = {objid for objid in relations if (PG_CLASS, objid) not in seen}
    # What hangs on a new table is as new, and tells nothing besides.
    hanging = {(row.classid, row.objid) for row in rows if row.parent in new}
    keys = [key for key in keys if key not in hanging]
    before, after = (
        {key: thing for key in keys if (thing := things.get(key))} for things in (seen, known)
    )
    strong = [key for key in keys if key in written or not modes[key].isdisjoint(_CHANGING)]
    kept = [key for key in strong if key in before and key in after]
    reshaped = _find_reshaped(connection, witness, kept)
    found = [
        Touch(
            before.get(key),
            after.get(key),
            frozenset(modes.get(key, ())),
            key in reshaped,
            written.get(key, 0),
        )
        for key in keys
        if key in before or key in after
    ]
    return (*found, *(Touch(thing, thing) for thing in shared))


def begin_outside(connection: Connection) -> str:
    """Return the id from which on transactions are later than this moment."""
    return str(connection.scalar(_NEXT))


def read_outside(connection: Connection, xid: str) -> tuple[Thing, ...]:
    """Return the objects whose catalog rows were written since `begin_outside`, by whomever.

    Outside of a transaction nothing tells who has done what, nor what was dropped.
    """
    found = connection.execute(_IDENTIFY, _make_parameters(read_later(connection, xid)))
    return tuple(thing for thing in _make_things(found).values() if thing)


def _make_parameters(keys: Sequence[Key]) -> Mapping[str, object]:
    """Return what `_IDENTIFY` wants, to ask a session what it knows of some objects."""
    return {"classids": [key[0] for key in keys], "objids": [key[1] for key in keys]}


def _make_things(rows: Iterable[Any]) -> Mapping[Key, Thing | None]:
    """Return what `_IDENTIFY` has told of objects; None of what does not stand for itself."""
    return {
        (row.classid, row.objid): Thing(
            row.kind, row.identity, _unquote(row.schema), row.relation, row.is_part
        )
        if row.stands_for_itself
        else None
        for row in rows
    }


def _unquote(name: str | None) -> str | None:
    """Return the name of a schema, which PostgreSQL writes as SQL wants it."""
    return name[1:-1].replace('""', '"') if name and name.startswith('"') else name


def _find_reshaped(connection: Connection, witness: Connection, keys: Sequence[Key]) -> set[Key]:
    """Return the relations that are not what they were."""
    parameters = {"oids": [objid for _, objid in keys], "volatile": _VOLATILE}
    if not keys:
        return set()
    now, then = (
        {row.oid: row.shape for row in seeing.execute(_SHAPE, parameters)}
        for seeing in (connection, witness)
    )
    return {key for key in keys if now.get(key[1]) != then.get(key[1])}
