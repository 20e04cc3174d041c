"""Record what the objects of branches are after a transaction, in that transaction."""

from collections.abc import Collection, Sequence

from ..catalog.definitions import KINDS
from ..catalog.oids import PG_CLASS, PG_CONSTRAINT, PG_NAMESPACE, PG_POLICY, PG_REWRITE, PG_TRIGGER
from ..catalog.wording import RESET_WORDING, SET_WORDING
from ..connection.batch import BLOCK, NO_READER
from ..connection.writer import RegistryWriter
from ..guard.changes import Footprint
from ..guard.monitor import UNWATCHED
from ..namespaces.snapshot_statements import make_drift_reading, make_recording
from ..namespaces.snapshots import Scope, give
from ..planning import operations as ops
from ..planning.fixes import FixDrift
from ..planning.hook_operations import RunHook
from ..planning.plan import Transaction
from ..planning.renames import RenamePlugin
from ..planning.tables import SyncTable
from ..planning.transactions import ADOPT
from ..plugin import HOST, Schema
from ..registry.sql import raw
from ..registry.tables import make_tables

_WITHOUT = (
    *(ops.AcceptFiles, ops.StoreValue, ops.DeleteValue, ops.DeleteVersionRows, ops.Eject),
    *(RenamePlugin, FixDrift),
)
"""The operations that change nothing of a plugin's objects, nor whose they are, or record it."""

_SHARING = (ops.ClaimObjects, ops.ForgetPlugin, ops.LeaveAtBase, ops.RemovePlugin)
"""Operations after which objects in a schema of the host's may be another branch's."""

_EVERYDAY = (
    *(ops.ApplyRevision, ops.RevertRevision, ops.CheckObjects, ops.CreateNamespace),
    *(ops.RegisterPlugin, ops.KeepAtBase, ops.ClaimObjects, RunHook, SyncTable),
)
"""The operations that change what they say, and leave alone what somebody has changed by hand."""

_TOLD_APART = {
    PG_CONSTRAINT: "constraint",
    PG_TRIGGER: "trigger",
    PG_REWRITE: "rule",
    PG_POLICY: "policy",
    PG_CLASS: "relation",
    PG_NAMESPACE: "schema",
}
"""The kinds of objects by their catalogs; what is in all others is of one."""

_ALWAYS = ("relation", "column", "index", "sequence", "schema")
"""The kinds that there are nearly always, or of which their catalog does not tell."""

UNRECORDED = "alembic_plugins.unrecorded"
"""The attribute of a configuration by which the benchmarks leave out snapshots."""


def read_drift(writer: RegistryWriter, transaction: Transaction) -> None:
    """Let PostgreSQL find what was changed by hand before a transaction, and keep that in mind.

    Nothing is waited for. Of what is new, nothing can have been changed.
    """
    is_off = _is_off(writer) or not (writer.has_registry and writer.has_blocks)
    if is_off or not _is_everyday(transaction):
        return
    known = [n for n in transaction.plugins if n == HOST or not writer.is_new(n)]
    names = [name for name in known if writer.pending.rows(name)]
    if names:
        scope = Scope(has_others=False, has_unrecorded=_has_unrecorded(writer, names))
        _execute(writer, names, make_drift_reading(make_tables(writer.schema), scope))


def record_snapshots(
    writer: RegistryWriter, transaction: Transaction, footprints: Sequence[Footprint]
) -> None:
    """Record what the objects of a transaction's branches are by now.

    PostgreSQL puts it together and keeps it: nothing is waited for, and nothing comes here.

    Args:
        writer: executes that.
        transaction: what was done.
        footprints: what the guard has seen of it; nothing where it has not seen all.
    """
    is_off = _is_off(writer) or not writer.has_tables
    names = [] if is_off else _find_branches(writer, transaction)
    if names:
        keeps, is_block = _is_everyday(transaction), writer.has_blocks
        scope = _find_scope(writer, names, footprints if keeps else ())
        tables = make_tables(writer.schema)
        _execute(writer, names, make_recording(tables, scope, keeps_drift=keeps, is_block=is_block))


def _is_off(writer: RegistryWriter) -> bool:
    attributes = writer.session.config.attributes
    return writer.is_offline or not attributes.keys().isdisjoint({UNWATCHED, UNRECORDED})


def _execute(writer: RegistryWriter, names: Collection[str], statement: str) -> None:
    """Execute a statement about branches, in words that depend on no setting."""
    given = give(
        {name: writer.pending.rows(name) for name in names},
        writer.epoch,
        writer.host_schema,
        writer.schema,
        (writer.versions.name, *writer.tables.names),
    )
    execute = writer.connection.execute
    execute(SET_WORDING, {"given": given}, execution_options=NO_READER)
    execute(raw(statement), execution_options={**NO_READER, BLOCK: True})
    execute(RESET_WORDING, execution_options=NO_READER)


def _is_everyday(transaction: Transaction) -> bool:
    """Tell whether nothing was done to plugins as a whole."""
    return all(isinstance(op, (*_EVERYDAY, *_WITHOUT)) for op in transaction.operations)


def _find_scope(
    writer: RegistryWriter,
    names: Sequence[str],
    footprints: Sequence[Footprint],
) -> Scope:
    """Return what has to be looked for, as little as is enough."""
    if not footprints or writer.is_committed or len(names) > 1 or names[0] == HOST:
        return Scope()
    has_others = any(it.alters for it in footprints)
    has_unrecorded = has_others or _has_unrecorded(writer, names)
    is_new = writer.is_new(names[0]) and not has_unrecorded
    return Scope(has_others, has_unrecorded, _find_kinds(footprints) if is_new else KINDS)


def _find_kinds(footprints: Sequence[Footprint]) -> frozenset[str]:
    """Return the kinds of objects that a transaction has made."""
    catalogs = {catalog for it in footprints for catalog in it.written}
    found = {_TOLD_APART.get(catalog, "other") for catalog in catalogs}
    is_composite = any("composite type" in it.kinds for it in footprints)
    return frozenset({*_ALWAYS, *found, *(["other"] if is_composite else [])})


def _has_unrecorded(writer: RegistryWriter, names: Collection[str]) -> bool:
    """Tell whether branches may have objects that nobody has recorded."""
    applied = (item for name in names for item in writer.session.state.of(name))
    return HOST in names or not all(item.objects_known for item in applied)


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
