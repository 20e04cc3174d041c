"""Whose an object is: the one answer, which the guard, previews, drops and backups all ask for.

It goes by identity and not by name. What a revision has made is its branch's, wherever it is and
whatever it is called by now. What hangs on something belongs to whom that belongs. What nobody has
recorded is the host's, unless it is in a plugin's own schema: then nobody knows whose it is.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import (
    Column,
    Dependent,
    find_prefixed,
    find_standing,
    read_column_names,
    read_host_schema,
)
from ..catalog.transaction_rows import Key, Place
from ..plugin import HOST, Prefix, Schema
from ..registry.state import InstalledPlugin, State
from ..registry.tables import Tables
from .recorded import RecordedObject, read_recorded

Dependents = Mapping[str, tuple[Dependent, ...]]
"""What depends on something, by the branch that it belongs to; ``""`` for what nobody knows."""


@dataclass(frozen=True)
class Owner:
    """Whose an object is.

    Attributes:
        name: the branch: a plugin's name, or ``host``.
        is_known: False where it is in that plugin's own schema, and no revision has made it.
    """

    name: str
    is_known: bool = True


class Ownership:
    """Tell whose objects are.

    Args:
        plugins: all that the registry has, set aside or not.
        host_schema: the schema of the host's tables.
        recorded: what the registry has recorded; not needed for objects that bring that along.
    """

    def __init__(
        self,
        plugins: Iterable[InstalledPlugin],
        host_schema: str,
        recorded: Iterable[RecordedObject] = (),
    ) -> None:
        self.host_schema = host_schema
        self.plugins = {plugin.name: plugin for plugin in plugins}
        self.recorded = tuple(recorded)
        self._schemas = {
            space.name: plugin.name
            for plugin in self.plugins.values()
            if isinstance(space := plugin.place, Schema) and (space.create or plugin.quarantine)
            if space.name != host_schema  # Whatever says so: what nobody has made is the host's.
        }
        self._makers = {row.place: row.plugin for row in self.recorded if row.made}

    def find_owner(self, item: DatabaseObject) -> Owner:
        """Return whose an object is."""
        maker = item.maker or self._find_maker(item)
        if maker is not None:
            return Owner(maker)
        plugin = self._schemas.get(item.schema or "")
        return Owner(plugin, is_known=False) if plugin else Owner(HOST)

    def find_column_owner(self, item: DatabaseObject, number: int) -> Owner:
        """Return whose a column, or its default, is; an object where the number is 0."""
        maker = self._makers.get((*item.root, number)) if number else None
        return self.find_owner(item) if maker is None else Owner(maker)

    def _find_maker(self, item: DatabaseObject) -> str | None:
        makers = (self._makers.get((*key, 0)) for key in item.chain)
        return next((maker for maker in makers if maker is not None), None)

    def is_recorded(self, item: DatabaseObject) -> bool:
        """Tell whether it is recorded who has made an object, or what it hangs on."""
        return self._find_maker(item) is not None

    def find_schema(self, name: str) -> str | None:
        """Return the schema that is a plugin's own, set aside or not; None where it has none."""
        return next((schema for schema, owner in self._schemas.items() if owner == name), None)

    def find_schema_owner(self, schema: str | None) -> str | None:
        """Return the plugin whose own schema it is."""
        return self._schemas.get(schema or "")

    def find_made(self, name: str) -> dict[Place, RecordedObject]:
        """Return what the revisions of a branch have made, as far as that is recorded."""
        return {row.place: row for row in self.recorded if row.plugin == name and row.made}


def read_ownership(connection: Connection, tables: Tables, state: State) -> Ownership:
    """Return what tells whose objects are, all of them."""
    schema = read_host_schema(connection)
    plugins = (*state.plugins.values(), *state.quarantined.values())
    recorded = read_recorded(connection, tables, state.registry, plugins, schema)
    if former := {plugin.former: plugin.name for plugin in plugins if plugin.former}:
        recorded = tuple(replace(r, plugin=former.get(r.plugin, r.plugin)) for r in recorded)
    return Ownership(plugins, schema, recorded)


