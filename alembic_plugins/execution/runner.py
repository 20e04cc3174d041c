"""What runs the plans of one command: all that takes part in it, put together."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from ..connection.callbacks import Callbacks
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..guard.monitor import Monitor
from ..loading.session import Session
from ..planning.hook_operations import RunHook
from ..planning.plan import Plan
from .context import Context
from .executor import Executor
from .hook_runner import HookRunner
from .object_reader import ObjectReader
from .progress import Draw, Progress, Watch
from .steps import StepRunner

if TYPE_CHECKING:
    from .rehearsal import Rehearsal
    from .restoring import Restorer


class Runner:
    """Run the plans of one command.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        recorded: the plugins that have a row in the registry.
        run_args: what ``env.py`` wants passed to each revision's function.
        draw: shows how far a plan has come: how many revisions are done, of how many, and the next.
        watch: the caller's callback for that, if it has given one.
        lock_connection: the one that holds the lock, which sees what is committed, for the guard;
            None where there is none.
    """

    def __init__(
        self,
        session: Session,
        context: MigrationContext,
        recorded: frozenset[str],
        run_args: Mapping[str, Any],
        draw: Draw,
        watch: Watch | None = None,
        lock_connection: Connection | None = None,
    ) -> None:
        self._session = session
        self._run_args = run_args
        self._draw, self._watch = draw, watch
        self._lock_connection = lock_connection
        self._callbacks = Callbacks()
        self._writer = RegistryWriter(session, context, recorded, self._callbacks)
        self._objects = ObjectReader(self._writer)
        self._pipeline = Pipeline(context)

    def run(self, plan: Plan) -> None:
        """Run a plan; see `Executor.run` for what is raised."""
        self._make_executor(plan, self._make_progress(plan), is_rehearsal=False).run()

    def rehearse(self, plan: Plan) -> "Rehearsal":
        """Run a plan in the transaction that is the caller's; return what it has done.

        Raises:
            NamespaceViolation: a revision does what it may not do.
        """
        from .rehearsal import Rehearsal

        monitor, writer = self._make_monitor(self._lock_connection), self._writer
        progress = self._make_progress(plan)
        writer.remember_path()
        writer.ensure_tables()
        writer.keep_tables()
        monitor.begin(plan)
        for transaction in plan.transactions:
            # What was done before is not to be taken for what this transaction does.
            running = [step for step in transaction.steps if step.runs]
            before = monitor.find_violations(running)
            part = replace(plan, transactions=(transaction,), problems={})
            self._make_executor(part, progress, is_rehearsal=True).run()
            after = monitor.find_violations(running)
            new = [violation for words, violation in after.items() if words not in before]
            if new:
                monitor.refuse(new)
        for step in plan.steps:
            monitor.add(step)
        return Rehearsal(monitor.describe(), plan.find(RunHook))

    @property
    def restorer(self) -> "Restorer":
        """What brings back the plugins of backups."""
        from .restoring import Restorer  # Few commands find one.

        return Restorer(self._writer)

    def _make_monitor(self, lock_connection: Connection | None) -> Monitor:
        return Monitor(self._writer, self._pipeline, lock_connection)

    def _make_progress(self, plan: Plan) -> Progress:
        return Progress(sum(step.runs for step in plan.steps), self._draw, self._watch)

    def _make_executor(self, plan: Plan, progress: Progress, *, is_rehearsal: bool) -> Executor:
        # What the caller has done in its transaction cannot be told from what revisions do.
        monitor = self._make_monitor(self._lock_connection if self._writer.is_ours else None)
        steps = StepRunner(self._writer, monitor, self._pipeline, self._run_args)
        context = Context(
            self._session,
            self._writer,
            self._objects,
            steps,
            HookRunner(self._writer, monitor, steps.journal, steps.ends),
            monitor,
            self._callbacks,
            plan,
            progress,
            self._lock_connection,
            is_rehearsal,
        )
        return Executor(context, self._pipeline)
