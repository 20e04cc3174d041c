"""Notice that a revision asks for the connection, and mark what it executes without a reader.

Alembic and SQLAlchemy tell nobody when their connections are asked for. For as long as revisions
run, the objects that are asked are of subclasses of their classes, in which a public property or
method does the same as before and something besides.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from types import new_class
from typing import Any, Protocol

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Executable, text

from .batch import NO_READER


class Notice(Protocol):
    """What is called when a connection is asked for."""

    def __call__(self, *, is_driver: bool) -> None:
        """Take note, before the connection is given, of which one is asked for."""


@contextmanager
def lend(context: MigrationContext, notice: Notice) -> Iterator[None]:
    """Notice in the block that a connection is asked for, before it is given.

    Args:
        context: Alembic's, of online mode.
        notice: called when somebody asks for SQLAlchemy's connection, as by `op.get_bind()`, or
            asks that one for the driver's.
    """
    connection = context.connection
    with ExitStack() as stack:
        for owner in (context, context.impl):
            bind = _notice(type(owner), "bind", partial(notice, is_driver=False))
            stack.enter_context(_extended(owner, bind=bind))
        stack.enter_context(_extended(context.impl, execute=_mark(type(context.impl).execute)))
        driver = _notice(type(connection), "connection", partial(notice, is_driver=True))
        stack.enter_context(_extended(connection, connection=driver))
        yield


@contextmanager
def _extended(owner: object, **members: object) -> Iterator[None]:
    """Let an object be of a subclass of its class while the block runs."""
    original = type(owner)
    owner.__class__ = new_class(
        original.__name__, (original,), exec_body=lambda namespace: namespace.update(members)
    )
    try:
        yield
    finally:
        owner.__class__ = original


def _notice(owner: type, name: str, notice: Callable[[], None]) -> property:
    """Return a property that calls `notice` before it has the value that it has by its class."""
    original: property = getattr(owner, name)
    read = original.__get__

    def get(self: object) -> Any:  # noqa: ANN401 - whatever the property is
        # SQLAlchemy's own methods use the driver's connection, and give it to nobody. Where one
        # of its greenlets begins with this, it does.
        asks = sys._getframe().f_back
        if asks is None or not asks.f_globals["__name__"].startswith("sqlalchemy."):
            notice()
        return read(self)

    return property(get)


def _mark(original: Callable[..., None]) -> Callable[..., None]:
    """Return a method that marks what it executes: who calls it gets no result."""

    def execute(
        self: object,
        sql: Executable | str,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        statement = text(sql) if isinstance(sql, str) else sql
        if isinstance(statement, Executable):
            statement = statement.execution_options(**NO_READER)
        original(self, statement, execution_options)

    return execute
