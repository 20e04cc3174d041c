"""What the branches of a transaction may do, and whose an object is that they have made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..catalog.objects import DatabaseObject
from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key, Place
from ..connection.writer import RegistryWriter
from ..namespaces.ownership import Ownership
from ..planning.operations import Call
from ..planning.plan import Plan
from ..plugin import HOST, Prefix
from ..registry.state import InstalledPlugin
from .changes import Change


@dataclass(frozen=True)
class Permissions:
    """What the branches of a transaction may do.

    Attributes:
        branches: the names of the plugins that share the transaction, or the host's.
        ownership: tells whose objects are.
        needed: the plugins that they may read and refer to.
        writes: the relations that they may change, by name, with their schema or the host's.
        extensions: the PostgreSQL extensions that they may make.
        allowed: what every branch may change, named likewise.
        new: the objects that the transaction has made.
        parts: the types and functions of which casts, operators and the like are made.
        columns: by place, who has added a column to a table of another's.
    """

    branches: frozenset[str]
    ownership: Ownership
    needed: Collection[str] = ()
    writes: Collection[str] = ()
    extensions: Collection[str] = ()
    allowed: Collection[str] = ()
    new: Collection[Key] = frozenset()
    parts: Mapping[Key, DatabaseObject] = field(default_factory=dict)
    columns: Mapping[Place, str] = field(default_factory=dict)

    def find_owner(self, item: DatabaseObject) -> str:
        """Return the branch that an object belongs to; a new one's, by where it is."""
        if item.maker is None and item.root in self.new:
            return self.find_place(item)
        return self.ownership.find_owner(item).name

    def is_own(self, item: DatabaseObject) -> bool:
        """Tell whether an object is the branches' own."""
        return self.find_owner(item) in self.branches

    def find_place(self, item: DatabaseObject) -> str:
        """Return in whose namespace an object is, whoever has made it."""
        prefixed = self.find_prefix(item)
        for name in self.branches:
            plugin = self.ownership.plugins.get(name)
            if plugin and prefixed in (None, name) and _covers(plugin, item, self._host_schema):
                return name
        if self._is_made_of_own(item):
            return next(iter(self.branches))
        return prefixed or self.ownership.find_schema_owner(item.schema) or HOST

    def find_prefix(self, item: DatabaseObject) -> str | None:
        """Return the plugin whose prefix a name in the host's schema has."""
        if item.schema != self._host_schema or item.name is None:
            return None
        names = sorted(self.ownership.plugins, key=lambda name: name not in self.branches)
        for name in names:
            space = self.ownership.plugins[name].namespace
            if isinstance(space, Prefix) and space.covers(item.name):
                return name
        return None

    def _is_made_of_own(self, item: DatabaseObject) -> bool:
        """Tell whether something that has no namespace is made of what is the branches'."""
        if item.kind == "publication":
            return not item.is_everywhere
        parts = (self.parts[key] for key in item.made_of if key in self.parts)
        return any(self.is_own(part) for part in parts)

    @property
    def _host_schema(self) -> str:
        return self.ownership.host_schema

    def has_left(self, before: DatabaseObject, after: DatabaseObject) -> bool:
        """Tell whether an object of the branches' own was moved or renamed out of its namespace."""
        if (before.schema, before.name) == (after.schema, after.name) or after.is_part:
            return False
        # One that has been elsewhere before was let do so.
        was_inside = self.find_place(before) in self.branches
        return was_inside and self.find_place(after) not in self.branches

    def may_refer(self, owner: str) -> bool:
        """Tell whether the branches may read and refer to what belongs to another."""
        return owner in (HOST, *self.branches, *self.needed)

    def may_change(self, change: Change) -> bool:
        """Tell whether the branches may change what is not their own."""
        items = [item for item in (change.before, change.after) if item]
        return any(self.may_change_item(item) for item in items)

    def may_change_item(self, item: DatabaseObject) -> bool:
        """Tell whether the branches may change an object that they have not been seen to change."""
        return not self.branches.isdisjoint(item.permitted) or self._is_named(item)

    def may_touch(self, item: DatabaseObject) -> bool:
        """Tell whether an object is the branches' own, or one that they may change."""
        return self.is_own(item) or self.may_change_item(item)

    def _is_named(self, item: DatabaseObject) -> bool:
        if item.kind == "extension":
            return item.identity.strip('"') in self.extensions or item.identity in self.allowed
        return self.is_written_by_name(item) or self.is_allowed(item)

    def is_allowed(self, item: DatabaseObject) -> bool:
        """Tell whether the host lets every branch change an object, and drop it."""
        return self._is_among(item, self.allowed)

    def is_written_by_name(self, item: DatabaseObject) -> bool:
        """Tell whether a relation is one that the declaration lets the branches change."""
        return item.root[0] == PG_CLASS and self._is_among(item, self.writes)

    def _is_among(self, item: DatabaseObject, names: Collection[str]) -> bool:
        if not names:
            return False
        found = {f"{item.schema}.{item.name}", item.identity}
        if item.schema == self._host_schema and item.name is not None:
            found.add(item.name)
        return not found.isdisjoint(names)


def _covers(plugin: InstalledPlugin, item: DatabaseObject, host_schema: str) -> bool:
    """Tell whether a plugin may make what has such a name there."""
    space = plugin.namespace
    if isinstance(space, Prefix):
        return item.schema == host_schema and item.name is not None and space.covers(item.name)
    return item.schema == space.name


def make_permissions(
    writer: RegistryWriter,
    plan: Plan,
    steps: Sequence[Call],
    needed: Mapping[str, Collection[str]],
    new: frozenset[Key],
    parts: Mapping[Key, DatabaseObject],
    columns: Mapping[Place, str],
) -> Permissions:
    """Return what the branches of a transaction may do.

    Args:
        writer: of the command's registry.
        plan: the plan that runs.
        steps: the revisions and hooks of the transaction.
        needed: the plugins that each branch needed when its first revision began.
        new: see `Permissions`, as for what follows.
        parts: see there.
        columns: see there.
    """
    names = tuple(dict.fromkeys(step.plugin for step in steps))
    declared = [d for name in names if name != HOST and (d := writer.session.declaration(name))]
    others = {other for name in names for other in writer.find_needed(name, plan)}
    others.update(*(needed.get(name, ()) for name in names))
    plugins = {**writer.session.state.quarantined, **writer.pending.plugins}
    return Permissions(
        frozenset(names),
        Ownership(plugins.values(), writer.host_schema),
        others,
        frozenset(table for item in declared for table in item.writes),
        frozenset(extension for item in declared for extension in item.extensions),
        frozenset(writer.session.settings.guard_allow),
        new,
        parts,
        columns,
    )
