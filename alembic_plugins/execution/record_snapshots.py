"""Record what the objects of branches are after a transaction, in that transaction."""

from ..catalog.wording import RESET_WORDING, SET_WORDING
from ..connection.batch import NO_READER
from ..connection.writer import RegistryWriter
from ..guard.monitor import UNWATCHED
from ..namespaces.snapshots import give, make_recording
from ..planning import operations as ops
from ..planning.plan import Transaction
from ..planning.renames import RenamePlugin
from ..plugin import HOST, Schema
from ..registry.sql import raw
from ..registry.tables import make_tables
from .handle_registry import ADOPT

_WITHOUT = (
    *(ops.AcceptFiles, ops.StoreValue, ops.DeleteValue, ops.DeleteVersionRows, ops.Eject),
    RenamePlugin,
)
"""The operations that change nothing of a plugin's objects, nor whose they are."""

_SHARING = (ops.ClaimObjects, ops.ForgetPlugin, ops.LeaveAtBase, ops.RemovePlugin)
"""Operations after which objects in a schema of the host's may be another branch's."""


UNRECORDED = "alembic_plugins.unrecorded"
"""The attribute of a configuration by which the benchmarks leave out snapshots."""


def record_snapshots(writer: RegistryWriter, transaction: Transaction) -> None:
    """Record what the objects of a transaction's branches are by now.

    PostgreSQL puts it together and keeps it: nothing is waited for, and nothing comes here.
    """
    attributes = writer.session.config.attributes
    is_off = writer.is_offline or not attributes.keys().isdisjoint({UNWATCHED, UNRECORDED})
    names = [] if is_off or not writer.has_tables else _find_branches(writer, transaction)
    if not names:
        return
    given = give(
        {name: writer.pending.rows(name) for name in names},
        writer.epoch,
        writer.host_schema,
        writer.schema,
        (writer.versions.name, *writer.tables.names),
    )
    execute = writer.connection.execute
    execute(SET_WORDING, {"given": given}, execution_options=NO_READER)
    execute(raw(make_recording(make_tables(writer.schema))), execution_options=NO_READER)
    execute(RESET_WORDING, execution_options=NO_READER)


def _find_branches(writer: RegistryWriter, transaction: Transaction) -> list[str]:
    """Return the branches whose objects may have changed, and that are still there."""
    changing = [op for op in transaction.operations if not isinstance(op, _WITHOUT)]
    state, pending = writer.session.state, writer.pending
    names = list(ops.find_plugins(changing))
    if state.registry and writer.has_extended:  # An earlier release has recorded none.
        names += [HOST] if pending.has_applied(HOST) else []
        names += sorted({*pending.plugins, *state.quarantined})
    is_shared = any(_is_shared(writer, op) for op in changing)
    if (is_shared or transaction.action == ADOPT) and pending.has_applied(HOST):
        names.append(HOST)
    return [name for name in dict.fromkeys(names) if name == HOST or pending.is_recorded(name)]


def _is_shared(writer: RegistryWriter, operation: ops.Operation) -> bool:
    """Tell whether what is in a schema of the host's may be another branch's after an operation."""
    if isinstance(operation, ops.CreateNamespace):
        plugin = writer.pending.plugins.get(operation.plugin)
        space = plugin.namespace if plugin else None
        return isinstance(space, Schema) and not space.create
    return isinstance(operation, _SHARING)
