"""What the running transaction has done, told by PostgreSQL: its locks and its catalog rows.

No SQL is parsed and no superuser is needed. What a transaction does leaves locks on relations and,
where it drops something, on objects; what takes no telling lock leaves a row in a catalog. A row
that we see and whose transaction is in progress is our own, of a savepoint too; its transaction
cannot be older than ours. How many rows were written, and what was read, the statistics of the
session tell, which it reports when a transaction ends.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from .._base_errors import find_sqlstate
from ..catalog.objects import (
    DatabaseObject,
    make_objects,
    make_parameters,
    read_makers,
    read_objects,
    select_objects,
    select_recorded_objects,
)
from ..catalog.oids import PG_ATTRIBUTE, PG_CLASS, PG_EXTENSION
from ..catalog.queries import find_all
from ..catalog.transaction_rows import CATALOGS_READ, NEW_RELATION, Key, read_later, read_written
from ..connection.batch import Answer
from ..connection.pipeline import Pipeline
from ..registry.tables import Tables
from .changes import CHANGING, Change, Footprint
from .definitions import compare_definitions

# The locks of the session that tell of more than looking at a catalog, with what was done to
# relations, and the catalogs and shared catalogs of which it has written rows. A lock on an index
# of a catalog is kept by nothing but statements on it. Without statistics, locks have to do.
_LOCKS = text("""
    SELECT CASE l.locktype WHEN 'relation' THEN 'pg_catalog.pg_class'::pg_catalog.regclass::oid
                           ELSE l.classid END AS classid,
           CASE l.locktype WHEN 'relation' THEN l.relation ELSE l.objid END AS objid, l.mode,
           CASE WHEN l.relation < 16384 THEN (
               SELECT c.relname FROM pg_catalog.pg_class c
               WHERE c.oid = coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i
                                       WHERE i.indexrelid = l.relation), l.relation)) END
               AS catalog,
           pg_catalog.pg_stat_get_xact_numscans(l.relation) AS scans,
           pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation) AS inserted,
           pg_catalog.pg_stat_get_xact_tuples_updated(l.relation)
           + pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation) AS changed
    FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted
      AND CASE l.locktype
          WHEN 'relation' THEN l.relation >= 16384 AND l.database <> 0
              OR l.database <> 0 AND l.mode = 'RowExclusiveLock'
                 AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = l.relation)
              OR l.relation = 'pg_catalog.pg_sequences'::pg_catalog.regclass
                 AND l.mode = 'AccessShareLock'
          WHEN 'object' THEN l.mode NOT IN
              ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock') END
    UNION ALL
    SELECT 0, c.oid, '', c.relname, 0, 0, 0
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace
      AND c.relname = ANY (CAST(:catalogs AS name[]))
      AND (pg_catalog.current_setting('track_counts') = 'off' AND NOT c.relisshared
           OR pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) > 0
           OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) > 0
           OR pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) > 0)
""").bindparams(bindparam("catalogs"))

# How many rows the transaction has written to some tables, rolled back ones too, and what of other
# transactions is not reported yet.
_ROWS_WRITTEN = text("""
    SELECT c.relname AS name,
           pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
           + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
           + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS written
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = ANY (CAST(:names AS name[])) AND c.relkind = 'r'
""").bindparams(bindparam("schema"), bindparam("names"))

_NEXT = text("SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text")

_RUNNING = text("SELECT pg_catalog.pg_current_xact_id()::text")

_ENDED = text("SELECT pg_catalog.pg_xact_status(CAST(CAST(:xid AS text) AS xid8))")

# Whether the session has advanced a sequence. Of one that it has not, PostgreSQL raises.
_ADVANCED = text("""
    SELECT pg_catalog.currval(CAST(CAST(:oid AS oid) AS pg_catalog.regclass))
