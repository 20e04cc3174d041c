"""Make, drop and move the namespaces of plugins, with the objects in them."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from .._quoting import quote_commands
from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import Column, find_prefixed, find_standing, has_schema, is_empty
from ..hooks import Moment
from ..namespaces.ddl import CreateExtension, create_namespace, drop_schema
from ..namespaces.errors import ObjectsInUse
from ..namespaces.quarantine import bring_back as move_back
from ..namespaces.quarantine import find_namespace_schema, find_quarantine, is_movable
from ..namespaces.quarantine import set_aside as move_aside
from ..planning import operations as ops
from ..planning.errors import NotInstalled
from ..planning.hook_operations import DropHookObjects
from ..planning.projection import remember_plugin
from ..planning.tables import DropSyncedTables
from ..plugin import Prefix, Schema
from ..registry.state import InstalledPlugin
from .context import Context
from .errors import (
    CannotKeep,
    LeftBehind,
    LeftoverObjects,
    NamespaceNotEmpty,
    SchemaTaken,
    UnknownObjects,
)

if TYPE_CHECKING:
    from ..namespaces.drops import Dropper

log = logging.getLogger(__name__)

_HARMLESS = ("table constraint", "rule", "policy", "table", "statistics object")
"""What may depend on objects that are moved: foreign keys, views, partitions and statistics go by
what they mean, and not by name, as the bodies of functions do."""


def check_empty(context: Context, operation: ops.CreateNamespace) -> None:
    """Check that nothing is where a plugin's objects will be.

    Raises:
        NamespaceNotEmpty: there is something already.
    """
    name, writer = operation.plugin, context.writer
    if name in writer.pending.plugins:
        return
    namespace = context.session.find_plugin(name).namespace
    if isinstance(namespace, Prefix):
        keys = find_prefixed(writer.connection, namespace, writer.host_schema)
    elif namespace.create:
        keys = find_standing(writer.connection, namespace.name)
    else:
        return
    if not keys:
        return
    ownership = context.objects.read_ownership()
    found = read_objects(writer.connection, keys).values()
    others = [item for item in found if ownership.find_owner(item).name != name]
    if others:
        words = tuple(str(item) for item in others)
        schema = find_namespace_schema(namespace, writer.host_schema)
        raise NamespaceNotEmpty(name, str(namespace), words, f"schema {schema} existing")


def create(context: Context, operation: ops.CreateNamespace) -> None:
    """Make the schema and the extensions of a plugin whose first revision is about to run."""
    name, writer = operation.plugin, context.writer
    known = writer.pending.plugins.get(name)
    found = context.session.find_plugin(name)
    for extension in found.declaration.extensions:
        writer.execute(CreateExtension(extension))
        writer.prepared.add(("extension", extension))
    existed = not writer.is_offline and has_schema(writer.connection, found.namespace)
    statements = () if existed else tuple(create_namespace(found.namespace))
    context.execute(statements)
    if statements and isinstance(found.namespace, Schema):
        writer.prepared.add(("schema", found.namespace.name))
    created = bool(statements) or (known is not None and known.schema_created)
    plugin = remember_plugin(context.session, name, schema_created=created)
    # Until the hook after it is called, which may be in another transaction, it has not ended.
    has_hook = (name, Moment.AFTER_INSTALL) in context.plan.hooks and not writer.is_offline
    plugin = replace(plugin, installing=plugin.installing or has_hook)
    writer.pending.add_installed(plugin)
    writer.write_due()  # What its revisions store is stored for a plugin that is there.


def check_unknown(context: Context, operation: ops.DropLeftovers) -> None:
    """Check that nothing is in the schemas of plugins that nobody knows of, or that it goes too.

    Raises:
        UnknownObjects: there is something.
    """
    if operation.with_unknown:
        return
    for name in operation.names:
        unknown = context.objects.read_plugin_objects(name).unknown
        if unknown:
            is_aside = name in context.session.state.quarantined
            action = "purge" if is_aside else "uninstall"
            raise UnknownObjects(name, tuple(str(item) for item in unknown), action)


def drop_unknown(context: Context, operation: ops.DropUnknownObjects) -> None:
    """Drop what is in the schemas of plugins that go, and nobody is known to have made.

    Downgrades could not drop what that depends on. What depends on it in turn stops this; it is
    tried again when the downgrades are run.
    """
    writer = context.writer
    if writer.is_offline:
        return
    unknown = [
        item
        for name in operation.names
        for item in context.objects.read_plugin_objects(name).unknown
        if item.kind != "extension"  # What of it is in use, only the end tells.
    ]
    _try_to_drop(context, operation.names[0], unknown)


def drop_hook_objects(context: Context, operation: DropHookObjects) -> None:
    """Drop what hooks of a plugin that goes have made, of which no downgrade knows.

    What downgrades would drop, these objects may depend on. What depends on them in turn keeps
    them until the downgrades are run.
    """
    if not context.writer.is_offline:
        owned = context.objects.read_plugin_objects(operation.name)
        _try_to_drop(context, operation.name, owned.by_hooks, owned.columns_by_hooks)


def drop_synced(context: Context, operation: DropSyncedTables) -> None:
    """Drop the declared tables of plugins, which may refer to what downgrades are to drop.

    What depends on them in turn keeps them until the downgrades are run.
    """
    if not context.writer.is_offline:
        items = [
            item
            for name in operation.names
            for item in context.objects.read_plugin_objects(name).by_syncs
        ]
        _try_to_drop(context, operation.names[0], items)


def _try_to_drop(
    context: Context, name: str, items: Sequence[DatabaseObject], columns: Sequence[Column] = ()
) -> None:
    """Drop objects and columns that a plugin has, unless something depends on them."""
    if not (items or columns):
        return
    connection = context.writer.connection
    dropper = _make_dropper(context, name)
    savepoint = connection.begin_nested()
    try:
        dropper.lock(items, columns)
        if not context.objects.find_dependents(items, context.plan.outcomes, columns):
            dropper.drop(items, columns)
    except ObjectsInUse:
        savepoint.rollback()
    else:
        savepoint.commit()


def drop_leftovers(context: Context, operation: ops.DropLeftovers) -> None:
    """Drop what the downgrades of plugins have left, and what nobody knows of, if wished.

    They go together, since the objects of one may depend on those of another.

    Raises:
        LeftoverObjects: they have left something, and that is not to be dropped.
        ObjectsInUse: something else depends on it.
    """
    writer = context.writer
    if writer.is_offline:
        return
    items: dict[str, tuple[DatabaseObject, ...]] = {}
    columns: dict[str, tuple[Column, ...]] = {}
    for name in operation.names:
        owned = context.objects.read_plugin_objects(name)
        if owned.by_revisions and not operation.purge:
            raise LeftoverObjects(name, tuple(str(item) for item in owned.by_revisions))
        unknown = owned.unknown if operation.with_unknown else ()
        items[name], columns[name] = (*owned.objects, *unknown), owned.columns
    everything = tuple(chain.from_iterable(items.values()))
    all_columns = tuple(chain.from_iterable(columns.values()))
    dropper = _make_dropper(context, operation.names[0])
    dropper.lock(everything, all_columns)
    going = context.plan.outcomes
    for name in operation.names:
        found = context.objects.find_dependents(items[name], going, columns[name])
        if found:
            raise ObjectsInUse(name, tuple(str(item) for item in found))
    dropper.drop(everything, all_columns)


def remove(context: Context, operation: ops.RemovePlugin) -> None:
    """Forget a plugin of which nothing is left, and drop the schema that was made for it."""
    name, writer = operation.plugin, context.writer
    aside = context.session.state.quarantined.get(name)
    plugin = writer.pending.plugins.get(name) or aside
    if plugin is None:
        raise NotInstalled(name)
    if aside and aside.quarantine:
        _drop_schema_if_empty(context, aside.quarantine)
        writer.pending.add_forgotten(name, context.session.state.kept_of(name))
    else:
        forget_at_base(context, plugin)
    end_interruption(context, name)


def set_aside(context: Context, operation: ops.QuarantinePlugin) -> None:
    """Move a plugin's objects into a schema of their own.

    Raises:
        CannotKeep: others call its functions.
        SchemaTaken: there is a schema of that name.
    """
    name, writer = operation.plugin, context.writer
    plugin, schema = writer.pending.plugins[name], find_quarantine(name)
    objects = context.objects.read_plugin_objects(name).objects
    source = find_namespace_schema(plugin.namespace, writer.host_schema)
    movable = [item for item in objects if is_movable(item) and item.schema == source]
    _check_keeping(context, name, movable)
    _check_free(context, name, schema)
    context.execute(move_aside(writer.connection, plugin.namespace, schema, movable))
    writer.pending.add_quarantined(name, schema)
    end_interruption(context, name)


def _check_keeping(context: Context, name: str, items: Collection[DatabaseObject]) -> None:
    going = {name, *context.plan.outcomes}
    calling = [
        str(dependent)
        for dependent in context.objects.find_dependents(items, going)
        if dependent.kind not in _HARMLESS
    ]
    if calling:
        raise CannotKeep(name, f"it is used by {', '.join(calling)}")


def bring_back(context: Context, operation: ops.RestorePlugin) -> None:
    """Move a plugin's objects back that were set aside.

    Raises:
        SchemaTaken: there is a schema of the plugin's name.
        UnknownObjects: what would come back is not all the plugin's.
    """
    name, writer = operation.plugin, context.writer
    plugin = context.session.state.quarantined[name]
    assert plugin.quarantine is not None  # noqa: S101 - it is set aside
    found = context.objects.read_plugin_objects(name)
    if isinstance(plugin.namespace, Schema) and plugin.namespace.create:
        _check_free(context, name, plugin.namespace.name)
    elif found.unknown:
        raise UnknownObjects(name, tuple(str(item) for item in found.unknown), "restore")
    facts = (plugin.namespace, plugin.quarantine, writer.host_schema, found.objects)
    context.execute(move_back(writer.connection, *facts))
    installing = (name, Moment.AFTER_INSTALL) in context.plan.hooks
    plugin = replace(plugin, installing=installing)
    writer.pending.add_restored(plugin, context.session.state.kept_of(name))
    end_interruption(context, name)


def _check_free(context: Context, name: str, schema: str) -> None:
    if has_schema(context.writer.connection, Schema(schema, create=False)):
        raise SchemaTaken(name, schema, "there is a schema of that name")


def keep(context: Context, operation: ops.KeepAtBase) -> None:
    """Keep a plugin of which nothing is applied any more, and say so."""
    name = operation.plugin
    if context.is_rehearsal or name not in context.writer.pending.plugins:
        return  # It has still to be told whose its objects were.
    if not _has_left(context, name):
        words = (
            f"Plugin '{name}' is at base, and stays installed. 'alembic upgrade heads' applies "
            f"its revisions again, 'alembic plugin uninstall {name}' removes it."
        )
        log.warning("%s", quote_commands(words))


def leave(context: Context, operation: ops.LeaveAtBase) -> None:
    """Forget a plugin of which nothing is applied any more.

    It is still known where its downgrades were run, and have left something.
    """
    name, plugins = operation.plugin, context.writer.pending.plugins
    if context.is_rehearsal:
        return  # It has still to be told whose its objects were.
    if name in plugins and plugins[name].synced:
        log.warning("Plugin '%s' is at base, and stays installed with its synced tables.", name)
    elif name in plugins and not (operation.has_run and _has_left(context, name)):
        forget_at_base(context, plugins[name])
        log.warning("Plugin '%s' is at base, and not installed any more.", name)
    end_interruption(context, name)


def _has_left(context: Context, name: str) -> bool:
    """Tell whether the downgrades of a plugin have left something, and warn of it."""
    if context.writer.is_offline:
        return False
    left = context.objects.read_plugin_objects(name).by_revisions
    if left:
        log.warning("%s", LeftBehind(name, tuple(str(item) for item in left)))
    return bool(left)


def forget_at_base(context: Context, plugin: InstalledPlugin) -> None:
    """Forget a plugin, and drop its schema where that was made for it and nothing is in it."""
    context.writer.pending.add_uninstalled(plugin.name)
    namespace = plugin.namespace
    if plugin.schema_created and isinstance(namespace, Schema):
        if context.writer.is_offline:
            context.execute([drop_schema(namespace.name)])
        else:
            _drop_schema_if_empty(context, namespace.name)


def _make_dropper(context: Context, name: str) -> "Dropper":
    from ..namespaces.drops import Dropper  # An upgrade drops nothing.

    return Dropper(context.writer.connection, context.writer.execute, name)


def _drop_schema_if_empty(context: Context, schema: str) -> None:
    if not is_empty(context.writer.connection, schema):
        log.warning("Schema %s is kept: there is still something in it.", schema)
    else:
        context.execute([drop_schema(schema)])


def end_interruption(context: Context, name: str) -> None:
    """Record that no revision of a plugin is interrupted, since it is gone or elsewhere."""
    if name in context.session.state.interruptions:
        context.writer.pending.add_interruption_end(name)
