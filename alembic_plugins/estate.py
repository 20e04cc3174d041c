"""What stands in plugins' namespaces: made for them, dropped, set aside and brought back."""

import logging
from collections.abc import Iterable, Mapping

from sqlalchemy import Executable

from .archive import read_made
from .belongings import find_sharing, read_belongings
from .catalog import CatalogObject, has_schema, read_leaning, read_objects
from .errors import NotInstalled
from .namespaces import CreateExtension, DropObject, create_namespace, drop_schema
from .plan import Fate
from .plugin import Schema
from .quarantine import bring_back, find_quarantine, set_aside
from .refusals import LeftoverObjects, ObjectsInUse
from .registry import InstalledPlugin
from .scribe import Scribe
from .simulate import remember_plugin
from .tables import VERSION
from .upkeep_errors import CannotKeep, SchemaTaken

log = logging.getLogger(__name__)

_HARMLESS = ("table constraint", "rule")
"""What may lean on objects that are moved: foreign keys and views go by what they mean, and not
by name, as the bodies of functions do."""


class Estate:
    """See to plugins as a whole, in the transaction that is running.

    Args:
        scribe: who executes and records.
    """

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._made: Mapping[str, str] = {}

    def begin(self, names: Iterable[str]) -> None:
        """Learn what plugins that are to go have made, before their revisions are forgotten."""
        scribe = self._scribe
        plugins = (p for name in names if (p := scribe.ledger.plugins.get(name)))
        if not scribe.is_offline and any(self._find_sharing(plugin) for plugin in plugins):
            self._made = read_made(scribe.connection, scribe.tables, VERSION)

    def prepare(self, name: str) -> None:
        """Make the schema and the extensions of a plugin that is about to be installed."""
        scribe = self._scribe
        if name in scribe.ledger.plugins:
            return
        found = scribe.session.find_plugin(name)
        for extension in found.declaration.extensions:
            scribe.execute(CreateExtension(extension))
        existed = not scribe.is_offline and has_schema(scribe.connection, found.namespace)
        statements = () if existed else tuple(create_namespace(found.namespace))
        self._run(statements)
        plugin = remember_plugin(scribe.session, name, schema_created=bool(statements))
        scribe.ledger.add_installed(plugin)

    def settle(self, name: str, fate: Fate, *, purge: bool) -> None:
        """Let a plugin as a whole become what it is to become."""
        match fate:
            case Fate.REMOVED:
                self._remove(name, purge=purge)
            case Fate.QUARANTINED:
                self._set_aside(name)
            case Fate.RESTORED:
                self._bring_back(name)
            case Fate.FORGOTTEN:
                kept = self._scribe.session.state.kept_of(name)
                self._scribe.ledger.add_forgotten(name, kept)
            case Fate.REGISTERED:
                self.register(name)
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

    def leave(self, name: str) -> None:
        """Forget a plugin of which nothing is applied any more."""
        plugin = self._scribe.ledger.plugins[name]
        self._scribe.ledger.add_uninstalled(name)
        self._drop_empty_schema(plugin)

    def can_drop(self, name: str) -> bool:
        """Tell whether what is a plugin's can be told from what is not."""
        plugin = self._scribe.ledger.plugins[name]
        return not self._find_sharing(plugin) or bool(self._read_objects(plugin))

    def _remove(self, name: str, *, purge: bool) -> None:
        """Drop what is left of a plugin, where that is wished, and forget it."""
        aside = self._scribe.session.state.quarantined.get(name)
        plugin = self._scribe.ledger.plugins.get(name) or aside
        if plugin is None:
            raise NotInstalled(name)
        self._drop_leftovers(plugin, purge=purge)
        if aside and aside.quarantine:
            self._run([drop_schema(aside.quarantine)])
            self._scribe.ledger.add_forgotten(name, self._scribe.session.state.kept_of(name))
        else:
            self.leave(name)

    def _drop_leftovers(self, plugin: InstalledPlugin, *, purge: bool) -> None:
        left = self._read_objects(plugin)
        if left and not purge:
            raise LeftoverObjects(plugin.name, tuple(str(item) for item in left))
        leaning = read_leaning(self._scribe.connection, left) if left else ()
        if leaning:
            raise ObjectsInUse(plugin.name, tuple(str(item) for item in leaning))
        self._run(DropObject(item.kind, item.identity) for item in left)

    def _drop_empty_schema(self, plugin: InstalledPlugin) -> None:
        namespace = plugin.namespace
        if plugin.schema_created and isinstance(namespace, Schema):
            if self._read_objects(plugin):
                log.warning("Schema %s is kept: there is still something in it.", namespace.name)
            else:
                self._run([drop_schema(namespace.name)])

    def _set_aside(self, name: str) -> None:
        plugin = self._scribe.ledger.plugins[name]
        schema = find_quarantine(name)
        self._check_keeping(plugin)
        self._check_free(name, schema)
        self._run(set_aside(self._scribe.connection, plugin.namespace, schema))
        self._scribe.ledger.add_quarantined(name, schema)

    def _check_keeping(self, plugin: InstalledPlugin) -> None:
        """Check that a plugin can be set aside without harm to others.

        Raises:
            CannotKeep: what is the plugin's cannot be told, or others call its functions.
        """
        namespace, sharing = plugin.namespace, self._find_sharing(plugin)
        if sharing and isinstance(namespace, Schema):
            reason = f"it shares schema '{namespace.name}' with {', '.join(sharing)}"
            raise CannotKeep(plugin.name, reason)
        connection = self._scribe.connection
        leaning = read_leaning(connection, read_objects(connection, namespace))
        calling = [str(item) for item in leaning if item.kind not in _HARMLESS]
        if calling:
            raise CannotKeep(plugin.name, f"it is used by {', '.join(calling)}")

    def _find_sharing(self, plugin: InstalledPlugin) -> tuple[str, ...]:
        scribe = self._scribe
        return find_sharing(plugin, scribe.ledger.plugins.values(), scribe.host_schema)

    def _bring_back(self, name: str) -> None:
        scribe = self._scribe
        plugin = scribe.session.state.quarantined[name]
        assert plugin.quarantine is not None  # noqa: S101 - it is set aside
        if isinstance(plugin.namespace, Schema):
            self._check_free(name, plugin.namespace.name)
        host_schema = scribe.host_schema
        self._run(bring_back(scribe.connection, plugin.namespace, plugin.quarantine, host_schema))
        scribe.ledger.add_restored(plugin, scribe.session.state.kept_of(name))

    def _check_free(self, name: str, schema: str) -> None:
        if has_schema(self._scribe.connection, Schema(schema, create=False)):
            raise SchemaTaken(name, schema, "there is a schema of that name")

    def _read_objects(self, plugin: InstalledPlugin) -> tuple[CatalogObject, ...]:
        scribe = self._scribe
        if scribe.is_offline:
            return ()
        plugins = scribe.ledger.plugins.values()
        return read_belongings(
            scribe.connection, plugin, plugins, scribe.host_schema, lambda: self._made
        )

    def _run(self, statements: Iterable[Executable]) -> None:
        for statement in statements:
            self._scribe.execute(statement)