@dataclass(frozen=True)
class PluginObjects:
    """What a plugin has, wherever it is.

    Attributes:
        objects: what its revisions have made, and what stands for itself of that.
        columns: the columns that they have added to tables of others.
        unknown: what is in its own schema, and no revision has made.
        foreign: what is in its own schema, or goes by its prefix, and is another's.
        places_of_hooks: where that is which its hooks have made, and not its revisions.
        places_of_syncs: where that is which was made as it declares it.
    """

    objects: tuple[DatabaseObject, ...] = ()
    columns: tuple[Column, ...] = ()
    unknown: tuple[DatabaseObject, ...] = ()
    foreign: tuple[DatabaseObject, ...] = ()
    places_of_hooks: frozenset[Place] = frozenset()
    places_of_syncs: frozenset[Place] = frozenset()

    @property
    def made(self) -> tuple[DatabaseObject | Column, ...]:
        """All that its revisions and hooks have made, and its declared tables."""
        return (*self.objects, *self.columns)

    @property
    def by_hooks(self) -> tuple[DatabaseObject, ...]:
        """The objects that its hooks have made."""
        return tuple(item for item in self.objects if (*item.key, 0) in self.places_of_hooks)

    @property
    def columns_by_hooks(self) -> tuple[Column, ...]:
        """The columns that its hooks have added to tables of others."""
        places = self.places_of_hooks
        return tuple(c for c in self.columns if (*c.table.key, c.number) in places)

    @property
    def by_syncs(self) -> tuple[DatabaseObject, ...]:
        """Its declared tables, and what was made with them."""
        return tuple(item for item in self.objects if (*item.key, 0) in self.places_of_syncs)

    @property
    def by_revisions(self) -> tuple[DatabaseObject | Column, ...]:
        """All that its revisions have made."""
        others = {*self.by_hooks, *self.columns_by_hooks, *self.by_syncs}
        return tuple(item for item in self.made if item not in others)


def read_plugin_objects(connection: Connection, ownership: Ownership, name: str) -> PluginObjects:
    """Return what a plugin has, and what is beside it."""
    made = ownership.find_made(name)
    around = find_around(connection, ownership, name)
    found = read_objects(connection, {place[:2] for place in made} | set(around))
    known = {place[:2] for place in made if not place[2]}
    beside = [found[key] for key in around if key in found and key not in known]
    owners = {item.key: ownership.find_owner(item) for item in beside}
    ours = Owner(name, is_known=False)
    if ownership.find_schema(name):  # An extension is in none, but has one for its members.
        nobodys = [i for i in beside if i.kind == "extension" and owners[i.key] == Owner(HOST)]
        owners |= {i.key: ours for i in nobodys if not ownership.is_recorded(i)}
    return PluginObjects(
        _sort(found[key] for key in known if key in found),
        tuple(_find_columns(connection, made, found)),
        _sort(item for item in beside if owners[item.key] == ours),
        _sort(item for item in beside if owners[item.key].name != name),
        frozenset(place for place, row in made.items() if row.is_by_hook),
        frozenset(place for place, row in made.items() if row.is_by_sync),
    )


def read_columns(connection: Connection, ownership: Ownership, name: str) -> tuple[Column, ...]:
    """Return the columns that a branch has added to tables of others."""
    made = {place: row for place, row in ownership.find_made(name).items() if place[2]}
    found = read_objects(connection, {place[:2] for place in made})
    return tuple(_find_columns(connection, made, found))


def find_around(connection: Connection, ownership: Ownership, name: str) -> list[Key]:
    """Return what is where a plugin's objects are: in its own schema, or under its prefix."""
    schema = ownership.find_schema(name)
    if schema is not None:
        return find_standing(connection, schema)
    plugin = ownership.plugins.get(name)
    if plugin is None or not isinstance(plugin.namespace, Prefix):
        return []
    return find_prefixed(connection, plugin.namespace, ownership.host_schema)


def _find_columns(
    connection: Connection,
    made: Mapping[Place, RecordedObject],
    found: Mapping[Key, DatabaseObject],
) -> Iterable[Column]:
    for place, name in read_column_names(connection, [p for p in made if p[2]]).items():
        if place[:2] in found:
            yield Column(found[place[:2]], name, place[2])


def _sort(items: Iterable[DatabaseObject]) -> tuple[DatabaseObject, ...]:
    return tuple(sorted(items, key=lambda item: (item.kind, item.identity)))


def sort_dependents(ownership: Ownership, found: Iterable[Dependent]) -> Dependents:
    """Return dependents by the branch that each belongs to."""
    sorted_by: dict[str, list[Dependent]] = {}
    for item in found:
        owner = ownership.find_column_owner(item.item, item.number)
        sorted_by.setdefault(owner.name if owner.is_known else "", []).append(item)
    return {owner: tuple(items) for owner, items in sorted_by.items()}


def find_foreign_parts(
    connection: Connection, ownership: Ownership, keys: Collection[Key], going: Collection[str]
) -> list[Dependent]:
    """Return what others have made that hangs on some objects, and would go along with them.

    Args:
        connection: leads to the database.
        ownership: tells whose objects are.
        keys: the objects.
        going: the branches that are not others.
    """
    rows = {row.place: row for row in ownership.recorded if row.made and row.plugin not in going}
    items = read_objects(connection, {place[:2] for place in rows if not place[2]})
    found = [
        Dependent(str(item), item.kind, item)
        for item in items.values()
        if not set(item.chain[1:]).isdisjoint(keys)
    ]
    columns = [place for place in rows if place[2] and place[:2] in keys]
    tables = read_objects(connection, {place[:2] for place in columns})
    for place, name in read_column_names(connection, columns).items():
        table = replace(tables[place[:2]], maker=rows[place].plugin)
        found.append(Dependent(f"column {name} of {table}", "table column", table))
    return found
