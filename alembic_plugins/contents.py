"""What a backup of plugins has: whole schemas or single relations, and what it could not have."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from .belongings import find_sharing, read_belongings
from .catalog import CatalogObject, read_named_objects, read_partitions
from .plugin import Schema
from .registry import InstalledPlugin
from .written import PG_CLASS, Key

_RELATIONS = ("table", "view", "materialized view", "sequence", "foreign table")
"""What pg_dump can choose by itself."""

_STAYING = ("extension", "schema")
"""What has no data of its own, and has to be there when a plugin comes back."""


@dataclass(frozen=True)
class Contents:
    """What a backup has.

    Attributes:
        schemas: the schemas that it has with all that is in them.
        relations: the relations that it has, those in these schemas too.
    """

    schemas: tuple[str, ...] = ()
    relations: tuple[CatalogObject, ...] = ()

    @property
    def single(self) -> tuple[CatalogObject, ...]:
        """The relations that have to be chosen one by one."""
        return tuple(item for item in self.relations if item.schema not in self.schemas)

    def has(self, item: CatalogObject) -> bool:
        """Tell whether an object, or the table on which it hangs, is in the backup."""
        keys = (item.key, (PG_CLASS, item.hangs_on))
        return item.schema in self.schemas or not self._keys.isdisjoint(keys)

    @cached_property
    def _keys(self) -> frozenset[Key]:
        return frozenset(item.key for item in self.relations)


def find_contents(
    connection: Connection,
    going: Sequence[InstalledPlugin],
    staying: Sequence[InstalledPlugin],
    host_schema: str,
    made: Mapping[str, str],
) -> Contents:
    """Return what a backup of plugins has; of schemas that they share, what they have made.

    Args:
        connection: leads to the database.
        going: the plugins.
        staying: the others that are installed. A schema that none of these shares is a whole.
        host_schema: the schema of the host's tables.
        made: which plugin has made an object, by the object.
    """
    schemas: list[str] = []
    relations: dict[Key, CatalogObject] = {}
    for plugin in going:
        sharing = find_sharing(plugin, staying, host_schema)
        if isinstance(plugin.namespace, Schema) and not sharing:
            schemas.append(plugin.namespace.name)
        found = read_belongings(connection, plugin, staying, host_schema, lambda: made)
        relations |= {item.key: item for item in _find_relations(connection, found)}
    return Contents(tuple(dict.fromkeys(schemas)), tuple(relations.values()))


def _find_relations(
    connection: Connection, objects: Iterable[CatalogObject]
) -> Iterator[CatalogObject]:
    """Yield the relations among some objects, each table with its partitions."""
    for item in objects:
        if item.kind in _RELATIONS:
            yield item
            yield from read_partitions(connection, item)


def find_missing(
    connection: Connection, contents: Contents, names: Collection[str], made: Mapping[str, str]
) -> tuple[CatalogObject, ...]:
    """Return what plugins have made, as far as that was recorded, and a backup could not have.

    Args:
        connection: leads to the database.
        contents: what the backup has.
        names: the plugins'.
        made: which plugin has made an object, by the object.
    """
    known = [item for item, name in made.items() if name in names]
    return tuple(
        item
        for item in read_named_objects(connection, known)
        if item.kind not in _STAYING and not contents.has(item)
    )
