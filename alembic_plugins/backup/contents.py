"""What a backup of plugins has: whole schemas or single relations, and what it could not have."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import find_partitions, find_standing, find_statistics
from ..catalog.transaction_rows import Key
from ..namespaces.ownership import Ownership, read_plugin_objects
from ..plugin import Schema
from .errors import BackupIncomplete

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
        missing: what the plugins have made and it could not have.
        made: the schemas among them that come and go with the plugins.
        statistics: the extended statistics of relations, which are brought back by statements.
    """

    schemas: tuple[str, ...] = ()
    relations: tuple[DatabaseObject, ...] = ()
    missing: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    statistics: frozenset[Key] = frozenset()

    @property
    def single(self) -> tuple[DatabaseObject, ...]:
        """The relations that have to be chosen one by one."""
        return tuple(item for item in self.relations if item.own_schema not in self.schemas)

    def has(self, item: DatabaseObject) -> bool:
        """Tell whether an object, or the table on which it hangs, is in the backup."""
        known = item.own_schema in self.schemas or item.key in self.statistics
        return known or not self._keys.isdisjoint(item.chain)

    @cached_property
    def _keys(self) -> frozenset[Key]:
        return frozenset(item.key for item in self.relations)


def find_contents(connection: Connection, ownership: Ownership, names: Collection[str]) -> Contents:
    """Return what a backup of plugins has: their own schemas, or the relations that they have made.

    Args:
        connection: leads to the database.
        ownership: tells whose objects are.
        names: the plugins.
    """
    schemas: list[str] = []
    made: list[str] = []
    items: dict[Key, DatabaseObject] = {}
    columns: list[str] = []
    for name in names:
        namespace = ownership.plugins[name].namespace
        if isinstance(namespace, Schema) and (
            namespace.create or _is_whole(connection, ownership, namespace.name, names)
        ):
            schemas.append(namespace.name)
            made += [namespace.name] if ownership.plugins[name].schema_created else []
        owned = read_plugin_objects(connection, ownership, name)
        items |= {item.key: item for item in (*owned.objects, *owned.unknown)}
        columns += [str(column) for column in owned.columns]
    relations = _find_relations(connection, items.values())
    found = Contents(
        tuple(dict.fromkeys(schemas)),
        tuple(relations),
        made=tuple(dict.fromkeys(made)),
        statistics=frozenset(find_statistics(connection, relations)),
    )
    missing = [str(i) for i in items.values() if i.kind not in _STAYING and not found.has(i)]
    return replace(found, missing=(*missing, *columns))


def check_complete(path: Path, contents: Contents) -> None:
    """Check that a backup has all that the plugins have made.

    Raises:
        BackupIncomplete: it could not have some of it.
    """
    if contents.missing:
        raise BackupIncomplete(path, contents.missing)


def _is_whole(
    connection: Connection, ownership: Ownership, schema: str, names: Collection[str]
) -> bool:
    """Tell whether all that is in a schema is some plugins', of a schema that may be shared."""
    found = read_objects(connection, find_standing(connection, schema)).values()
    owners = {ownership.find_owner(item).name for item in found}
    return schema != ownership.host_schema and owners <= set(names)


def _find_relations(
    connection: Connection, items: Iterable[DatabaseObject]
) -> Sequence[DatabaseObject]:
    """Return the relations among some objects, each table with its partitions."""
    chosen = {item.key: item for item in items if item.kind in _RELATIONS}
    partitions = read_objects(connection, find_partitions(connection, chosen.values()))
    return list({**chosen, **partitions}.values())
