"""Make declared tables, and change those that are there."""

import logging
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import DBAPIError

from ..planning.projection import remember_plugin
from ..planning.tables import SyncTable
from ..revisions.failures import describe_refusal
from ..revisions.undo import run_statement
from .context import Context
from .progress import SYNC_PROGRESS, SyncProgress, Watch

log = logging.getLogger(__name__)


def sync_table(context: Context, operation: SyncTable) -> None:
    """Do to a declared table what is planned, and record that the plugin has it.

    Each statement is waited for, in a savepoint, so that the error is that of this table.

    Raises:
        SyncFailed: PostgreSQL refuses a statement.
    """
    writer, name = context.writer, operation.plugin
    context.monitor.add(operation)
    with nullcontext() if writer.is_offline else writer.connection.begin_nested():
        for change in operation.changes:
            for statement in change.statements:
                _run(context, operation, statement)
    known = plugin = writer.pending.plugins[name]
    if context.session.declaration(name):
        plugin = remember_plugin(context.session, name, schema_created=known.schema_created)
    plugin = replace(plugin, installing=known.installing, synced=True)
    writer.pending.add_installed(plugin)
    watch: Watch[SyncProgress] | None = context.session.config.attributes.get(SYNC_PROGRESS)
    if watch is not None:
        context.callbacks.after_commit.append(partial(_tell, watch, context, operation))


def _run(context: Context, operation: SyncTable, statement: str) -> None:
    try:
        run_statement(context.writer.context, statement)
    except DBAPIError as error:
        from ..declared.errors import SyncFailed

        reason = describe_refusal(error.orig)
        raise SyncFailed(operation.plugin, operation.table, reason) from error


def _tell(watch: Watch[SyncProgress], context: Context, operation: SyncTable) -> None:
    """Tell the caller that a table is synced; what it raises does not decide whether that is so."""
    planned = context.plan.find(SyncTable)
    number = planned.index(operation) + 1
    try:
        watch(SyncProgress(operation.plugin, operation.table, number, len(planned)))
    except Exception:
        log.exception("The progress callback has failed.")
