"""What plugins have: namespaces made for them, objects dropped, set aside and brought back."""

import logging
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from sqlalchemy import Executable
from sqlalchemy.schema import DropTable

from .catalog import Column, Dependent, find_prefixed, find_standing, has_schema, is_empty
from .claims import find_claims
from .dependencies import find_users
from .drops import Dropper, lock_exclusively
from .errors import NotInstalled
from .namespaces import CreateExtension, create_namespace, drop_schema
from .objects import DatabaseObject, read_objects
from .ownership import (
    Holdings,
    Ownership,
    read_holdings,
)
from .plan import Direction, Fate, Plan, Unit
from .plugin import HOST, Prefix, Schema
from .quarantine import bring_back, find_home, find_quarantine, is_movable, set_aside
from .quoting import quote_commands
from .recorded import RecordedObject, read_recorded
from .records import mark_objects_known, record_objects, record_place, record_versions
from .refusals import LeftoverObjects, ObjectsInUse, UnexpectedVersionRows
from .registry import InstalledPlugin
from .scribe import Scribe
from .simulate import remember_plugin
from .tables import VERSION
from .traces import Trace
from .upkeep_errors import CannotKeep, LeftBehind, NamespaceNotEmpty, SchemaTaken, UnknownObjects
from .versiontables import VersionTable, read_versions

log = logging.getLogger(__name__)

_HARMLESS = ("table constraint", "rule", "policy", "table", "statistics object")
"""What may depend on objects that are moved: foreign keys, views, partitions and statistics go by
what they mean, and not by name, as the bodies of functions do."""


