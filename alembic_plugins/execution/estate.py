"""What plugins have: namespaces made for them, objects dropped, set aside and brought back."""

import logging
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from sqlalchemy import Executable
from sqlalchemy.schema import DropTable

from .._quoting import quote_commands
from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import (
    Column,
    find_prefixed,
    find_standing,
    has_schema,
    is_empty,
)
from ..connection.errors import UnexpectedVersionRows
from ..connection.writer import RegistryWriter
from ..namespaces.claims import find_claims
from ..namespaces.ddl import CreateExtension, create_namespace, drop_schema
from ..namespaces.drops import Dropper, lock_exclusively
from ..namespaces.errors import ObjectsInUse
from ..namespaces.inferred import Inferred
from ..namespaces.object_statements import mark_objects_known, record_objects, record_place
from ..namespaces.quarantine import (
    bring_back,
    find_home,
    find_quarantine,
    is_movable,
    set_aside,
)
from ..planning.errors import NotInstalled
from ..planning.plan import (
    Direction,
    Fate,
    Plan,
    Unit,
)
from ..planning.projection import remember_plugin
from ..plugin import HOST, Prefix, Schema
from ..registry.state import InstalledPlugin
from ..registry.statements import record_versions
from ..registry.version_tables import VersionTable, read_versions
from .errors import (
    CannotKeep,
    LeftBehind,
    LeftoverObjects,
    NamespaceNotEmpty,
    SchemaTaken,
    UnknownObjects,
)
from .object_reader import ObjectReader

log = logging.getLogger(__name__)

_HARMLESS = ("table constraint", "rule", "policy", "table", "statistics object")
"""What may depend on objects that are moved: foreign keys, views, partitions and statistics go by
what they mean, and not by name, as the bodies of functions do."""


