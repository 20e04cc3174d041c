"""The transaction that SQLAlchemy begins where ``env.py`` asks the database something."""

import sys
from types import SimpleNamespace

from sqlalchemy import Connection, func, select

from ..config.database import translate_errors
from .errors import TransactionOpen

_SESSION = select(
    func.pg_catalog.current_setting("search_path"),
    func.pg_catalog.current_setting("role"),
    func.pg_catalog.pg_current_xact_id_if_assigned(),
)


def end_autobegun(connection: Connection) -> None:
    """Commit the transaction of a connection, if SQLAlchemy has begun it by itself.

    Alembic would take it for one of the caller's, and nothing would ever be committed. A rollback
    would undo a ``SET search_path`` of ``env.py``. One of ``begin()`` is left alone, and so is
    one with a savepoint.

    Raises:
        TransactionOpen: something was written in it, or holds in it alone.
        DatabaseRefused: a statement in it has failed.
    """
    is_ours = connection.in_transaction() and not connection.in_nested_transaction()
    if not is_ours or not _is_autobegun(connection):
        return
    with translate_errors():
        *before, xid = connection.execute(_SESSION).one()
        if xid is not None:
            raise TransactionOpen("written to the database", "Call connection.commit()")
        connection.commit()
        *after, _ = connection.execute(_SESSION).one()
        connection.commit()
    if before != after:
        raise TransactionOpen("used SET LOCAL", "Use SET, and call connection.commit()")


def _is_autobegun(connection: Connection) -> bool:
    """Tell whether nobody but the connection has its transaction, which then is nobody's to end.

    Whoever calls ``begin()`` holds on to what that returns, be it by a ``with`` statement.
    """
    if not hasattr(sys, "getrefcount"):
        return False  # It is another Python, which does not count.
    alone = SimpleNamespace(transaction=object())
    transaction, other = connection.get_transaction(), alone.transaction
    return sys.getrefcount(transaction) <= sys.getrefcount(other)