class Estate:
    """See to plugins as a whole, in the transaction that is running.

    Args:
        scribe: who executes and records.
    """

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    def check(self, plan: Plan) -> None:
        """Check what is where a plan installs plugins, and what it would drop, before it is run.

        Raises:
            NamespaceNotEmpty: a plugin is to be installed where there is something already.
            UnknownObjects: a plugin is to go, and nobody knows whose something in its schema is.
        """
        if self._scribe.is_offline:
            return
        for name in dict.fromkeys(
            s.plugin for s in plan.steps if s.runs and s.direction is Direction.UPGRADE
        ):
            if name != HOST and name not in self._scribe.ledger.plugins:
                self._check_empty(name)
        for name, fate in plan.fates.items():
            if fate is Fate.REMOVED and not plan.with_unknown:
                unknown = self._read_holdings(name).unknown
                if unknown:
                    words = tuple(str(item) for item in unknown)
                    raise UnknownObjects(name, words)

    def _check_empty(self, name: str) -> None:
        """Check that nothing is where a plugin's objects will be."""
        scribe = self._scribe
        namespace = scribe.session.find_plugin(name).namespace
        if isinstance(namespace, Prefix):
            keys = find_prefixed(scribe.connection, namespace, scribe.host_schema)
        elif namespace.create:
            keys = find_standing(scribe.connection, namespace.name)
        else:
            return
        if not keys:
            return
        ownership = self._read_ownership()
        found = read_objects(scribe.connection, keys).values()
        others = [item for item in found if ownership.find_owner(item).name != name]
        if others:
            words = tuple(str(item) for item in others)
            home = find_home(namespace, scribe.host_schema)
            raise NamespaceNotEmpty(name, str(namespace), words, f"schema {home} existing")

    def begin(self, unit: Unit) -> None:
        """Record what was found out of plugins that another tool has installed.

        What is no more than a guess is recorded where the plugin goes, with which it is forgotten.
        """
        for name in unit.plugins:
            trace = self._scribe.session.traces.get(name)
            goes = unit.fates.get(name, Fate.LEFT) is not Fate.LEFT
            if trace is not None and (trace.doubt is None or (trace.rows and goes)):
                self._record_trace(name, trace)

    def _record_trace(self, name: str, trace: Trace) -> None:
        scribe = self._scribe
        known = {row.place for row in self._read_recorded() if row.made}
        new = [row for row in trace.rows if row.place not in known]
        if new:
            scribe.write(record_objects(scribe.tables, new, scribe.epoch))
        scribe.execute(mark_objects_known(scribe.tables, name))

    def claim(self, name: str) -> None:
        """Record what nobody is known to have made as made by a plugin; see `find_claims`."""
        scribe = self._scribe
        claims = find_claims(scribe.connection, scribe.tables, self._read_ownership(), name)
        for row in claims:
            if row.id is not None:
                scribe.execute(record_place(scribe.tables, row.id, row.place, scribe.epoch))
        new = [row for row in claims if row.id is None]
        if new:
            scribe.write(record_objects(scribe.tables, new, scribe.epoch))

    def prepare(self, name: str) -> None:
        """Make the schema and the extensions of a plugin whose first revision is about to run."""
        scribe = self._scribe
        if scribe.ledger.has_applied(name):
            return
        known = scribe.ledger.plugins.get(name)
        found = scribe.session.find_plugin(name)
        for extension in found.declaration.extensions:
            scribe.execute(CreateExtension(extension))
            scribe.prepared.add(("extension", extension))
        existed = not scribe.is_offline and has_schema(scribe.connection, found.namespace)
        statements = () if existed else tuple(create_namespace(found.namespace))
        self._run(statements)
        if statements and isinstance(found.namespace, Schema):
            scribe.prepared.add(("schema", found.namespace.name))
        created = bool(statements) or (known is not None and known.schema_created)
        scribe.ledger.add_installed(remember_plugin(scribe.session, name, schema_created=created))

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
                kept = self._scribe.session.state.kept_of(name)
                self._scribe.ledger.add_forgotten(name, kept)
            case Fate.REGISTERED:
                self.register(name)
            case Fate.LEFT:
                self._leave(name, has_run=any(step.runs for step in plan.steps))
        if name in self._scribe.session.state.interruptions and fate is not Fate.REPAIRED:
            self._scribe.ledger.add_settled(name)

    def register(self, name: str) -> None:
        """Record what a plugin is now, if that can be told from disk."""
        scribe = self._scribe
        plugin = scribe.ledger.plugins.get(name)
        if scribe.session.declaration(name):
            declared = scribe.session.find_plugin(name).namespace
            own = isinstance(declared, Schema) and declared.create
            created = own if plugin is None else plugin.schema_created
            scribe.ledger.add_installed(
                remember_plugin(scribe.session, name, schema_created=created)
            )

    def remove_strangers(self, rows: Sequence[str]) -> None:
        """Delete rows of the version table that nothing explains."""
        scribe = self._scribe
        if rows:
            for statement in record_versions(scribe.versions, rows, ()):
                scribe.execute(statement)
            words = f"removed {', '.join(rows)}"
            scribe.ledger.add_event(HOST, "history-sync", (), None, detail=words)

    def take_over(self, tables: Iterable[VersionTable]) -> None:
        """Drop version tables of plugins, if they still say what is recorded.

        Raises:
            UnexpectedVersionRows: somebody has changed one.
        """
        for item in tables:
            self._run([lock_exclusively(item.identity)])
            if read_versions(self._scribe.connection, item) != item.rows:
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
        if name not in self._scribe.ledger.plugins or (has_run and self._has_left(name)):
            return
        self._forget(self._scribe.ledger.plugins[name])
        log.warning("Plugin '%s' is at base, and not installed any more.", name)

    def _has_left(self, name: str) -> bool:
        """Tell whether the downgrades of a plugin have left something, and warn of it."""
        left = () if self._scribe.is_offline else self._read_holdings(name).made
        if left:
            log.warning("%s", LeftBehind(name, tuple(str(item) for item in left)))
        return bool(left)

    def withdraw(self, name: str) -> None:
        """Record that a revision has not been begun, and no plugin whose first one that is."""
        ledger = self._scribe.ledger
        ledger.add_settled(name)
        if name in ledger.plugins and not ledger.has_applied(name):
            self._forget(ledger.plugins[name])

    def _forget(self, plugin: InstalledPlugin) -> None:
        self._scribe.ledger.add_uninstalled(plugin.name)
        self._drop_empty_schema(plugin)

    def _remove(self, name: str) -> None:
        """Forget a plugin of which nothing is left, and drop the schema that was made for it."""
        scribe = self._scribe
        aside = scribe.session.state.quarantined.get(name)
        plugin = scribe.ledger.plugins.get(name) or aside
        if plugin is None:
            raise NotInstalled(name)
        if aside and aside.quarantine:
            self._drop_schema_if_empty(aside.quarantine)
            scribe.ledger.add_forgotten(name, scribe.session.state.kept_of(name))
        else:
            self._forget(plugin)

    def drop_unknown(self, plan: Plan) -> None:
        """Drop what is in the schemas of plugins that go, and nobody is known to have made.

        Downgrades could not drop what that depends on. What depends on it in turn stops this; it
        is tried again when the downgrades are run.
        """
        scribe = self._scribe
        if scribe.is_offline:
            return
        names = [name for name, fate in plan.fates.items() if fate is Fate.REMOVED]
        unknown = [
            item
            for name in names
            for item in self._read_holdings(name).unknown
            if item.kind != "extension"  # What of it is in use, only the end tells.
        ]
        if not unknown:
            return
        dropper = Dropper(scribe.connection, scribe.execute, names[0])
        savepoint = scribe.connection.begin_nested()
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
        scribe = self._scribe
        if scribe.is_offline or not names:
            return
        items: dict[str, tuple[DatabaseObject, ...]] = {}
        columns: dict[str, tuple[Column, ...]] = {}
        for name in names:
            holdings = self._read_holdings(name)
            if holdings.made and not plan.purge:
                raise LeftoverObjects(name, tuple(str(item) for item in holdings.made))
            unknown = holdings.unknown if plan.with_unknown else ()
            items[name], columns[name] = (*holdings.objects, *unknown), holdings.columns
        everything = tuple(chain.from_iterable(items.values()))
        all_columns = tuple(chain.from_iterable(columns.values()))
        dropper = Dropper(scribe.connection, scribe.execute, names[0])
        dropper.lock(everything, all_columns)
        for name in names:
            found = self._find_dependents(items[name], plan.fates, columns[name])
            if found:
                raise ObjectsInUse(name, tuple(str(item) for item in found))
        dropper.drop(everything, all_columns)

    def _find_dependents(
        self,
        items: Collection[DatabaseObject],
        going: Collection[str],
        columns: Collection[Column] = (),
    ) -> list[Dependent]:
        """Return what would be lost of others if objects and columns were dropped."""
        ownership = self._read_ownership()
        users = find_users(self._scribe.connection, ownership, items, going, columns)
        return [item for them in users.values() for item in them]

    def _drop_empty_schema(self, plugin: InstalledPlugin) -> None:
        namespace = plugin.namespace
        if plugin.schema_created and isinstance(namespace, Schema):
            if self._scribe.is_offline:
                self._run([drop_schema(namespace.name)])
            else:
                self._drop_schema_if_empty(namespace.name)

    def _drop_schema_if_empty(self, schema: str) -> None:
        if not is_empty(self._scribe.connection, schema):
            log.warning("Schema %s is kept: there is still something in it.", schema)
        else:
            self._run([drop_schema(schema)])

    def _set_aside(self, name: str, plan: Plan) -> None:
        scribe = self._scribe
        plugin, schema = scribe.ledger.plugins[name], find_quarantine(name)
        objects = self._read_holdings(name).objects
        home = find_home(plugin.namespace, scribe.host_schema)
        movable = [item for item in objects if is_movable(item) and item.schema == home]
        self._check_keeping(name, movable, plan)
        self._check_free(name, schema)
        self._run(set_aside(scribe.connection, plugin.namespace, schema, movable))
        scribe.ledger.add_quarantined(name, schema)

    def _check_keeping(self, name: str, items: Collection[DatabaseObject], plan: Plan) -> None:
        """Check that a plugin can be set aside without harm to others.

        Raises:
            CannotKeep: others call its functions.
        """
        calling = [
            str(dependent)
            for dependent in self._find_dependents(items, {name, *plan.fates})
            if dependent.kind not in _HARMLESS
        ]
        if calling:
            raise CannotKeep(name, f"it is used by {', '.join(calling)}")

    def _bring_back(self, name: str) -> None:
        scribe = self._scribe
        plugin = scribe.session.state.quarantined[name]
        assert plugin.quarantine is not None  # noqa: S101 - it is set aside
        if isinstance(plugin.namespace, Schema) and plugin.namespace.create:
            self._check_free(name, plugin.namespace.name)
        objects = self._read_holdings(name).objects
        self._run(
            bring_back(
                scribe.connection, plugin.namespace, plugin.quarantine, scribe.host_schema, objects
            )
        )
        scribe.ledger.add_restored(plugin, scribe.session.state.kept_of(name))

    def _check_free(self, name: str, schema: str) -> None:
        if has_schema(self._scribe.connection, Schema(schema, create=False)):
            raise SchemaTaken(name, schema, "there is a schema of that name")

    def _read_ownership(self) -> Ownership:
        scribe = self._scribe
        traced = (row for trace in scribe.session.traces.values() for row in trace.rows)
        recorded = (*traced, *self._read_recorded())
        return Ownership(self._plugins, scribe.host_schema, recorded)

    def _read_recorded(self) -> tuple[RecordedObject, ...]:
        scribe = self._scribe
        version = VERSION if scribe.has_tables else scribe.session.state.registry
        return read_recorded(
            scribe.connection, scribe.tables, version, self._plugins, scribe.host_schema
        )

    @property
    def _plugins(self) -> Collection[InstalledPlugin]:
        scribe = self._scribe
        return {**scribe.session.state.quarantined, **scribe.ledger.plugins}.values()

    def _read_holdings(self, name: str) -> Holdings:
        return read_holdings(self._scribe.connection, self._read_ownership(), name)

    def _run(self, statements: Iterable[Executable]) -> None:
        for statement in statements:
            self._scribe.execute(statement)
