"""The search path on which a plugin's SQL finds names, for what is no migration of it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from ..config.discovery import FoundPlugin
from ..namespaces.ddl import enter_namespace, leave_namespace
from ..plugin import Schema, parse_requirement
from .session import Session


@contextmanager
def plugin_search_path(
    connection: Connection, found: FoundPlugin, session: Session
) -> Iterator[None]:
    """Set the search path as it is while migrations of a plugin run."""
    path = connection.scalar(select(func.pg_catalog.current_setting("search_path")))
    statement = enter_namespace(found.namespace, _find_required_schemas(found, session))
    if statement is not None:
        connection.execute(statement)
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):  # Then what was done on it has failed, and tells why.
            connection.execute(leave_namespace(path))


def _find_required_schemas(found: FoundPlugin, session: Session) -> list[str]:
    plugins = session.state.plugins
    names = [*map(session.renames.resolve, found.declaration.requirements)]
    for name in names:
        if name in plugins:
            required = (parse_requirement(text).name for text in plugins[name].requires)
            names += [other for other in required if other not in names]
    spaces = [plugins[name].namespace for name in names if name in plugins]
    return [space.name for space in spaces if isinstance(space, Schema)]
