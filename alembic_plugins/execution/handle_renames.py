"""Give plugins in the database the names that they have on disk."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Executable

from ..catalog.queries import has_schema
from ..loading.errors import CannotFollow
from ..namespaces.errors import TextsNameFormer
from ..namespaces.quarantine import RenameSchema, find_quarantine
from ..namespaces.renaming import change_prefix, find_texts
from ..planning.renames import RenamePlugin
from ..plugin import Namespace, Prefix, Schema, parse_requirement
from ..registry.state import InstalledPlugin
from .context import Context

log = logging.getLogger(__name__)


def rename(context: Context, operation: RenamePlugin) -> None:
    """Let all that is recorded of a plugin go by its new name, and rename its namespace.

    Raises:
        CannotFollow: there is something where its objects would be.
    """
    name, writer = operation.plugin, context.writer
    known = _find_known(context, name)
    found = context.session.find_plugin(name)
    declared = found.declaration
    quarantine = _find_free_quarantine(context, known)
    after = replace(
        known,
        former=None,
        package=found.package,
        version=declared.version,
        namespace=operation.namespace or known.namespace,
        hooks=declared.hooks,
        quarantine=quarantine,
    )
    writer.pending.add_renamed(operation.former, after, _find_requiring(context, name))
    writer.write_due()
    if quarantine and quarantine != known.quarantine:
        context.execute([RenameSchema(str(known.quarantine), quarantine)])
    if operation.namespace is not None:
        context.execute(_move(context, known, operation.namespace))
    log.info("Renamed plugin '%s' to '%s'", operation.former, name)


def _find_known(context: Context, name: str) -> InstalledPlugin:
    state = context.session.state
    return state.plugins.get(name) or state.quarantined[name]


def _find_requiring(context: Context, name: str) -> list[InstalledPlugin]:
    """Return the plugins that require one, which is recorded by the name that it has now."""
    state = context.session.state
    return [
        replace(plugin, name=plugin.recorded_name)
        for plugin in (*state.plugins.values(), *state.quarantined.values())
        if any(parse_requirement(text).name == name for text in plugin.requires)
    ]


def _find_free_quarantine(context: Context, known: InstalledPlugin) -> str | None:
    """Return the schema in which a plugin is set aside from now on, if it is."""
    schema = find_quarantine(known.name)
    is_named_after = known.quarantine == find_quarantine(known.recorded_name)
    if is_named_after and not has_schema(context.writer.connection, Schema(schema, create=False)):
        return schema
    return known.quarantine


def _move(context: Context, known: InstalledPlugin, to: Namespace) -> Iterable[Executable]:
    """Return what renames a plugin's namespace, and warn of what goes by its former name."""
    connection, space = context.writer.connection, known.namespace
    statements: tuple[Executable, ...] = ()
    names: tuple[str, ...] = ()
    try:
        if isinstance(space, Prefix) and isinstance(to, Prefix):
            objects = context.objects.read_plugin_objects(known.name).objects
            change = change_prefix(connection, space, to, objects)
            statements, names = change.statements, tuple(change.names)
        elif isinstance(space, Schema) and isinstance(to, Schema) and not known.quarantine:
            if has_schema(connection, to):
                raise ValueError("there is a schema of that name")
            if has_schema(connection, space):
                statements = (RenameSchema(space.name, to.name),)
    except ValueError as error:
        place = context.session.find_plugin(known.name).find_place("namespace")
        facts = (known.recorded_name, str(space), str(to), str(error), place)
        raise CannotFollow(known.name, *facts) from error
    texts = find_texts(connection, space, names)
    if texts:
        log.warning("%s", TextsNameFormer(known.name, str(space), texts))
    return statements
