"""What belongs to a plugin: all that is in its namespace, or of a shared one what it has made."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection

from .catalog import CatalogObject, read_objects, read_schema_objects
from .plugin import Schema
from .registry import InstalledPlugin


def find_sharing(
    plugin: InstalledPlugin, plugins: Iterable[InstalledPlugin], host_schema: str
) -> tuple[str, ...]:
    """Return with whom a plugin shares the schema that its objects are in."""
    namespace = plugin.namespace
    if not isinstance(namespace, Schema) or namespace.create or plugin.quarantine:
        return ()
    others = [p.name for p in plugins if p.name != plugin.name and p.namespace == namespace]
    return (*others, "the host") if namespace.name == host_schema else tuple(others)


def read_belongings(
    connection: Connection,
    plugin: InstalledPlugin,
    plugins: Iterable[InstalledPlugin],
    host_schema: str,
    read_made: Callable[[], Mapping[str, str]],
) -> tuple[CatalogObject, ...]:
    """Return the objects of a plugin; of a schema that it shares, those that it has made.

    Args:
        connection: leads to the database.
        plugin: the one that is about.
        plugins: all that are installed.
        host_schema: the schema of the host's tables.
        read_made: returns which plugin has made an object, by the object; called where that counts.
    """
    shared = find_sharing(plugin, plugins, host_schema)
    if not shared or not isinstance(plugin.namespace, Schema):
        return read_objects(connection, plugin.place)
    made = read_made()
    found = read_schema_objects(connection, plugin.namespace.name)
    return tuple(item for item in found if made.get(str(item)) == plugin.name)
