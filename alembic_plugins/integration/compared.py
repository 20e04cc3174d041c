"""What a comparison is about: whatever belongs to the host, or to one plugin."""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from ..catalog.names import Name, find_named, read_search_path, read_tables
from ..catalog.objects import read_objects
from ..namespaces.ownership import Ownership
from ..plugin import HOST, Namespace, Prefix
from ..registry.tables import BACKUP_SCHEMA


class Compared:
    """Tell what takes part in a comparison of models with the database.

    What exists takes part if it belongs to the owner, by `Ownership`. What does not exist yet takes
    part if it would be made in the owner's namespace.

    Args:
        connection: leads to the database; the search path is that of the comparison.
        ownership: tells whose existing objects are.
        name: the owner: a plugin, or ``host``.
        namespace: the plugin's; None for the host.
        schema: where an object comes to be that is named without one.
        others: tables that models of the host have, which in a shared schema are not the plugin's.
    """

    def __init__(
        self,
        connection: Connection,
        ownership: Ownership,
        name: str,
        namespace: Namespace | None,
        schema: str,
        others: Collection[str] = (),
    ) -> None:
        self.name = name
        self.schema = schema
        self._connection = connection
        self._ownership = ownership
        self._namespace = namespace
        self._others = others
        self._path = read_search_path(connection)
        tables = read_tables(connection)
        items = read_objects(connection, tables)
        self._tables = {
            tables[key]: self._ownership.find_owner(item).name for key, item in items.items()
        }

    def find_table(self, schema: str | None, name: str) -> tuple[str, str]:
        """Return schema and name of what a table's name means; without a schema, on the path."""
        if schema is not None:
            return schema, name
        places = ((place, name) for place in self._path)
        return next((place for place in places if place in self._tables), (self.schema, name))

    def has_table(self, schema: str | None, name: str) -> bool:
        """Tell whether a table is in the database."""
        return self.find_table(schema, name) in self._tables

    def owns_table(self, schema: str | None, name: str) -> bool:
        """Tell whether a table takes part."""
        place = self.find_table(schema, name)
        if place[0] == BACKUP_SCHEMA:
            return False
        owner = self._tables.get(place)
        return self._would_own(*place) if owner is None else owner == self.name

    def _would_own(self, schema: str, name: str) -> bool:
        """Tell whether a table that is not there would be the owner's."""
        if self._namespace is None:
            return self._is_hosts(schema, name)
        if isinstance(self._namespace, Prefix):
            return schema == self.schema and self._namespace.covers(name)
        return schema == self._namespace.name and (
            self._namespace.create or name not in self._others
        )

    def _is_hosts(self, schema: str, name: str) -> bool:
        """Tell whether a name that nothing has is in no plugin's own schema, and has no prefix."""
        spaces = [plugin.namespace for plugin in self._ownership.plugins.values()]
        return self._ownership.find_schema_owner(schema) is None and not any(
            isinstance(space, Prefix) and space.covers(name) for space in spaces
        )

    def find_owners(self, names: Collection[Name]) -> Callable[[Name], frozenset[str]]:
        """Return what tells whose the objects of some names are; of what is not there, nobody's."""
        places = find_named(self._connection, names)
        keys = {place[:2] for found in places.values() for place in found}
        items = read_objects(self._connection, keys)

        def find(name: Name) -> frozenset[str]:
            return frozenset(
                self._ownership.find_column_owner(items[place[:2]], place[2]).name
                for place in places.get(name, ())
                if place[:2] in items
            )

        return find

    def may_make(self, name: Name) -> bool:
        """Tell whether what is not there yet takes part.

        A plugin's models and options are all its own; the host's may have a plugin's by accident.
        """
        return self.name != HOST or self._is_hosts(name.schema, name.relation or name.name)
