"""Whose objects lean on a branch's, by foreign key, view or otherwise."""

from collections.abc import Mapping
from functools import partial

from sqlalchemy import Connection

from .archive import read_made
from .belongings import read_belongings
from .catalog import (
    CatalogObject,
    Leaning,
    read_host_schema,
    read_leaning,
    read_schema_objects,
)
from .registry import State
from .tables import Tables

Leanings = Mapping[str, tuple[Leaning, ...]]
"""What leans on something, by the plugin that it belongs to; ``""`` for what belongs to none."""


def find_leaning(connection: Connection, tables: Tables, state: State, name: str) -> Leanings:
    """Return what elsewhere leans on the objects of a plugin, set aside or not."""
    objects = read_branch_objects(connection, tables, state, name)
    return sort_leaning(connection, state, read_leaning(connection, objects))


def read_branch_objects(
    connection: Connection, tables: Tables, state: State, name: str
) -> tuple[CatalogObject, ...]:
    """Return the objects of a plugin, set aside or not; the host's are those of no plugin."""
    schema = read_host_schema(connection)
    plugin = state.plugins.get(name) or state.quarantined.get(name)
    if plugin is not None:
        made = partial(read_made, connection, tables, state.registry)
        return read_belongings(connection, plugin, state.plugins.values(), schema, made)
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
