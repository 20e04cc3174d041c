"""Keep the host's schema first on the search path, where a plugin's own one may come before it."""

from contextlib import suppress

from alembic.runtime.migration import MigrationContext
from sqlalchemy import ColumnElement, Text, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from .. import _alembic


class HostPath:
    """Keep the host's schema first on the search path, and put back what was found there.

    By default that begins with a schema that is called as the role is, whoever makes it.

    Args:
        context: Alembic's, configured by ``env.py``.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._found: str | None = None

    def put_first(self, schema: str | None) -> None:
        """Put the host's schema first, where it was when we first came; once is enough."""
        connection = self._context.connection
        if schema is None or self._found is not None or connection is None:
            return
        path = func.pg_catalog.current_setting("search_path")
        self._found = str(connection.scalar(select(path)))
        quoted = func.pg_catalog.quote_ident(literal(schema, Text))
        self._set(func.pg_catalog.concat(quoted, ", ", path))

    def put_back(self) -> None:
        """Put the search path back that was found."""
        if self._found is not None:
            with suppress(SQLAlchemyError):  # The connection may be closed.
                self._set(literal(self._found, Text))

    def _set(self, path: ColumnElement[str]) -> None:
        connection = self._context.connection
        if connection is None:
            return
        connection.execute(select(func.pg_catalog.set_config("search_path", path, False)))
        if not _alembic.in_external_transaction(self._context):
            connection.commit()
