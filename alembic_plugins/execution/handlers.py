"""What does each operation of a plan, found by the operation's type."""

from collections.abc import Callable, Mapping
from typing import Any

from ..planning import operations as ops
from ..planning import tables
from ..planning.captures import CaptureRevision
from ..planning.fixes import FixDrift
from ..planning.hook_operations import DropHookObjects, RunHook
from ..planning.renames import RenamePlugin
from . import (
    handle_backups,
    handle_captures,
    handle_fixes,
    handle_hooks,
    handle_namespaces,
    handle_registry,
    handle_renames,
    handle_revisions,
    handle_tables,
)
from .context import Context

Handler = Callable[[Context, Any], None]
"""Takes the context and an operation of the type that it stands for."""

HANDLERS: Mapping[type[ops.Operation], Handler] = {
    ops.ApplyRevision: handle_revisions.run_revision,
    ops.RevertRevision: handle_revisions.revert_revision,
    ops.RecordApplied: handle_revisions.record_revision,
    ops.RecordReverted: handle_revisions.record_revision,
    CaptureRevision: handle_captures.record_capture,
    FixDrift: handle_fixes.fix_drift,
    ops.RecordSquash: handle_revisions.record_squash,
    RunHook: handle_hooks.run_hook,
    tables.SyncTable: handle_tables.sync_table,
    ops.CheckObjects: handle_revisions.check_objects,
    ops.CreateNamespace: handle_namespaces.create,
    ops.DropUnknownObjects: handle_namespaces.drop_unknown,
    DropHookObjects: handle_namespaces.drop_hook_objects,
    tables.DropSyncedTables: handle_namespaces.drop_synced,
    ops.DropLeftovers: handle_namespaces.drop_leftovers,
    ops.RemovePlugin: handle_namespaces.remove,
    ops.QuarantinePlugin: handle_namespaces.set_aside,
    ops.RestorePlugin: handle_namespaces.bring_back,
    ops.LeaveAtBase: handle_namespaces.leave,
    ops.KeepAtBase: handle_namespaces.keep,
    RenamePlugin: handle_renames.rename,
    ops.RegisterPlugin: handle_registry.register,
    ops.RecoverPlugin: handle_registry.register,
    ops.ForgetPlugin: handle_registry.forget,
    ops.AcceptFiles: handle_registry.accept_files,
    ops.ClaimObjects: handle_registry.claim_objects,
    ops.AcceptDrift: handle_registry.accept_drift,
    ops.StoreValue: handle_registry.store_value,
    ops.DeleteValue: handle_registry.delete_value,
    ops.DeleteVersionRows: handle_registry.delete_version_rows,
    ops.DropVersionTables: handle_registry.drop_version_tables,
    ops.Eject: handle_registry.eject,
    ops.StageBackup: handle_backups.stage,
    ops.WriteBackup: handle_backups.write,
    ops.KeepToBackup: handle_backups.keep_to,
}
"""The handler of each operation."""

CHECKS: Mapping[type[ops.Operation], Handler] = {
    ops.CreateNamespace: handle_namespaces.check_empty,
    ops.DropLeftovers: handle_namespaces.check_unknown,
}
"""What is checked before any operation of a plan is done."""
