"""Change what the registry says of plugins, and nothing else of theirs."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sqlalchemy.schema import DropTable

from ..connection.errors import UnexpectedVersionRows
from ..hooks import Moment
from ..namespaces.claims import find_claims
from ..namespaces.object_statements import record_objects, record_place
from ..planning import operations as ops
from ..planning.hooks import find_hooks
from ..planning.projection import remember_plugin
from ..planning.upkeep import find_repairs
from ..plugin import HOST, Schema
from ..registry.statements import record_versions
from ..registry.version_tables import read_versions
from .context import Context
from .handle_namespaces import end_interruption

if TYPE_CHECKING:
    from ..json_values import JSON
    from ..store import PluginStore


def register(context: Context, operation: ops.RegisterPlugin | ops.RecoverPlugin) -> None:
    """Record what a plugin is now, if that can be told from disk."""
    name, writer = operation.plugin, context.writer
    plugin = writer.pending.plugins.get(name)
    if context.session.declaration(name):
        declared = context.session.find_plugin(name).namespace
        own = isinstance(declared, Schema) and declared.create
        created = own if plugin is None else plugin.schema_created
        known = remember_plugin(context.session, name, schema_created=created)
        # Its install goes on, unless the hook that ends it is left out, or is not there any more.
        is_going_on = plugin is not None and plugin.installing
        installing = is_going_on and bool(find_hooks(context.session, name, Moment.AFTER_INSTALL))
        writer.pending.add_installed(replace(known, installing=installing))


def forget(context: Context, operation: ops.ForgetPlugin) -> None:
    """Remove a plugin from the registry, and leave its objects where they are."""
    name = operation.plugin
    context.writer.pending.add_forgotten(name, context.session.state.kept_of(name))
    end_interruption(context, name)


def accept_files(context: Context, operation: ops.AcceptFiles) -> None:
    """Record that applied revisions are what their files say now."""
    for node in find_repairs(context.session, operation.plugin):
        context.steps.accept(node)


def accept_drift(_context: Context, _operation: ops.AcceptDrift) -> None:
    """Do nothing: what objects are is recorded at the end of each transaction."""


def claim_objects(context: Context, operation: ops.ClaimObjects) -> None:
    """Record what nobody is known to have made as made by a plugin; see `find_claims`."""
    writer = context.writer
    ownership = context.objects.read_ownership()
    claims = find_claims(writer.connection, writer.tables, ownership, operation.plugin)
    for row in claims:
        if row.id is not None:
            writer.execute(record_place(writer.tables, row.id, row.place, writer.epoch))
    new = [row for row in claims if row.id is None]
    if new:
        writer.write(record_objects(writer.tables, new, writer.epoch))


def store_value(context: Context, operation: ops.StoreValue) -> None:
    """Store a value of a plugin."""
    _find_store(context, operation.plugin)[operation.key] = cast("JSON", operation.value)


def delete_value(context: Context, operation: ops.DeleteValue) -> None:
    """Delete a value of a plugin, if it is still there."""
    _find_store(context, operation.plugin).pop(operation.key, None)


def _find_store(context: Context, name: str) -> "PluginStore":
    from ..store import PluginStore  # Few commands store something.

    writer = context.writer
    return PluginStore(writer.connection, name, writer.context.version_table_schema)


def delete_version_rows(context: Context, operation: ops.DeleteVersionRows) -> None:
    """Delete rows of the version table that nothing explains."""
    writer = context.writer
    context.execute(record_versions(writer.versions, operation.rows, ()))
    words = f"removed {', '.join(operation.rows)}"
    writer.pending.add_event(HOST, "history-sync", (), None, detail=words)


def drop_version_tables(context: Context, operation: ops.DropVersionTables) -> None:
    """Drop version tables of plugins, if they still say what is recorded.

    Raises:
        UnexpectedVersionRows: somebody has changed one.
    """
    from ..namespaces.drops import lock_exclusively

    for item in operation.tables:
        context.execute([lock_exclusively(item.identity)])
        if read_versions(context.writer.connection, item) != item.rows:
            raise UnexpectedVersionRows(item.identity)
        context.execute([DropTable(item.table)])


def eject(context: Context, operation: ops.Eject) -> None:
    """Give the version table the rows that stock Alembic wants, and drop the registry."""
    writer = context.writer
    context.execute(record_versions(writer.versions, writer.pending.all_rows, operation.rows))
    writer.drop_tables()