class Estate:
    """See to plugins as a whole, in the transaction that is running.

    Args:
        writer: executes and records.
        reader: reads whose objects are.
    """

    def __init__(self, writer: RegistryWriter, reader: ObjectReader) -> None:
        self._writer = writer
        self._reader = reader

    def check(self, plan: Plan) -> None:
        """Check what is where a plan installs plugins, and what it would drop, before it is run.

        Raises:
            NamespaceNotEmpty: a plugin is to be installed where there is something already.
            UnknownObjects: a plugin is to go, and nobody knows whose something in its schema is.
        """
        if self._writer.is_offline:
            return
        for name in dict.fromkeys(
            s.plugin for s in plan.steps if s.runs and s.direction is Direction.UPGRADE
        ):
            if name != HOST and name not in self._writer.pending.plugins:
                self._check_empty(name)
        for name, fate in plan.fates.items():
            if fate is Fate.REMOVED and not plan.with_unknown:
                unknown = self._reader.read_plugin_objects(name).unknown
                if unknown:
                    words = tuple(str(item) for item in unknown)
                    raise UnknownObjects(name, words)

    def _check_empty(self, name: str) -> None:
        """Check that nothing is where a plugin's objects will be."""
        writer = self._writer
        namespace = writer.session.find_plugin(name).namespace
        if isinstance(namespace, Prefix):
            keys = find_prefixed(writer.connection, namespace, writer.host_schema)
        elif namespace.create:
            keys = find_standing(writer.connection, namespace.name)
        else:
            return
        if not keys:
            return
        ownership = self._reader.read_ownership()
        found = read_objects(writer.connection, keys).values()
        others = [item for item in found if ownership.find_owner(item).name != name]
        if others:
            words = tuple(str(item) for item in others)
            home = find_home(namespace, writer.host_schema)
            raise NamespaceNotEmpty(name, str(namespace), words, f"schema {home} existing")

    def begin(self, unit: Unit) -> None:
        """Record what was found out of plugins that another tool has installed.

        What is no more than a guess is recorded where the plugin goes, with which it is forgotten.
        """
        for name in unit.plugins:
            inferred = self._writer.session.inferred.get(name)
            goes = unit.fates.get(name, Fate.LEFT) is not Fate.LEFT
            if inferred is not None and (inferred.doubt is None or (inferred.rows and goes)):
                self._record_inferred(name, inferred)

    def _record_inferred(self, name: str, inferred: Inferred) -> None:
        writer = self._writer
        known = {row.place for row in self._reader.read_recorded() if row.made}
        new = [row for row in inferred.rows if row.place not in known]
        if new:
            writer.write(record_objects(writer.tables, new, writer.epoch))
        writer.execute(mark_objects_known(writer.tables, name))

    def claim(self, name: str) -> None:
        """Record what nobody is known to have made as made by a plugin; see `find_claims`."""
        writer = self._writer
        claims = find_claims(writer.connection, writer.tables, self._reader.read_ownership(), name)
        for row in claims:
            if row.id is not None:
                writer.execute(record_place(writer.tables, row.id, row.place, writer.epoch))
        new = [row for row in claims if row.id is None]
        if new:
            writer.write(record_objects(writer.tables, new, writer.epoch))

    def prepare(self, name: str) -> None:
        """Make the schema and the extensions of a plugin whose first revision is about to run."""
        writer = self._writer
        if writer.pending.has_applied(name):
            return
        known = writer.pending.plugins.get(name)
        found = writer.session.find_plugin(name)
        for extension in found.declaration.extensions:
            writer.execute(CreateExtension(extension))
            writer.prepared.add(("extension", extension))
        existed = not writer.is_offline and has_schema(writer.connection, found.namespace)
        statements = () if existed else tuple(create_namespace(found.namespace))
        self._run(statements)
        if statements and isinstance(found.namespace, Schema):
            writer.prepared.add(("schema", found.namespace.name))
        created = bool(statements) or (known is not None and known.schema_created)
        writer.pending.add_installed(remember_plugin(writer.session, name, schema_created=created))

    def settle(self, name: str, fate: Fate, plan: Plan) -> None:
        """Let a plugin as a whole become what it is to become."""
        match fate:
            case Fate.REMOVED:
                self._remove(name)
            case Fate.QUARANTINED:
                self._set_aside(name, plan)
            case Fate.RESTORED:
                self._bring_back(name)
            case Fate.FORGOTTEN:
                kept = self._writer.session.state.kept_of(name)
                self._writer.pending.add_forgotten(name, kept)
            case Fate.REGISTERED:
                self.register(name)
            case Fate.LEFT:
                self._leave(name, has_run=any(step.runs for step in plan.steps))
        if name in self._writer.session.state.interruptions and fate is not Fate.REPAIRED:
            self._writer.pending.add_settled(name)

    def register(self, name: str) -> None:
        """Record what a plugin is now, if that can be told from disk."""
        writer = self._writer
        plugin = writer.pending.plugins.get(name)
        if writer.session.declaration(name):
            declared = writer.session.find_plugin(name).namespace
            own = isinstance(declared, Schema) and declared.create
            created = own if plugin is None else plugin.schema_created
            writer.pending.add_installed(
                remember_plugin(writer.session, name, schema_created=created)
            )

    def remove_unknown_rows(self, rows: Sequence[str]) -> None:
        """Delete rows of the version table that nothing explains."""
        writer = self._writer
        if rows:
            for statement in record_versions(writer.versions, rows, ()):
                writer.execute(statement)
            words = f"removed {', '.join(rows)}"
            writer.pending.add_event(HOST, "history-sync", (), None, detail=words)

    def take_over(self, tables: Iterable[VersionTable]) -> None:
        """Drop version tables of plugins, if they still say what is recorded.

        Raises:
            UnexpectedVersionRows: somebody has changed one.
        """
        for item in tables:
            self._run([lock_exclusively(item.identity)])
            if read_versions(self._writer.connection, item) != item.rows:
                raise UnexpectedVersionRows(item.identity)
            self._run([DropTable(item.table)])

    def stay(self, name: str) -> None:
        """Keep a plugin of which nothing is applied any more, and say so."""
        if not self._has_left(name):
            words = (
                f"Plugin '{name}' is at base, and stays installed. 'alembic upgrade heads' applies "
                f"its revisions again, 'alembic plugin uninstall {name}' removes it."
            )
            log.warning("%s", quote_commands(words))

    def _leave(self, name: str, *, has_run: bool) -> None:
        """Forget a plugin of which nothing is applied any more.

        It is still known where its downgrades were run, and have left something.
        """
        if name not in self._writer.pending.plugins or (has_run and self._has_left(name)):
            return
        self._forget(self._writer.pending.plugins[name])
        log.warning("Plugin '%s' is at base, and not installed any more.", name)

    def _has_left(self, name: str) -> bool:
        """Tell whether the downgrades of a plugin have left something, and warn of it."""
        left = () if self._writer.is_offline else self._reader.read_plugin_objects(name).made
        if left:
            log.warning("%s", LeftBehind(name, tuple(str(item) for item in left)))
        return bool(left)

    def withdraw(self, name: str) -> None:
        """Record that a revision has not been begun, and no plugin whose first one that is."""
        pending = self._writer.pending
        pending.add_settled(name)
        if name in pending.plugins and not pending.has_applied(name):
            self._forget(pending.plugins[name])

    def _forget(self, plugin: InstalledPlugin) -> None:
        self._writer.pending.add_uninstalled(plugin.name)
        self._drop_empty_schema(plugin)

    def _remove(self, name: str) -> None:
        """Forget a plugin of which nothing is left, and drop the schema that was made for it."""
        writer = self._writer
        aside = writer.session.state.quarantined.get(name)
        plugin = writer.pending.plugins.get(name) or aside
        if plugin is None:
            raise NotInstalled(name)
        if aside and aside.quarantine:
            self._drop_schema_if_empty(aside.quarantine)
            writer.pending.add_forgotten(name, writer.session.state.kept_of(name))
        else:
            self._forget(plugin)

    def drop_unknown(self, plan: Plan) -> None:
        """Drop what is in the schemas of plugins that go, and nobody is known to have made.

        Downgrades could not drop what that depends on. What depends on it in turn stops this; it
        is tried again when the downgrades are run.
        """
        writer = self._writer
        if writer.is_offline:
            return
        names = [name for name, fate in plan.fates.items() if fate is Fate.REMOVED]
        unknown = [
            item
            for name in names
            for item in self._reader.read_plugin_objects(name).unknown
            if item.kind != "extension"  # What of it is in use, only the end tells.
        ]
        if not unknown:
            return
        dropper = Dropper(writer.connection, writer.execute, names[0])
        savepoint = writer.connection.begin_nested()
        try:
            dropper.lock(unknown, ())
            dropper.drop(unknown, ())
        except ObjectsInUse:
            savepoint.rollback()
        else:
            savepoint.commit()

    def drop_leftovers(self, names: Sequence[str], plan: Plan) -> None:
        """Drop what the downgrades of plugins have left, and what nobody knows of, if wished.

        They go together, since the objects of one may depend on those of another.

        Raises:
            LeftoverObjects: they have left something, and that is not to be dropped.
            ObjectsInUse: something else depends on it.
        """
        writer = self._writer
        if writer.is_offline or not names:
            return
        items: dict[str, tuple[DatabaseObject, ...]] = {}
        columns: dict[str, tuple[Column, ...]] = {}
        for name in names:
            owned = self._reader.read_plugin_objects(name)
            if owned.made and not plan.purge:
                raise LeftoverObjects(name, tuple(str(item) for item in owned.made))
            unknown = owned.unknown if plan.with_unknown else ()
            items[name], columns[name] = (*owned.objects, *unknown), owned.columns
        everything = tuple(chain.from_iterable(items.values()))
        all_columns = tuple(chain.from_iterable(columns.values()))
        dropper = Dropper(writer.connection, writer.execute, names[0])
        dropper.lock(everything, all_columns)
        for name in names:
            found = self._reader.find_dependents(items[name], plan.fates, columns[name])
            if found:
                raise ObjectsInUse(name, tuple(str(item) for item in found))
        dropper.drop(everything, all_columns)

    def _drop_empty_schema(self, plugin: InstalledPlugin) -> None:
        namespace = plugin.namespace
        if plugin.schema_created and isinstance(namespace, Schema):
            if self._writer.is_offline:
                self._run([drop_schema(namespace.name)])
            else:
                self._drop_schema_if_empty(namespace.name)

    def _drop_schema_if_empty(self, schema: str) -> None:
        if not is_empty(self._writer.connection, schema):
            log.warning("Schema %s is kept: there is still something in it.", schema)
        else:
            self._run([drop_schema(schema)])

    def _set_aside(self, name: str, plan: Plan) -> None:
        writer = self._writer
        plugin, schema = writer.pending.plugins[name], find_quarantine(name)
        objects = self._reader.read_plugin_objects(name).objects
        home = find_home(plugin.namespace, writer.host_schema)
        movable = [item for item in objects if is_movable(item) and item.schema == home]
        self._check_keeping(name, movable, plan)
        self._check_free(name, schema)
        self._run(set_aside(writer.connection, plugin.namespace, schema, movable))
        writer.pending.add_quarantined(name, schema)

    def _check_keeping(self, name: str, items: Collection[DatabaseObject], plan: Plan) -> None:
        """Check that a plugin can be set aside without harm to others.

        Raises:
            CannotKeep: others call its functions.
        """
        calling = [
            str(dependent)
            for dependent in self._reader.find_dependents(items, {name, *plan.fates})
            if dependent.kind not in _HARMLESS
        ]
        if calling:
            raise CannotKeep(name, f"it is used by {', '.join(calling)}")

    def _bring_back(self, name: str) -> None:
        writer = self._writer
        plugin = writer.session.state.quarantined[name]
        assert plugin.quarantine is not None  # noqa: S101 - it is set aside
        if isinstance(plugin.namespace, Schema) and plugin.namespace.create:
            self._check_free(name, plugin.namespace.name)
        objects = self._reader.read_plugin_objects(name).objects
        self._run(
            bring_back(
                writer.connection, plugin.namespace, plugin.quarantine, writer.host_schema, objects
            )
        )
        writer.pending.add_restored(plugin, writer.session.state.kept_of(name))

    def _check_free(self, name: str, schema: str) -> None:
        if has_schema(self._writer.connection, Schema(schema, create=False)):
            raise SchemaTaken(name, schema, "there is a schema of that name")

    def _run(self, statements: Iterable[Executable]) -> None:
        for statement in statements:
            self._writer.execute(statement)
