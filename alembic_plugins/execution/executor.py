"""Run plans: one transaction after the other, tried again where it met another one."""

import logging
from contextlib import AbstractContextManager, nullcontext
from time import monotonic, sleep
from typing import NoReturn

from .._base_errors import PluginError
from ..guard.errors import NamespaceViolation
from ..planning.errors import Interrupted
from ..planning.plan import Plan, Transaction
from ..plugin import HOST
from ..revisions.failures import find_transient, make_delays
from .causes import find_cause
from .context import Context
from .errors import RevisionTooLong
from .handlers import CHECKS, HANDLERS
from .outcomes import Outcomes
from .record_transactions import record_before, record_done, record_failure

log = logging.getLogger(__name__)


class Executor:
    """Run the transactions of a plan, and record in each what was done in it.

    Args:
        context: what the handlers of operations work with; it has the plan.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writer = context.writer

    def run(self) -> None:
        """Run the plan: each transaction is kept as soon as it is done.

        Raises:
            MigrationFailed: a revision raised; the transactions before its own are kept.
            HookFailed: a hook raised, likewise.
            MigrationInterrupted: it raised after it had committed a part of itself.
            Interrupted: a revision that was interrupted has to be completed first.
            RevisionInUse: objects of other plugins depend on what was to go.
            LeftoverObjects: an uninstalled plugin left something behind; nothing is kept.
        """
        self._check()
        try:
            with self._context.steps.journal.listen():
                self._run_transactions()
        except BaseException:
            self._context.callbacks.fail()
            raise

    def _check(self) -> None:
        """Check what can be before anything is run."""
        context, plan = self._context, self._context.plan
        self._check_lengths(plan)
        self._check_interruptions(plan)
        self._writer.remember_path()
        if not self._writer.is_offline:
            for operation in plan.operations:
                if check := CHECKS.get(type(operation)):
                    check(context, operation)
        if self._writer.is_ours:
            self._writer.connection.rollback()  # It has only read.

    def _run_transactions(self) -> None:
        """Run all transactions, but for those of plugins that need one which has failed."""
        plan = self._context.plan
        outcomes = Outcomes(self._context.session, plan)
        for transaction in plan.transactions:
            if outcomes.find_missing(transaction):
                outcomes.add_skipped(transaction)
                continue
            try:
                self._run_transaction(transaction)
            except PluginError as error:
                if not (self._can_go_on(error) and outcomes.can_go_on(transaction)):
                    raise
                name = getattr(error, "plugin", transaction.plugins[0])
                outcomes.add_failure(transaction, name, error)
            else:
                outcomes.add_done(transaction)
        outcomes.check()

    def _can_go_on(self, error: PluginError) -> bool:
        """Tell whether the connection is of use after a failure, and nothing else comes of that."""
        is_known = self._context.session.is_inferred
        if isinstance(error, NamespaceViolation) and not is_known(error.plugin):
            return False  # Whose the objects are has to be found out first.
        return self._writer.is_ours and not self._writer.is_lost

    def _check_lengths(self, plan: Plan) -> None:
        limit = getattr(self._writer.versions.c.version_num.type, "length", None)
        for item in plan.recorded:
            if limit and len(item.revision) > limit:
                raise RevisionTooLong(item.plugin, item.revision, limit)

    def _check_interruptions(self, plan: Plan) -> None:
        """Check that what was interrupted is completed before anything else is done to it."""
        for name, known in self._context.session.state.interruptions.items():
            if any(transaction.allows_interruption(name) for transaction in plan.transactions):
                continue
            step = next((step for step in plan.steps if step.plugin == name), None)
            same = step and (step.revision, step.direction) == (known.revision, known.direction)
            if step and step.runs and not same:
                raise Interrupted(name, known.revision, known.direction)

    def _run_transaction(self, transaction: Transaction) -> None:
        """Run a transaction, and again where it met another one; record that it failed."""
        delays = make_delays()
        suspected: NamespaceViolation | None = None
        monitor, callbacks = self._context.monitor, self._context.callbacks
        monitor.check_each(is_on=False)
        while True:
            started, reported = monotonic(), self._context.progress.done
            self._writer.begin()
            callbacks.begin()
            try:
                self._try_transaction(transaction, suspected)
            except BaseException as error:
                self._context.progress.go_back(reported)
                self._writer.go_back()
                if isinstance(error, NamespaceViolation):
                    if not self._context.session.is_inferred(error.plugin) and error.plugin != HOST:
                        raise  # Whose the objects are has to be found out first.
                    if self._check_each(transaction):
                        suspected = error
                        continue
                # One that is the caller's cannot be run again, nor added to when it fails.
                retriable = self._writer.is_ours and not self._writer.is_committed
                met = find_transient(error) if retriable else None
                delay = next(delays, None) if met else None
                if delay is None:
                    self._fail(error, transaction, self._writer.find_duration(started))
                log.warning("Trying again: %s in %s", met, ", ".join(transaction.plugins))
                sleep(delay)
            else:
                callbacks.end()
                return

    def _check_each(self, transaction: Transaction) -> bool:
        """Tell whether to run a transaction again, with each of its calls checked by itself.

        It tells which one is at fault, where there are several, and where that was not done before.
        """
        monitor = self._context.monitor
        is_single = len(transaction.calls) < 2
        if is_single or self._writer.is_committed or monitor.checks_each:
            return False
        monitor.check_each(is_on=True)
        return True

    def _try_transaction(
        self, transaction: Transaction, suspected: NamespaceViolation | None
    ) -> None:
        """Run the operations of a transaction, and record them.

        Raises:
            NamespaceViolation: a revision does what it may not do, or has done so before, as
                `suspected` says, and not again.
        """
        context, writer = self._context, self._writer
        started = monotonic()
        context.steps.forget_types()  # Those that another try has made are not there any more.
        before = {name: writer.pending.rows(name) for name in transaction.plugins}
        with context.pipeline.transaction(), self._savepoint(transaction):
            writer.set_timeouts()
            writer.ensure_tables()
            writer.ensure_bound()
            try:
                self._run_operations(transaction)
                if suspected is not None:
                    raise suspected
                record_done(context, transaction, before, started)
            except BaseException:
                context.callbacks.go_back()
                raise
        writer.keep_tables()

    def _savepoint(self, transaction: Transaction) -> AbstractContextManager[object]:
        """Begin the savepoint that a transaction wants to have in the caller's."""
        if transaction.has_savepoint and not (self._writer.is_ours or self._writer.is_offline):
            return self._writer.connection.begin_nested()
        return nullcontext()

    def _run_operations(self, transaction: Transaction) -> None:
        context = self._context
        record_before(context, transaction)
        context.monitor.begin(context.plan)
        with context.steps.listen_to_ends():
            for operation in transaction.operations:
                context.writer.move_to(operation.path_of, context.plan)
                HANDLERS[type(operation)](context, operation)
        context.writer.move_to(None, context.plan)

    def _fail(
        self, error: BaseException, transaction: Transaction, duration: int | None
    ) -> NoReturn:
        """Record what has failed, and raise what it means."""
        failure = find_cause(self._context, transaction, error)
        record_failure(self._context, transaction, failure, duration)
        if failure is error:
            raise error
        raise failure from error
