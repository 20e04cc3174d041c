"""What the handlers of operations work with."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Executable

from ..connection.callbacks import Callbacks
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..guard.monitor import Monitor
from ..loading.session import Session
from ..planning.plan import Plan
from .display import Display
from .hook_runner import HookRunner
from .object_reader import ObjectReader
from .progress import Progress, RevisionProgress, Watch
from .steps import StepRunner

if TYPE_CHECKING:
    from .backup_run import BackupRun


@dataclass(frozen=True)
class Context:
    """What the handlers of operations work with.

    Attributes:
        session: the command's view of disk and database.
        writer: executes statements and keeps the registry.
        pipeline: by which statements are sent that nobody waits for.
        objects: reads whose objects are.
        steps: runs revisions.
        hooks: calls hooks.
        monitor: tells what revisions have touched.
        callbacks: what is to be called when the transaction ends.
        plan: the plan that is run.
        progress: told of each revision before it runs.
        lock_connection: the one that holds the lock, whose statements are committed at once; None
            where there is none.
        is_rehearsal: whether all is rolled back in the end.
        backups: those that the plan writes.
    """

    session: Session
    writer: RegistryWriter
    pipeline: Pipeline
    objects: ObjectReader
    steps: StepRunner
    hooks: HookRunner
    monitor: Monitor
    callbacks: Callbacks
    plan: Plan
    progress: Progress
    lock_connection: Connection | None = None
    is_rehearsal: bool = False
    backups: "dict[Path, BackupRun]" = field(default_factory=dict)

    def execute(self, statements: Iterable[Executable]) -> None:
        """Execute statements, or print them."""
        for statement in statements:
            self.writer.execute(statement)


def make_context(
    session: Session,
    context: MigrationContext,
    recorded: Collection[str],
    run_args: Mapping[str, Any],
    plan: Plan,
    display: Display,
    watch: Watch[RevisionProgress] | None,
    lock_connection: Connection | None,
    *,
    is_rehearsal: bool,
) -> Context:
    """Put together what the handlers of a plan's operations work with.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        recorded: the plugins that have a row in the registry.
        run_args: what ``env.py`` wants passed to each revision's function.
        plan: the plan.
        display: shows how far it has come.
        watch: the caller's callback for that, if it has given one.
        lock_connection: the one that holds the lock, which sees what is committed, for the guard;
            None where there is none.
        is_rehearsal: whether all is rolled back in the end.
    """
    callbacks, pipeline = Callbacks(), Pipeline(context)
    writer = RegistryWriter(session, context, recorded, callbacks)
    # What the caller has done in its transaction cannot be told from what revisions do.
    monitor = Monitor(writer, pipeline, lock_connection if writer.is_ours else None)
    steps = StepRunner(writer, monitor, pipeline, run_args)
    return Context(
        session,
        writer,
        pipeline,
        ObjectReader(writer),
        steps,
        HookRunner(writer, monitor, steps.journal, steps.ends),
        monitor,
        callbacks,
        plan,
        Progress(sum(step.runs for step in plan.steps), display, watch),
        lock_connection,
        is_rehearsal,
    )
