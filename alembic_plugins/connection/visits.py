"""A connection of the application's own, which is asked something and left as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from ..config.database import translate_errors
from ..config.errors import WrongConnection


def is_autocommit(connection: Connection) -> bool:
    """Tell whether a connection commits each statement by itself."""
    # Every driver that we take has it, by itself or by SQLAlchemy's adapter.
    return bool(getattr(connection.connection.dbapi_connection, "autocommit", False))


@contextmanager
def visit(connection: Connection) -> Iterator[None]:
    """Read in the block, and leave the transaction of a connection as it was, or none.

    Inside a transaction there is a savepoint, so that a statement that fails does not end it.

    Raises:
        WrongConnection: it is none, but an engine, say, or that of an async engine.
        ConnectionLost: the connection is lost.
        DatabaseRefused: PostgreSQL has refused a statement.
    """
    if not isinstance(connection, Connection):
        raise WrongConnection(type(connection).__name__, "What is to be asked")
    with translate_errors():
        if not connection.in_transaction():
            try:
                yield
            finally:
                connection.rollback()
        elif is_autocommit(connection):
            yield
        else:
            with connection.begin_nested():
                yield