""").bindparams(bindparam("oid", type_=postgresql.OID))

_SHARED = {
    "pg_authid": "roles",
    "pg_auth_members": "members of roles",
    "pg_database": "databases",
    "pg_db_role_setting": "settings of roles or databases",
    "pg_parameter_acl": "privileges on parameters",
    "pg_replication_origin": "replication origins",
    "pg_shdescription": "comments on roles, databases or tablespaces",
    "pg_shseclabel": "security labels of roles, databases or tablespaces",
    "pg_subscription": "subscriptions",
    "pg_tablespace": "tablespaces",
    "pg_user_mapping": "user mappings",
    "pg_largeobject": "large objects",
}
"""Catalogs that not everybody may read, or whose objects are in no schema, by what is in them."""

_LARGE_OBJECTS = "pg_largeobject"
"""The catalog of large objects, which keeps the lock of whoever writes to them."""

_TOAST = "pg_toast_"
_PG_SEQUENCES = "pg_sequences"
_FIRST_NORMAL_OID = 16384
_NOT_YET_DEFINED = "55000"
"""The SQLSTATE of currval() where the session has not advanced the sequence."""


@dataclass
class _Touch:
    """What locks and statistics tell of an object."""

    modes: set[str] = field(default_factory=set)
    scans: int = 0
    inserted: int = 0
    changed: int = 0
    command: int = 0
    is_written: bool = False
    is_referred: bool = False


def find_xid(pipeline: Pipeline) -> Answer:
    """Return the id of the transaction that is running."""
    return pipeline.ask(_RUNNING)


def find_end(connection: Connection, xid: str) -> str:
    """Return what has become of a transaction: ``in progress``, ``committed`` or ``aborted``."""
    return str(connection.scalar(_ENDED, {"xid": xid}))


def find_locks(pipeline: Pipeline) -> Answer:
    """Return the locks of the transaction, and the catalogs that it has written to."""
    return pipeline.ask(_LOCKS, {"catalogs": [*CATALOGS_READ, *_SHARED]})


def find_rows_written(pipeline: Pipeline, names: Collection[str], schema: str) -> Answer:
    """Return how many rows were written to tables of a schema."""
    return pipeline.ask(_ROWS_WRITTEN, {"names": list(names), "schema": schema})


def read_footprint(
    connection: Connection,
    pipeline: Pipeline,
    lock_connection: Connection,
    tables: Tables,
    xid: str,
    locks: Answer,
    is_own: Callable[[DatabaseObject], bool],
) -> Footprint:
    """Return what the transaction of a connection has done, by PostgreSQL's account.

    Args:
        connection: the one that has the transaction.
        pipeline: by which it is asked.
        lock_connection: another one, which sees what is committed.
        tables: the registry's.
        xid: the transaction's id.
        locks: what `find_locks` has returned of it.
        is_own: tells of what nobody needs to know whether it was reshaped.
    """
    touches, names, direct, has_looked = _read_locks(locks.rows)
    relations = [objid for classid, objid in touches if classid == PG_CLASS]
    exclusive = [key[1] for key in touches if "AccessExclusiveLock" in touches[key].modes]
    catalogs = names & set(CATALOGS_READ)
    rows, referred = read_written(connection, catalogs, relations, exclusive, xid)
    new = {row.objid: row.command for row in rows if row.classid == NEW_RELATION}
    # What hangs on a new table is as new, and tells nothing besides.
    hanging = {(row.classid, row.objid) for row in rows if row.parent in new}
    for row in rows:
        if row.classid != NEW_RELATION:
            touch = touches.setdefault((row.classid, row.objid), _Touch())
            touch.is_written = True
            touch.command = min(row.command, new.get(row.objid, row.command))
    for key in referred:
        touches.setdefault(key, _Touch()).is_referred = True
    regranted = {key[1] for key in touches if key[0] == PG_ATTRIBUTE}
    keys = [k for k in touches if k not in hanging and not _comes_along(k, touches[k], new)]
    keys += [key for oid in regranted if (key := (PG_CLASS, oid)) not in touches]
    # The server's two processes are at it together.
    asked = pipeline.ask(select_recorded_objects(keys, tables), make_parameters(keys))
    old = [key for key in keys if key[0] != PG_CLASS or key[1] not in new]
    before = dict(make_objects(lock_connection.execute(select_objects(old), make_parameters(old))))
    after = make_objects(asked.rows)
    same = {k: b for k, b in before.items() if k in after and after[k].chain == b.chain}
    others = [before[key] for key in before.keys() - same.keys()]
    before |= {key: item.with_records_of(after[key]) for key, item in same.items()}
    before |= read_makers(connection, tables, others)
    views = {key[1] for key in after if key[0] == PG_CLASS and key not in before}
    hanging |= {(row.classid, row.objid) for row in rows if row.parent in views}
    found = [
        _make_change(key, before.get(key), after.get(key), touches.get(key) or _Touch())
        for key in keys
        if key not in hanging and (_stands(before.get(key)) or _stands(after.get(key)))
    ]
    written = {change.key for change in found if change.is_written or change.after is None}
    # What is done to an extension is done to its members.
    found = [change for change in found if change.item.extension not in written]
    elsewhere = [change for change in found if change.before and not is_own(change.item)]
    if has_looked:
        looked_at = {change.key for change in elsewhere if _has_only_looked(connection, change)}
        found = [change for change in found if change.key not in looked_at]
    closer = compare_definitions(connection, lock_connection, elsewhere, regranted)
    touches_extension = any(change.key[0] == PG_EXTENSION for change in found)
    return Footprint(
        tuple(closer.get(change.key, change) for change in found),
        tuple(_SHARED[name] for name in sorted(names & _SHARED.keys())),
        # The scripts of extensions write to catalogs.
        () if touches_extension else tuple(sorted(direct)),
        frozenset(row.classid for row in rows) - {NEW_RELATION},
    )


def _read_locks(rows: Iterable[Any]) -> tuple[dict[Key, _Touch], set[str], set[str], bool]:
    """Return what rows of `_LOCKS` tell: of objects, of written catalogs, of those locked.

    The last is whether the view was read that looks at all sequences.
    """
    touches: dict[Key, _Touch] = {}
    names: set[str] = set()
    direct: set[str] = set()
    has_looked = False
    for row in rows:
        if not row.classid:
            names.add(row.catalog)
        elif row.catalog == _PG_SEQUENCES:
            has_looked = True
        elif row.classid == PG_CLASS and row.objid < _FIRST_NORMAL_OID:
            is_long = str(row.catalog).startswith(_TOAST)  # Of a view, say.
            direct |= set() if is_long else {row.catalog} - {None, _LARGE_OBJECTS}
        else:
            touch = touches.setdefault((row.classid, row.objid), _Touch())
            touch.modes.add(row.mode)
            touch.scans = row.scans or 0
            touch.inserted, touch.changed = row.inserted or 0, row.changed or 0
    return touches, names, direct, has_looked


def _comes_along(key: Key, touch: _Touch, new: Collection[int]) -> bool:
    """Tell whether a key stands for privileges on columns, or for a table of another one's."""
    is_toast = key[0] == PG_CLASS and key[1] in new and not touch.is_written
    return is_toast or key[0] == PG_ATTRIBUTE


