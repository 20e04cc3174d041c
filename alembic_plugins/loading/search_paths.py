"""The search path on which a plugin's SQL finds names: what it needs, and how that is set."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from ..config.discovery import FoundPlugin
from ..namespaces.ddl import enter_namespace, leave_namespace
from ..plugin import parse_requirement
from ..registry.state import InstalledPlugin
from .session import Session


@contextmanager
def plugin_search_path(
    connection: Connection, found: FoundPlugin, session: Session
) -> Iterator[None]:
    """Set the search path as it is while migrations of a plugin run."""
    path = connection.scalar(select(func.pg_catalog.current_setting("search_path")))
    plugins = session.state.plugins
    needed = (plugins[name].namespace for name in find_needed(session, plugins, found.name))
    statement = enter_namespace(found.namespace, needed)
    if statement is not None:
        connection.execute(statement)
    try:
        yield
    finally:
        with suppress(SQLAlchemyError):  # Then what was done on it has failed, and tells why.
            connection.execute(leave_namespace(path))


def find_needed(
    session: Session,
    installed: Mapping[str, InstalledPlugin],
    name: str,
    find_depended: Callable[[str], Iterable[str]] = lambda _name: (),
) -> list[str]:
    """Return the installed plugins that a plugin needs, with those that these need.

    Args:
        session: knows what plugins require by now, which may be more than when they were installed.
        installed: the installed plugins.
        name: the plugin.
        find_depended: returns those on whose revisions the revisions of one depend.
    """
    found: list[str] = []
    todo = [name]
    while todo:
        current = todo.pop(0)
        if current not in found and (current == name or current in installed):
            found.append(current)
            recorded = installed[current].requires if current in installed else ()
            declaration = session.declaration(current)
            declared = declaration.requirements if declaration else ()
            requires = (*map(parse_requirement, recorded), *declared)
            todo += map(session.renames.resolve, requires)
            todo += find_depended(current)
    return found[1:]
