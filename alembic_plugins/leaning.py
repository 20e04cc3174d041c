"""Whose objects lean on a branch's, by foreign key, view or otherwise."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from .catalog import CatalogObject, Leaning, read_leaning, read_objects, read_schema_objects
from .registry import State

Leanings = Mapping[str, tuple[Leaning, ...]]
"""What leans on something, by the plugin that it belongs to; ``""`` for what belongs to none."""


def read_host_schema(connection: Connection) -> str:
    """Return the schema that comes first on the search path: the host's."""
    return connection.scalar(select(func.current_schema())) or ""


def find_leaning(connection: Connection, state: State, name: str) -> Leanings:
    """Return what elsewhere leans on the objects of a plugin, set aside or not."""
    objects = read_branch_objects(connection, state, name)
    return sort_leaning(connection, state, read_leaning(connection, objects))


def read_branch_objects(
    connection: Connection, state: State, name: str
) -> tuple[CatalogObject, ...]:
    """Return the objects of a plugin, set aside or not; the host's are those of no plugin."""
    plugin = state.plugins.get(name) or state.quarantined.get(name)
    if plugin is not None:
        return read_objects(connection, plugin.place)
    schema = read_host_schema(connection)
    return tuple(
        item
        for item in read_schema_objects(connection, schema)
        if not any(p.holds(item.schema, item.name, schema) for p in state.plugins.values())
    )


def sort_leaning(connection: Connection, state: State, found: tuple[Leaning, ...]) -> Leanings:
    """Return `found` by the plugin that each belongs to."""
    host_schema = read_host_schema(connection)
    sorted_by: dict[str, list[Leaning]] = {}
    for item in found:
        sorted_by.setdefault(_find_owner(item, state, host_schema), []).append(item)
    return {owner: tuple(items) for owner, items in sorted_by.items()}


def _find_owner(item: Leaning, state: State, host_schema: str) -> str:
    plugins = (*state.plugins.values(), *state.quarantined.values())
    holders = (p.name for p in plugins if p.holds(item.schema, item.relation, host_schema))
    return next(holders, "")
