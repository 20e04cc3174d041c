"""Call one hook of a plugin, with what a revision may do, and no more."""

import inspect
import logging
from functools import partial

from alembic.operations import Operations

from .. import _alembic
from .._base_errors import PluginError, explain, foreign_code
from ..connection.writer import RegistryWriter
from ..guard.errors import TransactionEnded
from ..guard.monitor import Monitor
from ..hooks import HookContext
from ..loading.hooks import Hook
from ..planning.hook_operations import RunHook
from ..revisions.failures import explain_failure
from .errors import HookFailed
from .journal import Journal
from .transaction_end import TransactionEnds

log = logging.getLogger("alembic.runtime.migration")
"""Alembic's own, by which hosts show what runs."""


class HookRunner:
    """Call hooks, one after the other.

    Args:
        writer: executes and records.
        monitor: watches what a hook touches.
        journal: notices that a hook ends its transaction.
        ends: refuse that.
    """

    def __init__(
        self, writer: RegistryWriter, monitor: Monitor, journal: Journal, ends: TransactionEnds
    ) -> None:
        self._writer = writer
        self._monitor = monitor
        self._journal = journal
        self._ends = ends

    def run(self, operation: RunHook, function: Hook, context: HookContext) -> None:
        """Call a hook, and record what it has made.

        Raises:
            HookFailed: it raised.
            TransactionEnded: it has ended the transaction.
            NamespaceViolation: it has changed what is not the plugin's.
        """
        # What the revisions have done before is not to be taken for what it does.
        self._monitor.check_part()
        self._monitor.add(operation)
        # What an autocommit_block() has committed, a hook could not carry on.
        refuse = partial(self._ends.refuse, operation)
        with (
            self._journal.watch_hook(operation),
            _alembic.replaced_autocommit_block(self._writer.context, refuse),
        ):
            self._call(operation, function, context)
        if self._journal.has_set:
            self._writer.return_session()
        self._monitor.check_revision()
        if operation.moment.is_before:
            self._monitor.check_part()

    def _call(self, operation: RunHook, function: Hook, context: HookContext) -> None:
        log.info("Running hook %s (%s)", operation.moment, operation.plugin)
        fail = partial(_explain, operation, function)
        with (
            self._ends.refused(operation),
            foreign_code(fail),
            Operations.context(self._writer.context),
        ):
            try:
                function(context)
            except TransactionEnded:
                raise
            except PluginError as error:  # It has called something of ours.
                raise fail(error) from error


def _explain(operation: RunHook, function: Hook, error: BaseException) -> HookFailed:
    code = getattr(inspect.unwrap(function), "__code__", None)
    path = code.co_filename if code else ""
    reason = explain_failure(error, path, describe=explain)
    return HookFailed(operation.plugin, operation.moment, reason, operation.source)
