"""What PostgreSQL does to the partitions and the inheriting tables of a table."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, text

from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key
from .changes import Change

# The tables that some tables inherit from, or are partitions of, and so on.
_ANCESTORS = text("""
    WITH RECURSIVE up (child, parent) AS (
        SELECT i.inhrelid, i.inhparent FROM pg_catalog.pg_inherits i
        WHERE i.inhrelid = ANY (CAST(:oids AS oid[]))
        UNION
        SELECT up.child, i.inhparent FROM pg_catalog.pg_inherits i
        JOIN up ON i.inhrelid = up.parent)
    SELECT child, parent FROM up
""").bindparams(bindparam("oids"))


def find_descendants(
    connection: Connection,
    changed: Mapping[Key, Change],
    others: Mapping[Key, Collection[str]],
) -> set[Key]:
    """Return the tables of others that bear what was done to a table that they descend from.

    Rows that are written to a partitioned table go to its partitions, and what is altered about a
    table is altered about all that inherit from it, under the locks that it has itself.

    Args:
        connection: the one that has the transaction.
        changed: the tables of the branch that were changed.
        others: the tables of others that were, or parts of which were, with the locks on them.
    """
    if not changed or not others:
        return set()
    rows = connection.execute(_ANCESTORS, {"oids": [key[1] for key in others]})
    return {
        (PG_CLASS, row.child)
        for row in rows
        if (parent := changed.get((PG_CLASS, row.parent)))
        and parent.modes.issuperset(others[PG_CLASS, row.child])
    }
