"""Whose values in plugins' stores the running transaction has changed, told by PostgreSQL."""

from sqlalchemy import Connection, Table

from ..catalog.transaction_rows import select_row_versions


def find_changed_stores(
    connection: Connection, lock_connection: Connection, table: Table, xid: str
) -> frozenset[str]:
    """Return the plugins of which the transaction of a connection has stored or deleted values.

    Others may commit changes of their own meanwhile. What is seen by one connection before and
    after the other one has not seen it, is nothing that they have changed.

    Args:
        connection: the one that has the transaction.
        lock_connection: another one, which sees what is committed.
        table: the one that has the values.
        xid: the transaction's id.
    """
    versions = select_row_versions(table, xid)
    ours, theirs, ours_again, theirs_again = (
        {tuple(row) for row in asked.execute(versions)}
        for asked in (connection, lock_connection, connection, lock_connection)
    )
    stored = (ours & ours_again) - theirs
    deleted = (theirs & theirs_again) - ours_again
    return frozenset(plugin for plugin, *_ in stored | deleted)
