"""What foreign keys do in tables of others, and what the triggers there do then."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key
from .changes import Change

# The foreign keys of some tables, and those of the tables that these refer to, and so on.
_KEYS = text("""
    WITH RECURSIVE up (child, parent, acts) AS (
        SELECT c.conrelid, c.confrelid,
               c.confupdtype IN ('c', 'n', 'd') OR c.confdeltype IN ('c', 'n', 'd')
        FROM pg_catalog.pg_constraint c
        WHERE c.contype = 'f' AND c.conrelid = ANY (CAST(:oids AS oid[]))
        UNION
        SELECT c.conrelid, c.confrelid,
               c.confupdtype IN ('c', 'n', 'd') OR c.confdeltype IN ('c', 'n', 'd')
        FROM pg_catalog.pg_constraint c JOIN up ON c.conrelid = up.parent
        WHERE c.contype = 'f')
    SELECT child, parent, pg_catalog.bool_or(acts) AS acts FROM up GROUP BY child, parent
""").bindparams(bindparam("oids"))

# Those of some tables that have triggers of their own.
_TRIGGERED = text("""
    SELECT DISTINCT g.tgrelid FROM pg_catalog.pg_trigger g
    WHERE g.tgrelid = ANY (CAST(:oids AS oid[])) AND NOT g.tgisinternal AND g.tgenabled <> 'D'
""").bindparams(bindparam("oids"))

_WRITTEN = "RowExclusiveLock"


@dataclass(frozen=True)
class _ForeignKey:
    child: Key
    parent: Key
    acts: bool


def find_explained(
    connection: Connection,
    written: Mapping[Key, Change],
    others: Mapping[Key, Change],
    owners: Mapping[Key, str],
) -> set[Key]:
    """Return the relations of others that bear nothing but the work of foreign keys and triggers.

    A row that was deleted or updated lets PostgreSQL read, delete and update rows that refer to it,
    and the triggers of the tables that these are in write what they write. Neither inserts a row
    into such a table.

    Args:
        connection: the one that has the transaction.
        written: the tables that the branch has changed and may change.
        others: the relations of others that it has written to or read.
        owners: whose these are.
    """
    if not others or not written:
        return set()
    oids = [key[1] for key in others]
    keys = [
        _ForeignKey((PG_CLASS, row.child), (PG_CLASS, row.parent), row.acts)
        for row in connection.execute(_KEYS, {"oids": oids})
    ]
    rows = connection.execute(_TRIGGERED, {"oids": oids})
    triggered = {(PG_CLASS, row.tgrelid) for row in rows}
    found: set[Key] = set()
    grown = True
    while grown:
        more = {
            key
            for key, change in others.items()
            if key not in found
            and (
                _is_referring(change, keys, written.keys() | found)
                or _is_behind_trigger(change, found & triggered, others, owners)
            )
        }
        found |= more
        grown = bool(more)
    return found


def _is_referring(change: Change, keys: Iterable[_ForeignKey], changed: Collection[Key]) -> bool:
    """Tell whether a table refers to one that was changed, and bears no more than that does."""
    if change.inserted:
        return False
    must_act = _WRITTEN in change.modes
    return any(
        key.child == change.key and key.parent in changed and (key.acts or not must_act)
        for key in keys
    )


def _is_behind_trigger(
    change: Change,
    triggered: Collection[Key],
    others: Mapping[Key, Change],
    owners: Mapping[Key, str],
) -> bool:
    """Tell whether a trigger of the same owner may have written to a relation."""
    return any(
        owners[key] == owners[change.key] and _WRITTEN in others[key].modes for key in triggered
    )