def _stands(item: DatabaseObject | None) -> bool:
    """Tell whether an object is one for itself."""
    return item is not None and not item.is_internal


def _make_change(
    key: Key, before: DatabaseObject | None, after: DatabaseObject | None, touch: _Touch
) -> Change:
    return Change(
        key,
        before,
        after,
        frozenset(touch.modes),
        touch.command,
        touch.is_written,
        touch.is_referred,
        scans=touch.scans,
        inserted=touch.inserted,
        changed=touch.changed,
    )


def _has_only_looked(connection: Connection, change: Change) -> bool:
    """Tell whether a sequence was looked at by `pg_sequences`, which locks it as nextval() does."""
    if change.item.kind != "sequence" or change.is_written or change.modes & {*CHANGING}:
        return False
    try:
        with connection.begin_nested():
            connection.execute(_ADVANCED, {"oid": change.key[1]})
    except DBAPIError as error:
        return find_sqlstate(error.orig) == _NOT_YET_DEFINED
    return False


def find_new(connection: Connection, pipeline: Pipeline, before: Collection[Key]) -> set[Key]:
    """Return what the transaction has made, where no other connection tells what there was."""
    locks = find_locks(pipeline).rows
    relations = [row.objid for row in locks if row.classid == PG_CLASS]
    catalogs = {row.catalog for row in locks if not row.classid}
    xid = str(find_xid(pipeline).scalar)
    rows, _ = read_written(connection, catalogs, relations, relations, xid)
    return {(row.classid, row.objid) for row in rows} & (find_all(connection).keys() - before)


def read_later_objects(
    connection: Connection, tables: Tables, xid: str
) -> tuple[DatabaseObject, ...]:
    """Return the objects whose catalog rows were written since `begin_outside`, by whomever.

    Outside of a transaction nothing tells who has done what, nor what was dropped.
    """
    found = read_objects(connection, read_later(connection, xid), tables)
    return tuple(item for item in found.values() if not item.is_internal and not item.extension)


def begin_outside(connection: Connection) -> str:
    """Return the id from which on transactions are later than this moment."""
    return str(connection.scalar(_NEXT))
